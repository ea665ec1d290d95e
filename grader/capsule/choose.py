"""Which kind of capsule this machine can make."""

from __future__ import annotations

from enum import Enum

from grader.layout import CourseError


class Kind(Enum):
    """What makes the rooms and capsules."""

    BUBBLEWRAP = "bubblewrap"
    DOCKER = "docker"
    NONE = "none"


WITHOUT = (
    "WARNING: --no-capsule: the students' code runs as ordinary programs of your account. It can read and change"
    " whatever you can: files, the gradebook, other submissions, the network. Use it for code that you trust, or on a"
    " machine that holds nothing else."
)
"""What `--no-capsule` means: shown whenever it is given."""


def choose(*, no_capsule: bool = False) -> Kind:
    """Return the kind of capsule to use: bubblewrap where it works, Docker where it answers.

    Args:
        no_capsule: do without, if there is neither.

    Raises:
        CourseError: this machine can make no capsule, and `no_capsule` is not given.
        KitError: this machine is too busy to tell.
    """
    from grader.capsule import bubblewrap, docker

    if no_capsule:
        return Kind.NONE
    without_bubblewrap = bubblewrap.problem()
    if not without_bubblewrap:
        return Kind.BUBBLEWRAP
    without_docker = docker.problem()
    if not without_docker:
        return Kind.DOCKER
    raise CourseError(
        "Submissions are executed in capsules, and this machine can make none.\n"
        f"  - bubblewrap: {without_bubblewrap}\n  - Docker: {without_docker}",
        "mend one of the two. With --no-capsule submissions run unprotected, in your own account: they can read and"
        " change whatever you can.",
    )
