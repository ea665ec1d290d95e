"""nbgrader reads its settings from the folder in which it runs; they are in grader/nbgrader_config.py."""

from pathlib import Path

c = get_config()  # noqa: F821
load_subconfig("grader/nbgrader_config.py", path=str(Path(__file__).parent))  # noqa: F821
c.CourseDirectory.root = str(Path(__file__).resolve().parent)
