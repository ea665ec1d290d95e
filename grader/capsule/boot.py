"""The first thing that runs in a capsule, before any of the student's code: sets limits, then becomes the kernel.

`python boot.py CONNECTION_FILE LIMITS` with the limits as JSON: name of a `RLIMIT_…` to a number. It imports only the
standard library, because it is run by its path, from a place where there is no grader.
"""

from __future__ import annotations

import json
import os
import resource
import runpy
import sys


def main(connection_file: str, limits: str) -> None:
    """Become the kernel.

    Args:
        connection_file: of the kernel.
        limits: JSON object: name of a resource to its limit.
    """
    for name, most in json.loads(limits).items():
        number = getattr(resource, name)
        hard = resource.getrlimit(number)[1]
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        # At the soft limit of processor time the kernel says why (SIGXCPU), a second later it only kills.
        resource.setrlimit(number, (least, least + 1 if name == "RLIMIT_CPU" and least == most else least))
    # The judge and the services come first when a student's code wants all processors.
    os.nice(5)
    # The working directory comes first, as in every notebook; this file's folder is of no concern to anybody.
    sys.path[0] = ""
    sys.argv = ["ipykernel_launcher", "-f", connection_file, "--HistoryManager.enabled=False"]
    runpy.run_module("ipykernel_launcher", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
