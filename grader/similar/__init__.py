"""`grader similar`: which answers of a class are so alike that a person should look at them.

`answers` collects what the students wrote, `fingerprints` makes it comparable, `compare` finds the pairs, `page` shows
them side by side. Being alike proves nothing: two students may have learned together, or from the same book.
"""
