"""Public cases of a lab without services: the judge's own tests run on it."""

from __future__ import annotations

from labkit.checks import Hint, Student, World, criterion, exercise

ADDS = Hint("adds-two", "look at 3: twice 3 is 6.", "adding two is doubling only for 2.", "multiply by two.")


@exercise("93.1", points=4, title="Double a number", limit=4, functions=("double(number)",))
def double(student: Student, world: World) -> None:
    """A fixed number, and a random one."""
    with criterion("small numbers", points=2):
        student.call("double", 3).gives(6, hint=ADDS)
    with criterion("any number", points=2):
        number = world.random.randrange(10, 1000)
        student.call("double", number).gives(2 * number, hint=ADDS).within(3)


@exercise("93.2", points=4, title="Shout", limit=4)
def shout(student: Student, world: World) -> None:
    """Words, and an object that stays with the student."""
    with criterion("words become loud", points=2):
        student.call("shout", "hello").gives("HELLO!")
    with criterion("a crier counts", points=1):
        crier = student.call("Crier").succeeds()
        crier.call("cry", "hello").gives("HELLO!")
        crier.get("cries").gives(1)
    with criterion("it does not print", points=1):
        text = student.source("shout").value
        world.expect("print" not in text, expected="no print", found="a print")


@exercise("93.3", points=2, title="Add", limit=4)
def add(student: Student, world: World) -> None:
    """Two numbers."""
    student.call("add", 1, 2).gives(3)
