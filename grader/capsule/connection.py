"""The connection file of a kernel whose sockets are in one folder (transport `ipc`)."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

_CHANNELS = ("shell", "iopub", "stdin", "control", "hb")


def connection(folder: Path, key: str) -> bytes:
    """Return a connection file. The socket of a channel is `<folder>/k-<number>`.

    The format is that of Jupyter's `write_connection_file`.

    Args:
        folder: where the sockets are, as the reader of the file sees it. A socket's path has at most 107 bytes.
        key: signs the messages.
    """
    ports = {f"{name}_port": number for number, name in enumerate(_CHANNELS, start=1)}
    return json.dumps(
        {"transport": "ipc", "ip": str(folder / "k"), "key": key, "signature_scheme": "hmac-sha256",
         "kernel_name": "python3", **ports}
    ).encode()


def new_key() -> str:
    """Return a fresh key for the messages of one kernel. The student's code can read it; it is no secret of ours."""
    return secrets.token_hex(32)
