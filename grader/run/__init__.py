"""`grader run`: grades what is in nbgrader's submitted folder, many submissions at once, each in a capsule.

The coordinator is the only one that touches `submitted/`, `autograded/` and the gradebook: `intake` reads, `sanitise`
makes the release's cells of it again, a pool of rooms judges, `recorder` writes. Nothing of a submission runs here.
"""
