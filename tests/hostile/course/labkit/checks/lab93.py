"""The public cases of the target in C++."""

from __future__ import annotations

from labkit.checks import Student, World, criterion, exercise


@exercise("93.1", points=2, title="Reverse a text", limit=3.0)
def reverse(student: Student, world: World) -> None:
    """One text."""
    with criterion("a text is reversed", points=2):
        student.call("reverse", "sensor").gives("rosnes")


@exercise("93.2", points=6, title="Put a name into brackets", limit=30.0)
def brackets(student: Student, world: World) -> None:
    """A name that stands in the exercise, and one that does not."""
    driver = student.kit("firmware", "status.cpp", limit=60.0)
    with criterion("the name is in brackets", points=3):
        check_name(student, driver, "node_01")
    with criterion("any name is", points=3):
        check_name(student, driver, f"node_{world.random.randrange(10_000)}")


def check_name(student: Student, driver: object, name: str) -> None:
    """Have a name put into brackets by the student's C++."""
    driver.run(f'write_offline("{name}")', "call", "write_offline", name, 64, limit=8.0).gives(
        {"inside": True, "text": f"[{name}]"})
