"""The course's settings for nbgrader: the grader's commands and stock `nbgrader` read this same file.

The file `nbgrader_config.py` in the course's folder loads it. An existing course loads it with
`load_subconfig("…/grader/nbgrader_config.py")` and sets what differs after that line.
"""

from __future__ import annotations

c = get_config()  # type: ignore[name-defined]  # noqa: F821

c.CourseDirectory.course_id = "iot-house"

# The default structure {nbgrader_step}/{student_id}/{assignment_id}, with "." as the student of a release, is
# solutions/01-mqtt-basics -> labs/01-mqtt-basics.
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "labs"
# The source of a notebook (named as its lab) and hidden files stay in solutions/. A student's own .py files are kept.
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", ".*", "[0-9][0-9]-*.py"]

# labs/ is in the repository, a gradebook is not: without this, a release that exists is not registered in a new one.
c.GenerateAssignment.force = True

c.ClearSolutions.begin_solution_delimeter = "### BEGIN SOLUTION"
c.ClearSolutions.end_solution_delimeter = "### END SOLUTION"
c.ClearSolutions.code_stub = {
    "python": "# Write your code here, and delete the next line.\nraise NotImplementedError",
    "cpp": "#error Write your code here, and delete this line.",  # labkit.house_sources.STUB
}
c.ClearSolutions.text_stub = "*Write your answer here.*"

# The order is the design: cells are saved with their checksums before anything is hidden from students.
c.GenerateAssignment.preprocessors = [
    "nbgrader.preprocessors.IncludeHeaderFooter",
    "nbgrader.preprocessors.LockCells",
    "grader.preprocessors.ClearSolutionsByLanguage",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.CheckCellMetadata",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.SaveCells",
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbgrader.preprocessors.ClearMarkScheme",
    "grader.preprocessors.ForgetPairing",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# RepairCells comes before everything that reads metadata: one copied cell would end the whole batch.
c.Autograde.sanitize_preprocessors = [
    "nbgrader.preprocessors.ClearOutput",
    "grader.preprocessors.RepairCells",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    "nbgrader.preprocessors.Execute",
    "grader.preprocessors.StderrIsNoFailure",
    "grader.preprocessors.HarmlessOutputs",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# Late submissions cost nothing until a rule is chosen and the lab has a due date (`nbgrader db assignment add LAB
# --duedate "2026-03-01 23:59 CET"`). nbgrader's own rule takes everything; grader.late takes a part for each day:
#   c.LateSubmissionPlugin.penalty_method = "zero"
#   c.AssignLatePenalties.plugin_class = "grader.late.PerDay"
#   c.PerDay.part, c.PerDay.grace = 0.1, 900
# PostgreSQL as gradebook:
#   c.CourseDirectory.db_url = "postgresql+psycopg://USER:PASSWORD@HOST/DATABASE"
# `grader run`: limits of a submission (grader/submission.py), and the seed of random cases instead of .grader/seed:
#   c.GraderRun.limits = {"cell": 60, "submission": 600}
#   c.GraderRun.seed = "any text, kept secret"

# Form grader and feedback show what students wrote, and run nothing of it.
c.HTMLExporter.sanitize_html = True
c.HTMLExporter.filters = {"clean_html": "grader.rendering.clean", "markdown2html": "grader.rendering.markdown"}

# Seconds for a cell: a check has its own limit for each call, so this ends only what is stuck outside of one.
c.Execute.timeout = 120
c.Execute.startup_timeout = 60
c.Execute.interrupt_on_timeout = True
