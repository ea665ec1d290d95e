"""The server over HTTP: the table of errors, tokens, paths, set-up, the process."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys

import psutil
import pytest

from tests.embedded.influx.conftest import BUCKET, ORG, TOKEN, Server, serving

QUERY = f"/api/v2/query?org={ORG}"
WRITE = f"/api/v2/write?org={ORG}&bucket={BUCKET}"
INVALID, MISSING = (400, "invalid"), (404, "not found")
HOUR = 3600


def org_id(server: Server) -> str:
    return server.ask("GET", "/api/v2/orgs").json["orgs"][0]["id"]


# -- every row of the table of errors


@pytest.mark.parametrize("token", ["wrong", "x y", "\xff"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", WRITE),
        ("POST", QUERY),
        ("GET", "/api/v2/buckets"),
        ("GET", "/api/v2/no/such/path"),
        ("POST", "/api/v2/delete"),
    ],
)
def test_a_bad_token_is_unauthorized_everywhere(server, method, path, token):
    assert server.ask(method, path, "m v=1", token=token).error == (401, "unauthorized", "unauthorized access")


@pytest.mark.parametrize("header", ["", f"Basic {TOKEN}", TOKEN, "Token", "Token "])
def test_a_request_without_a_token_is_unauthorized(server, header):
    answer = server.ask("GET", "/api/v2/buckets", token="", **({"Authorization": header} if header else {}))
    assert answer.error == (401, "unauthorized", "unauthorized access")


def test_a_bearer_token_is_a_token_too(server):
    assert server.ask("GET", "/api/v2/buckets", token="", Authorization=f"Bearer {TOKEN}").status == 200


def test_a_missing_bucket_of_a_write_is_named(server):
    assert server.write("m v=1", bucket="nope").error == (*MISSING, 'bucket "nope" not found')


def test_a_missing_bucket_of_a_query_is_named(server):
    answer = server.query('from(bucket: "nope") |> range(start: -1h)')
    assert answer.error == (*MISSING, 'failed to initialize execute state: could not find bucket "nope"')


def test_an_unknown_org_is_400_for_a_query_and_404_for_a_write(server):
    body = {"query": 'from(bucket: "b") |> range(start: 0)'}
    assert server.ask("POST", "/api/v2/query?org=x", body).error == (
        *INVALID,
        'failed to decode request body: organization name "x" not found',
    )
    assert server.ask("POST", f"/api/v2/write?org=x&bucket={BUCKET}", "m v=1").error == (
        *MISSING,
        'organization name "x" not found',
    )


def test_malformed_lines_are_named_and_nothing_is_written(server, bucket):
    answer = server.write("good v=1 1\ncpu\ncpu v=x 1", bucket)
    assert answer.error == (
        *INVALID,
        "unable to parse 'cpu': missing fields\nunable to parse 'cpu v=x 1': invalid boolean",
    )
    assert server.query(f'from(bucket: "{bucket}") |> range(start: 0)').body.strip() == b""


def test_a_field_type_conflict_is_a_partial_write(server, bucket):
    assert server.write("m f=1 1", bucket).status == 204
    assert server.write('m f="a" 2\nm f=3 3', bucket).error == (
        422,
        "unprocessable entity",
        'failure writing points to database: partial write: field type conflict: input field "f" on measurement "m" is '
        "type string, already exists as type float dropped=1",
    )
    assert (
        server.query(f'from(bucket: "{bucket}") |> range(start: 0) |> count()').body.split(b"\r\n")[-3].endswith(b",2")
    )


def test_a_point_outside_the_retention_is_a_partial_write(server):
    bucket = server.new_bucket(seconds=HOUR)
    status, code, message = server.write("m f=1\nm,t=old f=1 1000000000", bucket).error
    assert (status, code) == (422, "unprocessable entity")
    assert message.startswith(
        "failure writing points to database: partial write: dropped 1 points outside retention policy of duration "
        "1h0m0s - oldest point m,t=old at 1970-01-01T00:00:01Z "
        "dropped because it violates a Retention Policy Lower Bound at 2"
    )
    assert message.endswith("dropped=1")


def test_a_syntax_error_says_that_the_compilation_failed_and_where(server):
    status, code, message = server.query("x = 1 +* 2").error
    assert (status, code) == INVALID
    assert message.startswith("compilation failed: error @1:")


def test_an_unknown_name_says_where(server):
    assert server.query("y = 1\nnope(a: y)").error == (*INVALID, "error @2:1-2:5: undefined identifier nope")


def test_a_runtime_error_is_invalid_and_says_where(server):
    status, code, message = server.query(
        'import "array"\narray.from(rows: [{a: 1}]) |> map(fn: (r) => ({b: 1 / 0}))'
    ).error
    assert (status, code) == INVALID
    assert message.startswith("runtime error @2:")
    status, code, message = server.query('die(msg: "on purpose")').error
    assert (status, code) == INVALID
    assert message == 'error calling function "die" @1:1-1:23: on purpose'


# -- paths and methods


@pytest.mark.parametrize(
    "path", ["/", "/nope", "/api/v2/nope", "/api/v2/buckets/a/b/c", "/api/v3/query", "/api/v2/{id}"]
)
def test_an_unknown_path_is_404(server, path):
    assert server.ask("GET", path).error == (*MISSING, "path not found")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", WRITE, "OPTIONS, POST"),
        ("PUT", QUERY, "OPTIONS, POST"),
        ("DELETE", "/api/v2/buckets", "GET, OPTIONS, POST"),
        ("POST", "/health", "GET, OPTIONS"),
        ("BREW", "/api/v2/orgs", "GET, OPTIONS, POST"),
    ],
)
def test_a_wrong_method_is_405_and_says_which_are_right(server, method, path, allow):
    answer = server.ask(method, path)
    assert answer.error == (405, "method not allowed", f"allow: {allow}")
    assert answer.headers["Allow"] == allow


@pytest.mark.parametrize(
    "path", ["/api/v2/buckets", "/api/v2/orgs", "/api/v2/tasks", "/api/v2/authorizations", QUERY, "/api/v2/delete"]
)
@pytest.mark.parametrize("body", ["", "{", "nope", "[1]", '"x"', '{"a": ' * 20_000, '{"a": \x00}'])
def test_bad_json_is_400(server, path, body):
    status, code, _ = server.ask("POST", path, body, Content_Type="application/json").error
    assert (status, code) == INVALID


# -- health


def test_health_ping_and_ready_need_no_token(server):
    health = server.ask("GET", "/health", token="")
    assert (health.status, health.json["status"], health.json["name"]) == (200, "pass", "influxdb")
    assert health.json["version"].startswith("v2.7")
    for method in ("GET", "HEAD"):
        ping = server.ask(method, "/ping", token="")
        assert (ping.status, ping.body) == (204, b"")
        assert ping.headers["X-Influxdb-Version"] == health.json["version"]
    assert server.ask("GET", "/ready", token="").json["status"] == "ready"


def test_the_server_listens_on_the_loopback_address_only(server):
    listening = [
        each.laddr.ip
        for each in psutil.Process(server.process.pid).net_connections("tcp")
        if each.status == psutil.CONN_LISTEN
    ]
    assert listening == ["127.0.0.1"]


# -- set up


def test_an_empty_server_is_set_up_once():
    with serving(token="") as server:
        assert server.ask("GET", "/api/v2/setup").json == {"allowed": True}
        assert server.ask("POST", "/api/v2/setup", {"username": "u"}).error == (
            422,
            "unprocessable entity",
            "onboarding failed: missing required fields [org,bucket]",
        )
        body = {
            "username": "u",
            "password": "long-enough",
            "org": "o",
            "bucket": "b",
            "token": "chosen",
            "retentionPeriodSeconds": 7200,
        }
        made = server.ask("POST", "/api/v2/setup", body)
        assert made.status == 201
        assert made.json["auth"]["token"] == "chosen"
        assert made.json["bucket"]["retentionRules"][0]["everySeconds"] == 7200
        assert (made.json["user"]["name"], made.json["org"]["name"]) == ("u", "o")
        assert server.ask("GET", "/api/v2/setup").json == {"allowed": False}
        assert server.ask("POST", "/api/v2/setup", body).error == (
            422,
            "conflict",
            "onboarding has already been completed",
        )
        assert server.ask("POST", "/api/v2/write?org=o&bucket=b", "m v=1", token="chosen").status == 204


# -- the process


def test_a_taken_port_is_said_without_a_traceback(server):
    command = [sys.executable, "-m", "labkit.embedded.influx", "--port", str(server.port), "--token", "t"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1:{server.port}" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_the_port_is_announced_in_a_file_too(tmp_path):
    with serving("--announce", str(tmp_path / "port.json")) as server:
        assert json.loads((tmp_path / "port.json").read_text()) == {"port": server.port}


def test_a_server_ends_quietly_when_it_is_asked_to():
    with serving() as server:
        server.process.terminate()
        assert server.process.wait(60) == 0


def test_a_connection_is_kept_for_many_requests(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.connect()
    own = connection.sock
    for _ in range(5):
        connection.request("POST", WRITE, "keep v=1", {"Authorization": f"Token {TOKEN}"})
        response = connection.getresponse()
        response.read()
        assert response.status == 204
        assert connection.sock is own
    connection.close()
