# tries = "scripts and terminal codes in outputs, exceptions, their types, thread names and results"
# %% ex-91-2
import threading

from IPython.display import HTML, SVG, Javascript, Markdown, display

CODE = "<script>window.hostile=1</script><img src=x onerror='window.hostile=1'>"
display(HTML(CODE), Markdown(CODE), Javascript("window.hostile=1"))
display({"image/svg+xml": f"<svg onload='window.hostile=1'>{CODE}</svg>", "text/plain": CODE, "text/latex": CODE}, raw=True)
display({"application/vnd.hostile+json": {"x": CODE}, "image/png": CODE, CODE: CODE}, raw=True)
print("\x1b]0;hostile\x07\x1b[2J\x1b[8m" + CODE)


def tally(text):
    threading.Thread(target=threading.Event().wait, name=CODE, daemon=True).start()
    if "off" in text:
        raise type(CODE, (Exception,), {})(CODE)
    return CODE
