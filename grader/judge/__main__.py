"""`python -m grader.judge`: the process of a room. It judges what the coordinator sends, line by line."""

from __future__ import annotations

import gc
import os
from pathlib import Path

from grader.capsule.channel import Channel
from grader.capsule.launcher import launcher
from grader.submission import Submission


def main() -> None:
    """Judge submissions until the coordinator closes the line."""
    channel = Channel.take()
    # Tables here are small. A thread for each processor costs time and memory at every start, also in the services.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # What is loaded stays until the end: nobody need look for garbage in it.
    gc.disable()
    from grader.judge.room import judge

    gc.freeze()
    gc.enable()
    made = launcher(channel)
    while (message := channel.hear()) is not None:
        submission = Submission.read(message["submission"])
        graded = judge(submission, Path(message["course"]), made, lambda exercise: channel.say({"progress": exercise}))
        channel.say({"graded": graded.data()})


if __name__ == "__main__":
    main()
