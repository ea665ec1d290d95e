# tries = "sends frames without a signature, without frames, and of 20 MB on every socket of the kernel"
# %% ex-91-2
kernel = get_ipython().kernel


def tally(text):
    for _ in range(5):
        for frames in ([b""], [b"<IDS|MSG>"], [b"<IDS|MSG>", b"no signature", b"{", b"{", b"{", b"{"],
                       [b"x" * 20_000_000], [b"stream", b"<IDS|MSG>", b"", b"[]", b"[]", b"[]", b"[]"]):
            try:
                kernel.iopub_socket.send_multipart(frames)
            except Exception:
                pass
    return {}
