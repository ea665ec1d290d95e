"""The instructors' side: release, audit, and the configuration that stock nbgrader needs for this course."""
