from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from dataclasses import replace

import pytest

from grader.capsule.launcher import ROOM, Kernel, LaunchError, launcher
from grader.judge.kernel import Execution
from grader.judge.room import judge
from grader.judge.session import Session
from grader.submission import Graded, Limits
from labkit.checks.result import MIME
from tests.grader.judge.conftest import Judge
from tests.grader.judge.notebooks import (
    ADD,
    COURSE,
    DOUBLE,
    SECRETS,
    SHORT,
    SHOUT,
    cell,
    notebook,
    shown,
    submission,
)


def scores(graded: Graded) -> list[float]:
    return [result["score"] for result in graded.results.values()]


def kinds(graded: Graded) -> set[tuple[str, str]]:
    return {(incident.kind, incident.cell) for incident in graded.incidents}


def test_right_answers_have_all_points_and_their_cells_show_cards(judged: Judge) -> None:
    graded = judged(notebook())
    assert (scores(graded), graded.incidents) == ([4, 4, 2], [])
    card, score = cell(graded.notebook, "check-93-1")["outputs"]
    assert card["data"][MIME]["state"] == "passed"
    assert "text/html" in card["data"]
    assert (score["output_type"], score["data"]) == ("execute_result", {"text/plain": ["4"]})


def test_a_cell_of_a_part_is_an_ordinary_cell(judged: Judge) -> None:
    graded = judged(notebook("import labkit\nlabkit.course", between=f"%%part demo\n{DOUBLE}"))
    assert scores(graded) == [0, 4, 2]
    assert scores(judged(notebook(f"%%part demo\n{DOUBLE}", before="import labkit"))) == [4, 4, 2]
    assert "UsageError" not in graded.notebook


def test_a_function_that_is_older_than_its_cell_is_told(judged: Judge) -> None:
    graded = judged(notebook("def double(number:\n    return 5", before=DOUBLE))
    assert graded.results["93.1"]["notes"] == [
        "the cell with `def double` ended with an error when you ran it: this is an older version"]


def test_an_exercise_that_fails_through_an_earlier_one_says_so_first(judged: Judge) -> None:
    graded = judged(notebook("def double(number):\n    return 5", add="def add(a, b):\n    return double(a) + b - a"))
    assert [graded.results[id]["first"].partition(",")[0] for id in ("93.1", "93.2", "93.3")] == [
        "", "", "this uses `double` of exercise 93.1"]
    assert "first: this uses `double`" in "".join(shown(graded.notebook, "check-93-3"))


def test_a_cell_with_points_of_which_no_check_is_known_is_not_left_to_the_student(judged: Judge) -> None:
    book = json.loads(notebook(before="labkit = 1"))
    book["cells"][-1]["source"] = "3"
    book["cells"][-1]["metadata"] = {"nbgrader": {"grade": True, "solution": False, "grade_id": "tests", "points": 3}}
    graded = judged(json.dumps(book))
    assert [output["output_type"] for output in cell(graded.notebook, "after")["outputs"]] == ["error"]
    assert kinds(graded) == {("kit", "tests")}


def test_stubs_have_no_points(judged: Judge) -> None:
    graded = judged(notebook("def double(number):\n    raise NotImplementedError", "", "raise NotImplementedError"))
    assert scores(graded) == [0, 0, 0]
    assert {result["state"] for result in graded.results.values()} == {"not written"}


NOISE = '''
import logging, sys, warnings
print("out")
print("err", file=sys.stderr)
warnings.warn("a warning")
logging.getLogger("x").warning("a line of a log")
sys.stdout = sys.__stdout__ = open("/dev/null", "w")
json = print = input = len = None
get_ipython().display_formatter.formatters["text/plain"].for_type(str, lambda text, p, cycle: p.text("?"))
import ast
class Nothing(ast.NodeTransformer):
    def visit_Constant(self, node):
        return node
get_ipython().ast_transformers.append(Nothing())
get_ipython().input_transformers_post.append(lambda lines: lines)
'''


def test_noise_and_honest_oddities_cost_nothing(judged: Judge) -> None:
    loud = "import warnings, logging\n" + DOUBLE.replace("return", "warnings.warn('x'); logging.error('y'); return")
    graded = judged(notebook(loud, before=NOISE, after="%time 1 + 1\n1 / 0"))
    assert scores(graded) == [4, 4, 2]
    assert "ZeroDivisionError" in shown(graded.notebook, "after")


CHEAT = "def double(number):\n    return {3: 6}.get(number, 2 * number if number < 1000 else 0)"


def test_hidden_cases_decide_and_are_not_shown(judged: Judge) -> None:
    graded = judged(notebook(CHEAT))
    assert scores(graded) == [2, 4, 2]
    found = graded.results["93.1"]["criteria"][1]
    assert (found["hidden"], found["finding"]["call"]) == (True, "double(7777777)")
    assert "further cases" in shown(graded.notebook, "check-93-1")
    assert not [secret for secret in SECRETS if secret in graded.notebook]


TELLS = '''
import threading, time
from IPython.display import display
def double(number):
    print("SAID", number)
    display(str(number))
    threading.Thread(target=time.sleep, args=(600,), name=f"thread-{number}", daemon=True).start()
    open("said.txt", "a").write(str(number))
    time.sleep(number / 1e8)
    return 2 * number if number < 1000 else str(number)
'''
LOOKS = "import pathlib\npathlib.Path('said.txt').read_text()"


def test_nothing_that_a_hidden_call_does_gets_into_the_notebook(judged: Judge) -> None:
    graded = judged(notebook(TELLS, after=LOOKS))
    assert scores(graded)[0] == 2
    assert "thread-7777777" in graded.results["93.1"]["hidden_notes"][0] + json.dumps(graded.results["93.1"])
    assert not [secret for secret in SECRETS if secret in graded.notebook]


def test_hidden_cases_meet_the_names_of_check_time(judged: Judge) -> None:
    first = "def helper(number):\n    return 2 * number\n\n\ndef double(number):\n    return helper(number)"
    graded = judged(notebook(first, between="def helper(text):\n    return text.upper() + '!'\n\ndouble = 5",
                             shout=SHOUT.replace('text.upper() + "!"', "helper(text)")))
    assert scores(graded) == [4, 4, 2]


def test_source_and_time_are_the_judges_own(judged: Judge) -> None:
    lies = ("import inspect, time\ninspect.getsource = lambda thing: 'def shout(text): pass'\n"
            "time.perf_counter = lambda: 0.0\n")
    slow = "def double(number):\n    time.sleep(3.3 if number > 3 else 0)\n    return 2 * number"
    graded = judged(notebook(lies + slow, SHOUT.replace("return text", "print(text)\n    return text")))
    assert scores(graded) == [2, 3, 2]


def test_a_cell_without_end_is_interrupted_and_the_rest_goes_on(judged: Judge) -> None:
    graded = judged(notebook(between="print('begin')\nwhile True:\n    pass"))
    assert scores(graded) == [4, 4, 2]
    assert kinds(graded) == {("time", "between")}
    assert "begin" in (said := shown(graded.notebook, "between"))
    assert "KeyboardInterrupt" in said
    assert "CellTimeoutError" in said


STUBBORN = "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass"


@pytest.mark.parametrize("deadly", [STUBBORN, "__import__('os')._exit(0)", "import os\nos.kill(os.getpid(), 9)"])
def test_a_cell_that_ends_the_kernel_costs_nothing_else(judged: Judge, deadly: str) -> None:
    graded = judged(notebook(between=deadly, after="double(21)"))
    assert scores(graded) == [4, 4, 2]
    assert kinds(graded) in ({("time", "between")}, {("kernel death", "between")})
    assert "DeadKernelError" in shown(graded.notebook, "between")
    assert "42" in shown(graded.notebook, "after")


def test_a_cell_after_which_the_kernel_ends_is_the_one_that_costs(judged: Judge) -> None:
    graded = judged(notebook(between="exit()", after="double(21)"))
    assert scores(graded) == [4, 4, 2]
    assert "42" in shown(graded.notebook, "after")


def test_a_call_that_ends_the_kernel_costs_its_own_points(judged: Judge) -> None:
    graded = judged(notebook("import os\ndef double(number):\n    return 6 if number == 3 else os._exit(0)"))
    assert scores(graded) == [2, 4, 2]
    assert kinds(graded) == {("kernel death", "check-93-1")}
    assert graded.results["93.1"]["criteria"][1]["finding"]["kind"] == "died"


def test_a_hidden_call_that_ends_the_kernel_costs_its_own_points(judged: Judge) -> None:
    graded = judged(notebook("import os\ndef double(number):\n    return os._exit(0) if number > 1000 else 2 * number"))
    assert scores(graded) == [2, 4, 2]
    assert not [secret for secret in SECRETS if secret in graded.notebook]


def test_a_call_that_cannot_be_ended_is_a_timeout(judged: Judge) -> None:
    stuck = "import signal\ndef double(number):\n    signal.signal(signal.SIGALRM, signal.SIG_IGN)\n" + "".join(
        f"    {line}\n" for line in STUBBORN.splitlines())
    graded = judged(notebook(stuck))
    assert scores(graded) == [0, 4, 2]
    assert graded.results["93.1"]["criteria"][0]["finding"]["kind"] == "timeout"


def test_after_three_deaths_what_hidden_cases_decide_on_is_lost(judged: Judge) -> None:
    dies = "import os\nos._exit(0)"
    graded = judged(notebook(before=dies, between=dies, after=dies))
    assert scores(graded) == [2, 2, 0]
    assert "started 3 times" in graded.results["93.1"]["criteria"][1]["finding"]["found"]


def test_a_submission_over_its_time_is_ended(judged: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    sleeps, execute = "import time\ntime.sleep(60)", Session.execute

    def late(session: Session, source: str) -> Execution:
        if source == sleeps:  # what was before may take as long as a busy machine needs
            session._guard._until = time.monotonic() + 1
        return execute(session, source)

    monkeypatch.setattr(Session, "execute", late)
    graded = judged(notebook(between=sleeps), Limits(cell=60, submission=120))
    assert scores(graded) == [4, 0, 0]
    assert ("time", "between") in kinds(graded)


def test_a_notebook_that_shows_something_in_each_of_many_cells_is_bounded(judged: Judge) -> None:
    from grader.judge import session

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "ALL_OUTPUTS", 50_000)
        graded = judged(notebook(before="print('x' * 40_000)", between="print('y' * 40_000)", after="print('z' * 100)"))
    assert scores(graded) == [4, 4, 2]
    assert kinds(graded) == {("output", "between"), ("output", "after")}
    assert len(graded.notebook) < 70_000


@pytest.mark.parametrize("flood", [
    "import sys\nsys.stdout.write('x' * 30_000_000)",
    "for number in range(300_000):\n    print(number)",
    "for number in range(3_000):\n    display(number)",
    "for number in range(40):\n    display('x' * 1_000_000)",
], ids=["one text", "lines", "displays", "large displays"])
def test_output_is_cut(judged: Judge, flood: str) -> None:
    graded = judged(notebook(between=flood, after="print('still here')"), Limits(cell=30, output=100_000))
    assert scores(graded) == [4, 4, 2]
    assert len(graded.notebook) < 300_000
    assert ("output", "between") in kinds(graded)
    assert "left out" in shown(graded.notebook, "between")
    assert "still here" in shown(graded.notebook, "after")


def test_the_same_seed_gives_the_same_cases_and_another_student_others(judged: Judge) -> None:
    first, again, other = (judged(notebook(), student=name) for name in ("ann", "ann", "bob"))
    assert first.seeds == again.seeds != other.seeds
    assert first.results["93.1"]["seed"] == first.seeds["93.1"]


FILES = {name: base64.b64encode(b"raise SystemExit(3)").decode() for name in ("json.py", "comm.py", "zmq.py")}


class Delicate:
    """A launcher whose kernels do not start with files beside the notebook: none is known that does it for certain."""

    def start(self, files: Mapping[str, bytes], environment: Mapping[str, str], limits: Limits) -> Kernel:
        """Start one without files."""
        if files:
            raise LaunchError("it does not start")
        return launcher().start(files, environment, limits)


@pytest.mark.parametrize("delicate", [False, True])
def test_files_beside_the_notebook_do_not_keep_it_from_being_graded(delicate: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ROOM, "none")
        made = Delicate() if delicate else launcher()
        graded = judge(replace(submission(notebook()), files=FILES), COURSE, made, lambda _exercise: None)
    assert (graded.fault, scores(graded)) == ("", [4, 4, 2])
    assert kinds(graded) == ({("kit", "")} if delicate else set())


def test_a_file_that_was_handed_in_lies_in_the_working_folder(judged: Judge) -> None:
    assert SHORT.cell
    graded = judged(notebook(before="open('own.txt', 'w').write('mine')", after="open('own.txt').read()"))
    assert "mine" in shown(graded.notebook, "after")


def test_a_text_that_no_file_can_hold_is_mended(judged: Judge) -> None:
    graded = judged(notebook('def double(number):\n    return "\\ud800"', after='print("\\ud800")'))
    graded.notebook.encode()
    json.dumps(graded.data(), ensure_ascii=False).encode()


def test_only_one_of_two_answers_is_wrong(judged: Judge) -> None:
    assert scores(judged(notebook(add=ADD.replace("+", "-")))) == [4, 4, 0]
