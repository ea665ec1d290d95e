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
# # A target in C++
# Two small exercises. Hostile submissions attack the second; the first is answered honestly.

# %%
from labkit import check

# %% [markdown]
# Write `reverse(text) -> str`.

# %% nbgrader={"grade": false, "grade_id": "ex-93-1", "locked": false, "schema_version": 3, "solution": true}
def reverse(text: str) -> str:
    """The text from its end to its beginning."""
    ### BEGIN SOLUTION
    return text[::-1]
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-93-1", "locked": true, "points": 2, "schema_version": 3, "solution": false}
check("93.1")

# %% [markdown]
# The other files of the node, which nobody needs here.

# %%
%%cpp telemetry.cpp
// Not in this target.

# %%
%%cpp command.cpp
// Not in this target.

# %%
%%cpp backoff.cpp
// Not in this target.

# %%
%%cpp ring_buffer.hpp
// Not in this target.

# %%
%%cpp manifest.cpp
// Not in this target.

# %% [markdown]
# Write `write_offline`: a node's name in brackets.

# %% nbgrader={"grade": false, "grade_id": "ex-93-2", "locked": false, "schema_version": 3, "solution": true}
%%cpp status.cpp
#include "status.hpp"

#include <cstdio>

namespace node {
std::string_view write_online(std::string_view, const Status&, char*, std::size_t) { return {}; }
std::string_view write_acknowledgement(std::string_view, const Acknowledgement&, char*, std::size_t) { return {}; }

std::string_view write_offline(std::string_view node_id, char* out, std::size_t capacity) {
  // ### BEGIN SOLUTION
  const int length = std::snprintf(out, capacity, "[%.*s]", static_cast<int>(node_id.size()), node_id.data());
  return {out, static_cast<std::size_t>(length)};
  // ### END SOLUTION
}
}  // namespace node

# %% nbgrader={"grade": true, "grade_id": "check-93-2", "locked": true, "points": 6, "schema_version": 3, "solution": false}
check("93.2")

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflect-93", "locked": false, "points": 0, "schema_version": 3, "solution": true}
# ### BEGIN SOLUTION
# Brackets come from the keyboard.
# ### END SOLUTION
