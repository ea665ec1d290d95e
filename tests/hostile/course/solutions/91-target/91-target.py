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
# # A target
# Three small exercises. Hostile submissions attack the second; the first and the third are answered honestly.

# %%
from labkit import check

# %% [markdown]
# Write `reverse(text) -> str`.

# %% nbgrader={"grade": false, "grade_id": "ex-91-1", "locked": false, "schema_version": 3, "solution": true}
def reverse(text: str) -> str:
    """The text from its end to its beginning."""
    ### BEGIN SOLUTION
    return text[::-1]
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-91-1", "locked": true, "points": 2, "schema_version": 3, "solution": false}
check("91.1")

# %% [markdown]
# Write `tally(text) -> dict[str, int]`.

# %% nbgrader={"grade": false, "grade_id": "ex-91-2", "locked": false, "schema_version": 3, "solution": true}
def tally(text: str) -> dict[str, int]:
    """How often each word stands in a text."""
    ### BEGIN SOLUTION
    found = {}
    for word in text.split():
        found[word] = found.get(word, 0) + 1
    return found
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-91-2", "locked": true, "points": 6, "schema_version": 3, "solution": false}
check("91.2")

# %% [markdown]
# Write `initials(name) -> str`.

# %% nbgrader={"grade": false, "grade_id": "ex-91-3", "locked": false, "schema_version": 3, "solution": true}
def initials(name: str) -> str:
    """The first letters of the words of a name."""
    ### BEGIN SOLUTION
    return "".join(word[0] for word in name.split())
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-91-3", "locked": true, "points": 2, "schema_version": 3, "solution": false}
check("91.3")

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflect-91", "locked": false, "points": 0, "schema_version": 3, "solution": true}
# ### BEGIN SOLUTION
# Words are counted in a dictionary.
# ### END SOLUTION
