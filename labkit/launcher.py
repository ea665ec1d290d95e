"""`labkit lab`: JupyterLab on the course, with a lab ready to run beside the index."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from labkit import course_index
from labkit.course import Lab, course_root
from labkit.course import lab as find_lab
from labkit.errors import KitError, StudentError
from labkit.waiting import wait_until

SETTINGS = Path(__file__).parent / "jupyter"
"""JupyterLab without pop-ups and without the instructors' side bar."""
START_SECONDS = 60.0


def workspace(lab: Lab) -> dict[str, Any]:
    """A JupyterLab workspace with the index and the lab as two tabs, the lab in front.

    The format is that of files written by JupyterLab's own *Save Current Workspace As…*.
    """
    tabs = ["labs/index.ipynb", f"labs/{lab.folder}/{lab.folder}.ipynb"]
    widgets = [f"notebook:{path}" for path in tabs]
    layout = {
        "main": {"dock": {"type": "tab-area", "currentIndex": 1, "widgets": widgets}, "current": widgets[1]},
        "left": {"collapsed": True, "visible": True, "widgets": []},
        "right": {"collapsed": True, "visible": True, "widgets": []},
    }
    restored = {f"notebook:{path}": {"data": {"path": path, "factory": "Notebook"}} for path in tabs}
    return {"data": {"layout-restorer:data": layout, **restored}, "metadata": {"id": f"lab-{lab.number}"}}


def open_lab(number: str, *, port: int | None = None, browser: bool = True) -> int:
    """Start JupyterLab on a lab, say where it is, and stay until Ctrl-C.

    Args:
        number: the lab, `"01"` to `"10"`.
        port: TCP port to listen on; a free one near 8888 if not given.
        browser: whether to open a browser, if this machine has one.

    Returns:
        The exit status: 0 after Ctrl-C.

    Raises:
        StudentError: there is no such lab yet, or no course here.
        KitError: JupyterLab did not start.
    """
    lab, root = find_lab(number), course_root()
    notebook = root / "labs" / lab.folder / f"{lab.folder}.ipynb"
    if not notebook.exists():
        raise StudentError(f"Lab {lab.number} ({lab.title}) is not written yet.", "open another: `labkit lab 01`.")
    course_index.write(root / "labs")
    print(f"==> Starting JupyterLab on lab {lab.number}: {lab.title}", flush=True)
    with _private_folder() as folder, _server(root, lab, folder, port) as (process, log):
        server, token = _address(process, log, folder, port)
        place = f"lab/workspaces/{workspace(lab)['metadata']['id']}"
        url = f"{server}{place}?token={token}&file-browser-path=/labs/{lab.folder}"
        print(f"\n    {url}\n\n    Open this address in a browser. Ctrl-C here stops everything.\n", flush=True)
        if browser and _has_browser():
            webbrowser.open(url)
        try:
            return process.wait()
        except KeyboardInterrupt:
            print("\n==> Stopping JupyterLab", flush=True)
            return 0  # this is how a session ends, not a failure


@contextmanager
def _private_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="labkit-lab-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _server(root: Path, lab: Lab, folder: Path, port: int | None) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Run JupyterLab as a child; stop it, and with it its kernels and their services, on the way out."""
    shutil.copytree(SETTINGS, folder / "settings", ignore=shutil.ignore_patterns("labextensions"))
    _save_workspace(folder / "workspaces", lab)
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        f"--ServerApp.root_dir={root}",
        "--ServerApp.ip=127.0.0.1",
        f"--LabApp.app_settings_dir={folder / 'settings'}",
        f"--LabApp.workspaces_dir={folder / 'workspaces'}",
        f"--LabApp.extra_labextensions_path={SETTINGS / 'labextensions'}",
        *([f"--ServerApp.port={port}", "--ServerApp.port_retries=0"] if port else []),
        *(["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
    ]
    log = folder / "jupyterlab.log"
    with log.open("wb") as output:
        # Its own session: Ctrl-C reaches us alone, and JupyterLab's question "Shut down?" is never asked.
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            cwd=root,
            start_new_session=True,
            env=_environment(folder),
        )
    previous = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield process, log
    finally:
        signal.signal(signal.SIGTERM, previous)
        _stop(process)


def _environment(folder: Path) -> dict[str, str]:
    """The environment of JupyterLab: our `bin` in front, so that kernels and terminals find `labkit` and `nbgrader`."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return {**os.environ, "PATH": path, "JUPYTER_RUNTIME_DIR": str(folder / "runtime")}


def _save_workspace(folder: Path, lab: Lab) -> None:
    from jupyterlab_server.workspaces_handler import WorkspacesManager

    folder.mkdir()
    saved = workspace(lab)
    WorkspacesManager(str(folder)).save(saved["metadata"]["id"], json.dumps(saved))


def _address(process: subprocess.Popen[bytes], log: Path, folder: Path, port: int | None) -> tuple[str, str]:
    """Ask until the server has written where it listens; its URL and its token."""
    record = folder / "runtime" / f"jpserver-{process.pid}.json"

    def found() -> dict[str, Any] | None:
        if process.poll() is not None:
            taken = f"port {port} may be taken: choose another with --port" if port else "read the log above"
            raise KitError(f"JupyterLab ended with status {process.returncode}.", log=_last_lines(log), fix=f"{taken}.")
        try:
            answer: dict[str, Any] = json.loads(record.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return answer

    try:
        server = wait_until(found, START_SECONDS, what="JupyterLab starts")
    except TimeoutError as error:
        raise KitError(str(error), log=_last_lines(log), fix="close other programs and try once more.") from None
    assert server is not None
    return server["url"], server["token"]


def _last_lines(log: Path, count: int = 12) -> list[str]:
    return log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:]


def _has_browser() -> bool:
    """Whether there is a graphical browser to open. A text browser in this terminal would take it away from us."""
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
