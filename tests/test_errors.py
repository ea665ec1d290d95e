from __future__ import annotations

from labkit.errors import KitError, StudentError


def test_a_students_error_says_the_next_step() -> None:
    error = StudentError("There is no lab 11.", "choose a number from 01 to 10.")
    assert str(error) == "There is no lab 11.\nTry: choose a number from 01 to 10."


def test_a_kits_error_shows_what_was_tried_and_the_log_and_the_next_step() -> None:
    error = KitError(
        "No broker could be started.", tried=["docker: no engine"], log=["bind failed"], fix="free the port."
    )
    assert str(error) == (
        "No broker could be started.\n  - docker: no engine\n"
        "Last lines of its log:\n  | bind failed\nTry: free the port."
    )
    assert error.tried == ("docker: no engine",)


def test_a_notebook_shows_the_message_without_a_traceback() -> None:
    error = StudentError("There is no lab 11.", "choose another.")
    assert error._render_traceback_() == ["StudentError: There is no lab 11.\nTry: choose another."]
