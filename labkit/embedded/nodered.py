"""Node-RED from npm on the Node.js of pip: `python -m labkit.embedded.nodered STACK USERDIR PORT`.

STACK is `stack/nodered`, with its lock file and server; port 0 is a free one. The packages are installed once for this
machine; then this process becomes Node.js, so that nothing stands between it and its guardian.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from labkit.embedded import npm


def main() -> None:
    """Install what is missing, and become Node-RED."""
    stack, user, port = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    try:
        modules = npm.install(stack)
    except OSError as error:
        raise SystemExit(f"Node-RED could not be installed: {error}.") from None
    program = [str(npm.node()), str(stack / "server.js"), str(modules), str(user / "settings.js"), str(user), port]
    if os.name == "nt":
        raise SystemExit(subprocess.call(program))
    os.execv(program[0], program)


if __name__ == "__main__":
    main()
