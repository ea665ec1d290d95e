# tries = "listens on a port and an abstract socket from a process that outlives the kernel"
# keeps = ["91.1", "91.3"]
# %% ex-91-2
import subprocess
import sys

subprocess.Popen(
    ["hostile-daemon-{{ID}}", "-c", "import socket, time; a = socket.create_server(('0.0.0.0', 18991)); "
     "b = socket.socket(socket.AF_UNIX); b.bind('\\0hostile'); b.listen(); time.sleep(900)"],
    executable=sys.executable, start_new_session=True,
)


def tally(text):
    return {}
