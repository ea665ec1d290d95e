# tries = "fills and closes the folder of the sockets, then ends the kernel, so that none can be started again"
# keeps = ["91.1"]
# incidents = ["kernel death"]
# %% ex-91-2
import json
import os

from ipykernel.connect import get_connection_file

folder = os.path.dirname(json.load(open(get_connection_file()))["ip"])
os.makedirs(os.path.join(folder, "inner"))
try:
    for number in range(128):
        open(os.path.join(folder, f"inner/{number}"), "xb").write(b"x" * (1 << 20))
except OSError:
    pass
os.chmod(os.path.join(folder, "inner"), 0)
os._exit(0)
