"""Finds the C++ compiler of this machine, and says how to get what is missing."""

from __future__ import annotations

import functools
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.errors import KitError

NAMES = ("g++", "c++", "clang++")
"""Names under which a compiler is looked for, the best first. The environment variable CXX goes before all of them."""

_GET = (
    "Debian or Ubuntu: `sudo apt install g++{extra_debian}`; Fedora: `sudo dnf install gcc-c++ libasan libubsan"
    "{extra_fedora}`; macOS: `xcode-select --install`{extra_mac}; Windows: use WSL (`wsl --install`), then as for "
    "Ubuntu. On Binder there is one: open the lab there."
)
_ALL = {
    "extra_debian": " libmosquitto-dev doctest-dev", "extra_fedora": " mosquitto-devel doctest-devel",
    "extra_mac": " and `brew install mosquitto doctest`",
}
GET_A_COMPILER = _GET.format(**_ALL)
"""How to get a compiler, and with it the libraries of the lab."""

_HEADERS = {"doctest": "doctest/doctest.h", "mosquitto": "mosquitto.h"}
_PACKAGES = {
    "doctest": ("doctest/doctest.h, with which tests are written", "doctest-dev", "doctest-devel", "doctest"),
    "mosquitto": ("libmosquitto, with which the node speaks MQTT", "libmosquitto-dev", "mosquitto-devel", "mosquitto"),
}


@dataclass(frozen=True)
class Compiler:
    """A C++ compiler.

    Args:
        command: the words that run it; more than one if CXX has options.
        kind: `"gcc"` or `"clang"`.
        version: such as `"12.2.0"`.
        identity: what it says of itself and when it was installed; objects of another one are not taken from the cache.
    """

    command: tuple[str, ...]
    kind: str
    version: str
    identity: str

    @property
    def path(self) -> str:
        """The program."""
        return self.command[0]

    @property
    def major(self) -> int:
        """The first number of the version."""
        return int(self.version.split(".")[0] or 0)

    @property
    def says_json(self) -> bool:
        """Whether its messages come as data (GCC 9 to 15; later ones have another format)."""
        return self.kind == "gcc" and 9 <= self.major <= 15


@dataclass(frozen=True)
class Missing:
    """Something that this machine lacks.

    Args:
        name: what it is, in words.
        fix: how to get it, on each system.
    """

    name: str
    fix: str


def find() -> Compiler:
    """Return the compiler: the one that CXX names, or the first of `NAMES` on PATH that answers.

    Raises:
        KitError: there is none. The message says how to get one.
    """
    return _find(os.environ.get("CXX", ""), os.environ.get("PATH", os.defpath))


@functools.cache
def _find(wanted: str, path: str) -> Compiler:
    tried = []
    for words in [shlex.split(wanted)] if wanted.strip() else [[name] for name in NAMES]:
        program = shutil.which(words[0], path=path)
        if program is None:
            tried.append(f"{words[0]}, which CXX names, is no program" if wanted.strip() else
                         f"{words[0]}: it is not on PATH")
            continue
        try:
            answer = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20, check=False,
                                    stdin=subprocess.DEVNULL)
        except (OSError, subprocess.TimeoutExpired) as error:
            tried.append(f"{words[0]}: {error}")
            continue
        number = re.search(r"\d+\.\d+[.\d]*", answer.stdout)
        if answer.returncode or number is None:
            # macOS has a c++ that only asks for Xcode's tools to be installed.
            said = (answer.stderr or answer.stdout).strip().splitlines()
            tried.append(f"{words[0]}: {said[0] if said else f'it ended with status {answer.returncode}'}")
            continue
        real = Path(program).resolve()
        identity = f"{real} {real.stat().st_mtime_ns} {real.stat().st_size} {answer.stdout.splitlines()[0]}"
        kind = "clang" if "clang" in answer.stdout.lower() else "gcc"
        return Compiler((program, *words[1:]), kind, number[0], identity)
    raise KitError("There is no C++ compiler on this machine.", tried=tried, fix=GET_A_COMPILER)


def missing(*needs: str) -> list[Missing]:
    """Return which of these libraries the compiler does not find.

    Args:
        needs: `"doctest"`, `"mosquitto"`.

    Raises:
        KitError: there is no compiler.
    """
    compiler = find()
    return [_said(need) for need in needs if not _has(compiler, need)]


def require(*needs: str) -> None:
    """Go on only if the compiler finds these libraries.

    Args:
        needs: as for `missing`.

    Raises:
        KitError: there is no compiler, or one of them is missing.
    """
    for lost in missing(*needs):
        raise KitError(f"The compiler does not find {lost.name}.", fix=lost.fix)


def _said(need: str) -> Missing:
    name, debian, fedora, mac = _PACKAGES[need]
    return Missing(name, f"Debian or Ubuntu: `sudo apt install {debian}`; Fedora: `sudo dnf install {fedora}`; "
                         f"macOS: `brew install {mac}`. On Binder it is there.")


@functools.cache
def _has(compiler: Compiler, need: str) -> bool:
    if Path("/usr/include", _HEADERS[need]).is_file():
        return True
    asked = [*compiler.command, "-x", "c++", "-std=c++17", *search_flags(), "-E", "-o", os.devnull, "-"]
    try:
        answer = subprocess.run(
            asked, input=f"#include <{_HEADERS[need]}>\n", capture_output=True, text=True, timeout=60, check=False,
            cwd=tempfile.gettempdir(),
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0


def search_flags() -> list[str]:
    """Return where else the compiler has to look: Homebrew's folder on macOS, which Apple's compiler does not know."""
    roots = [Path(root) for root in ("/opt/homebrew", "/usr/local")] if sys.platform == "darwin" else []
    return [flag for root in roots if (root / "include").is_dir() for flag in (f"-I{root}/include", f"-L{root}/lib")]


def row() -> dict[str, Any]:
    """Return the line of `labkit doctor`: state, version, what is missing and how to get it."""
    try:
        compiler = find()
    except KitError as error:
        return {"state": "missing", "candidates": [{
            "name": "native", "provider": "native", "engine": "", "usable": False,
            "reason": "; ".join(error.tried), "fix": error.fix,
        }]}
    lost = missing("doctest", "mosquitto")
    note = "; ".join(f"{one.name} is missing -> {one.fix}" for one in lost)
    return {"state": "ready", "provider": "native", "engine": Path(compiler.path).name, "version": compiler.version,
            "note": note}
