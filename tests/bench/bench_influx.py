"""The embedded InfluxDB engine: `python -m tests.bench.bench_influx`. All numbers are of one run on one machine."""

from __future__ import annotations

import gzip
import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

from influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS

TOKEN, ORG, BUCKET = "bench", "iot-org", "iot-metrics"
POINTS, BATCH = 1_000_000, 5_000
START = 1_700_000_000
WRITE = f"/api/v2/write?org={ORG}&bucket={BUCKET}"


def start(*options: str) -> tuple[subprocess.Popen[str], int, float]:
    """A server, its port, and the milliseconds until it listened."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "labkit.embedded.influx", "--token", TOKEN, *options], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    port = json.loads(process.stdout.readline())["port"]
    return process, port, (time.perf_counter() - begun) * 1000


def stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    process.wait(20)
    if process.stdout:
        process.stdout.close()


def timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def batches(count: int, measurement: str = "home") -> list[list[str]]:
    lines = [f"{measurement},room=r{i % 10} temp={20 + i % 100 / 10} {(START + i // 10) * 10**9}" for i in range(count)]
    return [lines[i : i + BATCH] for i in range(0, count, BATCH)]


def write_client(port: int, data: list[list[str]], packed: bool = False) -> None:
    with InfluxDBClient(f"http://127.0.0.1:{port}", token=TOKEN, org=ORG, enable_gzip=packed) as client:
        api = client.write_api(write_options=SYNCHRONOUS)
        for batch in data:
            api.write(BUCKET, ORG, batch)


def write_raw(port: int, bodies: list[bytes], **headers: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for body in bodies:
        connection.request("POST", WRITE, body, {"Authorization": f"Token {TOKEN}", **headers})
        response = connection.getresponse()
        assert response.status == 204, response.read()
        response.read()
    connection.close()


def report(what: str, seconds: float, count: int, base: float = 0.0) -> None:
    ratio = f", {base / seconds:.2f} of the client's rate" if base else ""
    print(f"{what:58} {count / seconds:12,.0f} /s{ratio}", flush=True)


def bench_ready() -> None:
    taken = []
    for _ in range(7):
        process, _, milliseconds = start()
        taken.append(milliseconds)
        stop(process)
    print(f"ready after the start of the process: median {statistics.median(taken):.0f} ms, most {max(taken):.0f} ms")


def bench_writes(port: int) -> None:
    data = batches(POINTS // 2)
    base = timed(lambda: write_client(port, data))
    report("points through influxdb-client, lines, batches of 5000", base, POINTS // 2)
    report("the same, packed with gzip", timed(lambda: write_client(port, data, packed=True)), POINTS // 2, base)
    bodies = ["\n".join(batch).encode() for batch in data]
    report("the same over a plain HTTP connection", timed(lambda: write_raw(port, bodies)), POINTS // 2, base)
    packed = [gzip.compress(body, 1) for body in bodies[:40]]
    spent = timed(lambda: write_raw(port, packed, **{"Content-Encoding": "gzip"}))
    report("plain HTTP, packed", spent, 40 * BATCH)
    strings = [f'log,room=r{i % 10} text="line, {i} of it",level={i % 5}i {START + i}000000000' for i in range(100_000)]
    bodies = ["\n".join(strings[i : i + BATCH]).encode() for i in range(0, len(strings), BATCH)]
    report("lines with a quoted string and an integer", timed(lambda: write_raw(port, bodies)), len(strings))
    escaped = [line.replace("room=r", r"the\ room=r") for line in strings[:50_000]]
    bodies = ["\n".join(escaped[i : i + BATCH]).encode() for i in range(0, len(escaped), BATCH)]
    report("lines with escapes in names", timed(lambda: write_raw(port, bodies)), len(escaped))
    careful = [f'log text="two\nlines",level={i}i {START + i}000000000' for i in range(50_000)]
    bodies = ["\n".join(careful[i : i + BATCH]).encode() for i in range(0, len(careful), BATCH)]
    report("lines with newlines in strings (the careful way)", timed(lambda: write_raw(port, bodies)), len(careful))
    singles = [f"one,room=r1 v={i} {START + i}000000000".encode() for i in range(2_000)]
    report("requests of one point", timed(lambda: write_raw(port, singles)), len(singles))
    many = [f"wide,device=d{i} v=1 {START}000000000" for i in range(50_000)]
    bodies = ["\n".join(many[i : i + BATCH]).encode() for i in range(0, len(many), BATCH)]
    report("points, each of a new series", timed(lambda: write_raw(port, bodies)), len(many))


def bench_queries(port: int) -> None:
    data = batches(POINTS, "million")
    write_raw(port, ["\n".join(batch).encode() for batch in data])
    stop_s = START + POINTS // 10
    source = (
        f'from(bucket: "{BUCKET}") |> range(start: {START}, stop: {stop_s})'
        ' |> filter(fn: (r) => r._measurement == "million")'
    )
    with InfluxDBClient(f"http://127.0.0.1:{port}", token=TOKEN, org=ORG, timeout=60_000) as client:
        api = client.query_api()
        assert sum(r.get_value() for table in api.query(f"{source} |> count()") for r in table.records) == POINTS
        for name, rest in (
            ("aggregateWindow(every: 1h, fn: mean)", "aggregateWindow(every: 1h, fn: mean)"),
            ("the same, grouped into one table", "group() |> aggregateWindow(every: 1h, fn: mean)"),
            ("aggregateWindow(every: 1m, fn: max)", "aggregateWindow(every: 1m, fn: max)"),
            ("last()", "last()"),
            ("mean()", "mean()"),
        ):
            query = f"{source} |> {rest}"
            taken = [timed(lambda query=query: api.query_raw(query).data) for _ in range(3)]
            print(
                f"{name + ' over 1,000,000 points':58} {min(taken) * 1000:12,.0f} ms, first {taken[0] * 1000:,.0f} ms"
            )
        spent = timed(lambda: api.query_raw(f"{source} |> limit(n: 20000)").data)
        report("rows out of a query as annotated CSV", spent, 200_000)


def bench_log() -> None:
    with tempfile.TemporaryDirectory() as directory:
        process, port, _ = start("--directory", directory)
        bodies = ["\n".join(batch).encode() for batch in batches(POINTS // 2)]
        report("points over plain HTTP with --directory", timed(lambda: write_raw(port, bodies)), POINTS // 2)
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()
        for what in ("replaying the log of 500,000 points and a snapshot", "from that snapshot"):
            process, _, milliseconds = start("--directory", directory)
            print(f"ready again {what:46} {milliseconds:12,.0f} ms")
            stop(process)


def main() -> None:
    bench_ready()
    process, port, _ = start()
    try:
        bench_writes(port)
        bench_queries(port)
    finally:
        stop(process)
    bench_log()


if __name__ == "__main__":
    main()
