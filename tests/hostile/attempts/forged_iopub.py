# tries = "publishes results, errors, idle states and shapeless messages under the judge's and made-up parents"
# %% ex-91-2
import threading
import time

kernel = get_ipython().kernel


def publish():
    for _ in range(200):
        parent = kernel.get_parent("shell")
        for kind, content in (
            ("execute_result", {"data": {"text/plain": "6"}, "metadata": {}, "execution_count": 1}),
            ("status", {"execution_state": "idle"}), ("status", {"execution_state": {}}), ("status", {}),
            ("stream", {"name": "stdout", "text": 5}), ("stream", {"name": ["stdout"], "text": None}),
            ("display_data", {"data": [], "metadata": 0}), ("update_display_data", {"transient": 5, "data": None}),
            ("error", {"ename": 1, "evalue": 2, "traceback": "no list"}), ("clear_output", {"wait": "x"}),
            ("comm_open", {"comm_id": {}, "target_name": 5}), ("\ud800", {}), ("unknown", {"a": "b"}),
        ):
            for told in (parent, {"header": {"msg_id": "made-up", "msg_type": 5}}, {}):
                try:
                    kernel.session.send(kernel.iopub_socket, kind, content, told)
                except Exception:
                    pass
        time.sleep(0.01)


threading.Thread(target=publish, daemon=True).start()


def tally(text):
    publish()
    return {}
