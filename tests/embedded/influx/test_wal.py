from __future__ import annotations

import http.client
import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from labkit.embedded.influx import wal
from labkit.embedded.influx.engine import Engine
from labkit.embedded.influx.flux.storage import Point
from labkit.embedded.influx.predicate import parse_predicate
from labkit.embedded.influx.storage import QueryStorage
from labkit.embedded.influx.store import PartialWriteError
from labkit.errors import KitError
from labkit.waiting import wait_until
from tests.embedded.influx.conftest import BUCKET, ORG, serving

EVER = (-(2**63), 2**63 - 1)


def opened(directory: Path, **options) -> Engine:
    engine = Engine(directory, **options)
    engine.set_up(user="lab", org=ORG, bucket=BUCKET, token="all")
    return engine


def bucket_of(engine: Engine, name: str = BUCKET):
    return engine.catalog.bucket_named(engine.catalog.org_named(ORG).id, name)


def content(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    """Everything that a query could see, and the catalog."""
    found = {
        bucket: [
            (sorted(tags.items()), type_, times.tolist(), values.tolist())
            for tags, type_, times, values in data.read(*EVER, None)
        ]
        for bucket, data in engine.points.items()
    }
    found["catalog"] = [repr(each) for each in engine.catalog.items()]
    found["fields"] = [tuple(sorted(data.fields.items())) for data in engine.points.values()]
    return found


def storage(engine: Engine) -> QueryStorage:
    auth = engine.catalog.by_token("all")
    return QueryStorage(engine, auth.org, auth)


def busy(engine: Engine) -> None:
    """A bit of everything."""
    bucket = bucket_of(engine)
    engine.write_text(bucket, 'm,r=a f=1,i=2i,u=3u,b=true,s="ä \\" b" 1\nm,r=b f=2 2', "s")
    engine.write_text(bucket, 'm,r=a s="line\nbreak" 3\nm,r=a f=9 1', "s")
    with pytest.raises(PartialWriteError):
        engine.write_text(bucket, 'm f="x" 4\nm f=4 5', "ns")
    engine.write_text(bucket, "without_time v=1", "ms")
    engine.delete(bucket, 0, 10**9 + 1, 'r="a"', parse_predicate('r="a"'))
    storage(engine).write(BUCKET, [Point("q", {"t": "a, b"}, {"v": 1.5, "s": "x"}, 7)])
    org = engine.catalog.org_named(ORG).id
    gone = engine.new_bucket(org, "gone")
    engine.write_text(gone, "m v=1 1", "ns")
    engine.drop("bucket", gone.id)
    kept = engine.new_bucket(org, "kept", retention=3600, description="an hour")
    engine.update(kept, description="one hour")
    engine.write_text(kept, f"m v=1 {engine.clock()}", "ns")


def test_all_is_there_after_opening_again(directory):
    engine = opened(directory)
    busy(engine)
    before = content(engine)
    engine.close()
    again = opened(directory)
    assert content(again) == before
    again.close()


def test_all_is_there_after_a_snapshot_and_after_more_writes(directory):
    engine = opened(directory)
    busy(engine)
    engine.log.compact(engine)
    engine.write_text(bucket_of(engine), "m,r=c f=5 5", "s")
    before = content(engine)
    engine.close()
    again = opened(directory)
    assert content(again) == before
    assert [each.name for each in directory.glob("data-*")] == ["data-000002.log"]
    again.close()


def test_a_long_log_is_replaced_by_a_snapshot_at_the_start(directory, monkeypatch):
    monkeypatch.setattr(wal, "COMPACT_AT_START_BYTES", 10_000)
    engine = opened(directory)
    for _ in range(100):
        engine.write_text(bucket_of(engine), "\n".join(f"m v={i} {i}" for i in range(100)), "ns")
    before, size = content(engine), (directory / "data-000001.log").stat().st_size
    engine.close()
    again = opened(directory)
    assert content(again) == before
    assert (directory / "data-000002.log").stat().st_size < size / 10
    assert not (directory / "data-000001.log").exists()
    again.close()


def test_a_long_log_is_replaced_by_a_snapshot_while_the_server_runs(directory, monkeypatch):
    monkeypatch.setattr(wal, "COMPACT_WHILE_RUNNING_BYTES", 10_000)
    engine = opened(directory)
    for _ in range(50):
        engine.write_text(bucket_of(engine), "\n".join(f"m v={i} {i}" for i in range(100)), "ns")
    assert sum(each.stat().st_size for each in directory.glob("data-*")) < 20_000
    before = content(engine)
    engine.close()
    again = opened(directory)
    assert content(again) == before
    again.close()


@pytest.mark.parametrize("cut", [1, 7, 8, 9, 40])
def test_a_torn_tail_is_cut_off_and_what_is_written_later_is_kept(directory, cut, caplog):
    engine = opened(directory)
    engine.write_text(bucket_of(engine), "m v=1 1", "ns")
    whole = content(engine)
    engine.write_text(bucket_of(engine), "m v=2 2", "ns")
    engine.close()
    path = directory / "data-000001.log"
    path.write_bytes(path.read_bytes()[:-cut])
    again = opened(directory)
    assert content(again) == whole
    assert "are not whole records" in caplog.text
    again.write_text(bucket_of(again), "m v=3 3", "ns")
    later = content(again)
    again.close()
    last = opened(directory)
    assert content(last) == later
    last.close()


def test_a_damaged_record_ends_the_replay_and_is_kept_aside(directory, caplog):
    engine = opened(directory)
    engine.write_text(bucket_of(engine), "m v=1 1", "ns")
    whole, size = content(engine), (directory / "data-000001.log").stat().st_size
    engine.write_text(bucket_of(engine), "m v=2 2", "ns")
    engine.close()
    path = directory / "data-000001.log"
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.write_bytes(data)
    again = opened(directory)
    assert content(again) == whole
    assert (directory / "data-000001.log.torn").read_bytes() == bytes(data[size:])
    assert "moved to" in caplog.text
    again.close()


def test_any_prefix_of_a_log_can_be_opened(directory, tmp_path):
    engine = opened(directory)
    busy(engine)
    engine.close()
    data = (directory / "data-000001.log").read_bytes()
    for length in [*random.Random(2).sample(range(len(data)), 40), 0, 5, len(wal.MAGIC)]:
        part = tmp_path / f"part-{length}"
        part.mkdir()
        (part / "data-000001.log").write_bytes(data[:length])
        again = opened(part)
        again.write_text(bucket_of(again), "m2 v=1 1", "ns")
        again.close()


def test_a_half_written_snapshot_is_not_used(directory):
    engine = opened(directory)
    engine.write_text(bucket_of(engine), "m v=1 1", "ns")
    before = content(engine)
    engine.close()
    (directory / "snapshot.part").write_bytes(b"half")
    again = opened(directory)
    assert content(again) == before
    assert not (directory / "snapshot.part").exists()
    again.close()


def test_a_crash_between_snapshot_and_removal_of_the_old_log_loses_nothing(directory):
    engine = opened(directory)
    engine.write_text(bucket_of(engine), "m v=1 1", "ns")
    old = (directory / "data-000001.log").read_bytes()
    engine.log.compact(engine)
    before = content(engine)
    engine.close()
    (directory / "data-000001.log").write_bytes(old)
    again = opened(directory)
    assert content(again) == before
    assert not (directory / "data-000001.log").exists()
    again.close()


def test_points_that_expired_do_not_block_a_new_type_after_opening_again(directory):
    now = [10**18]
    engine = opened(directory, clock=lambda: now[0])
    short = engine.new_bucket(engine.catalog.org_named(ORG).id, "short", retention=3600)
    engine.write_text(short, f"m v=1 {now[0]}", "ns")
    now[0] += 2 * 3600 * 10**9
    engine.expire()
    engine.write_text(short, f'm v="text" {now[0]}', "ns")
    before = content(engine)
    engine.close()
    again = opened(directory, clock=lambda: now[0])
    assert content(again) == before
    again.close()


def test_two_processes_cannot_use_one_directory(directory):
    engine = opened(directory)
    with pytest.raises(KitError, match="another process uses"):
        Engine(directory)
    engine.close()


def test_a_directory_with_something_else_is_refused(directory):
    directory.mkdir()
    (directory / "data-000001.log").write_text("notes of mine that must not be lost")
    with pytest.raises(KitError, match="is not a log of this engine"):
        Engine(directory)
    assert (directory / "data-000001.log").read_text().startswith("notes")


def test_a_server_that_cannot_open_its_directory_says_why(directory):
    directory.parent.mkdir(exist_ok=True)
    directory.write_text("a file")
    command = [sys.executable, "-m", "labkit.embedded.influx", "--token", "t", "--directory", str(directory)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert "cannot keep data in" in done.stderr
    assert "Traceback" not in done.stderr


def test_every_acknowledged_point_is_there_after_kill_9(directory):
    """A real process is killed while three threads write; each acknowledged batch must be there, in full."""
    acknowledged: list[set[int]] = [set(), set(), set()]

    def writer(number: int, port: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        batch = 0
        try:
            while True:
                lines = "\n".join(f"m,w={number} v={batch}i {batch * 20 + i}" for i in range(20))
                connection.request(
                    "POST", f"/api/v2/write?org={ORG}&bucket={BUCKET}", lines, {"Authorization": "Token t"}
                )
                response = connection.getresponse()
                response.read()
                assert response.status == 204
                acknowledged[number].add(batch)
                batch += 1
        except (OSError, http.client.HTTPException):
            return  # killed
        finally:
            connection.close()

    with serving("--directory", str(directory), token="t") as server:
        answer = server.ask(
            "POST",
            "/api/v2/buckets",
            {"orgID": server.ask("GET", "/api/v2/orgs").json["orgs"][0]["id"], "name": "made"},
        )
        assert answer.status == 201
        threads = [threading.Thread(target=writer, args=(number, server.port)) for number in range(3)]
        for each in threads:
            each.start()
        wait_until(lambda: min(map(len, acknowledged)) >= 40, 60, what="40 batches of each thread")
        server.process.kill()
        server.process.wait()
        for each in threads:
            each.join(60)
    engine = Engine(directory)
    found = {
        tags["w"]: set(times.tolist()) for tags, _, times, _ in engine.points[bucket_of(engine).id].read(*EVER, None)
    }
    for number, batches in enumerate(acknowledged):
        missing = {batch for batch in batches if not set(range(batch * 20, batch * 20 + 20)) <= found[str(number)]}
        assert missing == set()
    assert bucket_of(engine, "made") is not None
    assert engine.catalog.by_token("t") is not None
    engine.close()


def test_a_server_goes_on_with_its_directory(directory):
    with serving("--directory", str(directory)) as server:
        assert server.write("m v=1 1").status == 204
        os.kill(server.process.pid, 9)
        server.process.wait()
    with serving("--directory", str(directory)) as server:
        text = server.query(f'from(bucket: "{BUCKET}") |> range(start: 0)').body.decode()
        assert ",m" in text
        assert server.ask("GET", "/api/v2/setup").json == {"allowed": False}


def test_a_full_disk_leaves_no_half_record(directory, monkeypatch):
    engine = opened(directory)
    real, calls = os.write, []

    def failing(file: int, data: bytes) -> int:
        calls.append(len(data))
        if len(calls) == 1:
            return real(file, bytes(data)[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", failing)  # a real full disk needs a file system of one's own
    with pytest.raises(OSError, match="No space left"):
        engine.write_text(bucket_of(engine), "m v=1 1", "ns")
    monkeypatch.setattr(os, "write", real)
    engine.write_text(bucket_of(engine), "m v=2 2", "ns")
    engine.close()
    again = opened(directory)
    ((_, _, times, _),) = again.points[bucket_of(again).id].read(*EVER, None)
    assert times.tolist() == [2]
    again.close()
