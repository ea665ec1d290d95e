"""The instructors' side: release, audit, and the configuration that stock nbgrader needs for this course."""

import sys

# nbformat imports jsonschema, and that this package if it is there: it compiles 38 grammars, a second of the processor
# for every command, room and child process. jsonschema does without it: it checks fewer formats of web addresses.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
