from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from influxdb_client import InfluxDBClient, TaskCreateRequest
from influxdb_client.rest import ApiException

from labkit.embedded.influx.tasks.cron import Cron
from labkit.embedded.influx.tasks.options import OptionError, change_options, read_options
from labkit.waiting import wait_until
from tests.embedded.influx.conftest import ORG, Server, serving

# -- options and schedules


def seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def test_options_are_read_from_anywhere_in_the_text():
    options = read_options(
        'import "math"\nx = 1\noption task = {name: "a \\"b\\"", every: 1h30m, offset: -5m, retry: 2}\n'
    )
    assert (options.name, options.every, options.offset) == ('a "b"', "1h30m", "-5m")
    assert (options.every_s, options.offset_s, options.cron) == (5400, -300, "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('from(bucket: "b")', "no task options defined"),
        ("x = (", "error @"),
        ("option task = 5", 'task option expected to be object literal, but found "Literal"'),
        ("option task = {every: 1h}", "missing required option: name"),
        ('option task = {name: "a"}', "missing required option: cron or every"),
        ('option task = {name: "a", every: 1h, cron: "* * * * *"}', "cannot use both cron and every in task options"),
        ('option task = {name: "", every: 1h}', "invalid options: name required"),
        ('option task = {name: "a", every: 1ms}', "invalid options: every option must be at least 1 second"),
        (
            'option task = {name: "a", every: 1500ms}',
            "invalid options: every option must be expressible as whole seconds",
        ),
        (
            'option task = {name: "a", every: 1h, offset: 1ms}',
            "invalid options: offset option must be expressible as whole seconds",
        ),
        ('option task = {name: "a", cron: "nope"}', "invalid options: cron invalid: 'nope' has not five fields"),
        ("option task = {name: 5, every: 1h}", "failed to parse field 'name' in task options"),
        ('option task = {name: "a", every: "1h"}', "failed to parse field 'every' in task options"),
        ('option task = {name: "a", every: 1h}\noption task = {name: "b", every: 1h}', "multiple task options defined"),
    ],
)
def test_options_that_cannot_be_used_are_refused(text, message):
    with pytest.raises(OptionError) as caught:
        read_options(text)
    assert str(caught.value).startswith(message)


def test_changed_options_are_written_into_the_text_and_the_rest_stays():
    text = '// über\noption task = {name: "a", every: 1h, retry: 3} // end\nfrom(bucket: "b")\n'
    changed = change_options(text, {"cron": "0 * * * *", "name": 'b"c'})
    assert changed == '// über\noption task = {name: "b\\"c", retry: 3, cron: "0 * * * *"} // end\nfrom(bucket: "b")\n'
    assert read_options(changed).cron == "0 * * * *"


@pytest.mark.parametrize(
    ("every", "after", "expected"),
    [
        ("1h", "2024-05-01T10:20:30", "2024-05-01T11:00:00"),
        ("1h", "2024-05-01T11:00:00", "2024-05-01T12:00:00"),
        ("15s", "2024-05-01T11:00:01", "2024-05-01T11:00:15"),
        ("1d", "2024-05-01T11:00:00", "2024-05-02T00:00:00"),
        ("1w", "2024-05-01T11:00:00", "2024-05-06T00:00:00"),
    ],
)
def test_every_counts_in_whole_multiples(every, after, expected):
    options = read_options(f'option task = {{name: "a", every: {every}}}')
    assert options.next(seconds(after)) == seconds(expected)


@pytest.mark.parametrize(
    ("cron", "after", "expected"),
    [
        ("* * * * *", "2024-05-01T10:20:30", "2024-05-01T10:21:00"),
        ("*/15 * * * *", "2024-05-01T10:45:00", "2024-05-01T11:00:00"),
        ("0 3 * * *", "2024-05-01T03:00:00", "2024-05-02T03:00:00"),
        ("30 8 * * mon-fri", "2024-05-03T09:00:00", "2024-05-06T08:30:00"),
        ("0 0 29 2 *", "2024-03-01T00:00:00", "2028-02-29T00:00:00"),
        ("0 0 13 * 5", "2024-05-01T00:00:00", "2024-05-03T00:00:00"),
        ("0 0 * * 7", "2024-05-01T00:00:00", "2024-05-05T00:00:00"),
        ("*/10 * * * * *", "2024-05-01T10:00:01", "2024-05-01T10:00:10"),
        ("@hourly", "2024-12-31T23:59:59", "2025-01-01T00:00:00"),
        ("0 0 1 jan,jul *", "2024-02-01T00:00:00", "2024-07-01T00:00:00"),
        ("5-59/20 * * * *", "2024-05-01T10:25:00", "2024-05-01T10:45:00"),
    ],
)
def test_cron_finds_the_next_time(cron, after, expected):
    assert Cron(cron).next(seconds(after)) == seconds(expected)


def test_a_date_that_never_comes_is_no_endless_search():
    assert Cron("0 0 30 2 *").next(0) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "* * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "a * * * *",
        "5-1 * * * *",
        "*/0 * * * *",
        "* * * * * * *",
        "1-2-3 * * * *",
        "-1 * * * *",
        "9" * 5000 + " * * * *",
        "@often",
    ],
)
def test_a_text_that_is_not_cron_is_refused(text):
    with pytest.raises(ValueError, match=r"fields|in \d|before"):
        Cron(text)


# -- over HTTP


@pytest.fixture
def client(server: Server) -> Iterator[InfluxDBClient]:
    with server.client() as made:
        yield made


def create(client: InfluxDBClient, flux: str, **more: str):
    return client.tasks_api().create_task(task_create_request=TaskCreateRequest(flux=flux, org=ORG, **more))


def downsample(source: str, target: str, schedule: str = "every: 1h") -> str:
    return (
        f'option task = {{name: "mean of {source}", {schedule}}}\n'
        f'from(bucket: "{source}") |> range(start: -task.every) |> filter(fn: (r) => r._measurement == "m") |> mean() '
        f'|> map(fn: (r) => ({{r with _time: now()}})) |> to(bucket: "{target}", org: "{ORG}")'
    )


def count(server: Server, bucket: str) -> int:
    return server.query(f'from(bucket: "{bucket}") |> range(start: 0, stop: 2100-01-01T00:00:00Z)').body.count(b",v,m")


def test_a_task_is_made_listed_changed_and_deleted(client):
    made = create(client, 'option task = {name: "first", every: 1h, offset: 5m}\nbuckets()', description="what for")
    assert (made.name, made.every, made.offset, made.status, made.org) == ("first", "1h", "5m", "active", ORG)
    assert made.description == "what for"
    api = client.tasks_api()
    assert api.find_task_by_id(made.id).flux == made.flux
    assert made.id in {each.id for each in api.find_tasks(name="first")}
    assert made.id in {each.id for each in api.find_tasks_iter(limit=1)}
    made.every, made.status = "2h", "inactive"
    changed = api.update_task(made)
    assert (changed.every, changed.status) == ("2h", "inactive")
    assert "every: 2h" in changed.flux
    api.delete_task(made.id)
    with pytest.raises(ApiException) as caught:
        api.find_task_by_id(made.id)
    assert (caught.value.status, caught.value.message) == (404, "failed to find task: task not found")


def test_the_shorthands_of_the_client_make_tasks(client):
    org = client.organizations_api().find_organizations(org=ORG)[0]
    every = client.tasks_api().create_task_every("e", "buckets()", "1h", org)
    cron = client.tasks_api().create_task_cron("c", "buckets()", "0 3 * * *", org.id)
    assert (every.every, cron.cron) == ("1h", "0 3 * * *")
    for each in (every, cron):
        client.tasks_api().delete_task(each.id)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "failed to decode request: missing flux"),
        ({"flux": "x"}, "failed to decode request: missing orgID and org"),
        ({"flux": "buckets()", "org": ORG}, "invalid options: no task options defined"),
        ({"flux": "x", "org": ORG, "status": "on"}, 'failed to decode request: invalid task status: "on"'),
        ({"flux": 'option task = {name: "a", every: 1h}\nx = ', "org": ORG}, "invalid options: error @"),
    ],
)
def test_a_task_that_cannot_be_made_is_refused(server, body, error):
    status, code, message = server.ask("POST", "/api/v2/tasks", body).error
    assert (status, code) == (400, "invalid")
    assert message.startswith(error)


def test_a_task_that_is_run_now_downsamples(server, client, bucket):
    target = server.new_bucket()
    now = time.time_ns()
    server.write(f"m v=1 {now - 2 * 10**9}\nm v=3 {now - 10**9}", bucket)
    made = create(client, downsample(bucket, target))
    run = client.tasks_api().run_manually(made.id)
    done = wait_until(
        lambda: (found := client.tasks_api().get_run(made.id, run.id)).status in ("success", "failed") and found,
        60,
        what="the run is over",
    )
    logs = [each.message for each in client.tasks_api().get_run_logs(made.id, run.id)]
    assert done.status == "success", logs
    assert logs[0].startswith("Started task from script: ")
    assert logs[-1] == "Completed(success)"
    assert count(server, target) == 1
    assert [each.id for each in client.tasks_api().get_runs(made.id)] == [run.id]
    assert client.tasks_api().find_task_by_id(made.id).last_run_status == "success"
    retried = client.tasks_api().retry_run(made.id, run.id)
    assert retried.scheduled_for == run.scheduled_for
    wait_until(
        lambda: client.tasks_api().get_run(made.id, retried.id).status == "success", 60, what="the second run is over"
    )
    assert len(client.tasks_api().get_logs(made.id)) == 4
    client.tasks_api().delete_task(made.id)


def test_a_task_that_fails_says_why(client):
    made = create(client, 'option task = {name: "fails", every: 1h}\nfrom(bucket: "nope") |> range(start: -1h)')
    run = client.tasks_api().run_manually(made.id)
    wait_until(lambda: client.tasks_api().get_run(made.id, run.id).status == "failed", 60, what="the run has failed")
    task = client.tasks_api().find_task_by_id(made.id)
    assert task.last_run_status == "failed"
    assert task.last_run_error == 'failed to initialize execute state: could not find bucket "nope"'
    assert task.last_run_error in [each.message for each in client.tasks_api().get_run_logs(made.id, run.id)]
    client.tasks_api().delete_task(made.id)


def test_an_active_task_runs_on_its_schedule_and_an_inactive_one_does_not(server, client, bucket):
    target, other = server.new_bucket(), server.new_bucket()
    server.write(f"m v=1 {time.time_ns()}", bucket)
    text = downsample(bucket, target, "every: 1s").replace("-task.every", "-1h")
    made = create(client, text)
    sleeping = create(client, text.replace(target, other), status="inactive")
    wait_until(lambda: count(server, target) >= 3, 60, what="the task has run three times")
    runs = client.tasks_api().get_runs(made.id)
    assert {each.status for each in runs} <= {"success", "started", "scheduled"}
    times = sorted({each.scheduled_for for each in runs})
    assert all(each.microsecond == 0 for each in times)
    assert count(server, other) == 0
    assert client.tasks_api().get_runs(sleeping.id) == []
    for each in (made, sleeping):
        client.tasks_api().delete_task(each.id)
    assert server.ask("GET", f"/api/v2/tasks/{made.id}/runs").error[:2] == (404, "not found")


def test_tasks_are_there_and_run_after_a_restart(directory):
    with serving("--directory", str(directory)) as server, server.client() as client:
        server.write(f"m v=1 {time.time_ns()}")
        target = server.new_bucket()
        create(client, downsample("iot-metrics", target, "every: 1s").replace("-task.every", "-1h"))
        server.process.kill()
        server.process.wait()
    with serving("--directory", str(directory)) as server:
        wait_until(lambda: count(server, target) >= 1, 60, what="the task has run again")


@pytest.mark.parametrize("path", ["", "/runs", "/logs", "/runs/00000000000000aa", "/runs/00000000000000aa/logs"])
def test_a_task_that_is_not_there_is_404(server, path):
    assert server.ask("GET", f"/api/v2/tasks/00000000000000aa{path}").error[:2] == (404, "not found")


def test_a_run_that_is_not_there_is_404(server, client):
    made = create(client, 'option task = {name: "x", every: 1h}\nbuckets()')
    for method, path in (("GET", ""), ("GET", "/logs"), ("POST", "/retry"), ("DELETE", "")):
        answer = server.ask(method, f"/api/v2/tasks/{made.id}/runs/00000000000000aa{path}")
        assert answer.error[:2] == (404, "not found")
    client.tasks_api().delete_task(made.id)
