"""`grader report`: what a class can, where it is stuck, and who needs help, on one page.

`counts` makes one lab's records and scores into numbers, `figures` draws, `page` puts both into the template.
"""
