# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A toy lab
# Two small exercises, for the tests of the grader.

# %%
import lab90

from labkit import check

# %% [markdown]
# Write `double(number) -> int`.

# %% nbgrader={"grade": false, "grade_id": "ex-90-1", "locked": false, "schema_version": 3, "solution": true}
# %%part fleet
def double(number: int) -> int:
    """Twice the number."""
    ### BEGIN SOLUTION
    return 2 * number
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-90-1", "locked": true, "points": 4, "schema_version": 3, "solution": false}
check("90.1")

# %% [markdown]
# Write `shout(text) -> str`. It uses `double` of the first exercise.

# %% nbgrader={"grade": false, "grade_id": "ex-90-2", "locked": false, "schema_version": 3, "solution": true}
# %%part fleet
def shout(text: str) -> str:
    """The text in capitals, with as many exclamation marks as twice its words."""
    ### BEGIN SOLUTION
    if not text:
        raise ValueError("no text")
    return text.upper() + "!" * double(len(text.split()))
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-90-2", "locked": true, "points": 6, "schema_version": 3, "solution": false}
check("90.2")

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflect-90", "locked": false, "points": 0, "schema_version": 3, "solution": true}
# ### BEGIN SOLUTION
# Doubling is a shift.
# ### END SOLUTION
