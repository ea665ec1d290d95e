"""The public cases of the target with services."""

from __future__ import annotations

from labkit.checks import Student, World, criterion, exercise


@exercise("92.1", points=4, title="Announce", services=("mqtt",), limit=6.0)
def announce(student: Student, world: World) -> None:
    """A text is kept by the broker."""
    with criterion("the broker keeps the text", points=4):
        check_kept(student, world, "hello")


def check_kept(student: Student, world: World, text: str) -> None:
    """Let a text be announced, and look for it at the broker, over a connection of the check's own."""
    topic = world.unique("target/")
    student.call("announce", world.mqtt, topic, text).succeeds()
    kept = world.broker.retained(topic).get(topic, b"")
    world.expect(kept == text.encode(), expected=f"the retained text {text!r}", found=repr(kept))


@exercise("92.2", points=4, title="Store", services=("influxdb",), limit=6.0)
def store(student: Student, world: World) -> None:
    """A value is in the database."""
    with criterion("the database has the value", points=4):
        check_stored(student, world, 21.5)


def check_stored(student: Student, world: World, value: float) -> None:
    """Let a value be stored, and look for it in the database, over a connection of the check's own."""
    bucket = world.influx.new_bucket("target")
    student.call("store", world.influxdb, bucket, value).succeeds()
    rows = world.influx.rows(bucket, "target")
    world.expect(any(value in row.values() for row in rows), expected=f"one point with {value}", found=f"{len(rows)} points")


@exercise("92.3", points=2, title="Initials", limit=3.0)
def initials(student: Student, world: World) -> None:
    """One name."""
    with criterion("a name becomes initials", points=2):
        student.call("initials", "Ada Lovelace").gives("AL")
