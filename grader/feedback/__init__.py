"""`grader feedback`: the page that a student gets back, and its way there.

`pages` makes it with nbgrader's own converter from the graded notebook and the gradebook, in the template `grader`;
`pictures` puts the lab's pictures into it, `cards` hidden cases where the instructor asks for that; `exchange` hands it
out as nbgrader does.
"""
