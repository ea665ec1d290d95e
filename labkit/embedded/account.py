"""Leaving root, for a server that refuses to run as root: an account without rights that can read its programs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

_ACCOUNTS = ("postgres", "nobody")
"""Accounts to become, after the one that called sudo: Debian's own for this server, and the one that owns nothing."""


def without_rights(folder: Path, program: str, directory: Path) -> tuple[Path, tuple[int, int] | None]:
    """Choose whom to become when this process is root's, and give that user a directory.

    Programs in a folder that the user cannot read, as those of a virtual environment under /root, are copied into the
    directory first.

    Args:
        folder: where the programs are, with their libraries in the folders beside it.
        program: name of one of them.
        directory: private directory that the server will write to.

    Returns:
        The folder of the programs that the user can run; and the numbers of user and group, None for no other user.

    Raises:
        FileNotFoundError: the program is not in the folder.
        LookupError: there is no account to become.
        OSError: the programs cannot be copied, or the user cannot run them there either.
    """
    folder = folder.absolute()
    if not (folder / program).is_file():
        raise FileNotFoundError(f"there is no {program} in {folder}")
    if os.name == "nt" or os.geteuid() != 0:
        return folder, None
    accounts = list(_accounts())
    if not accounts:
        raise LookupError(f"it refuses to run as root, and there is no account {' or '.join(_ACCOUNTS)} to become")
    _give(directory, accounts[0])
    for account in accounts:
        if _can_run(folder / program, account):
            _give(directory, account)
            return folder, account
    here = _copied(folder, directory)
    for account in accounts:
        _give(directory, account)
        if _can_run(here / program, account):
            return here, account
    raise PermissionError(f"{folder / program} cannot be run by any of the users that could run it, and not from "
                          f"{directory} either. Start it as a normal user, or set TMPDIR to a place open to them")


def _accounts() -> Iterator[tuple[int, int]]:
    """Numbers of user and group that may be taken, the best first."""
    import pwd

    uid = os.environ.get("SUDO_UID", "")
    if uid.isdigit() and uid != "0":
        try:
            caller = pwd.getpwuid(int(uid))
            yield caller.pw_uid, caller.pw_gid
        except KeyError:
            pass
    for name in _ACCOUNTS:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        yield found.pw_uid, found.pw_gid


def _can_run(program: Path, account: tuple[int, int]) -> bool:
    if sys.platform == "win32":
        return True
    try:
        # In the root folder: the user may be closed out of the present one.
        return not subprocess.run([str(program), "--version"], user=account[0], group=account[1], extra_groups=[],
                                  capture_output=True, cwd="/", check=False).returncode
    except OSError:
        return False


def _copied(folder: Path, directory: Path) -> Path:
    """Copy programs into a directory, with what is beside their folder, readable by everybody who can get there.

    The names of the folders stay: the programs of a wheel look for their libraries in ../../../PACKAGE.libs.
    """
    tree, package = folder.parent, folder.parents[1]
    programs = directory / "programs"
    if not programs.exists():
        half = directory / "programs.part"
        shutil.rmtree(half, ignore_errors=True)
        skipped = shutil.ignore_patterns("*.a", "doc", "include", "__pycache__")
        shutil.copytree(tree, half / package.name / tree.name, ignore=skipped, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, half / libraries.name, symlinks=True)
        for path in half.rglob("*"):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        half.rename(programs)
    return programs / package.name / tree.name / folder.name


def _give(directory: Path, account: tuple[int, int]) -> None:
    """Make a directory, and what it already has, a user's own."""
    for path in (directory, *directory.rglob("*")):
        os.chown(path, *account, follow_symlinks=False)
