# tries = "reads address 0 by ctypes"
# keeps = ["91.1", "91.3"]
# incidents = ["kernel death"]
# %% ex-91-2
import ctypes

ctypes.string_at(0)
