"""F2 controllers to the hypertable: `python -m tests.bench.bench_f2 [--rate N] [--seconds S | --minutes M]`.

Broker, Kafka (Tansu), PostgreSQL, the three stages and the load run on this one machine. Every row tells its own way:
its value is the moment of publishing, and PostgreSQL keeps the moment of each commit. All numbers are of one run.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
import psycopg
from psycopg.conninfo import make_conninfo

from labkit.services import Endpoint, faults, start
from labkit.waiting import wait_until
from stack.parts.f2 import DataPoint, decode
from tests.brokers import PROVIDER
from tests.stack.f2.processes import StageProcess, environment

CONTROLLERS = 100
VECTORS = Path("tests/fixtures/f2/vectors.json")


def bench_decoder(seconds: float = 0.2) -> None:
    """Values a second on one core, for each good vector."""
    rates = {}
    for vector in json.loads(VECTORS.read_text(encoding="utf-8"))["vectors"]:
        if "value" in vector["expect"]:
            point, payload = DataPoint(**vector["point"]), bytes.fromhex(vector["payload_hex"])
            count, begun = 0, time.process_time()
            while (took := time.process_time() - begun) < seconds:
                for _ in range(1000):
                    decode(payload, point)
                count += 1000
            rates[vector["id"]] = count / took
    ordered = sorted(rates.items(), key=lambda item: item[1])
    middle = ordered[len(ordered) // 2][1]
    print(f"decoder: {middle:,.0f} values/s of CPU time (median of {len(ordered)} vectors); "
          f"slowest {ordered[0][0]} {ordered[0][1]:,.0f}, fastest {ordered[-1][0]} {ordered[-1][1]:,.0f}")


def family(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def cpu(pid: int) -> float:
    """Seconds of a process and its children."""
    total = 0.0
    for each in family(pid):
        try:
            times = each.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


def listener(endpoint: Endpoint) -> int:
    """The process that listens at an endpoint."""
    for connection in psutil.net_connections("tcp"):
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port == endpoint.port and connection.pid:
            return int(connection.pid)
    raise LookupError(f"nobody listens at {endpoint}")


def database(place: Endpoint, name: str) -> psycopg.Connection[Any]:
    return psycopg.connect(make_conninfo(place.dsn, dbname=name), autocommit=True)


def ways(conn: psycopg.Connection[Any], epoch: float) -> str:
    """How long the messages were on their way, from the rows themselves."""
    [row] = conn.execute("""
        WITH rows AS (
            SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin)) - (%s + value) AS way,
                   extract(epoch FROM pg_xact_commit_timestamp(xmin)) AS committed FROM iot_measurements)
        SELECT count(*), percentile_disc(ARRAY[0.5, 0.99, 1]) WITHIN GROUP (ORDER BY way),
               max(committed) - min(committed) FROM rows""", [epoch]).fetchall()
    count, (half, most, last), span = row
    return (f"{count:,} rows committed in {span:.1f} s = {count / float(span):,.0f}/s; "
            f"publish to commit p50 {half:.2f} s, p99 {most:.2f} s, max {last:.2f} s")


def bench_pipeline(rate: int, seconds: float) -> None:
    """A steady rate from MQTT to the hypertable."""
    with ExitStack() as stack:
        broker = stack.enter_context(start("mqtt", provider=PROVIDER)).mqtt
        kafka = stack.enter_context(start("kafka", provider="embedded")).kafka
        servers = stack.enter_context(start("postgresql", provider="embedded"))
        place = servers.postgresql
        with psycopg.connect(place.dsn, autocommit=True) as conn:
            conn.execute("ALTER SYSTEM SET track_commit_timestamp = on")
        faults.restart(servers, "postgresql")
        variables = environment(broker, kafka.bootstrap, place, place)
        stages = {}
        for name in ("connector", "processor", "sink"):
            stages[name] = StageProcess(name, variables)
            stack.callback(stages[name].stop)
            stages[name].ready()
        pids = {"mosquitto": listener(broker), "tansu": listener(kafka), "postgres": listener(place)}
        pids |= {name: stage.process.pid for name, stage in stages.items()}

        # A first message finds every partition assigned and every table open.
        load(broker, 100, 1.0).communicate()
        wait_until(lambda: stages["sink"].health()["stored"] >= 100, 30, what="the first rows")
        with database(place, "timeseries") as conn:
            conn.execute("TRUNCATE iot_measurements")
        before, done = {name: cpu(pid) for name, pid in pids.items()}, stages["sink"].health()["received"]
        # Its batches may still be in the log: nothing of the first messages may count.
        print(f"load: {rate:,} messages/s for {seconds:g} s, {CONTROLLERS} controllers, QoS 1, "
              f"{os.cpu_count()} cores, load average before {os.getloadavg()[0]:.1f}", flush=True)
        process, begun = load(broker, rate, seconds), time.monotonic()
        minute = 0
        while process.poll() is None:
            if time.monotonic() - begun >= 60 * minute:
                print(memory(pids, stages, minute), flush=True)
                minute += 1
            try:
                process.wait(1)
            except subprocess.TimeoutExpired:
                continue
        assert process.stdout is not None
        result = json.loads(process.stdout.read())
        process.stdout.close()
        with contextlib.suppress(TimeoutError):
            wait_until(lambda: stages["sink"].health()["received"] - done >= result["sent"], 60, what="all rows")
        if missing := result["sent"] - (stages["sink"].health()["received"] - done):
            print(f"  {missing:,} of {result['sent']:,} MISSING after 60 s; the connector took "
                  f"{stages['connector'].health()['received']:,}. A full queue (max_queued_messages) drops silently.")
        took = time.monotonic() - begun
        print(memory(pids, stages, minute))
        print(f"published and acknowledged: {result['sent']:,} in {result['seconds']:.1f} s "
              f"= {result['sent'] / result['seconds']:,.0f}/s")
        with database(place, "timeseries") as conn:
            print(ways(conn, result["epoch"]))
        spent = {name: cpu(pid) - before[name] for name, pid in pids.items()} | {"load": result["cpu"]}
        for name, cost in sorted(spent.items(), key=lambda item: -item[1]):
            print(f"  {name:10} {cost / result['sent'] * 1e6:6.1f} us a message, {cost / took:5.0%} of a core")
        total = sum(spent.values())
        print(f"  {'all':10} {total / result['sent'] * 1e6:6.1f} us a message: "
              f"{os.cpu_count()} cores end at {(os.cpu_count() or 1) * result['sent'] / total:,.0f} messages/s")
        stages_total = {name: stage.health() for name, stage in stages.items()}
        print(f"  rejected {sum(each['rejected'] for each in stages_total.values())}, "
              f"duplicates {sum(each['duplicates'] for each in stages_total.values())}")


def load(broker: Endpoint, rate: int, seconds: float) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-m", "tests.bench.f2_load", broker.host, str(broker.port), str(rate),
                             str(seconds), str(CONTROLLERS)], stdout=subprocess.PIPE, text=True)


def memory(pids: dict[str, int], stages: dict[str, StageProcess], minute: int) -> str:
    """Resident memory of the stages and the rows so far. Tansu's grows: it keeps all records in memory."""
    sizes = {name: sum(each.memory_info().rss for each in family(pid)) / 2**20 for name, pid in pids.items()}
    shown = ", ".join(f"{name} {size:.0f}" for name, size in sizes.items() if name != "postgres")
    lags = ", ".join(f"{name} {stages[name].health()['lag']}" for name in ("processor", "sink"))
    return f"  minute {minute}: MB {shown}; lag {lags}"


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.bench_f2", description=__doc__)
    parser.add_argument("--rate", type=int, default=10_000, help="messages a second")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--minutes", type=float, default=0.0, help="instead of --seconds; memory is shown each minute")
    options = parser.parse_args(arguments if arguments is not None else [])
    bench_decoder()
    bench_pipeline(options.rate, 60 * options.minutes or options.seconds)


if __name__ == "__main__":
    main(sys.argv[1:])
