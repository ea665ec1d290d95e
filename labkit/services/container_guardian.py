"""Removes a container when its owner ends: `python -m labkit.services.container_guardian NAME`.

Standard input is a pipe that the owner holds open, as for `labkit.services.guardian`.
"""

from __future__ import annotations

import contextlib
import sys

from labkit.services.guardian import DONE, wait_for_owner
from labkit.waiting import wait_until

_LATE = 3.0
"""The engine can still be creating the container when its owner is killed: how long it is looked for, in seconds."""


def main(name: str) -> None:
    """Wait until the owner is gone, then remove its container.

    Args:
        name: the container's name.
    """
    if wait_for_owner() == DONE:
        return
    import docker
    import docker.errors
    from testcontainers.core.docker_client import get_docker_host

    host = get_docker_host()
    client = docker.DockerClient(base_url=host) if host else docker.from_env()

    def removed() -> bool:
        try:
            client.containers.get(name).remove(force=True, v=True)
        except docker.errors.NotFound:
            return False
        return True

    with contextlib.suppress(TimeoutError):
        wait_until(removed, _LATE, what=f"container {name}", most=0.5)


if __name__ == "__main__":
    main(sys.argv[1])
