"""`grader export`: scores of a class as CSV, for a spreadsheet, Canvas or Moodle.

`scores` reads nbgrader's gradebook, `roster` the class list, `tables` joins them into the columns that each asks for.
"""
