"""The judge: executes a submission in a capsule and judges it from outside. It runs in a room (`grader.capsule`)."""
