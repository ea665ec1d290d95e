"""The kernel of one submission: started, asked, and after a death started again, twice at most."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from grader.capsule.launcher import Kernel, Launcher
from grader.judge.guard import Guard
from grader.judge.kernel import Answer, Execution, KernelClient
from grader.submission import Incident, Limits
from labkit.errors import KitError

ALL_OUTPUTS = 16 << 20
"""Bytes that the outputs of all cells of a notebook may have together."""
LAST_PART = 0.25
"""Time of the hidden cases, as a part of that of the submission. It is granted in addition."""
PATIENCE = 20.0
"""Seconds in which a kernel without work must answer, on a machine that has much."""
RESTARTS = 2
"""How often a submission gets a new kernel."""

_WHY = {
    "memory": "it used more memory than it may",
    "processes": "it started more processes than it may",
    "disk": "it filled its disk",
    "cpu": "it used more processor time than it may",
}


class Session:
    """One submission's kernel.

    Args:
        launcher: makes capsules.
        files: what lies in the working directory.
        environment: gives the variables of the student's code; they name the services' addresses.
        renew: has the services started anew.
        limits: what the submission may use.
    """

    def __init__(self, launcher: Launcher, files: Mapping[str, bytes], environment: Callable[[], Mapping[str, str]],
                 renew: Callable[[], None], limits: Limits) -> None:
        self.limits = limits
        self.incidents: list[Incident] = []
        self.where = ""
        """Grade id or id of the cell that has its turn, for incidents."""
        self.end = ""
        """Why there is no kernel, in words."""
        self._launcher, self._files, self._environment, self._renew = launcher, files, environment, renew
        self._kernel: Kernel | None = None
        self._client: KernelClient | None = None
        self._restarts = RESTARTS
        self._room = ALL_OUTPUTS
        self._guard = Guard(limits.submission, self._end_of_time)
        self._over = ""
        self._too_much = False
        self._met: list[Incident] = []
        """Limits that the present capsule has met and that are noted."""

    @property
    def alive(self) -> bool:
        """Whether there is a kernel that answers."""
        return self._client is not None

    @property
    def over(self) -> bool:
        """Whether there will be none any more."""
        return not self.alive and (bool(self._over) or self._restarts <= 0)

    def start(self) -> None:
        """Start the first kernel.

        Raises:
            KitError: that is not possible.
        """
        try:
            self._begin()
        except KitError:
            # A file that is named as a module that the kernel imports takes its place: once more without them.
            self._drop()
            if not self._files:
                raise
            self._files = {}
            self._begin()
            self.note("kit", "The notebook's kernel does not start with the files beside it. They were left out.")

    def _begin(self) -> None:
        self._met = []
        self._kernel = kernel = self._launcher.start(self._files, self._environment(), self.limits)
        self._client = KernelClient(kernel.connection_file, kernel.running)
        self._guard.watch(kernel)

    def restart(self) -> bool:
        """Start another kernel after a death; return whether there is one now.

        There has been one, so what keeps another from starting was made by the submission, such as a broker that it has
        filled with more than a room may hold. It is tried once more with services that nobody has touched.
        """
        if self.over:
            return False
        self._restarts -= 1
        try:
            self._begin()
        except KitError:
            self._drop()
            try:
                self._renew()
                self._begin()
            except KitError as error:
                self._drop()
                self._restarts = 0
                self.end = "the notebook's kernel has died, and another one could not be started"
                self.note("kit", f"After the end of its kernel no other could be started: {error.message}")
        return self.alive

    def more_time(self) -> None:
        """Begin the last part, that of the hidden cases: it has a time of its own.

        A notebook that was too slow keeps what it had earned, if that holds; nobody escapes hidden cases by being slow.
        """
        if not self._too_much:
            self._guard.extend(max(self.limits.submission * LAST_PART, 10.0))
            self._over = ""

    def execute(self, source: str) -> Execution:
        """Execute a cell. A kernel that hangs or has died is gone afterwards.

        Args:
            source: the cell's text.
        """
        assert self._client is not None
        budget = min(self.limits.output, self._room)
        ran = self._client.execute(source, seconds=self.limits.cell, budget=budget)
        self._room -= min(ran.size, self._room)
        if ran.cut:
            much = "It shows" if budget == self.limits.output else "With this cell the notebook shows"
            self.note("output", f"{much} more than it may; the rest was left out.")
        if ran.state == "late":
            self.note("time", f"It ran longer than {self.limits.cell:g} s and was interrupted.")
        self._after(ran.state, f"it ran longer than {self.limits.cell:g} s and could not be interrupted")
        if self._kernel is not None:
            self._note_limits(self._kernel)
        return ran

    def there(self) -> bool:
        """Ask the kernel whether it is still there: a cell may end it a moment after its own end."""
        self.ask({"do": "ping"}, seconds=PATIENCE)
        return self.alive

    def ask(self, content: dict[str, Any], *, seconds: float) -> Answer:
        """Ask the kernel's host. A kernel that hangs or has died is gone afterwards.

        Args:
            content: see `labkit.checks.kernel_host`.
            seconds: longest wall time.
        """
        if self._client is None:
            return Answer("dead", "", 0.0)
        answer = self._client.ask(content, seconds=seconds)
        self._after(answer.state, f"a call took longer than {seconds:g} s and could not be interrupted")
        return answer

    def note(self, kind: str, text: str) -> None:
        """Note an incident of the current cell, once.

        Args:
            kind: see `grader.submission.Incident`.
            text: a sentence for the instructor.
        """
        incident = Incident(kind, self.where, text)
        if incident not in self.incidents and len(self.incidents) < 100:
            self.incidents.append(incident)

    def move_last_incident(self, cell: str) -> None:
        """Put the last incident down to another cell: it has turned out to be the cause.

        Args:
            cell: its grade id or id.
        """
        if self.incidents and self.incidents[-1].cell == self.where:
            self.incidents[-1] = replace(self.incidents[-1], cell=cell)

    def close(self) -> None:
        """End the kernel and everything in its capsule."""
        self.where = ""
        self._guard.close()
        self._drop()

    def _end_of_time(self, kind: str, text: str) -> None:
        """Called by the guard, in its thread, before it kills the kernel."""
        self._over = text
        self._too_much |= kind != "time"
        self.note(kind, text)

    def _after(self, state: str, hanging: str) -> None:
        if state not in {"hangs", "dead"}:
            return
        if state == "hangs" and not self._over:
            self.note("time", f"The kernel was ended: {hanging}.")
        limits = self._drop()
        known = [_WHY[incident.kind] for incident in limits if incident.kind in _WHY]
        self.end = f"the kernel was ended: {known[0]}" if known else ""
        if self._over:
            self.end = f"the notebook was ended: {self._over[:1].lower()}{self._over[1:].rstrip('.')}"
        elif not self.end:
            self.end = f"the kernel was ended: {hanging}" if state == "hangs" else "the notebook's kernel has died"
            if state == "dead":
                self.note("kernel death", "The kernel died.")
        if self._restarts <= 0 and not self._over:
            self.end += f", and it had been started {RESTARTS + 1} times"

    def _drop(self) -> list[Incident]:
        """End the capsule; return the limits that it met, which are noted too."""
        self._guard.watch(None)
        client, kernel, self._client, self._kernel = self._client, self._kernel, None, None
        if client is not None:
            if client.garbled:
                self.note("forged answer", f"{client.garbled} messages of the kernel are none of Jupyter's.")
            client.close()
        if kernel is None:
            return []
        kernel.stop()
        return self._note_limits(kernel)

    def _note_limits(self, kernel: Kernel) -> list[Incident]:
        """Note the limits that the capsule has met since the last question, and return them."""
        met = kernel.incidents()
        new = [incident for incident in met if incident not in self._met]
        self._met = met
        for incident in new:
            self.note(incident.kind, incident.text)
        return new
