"""The S3-compatible object store nanio: `python -m labkit.embedded.s3_nanio --directory D --keys F`.

Objects are files in the directory: what was acknowledged survives `kill -9`. Signatures and their expiry are checked.
"""

from __future__ import annotations

import argparse
import json
import logging
import socket
import sys
from pathlib import Path

from labkit.embedded.launch import announce


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m labkit.embedded.s3_nanio", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="TCP port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--directory", type=Path, required=True, help="where buckets and objects are kept")
    parser.add_argument("--keys", type=Path, required=True, help="JSON file with secret keys by access key")
    return parser.parse_args()


def main() -> int:
    """Run the server until the process is ended."""
    options = _arguments()

    import uvicorn
    from nanio.app import build_app
    from nanio.auth.credentials import StaticCredentialResolver
    from nanio.config import Settings

    options.directory.mkdir(parents=True, exist_ok=True)
    keys = json.loads(options.keys.read_text(encoding="utf-8"))
    logging.basicConfig(level=logging.WARNING)
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", options.port))
    except OSError as error:
        print(f"cannot listen on 127.0.0.1:{options.port}: {error}", file=sys.stderr)
        return 1
    port = listener.getsockname()[1]
    settings = Settings(data_dir=options.directory, host="127.0.0.1", port=port, access_log=False,
                        log_level="warning", credentials=StaticCredentialResolver(keys))
    server = uvicorn.Server(uvicorn.Config(build_app(settings), log_level="warning", access_log=False, lifespan="off"))
    listener.listen(128)
    announce(port)
    server.run(sockets=[listener])
    return 0


if __name__ == "__main__":
    sys.exit(main())
