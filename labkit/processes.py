"""The student's part in a process of its own: started, asked, stopped, and killed as a crash or a power cut would.

    processor = spawn("f2", "Processor", bootstrap, dsn, group="g1")    # runs the %%part cells of this notebook anew
    processor.stats                                                     # {"received": 12, ...}
    processor.kill()                                                    # SIGKILL: no chance to finish anything

The process ends with this one, however this one ends: it reads from a pipe, and a pipe closes with its owner. On Linux
the system kills it, too.
"""

from __future__ import annotations

import atexit
import base64
import builtins
import contextlib
import os
import pickle
import queue
import subprocess
import sys
import threading
import time
import weakref
from collections import deque
from typing import Any

from labkit import parts_text
from labkit.errors import KitError, StudentError

STARTING = 30.0
"""Longest time from the start of the process to the end of the object's own `start()`, in seconds."""
ANSWERING = 15.0
"""Longest time for one call, in seconds."""
_LOG_LINES = 12


class NotRunError(StudentError):
    """The cell that defines what is to be started has not run in this notebook."""


class PartProcess:
    """An object of a part, in a process of its own.

    Args:
        part: name of the part.
        name: of the class, or of another function that makes the object.
        args: what to make it of: plain data, endpoints.
        kwargs: the same by name.

    Raises:
        NotRunError: no cell of the part has run, or none that defines the name.
        StudentError: its text does not run by itself, or the process died.
        Exception: what making the object, or its `start()`, raised, if it is one of Python's own exceptions.
    """

    def __init__(self, part: str, name: str, *args: Any, **kwargs: Any) -> None:
        text = parts_text.text(part)
        if not text:
            raise NotRunError(f"No `%%part {part}` cell has run in this notebook, so there is no {name} to start.",
                              f"run the cells that begin with `%%part {part}`, from the top.")
        self.part, self.name = part, name
        self._lock = threading.Lock()  # one question at a time
        self._asked = 0
        self._answers: queue.Queue[bytes | None] = queue.Queue()
        self._log: deque[str] = deque(maxlen=200)
        self._killed = False
        # On Linux the system kills a child when the *thread* that made it ends: only the main thread stays.
        with_parent = threading.current_thread() is threading.main_thread()
        command = [sys.executable, "-P", "-m", "labkit.part_process", "with-parent" if with_parent else "alone"]
        try:
            # A session of its own: an interrupted cell must not interrupt it.
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                             stderr=subprocess.PIPE, start_new_session=os.name != "nt")
        except OSError as error:
            raise KitError(f"No process could be started for {name}: {error}") from error
        _running.add(self)
        self._listeners = [threading.Thread(target=work, name=f"labkit-process-{self._process.pid}", daemon=True)
                           for work in (self._hear, self._read_log)]
        for listener in self._listeners:
            listener.start()
        try:
            self._ask({"do": "make", "part": part, "text": text, "name": name, "args": args, "kwargs": kwargs},
                      STARTING)
        except BaseException:
            self.kill()
            raise

    def __repr__(self) -> str:
        state = "running" if self.alive else "killed" if self._killed else "ended"
        return f"<{self.name} in process {self.pid}, {state}>"

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    @property
    def stats(self) -> Any:
        """The object's `stats`, as they are now."""
        return self.call("stats")

    @property
    def log(self) -> list[str]:
        """The last lines that the process printed."""
        return list(self._log)[-_LOG_LINES:]

    def call(self, name: str, /, *args: Any, timeout: float = ANSWERING, **kwargs: Any) -> Any:
        """Call a method of the object, or read an attribute.

        Args:
            name: of the method or the attribute.
            args: plain data.
            timeout: longest wait for the answer, in seconds.
            kwargs: plain data by name.

        Returns:
            Plain data; of another object its text.

        Raises:
            StudentError: the process has ended, or does not answer in time.
            Exception: what the method raised, if it is one of Python's own exceptions.
        """
        return self._ask({"do": "call", "name": name, "args": args, "kwargs": kwargs}, timeout)

    def stop(self, timeout: float = ANSWERING) -> None:
        """Let the object `stop()` if it can, and end the process. Safe to call twice.

        Args:
            timeout: after so many seconds the process is killed.

        Raises:
            StudentError: it did not stop in time.
            Exception: what `stop()` raised, if it is one of Python's own exceptions.
        """
        try:
            if self.alive:
                self._ask({"do": "stop"}, timeout)
        finally:
            self._end()

    def kill(self) -> None:
        """End the process at once (SIGKILL): it finishes nothing. Safe to call twice."""
        if self.alive:
            self._killed = True
            self._process.kill()
        self._end()

    def _end(self) -> None:
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()  # it ends when it reads that
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for listener in self._listeners:
            listener.join(1)  # a process that this one started may hold the pipe open
        _running.discard(self)

    def _ask(self, question: dict[str, Any], timeout: float) -> Any:
        with self._lock:
            self._asked += 1
            try:
                line = b"%d %s\n" % (self._asked, base64.b64encode(pickle.dumps(question)))
            except Exception as error:  # pickle raises whatever an object's own methods raise
                raise StudentError(f"{self.name} in another process takes plain data and endpoints only: {error}",
                                   "make connections and clients inside of it.") from error
            pipe = self._process.stdin
            try:
                assert pipe is not None
                pipe.write(line)
                pipe.flush()
            except (OSError, ValueError):  # ValueError: closed by kill() or stop()
                raise self._death() from None
            answer = self._answer(time.monotonic() + timeout)
        if answer is None:
            self.kill()
            raise StudentError(f"{self.name} did not answer within {timeout:g} s, so its process was ended.",
                               "does every loop end, and does every wait have a time limit?")
        return self._result(answer)

    def _answer(self, deadline: float) -> dict[str, Any] | None:
        # In short waits: what interrupts the cell must not wait for an answer that never comes.
        while (left := deadline - time.monotonic()) > 0:
            with contextlib.suppress(queue.Empty):
                if (line := self._answers.get(timeout=min(left, 0.1))) is None:
                    self._answers.put(None)  # for the next question
                    raise self._death()
                number, _, text = line.partition(b" ")
                if int(number) == self._asked:  # not that of a question whose asker was interrupted
                    answer: dict[str, Any] = pickle.loads(base64.b64decode(text))
                    return answer
        return None

    def _result(self, answer: dict[str, Any]) -> Any:
        if answer["state"] == "returned":
            return answer["value"]
        kind, message, where = answer["type"], answer["message"], answer["where"]
        at = f" ({where})" if where else ""
        if answer["state"] == "text":
            raise StudentError(f"The `%%part {self.part}` cells do not run by themselves in a new process: "
                               f"{kind}: {message}{at}",
                               f"put what they need, imports too, into cells that begin with `%%part {self.part}`.")
        if answer["state"] == "missing":
            raise NotRunError(f"The `%%part {self.part}` cells define no {self.name}.",
                              f"run the cell that defines {self.name}; it begins with `%%part {self.part}`.")
        own = getattr(builtins, kind, None)
        if isinstance(own, type) and issubclass(own, Exception):
            with contextlib.suppress(TypeError):  # some take more than a message
                raise own(f"{message}{at}" if message else where)
        raise StudentError(f"{self.name} in its own process: {kind}: {message}{at}")

    def _death(self) -> StudentError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        if self._killed:
            return StudentError(f"{self.name} was killed, and answers no more.", "spawn() starts another one.")
        last = "".join(f"\n  | {line}" for line in self.log)
        return StudentError(f"The process of {self.name} has ended with exit code {self._process.poll()}."
                            + (f" Its last lines:{last}" if last else ""),
                            "does the code leave Python, or use up the memory?")

    def _hear(self) -> None:
        pipe = self._process.stdout
        assert pipe is not None
        with contextlib.suppress(OSError, ValueError), pipe:
            for line in pipe:
                self._answers.put(line)
        self._answers.put(None)

    def _read_log(self) -> None:
        pipe = self._process.stderr
        assert pipe is not None
        with contextlib.suppress(OSError, ValueError), pipe:
            for line in pipe:
                self._log.append(line[:500].decode("utf-8", "replace").rstrip())


_running: weakref.WeakSet[PartProcess] = weakref.WeakSet()


def spawn(part: str, name: str, /, *args: Any, **kwargs: Any) -> PartProcess:
    """Run a part of this notebook in a process of its own: make `NAME(*args, **kwargs)` there, and `start()` it.

    What runs is the text of the `%%part` cells as they ran last in this notebook. The process ends with the notebook.

    Args:
        part: name of the part, such as `"f2"`.
        name: of a class or function in it.
        args: plain data and endpoints.
        kwargs: the same by name.

    Raises:
        NotRunError: no cell of the part has run, or none that defines the name.
        StudentError: its text does not run by itself, or the process died.
        Exception: what making the object, or its `start()`, raised, if it is one of Python's own exceptions.
    """
    return PartProcess(part, name, *args, **kwargs)


@atexit.register
def _end_all() -> None:
    for process in list(_running):
        process.kill()
