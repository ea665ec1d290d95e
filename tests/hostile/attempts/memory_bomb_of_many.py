# tries = "takes memory in many processes, each of them small"
# keeps = ["91.1"]
# incidents = ["memory", "kernel death", "processes"]
# %% ex-91-2
import os
import time

for _ in range(40):
    if os.fork() == 0:
        taken = bytearray(os.urandom(1) * (96 << 20))
        time.sleep(8)
        os._exit(0)
time.sleep(4)
