"""A program that starts services and ends in the way that it is told: the owner in the tests of what is left behind.

`python owner.py PROVIDER HOW [SERVICE]`. It prints one line of JSON about what runs, and then goes its way.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading

import psutil

from labkit.services import session, start


def main() -> None:
    provider, how, *rest = sys.argv[1:]
    if os.name != "nt" and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # tests that run below `nohup` ignore it, and so would this owner
    name = rest[0] if rest else "mqtt"
    services = start(name, provider=provider)
    server = session._running[name][0].server
    child = 0
    if how == "is killed with a forked child alive":
        child = os.fork()
        if child == 0:
            # A child of multiprocessing inherits the pipe to the guardian and can outlive its parent.
            threading.Event().wait(60)
            os._exit(0)
    print(json.dumps({
        "child": child,
        "port": services[name].port,
        "processes": [[each.pid, each.create_time()] for each in psutil.Process().children(recursive=True)],
        "directory": str(getattr(server, "directory", "")),
        "container": getattr(server, "name", ""),
    }), flush=True)
    if how == "exits":
        return
    if how == "raises":
        raise RuntimeError("on purpose")
    if how == "calls os._exit":
        os._exit(3)
    if how == "kills itself" or child:
        os.kill(os.getpid(), signal.SIGKILL)
    threading.Event().wait(60)  # until the test sends a signal


if __name__ == "__main__":
    main()
