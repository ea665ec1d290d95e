"""Seeded fuzz over HTTP: whatever is sent, the answer is no 500, comes soon, and the server goes on."""

from __future__ import annotations

import gzip
import json
import random
import socket

import pytest

from tests.embedded.influx.conftest import BUCKET, ORG, TOKEN, Server

ROUNDS = 150
LIMIT_S = 30

QUERIES = [
    f'from(bucket: "{BUCKET}") |> range(start: -1h) |> filter(fn: (r) => r._field == "v" and r._value > 1.5)',
    f'from(bucket: "{BUCKET}") |> range(start: 0) |> aggregateWindow(every: 1m, fn: mean) |> yield(name: "x")',
    'import "array"\nimport "strings"\narray.from(rows: [{a: 1, b: "x${1 + 1}", c: 2020-01-01T00:00:00Z, d: 1h}])'
    ' |> map(fn: (r) => ({r with e: if r.a > 0 then strings.toUpper(v: r.b) else "n"}))',
    "option now = () => 2020-01-01T00:00:00Z\nf = (x, y=2) => {\n z = x + y\n return z * 2\n}\n"
    'import "array"\narray.from(rows: [{v: f(x: 1)}])',
]
LINES = [
    'home,room=hall temp=21.5,on=true,n=5i,u=7u,s="a \\"b\\" c" 1700000000000000000',
    "m v=1",
    "m,a=b,c=d v=1e5,w=-3i 5",
]
JUNK = [
    "\x00",
    '"',
    "\\",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "|>",
    "=>",
    ",",
    "=",
    "\n",
    " ",
    "é",
    "\udcff",
    "1",
    "9" * 30,
    "-",
    "/",
    "${",
    "//",
    ".",
    "e",
    "i",
    "true",
    "\t",
    "\r",
    "import ",
    "option ",
    "r.",
    "and ",
    "<-",
    "$",
    ":",
    "%",
    "'",
    "0x",
    "1mo",
    "2020-13-40",
]


def mutate(text: str, rng: random.Random) -> str:
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(text) + 1)
        kind = rng.randrange(4)
        if kind == 0:
            text = text[:at] + rng.choice(JUNK) + text[at:]
        elif kind == 1:
            text = text[:at] + text[at + rng.randint(1, 5) :]
        elif kind == 2:
            other = rng.randrange(len(text) + 1)
            text = text[:at] + text[other : other + rng.randint(1, 30)] + text[at:]
        else:
            text = text[:at] + rng.choice(JUNK) * rng.randint(1, 50) + text[at + 1 :]
    return text


def encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def fine(server: Server, method: str, path: str, body: bytes, **headers: str) -> None:
    answer = server.ask(method, path, body, timeout=LIMIT_S, **headers)
    assert answer.status < 500 or answer.status == 501, (path, body[:300], answer.body[:300])
    if answer.status >= 400:
        assert set(answer.json) == {"code", "message"}


def test_mutated_lines_never_break_the_server(server):
    rng = random.Random(11)
    for number in range(ROUNDS):
        body = encoded("\n".join(mutate(rng.choice(LINES), rng) for _ in range(rng.randint(1, 4))))
        headers = {"Content_Encoding": "gzip"} if number % 5 == 0 else {}
        if headers and number % 10:
            body = gzip.compress(body)
        precision = rng.choice(["ns", "s", "ms", "x"])
        fine(server, "POST", f"/api/v2/write?org={ORG}&bucket={BUCKET}&precision={precision}", body, **headers)


def test_mutated_queries_never_break_the_server(server):
    rng = random.Random(12)
    for number in range(ROUNDS):
        flux = mutate(rng.choice(QUERIES), rng)
        if number % 2:
            fine(server, "POST", f"/api/v2/query?org={ORG}", encoded(flux), Content_Type="application/vnd.flux")
        else:
            fine(
                server,
                "POST",
                f"/api/v2/query?org={ORG}",
                json.dumps({"query": flux, "dialect": {"annotations": ["group"]}}).encode(),
            )


def test_mutated_json_never_breaks_the_server(server):
    rng = random.Random(13)
    bodies = {
        "/api/v2/query": {
            "query": QUERIES[0],
            "dialect": {"header": True, "delimiter": ",", "annotations": ["datatype"]},
            "now": "2020-01-01T00:00:00Z",
            "extern": {
                "body": [
                    {
                        "assignment": {
                            "id": {"name": "a"},
                            "init": {
                                "type": "ArrayExpression",
                                "elements": [
                                    {"type": "IntegerLiteral", "value": "1"},
                                    {"type": "DurationLiteral", "values": [{"magnitude": 1, "unit": "h"}]},
                                ],
                            },
                        }
                    }
                ]
            },
        },
        "/api/v2/delete": {
            "start": "2020-01-01T00:00:00Z",
            "stop": "2020-01-02T00:00:00Z",
            "predicate": 'a="b" AND c!="d"',
        },
        "/api/v2/buckets": {"orgID": "00", "name": "x", "retentionRules": [{"type": "expire", "everySeconds": 3600}]},
        "/api/v2/orgs": {"name": "fuzz", "description": "x"},
        "/api/v2/tasks": {"org": ORG, "flux": 'option task = {name: "x", every: 1h}', "status": "inactive"},
        "/api/v2/authorizations": {"orgID": "00", "permissions": [{"action": "read", "resource": {"type": "buckets"}}]},
        "/api/v2/users": {"name": "x"},
        "/api/v2/setup": {"username": "u", "org": "o", "bucket": "b"},
    }
    values = [
        None,
        1,
        -1,
        1.5,
        True,
        "",
        "x",
        [],
        {},
        [1],
        {"a": 1},
        10**30,
        "\ud800",
        "2020-01-01T00:00:00Z",
        "9" * 5000,
    ]

    def damaged(value: object) -> object:
        if rng.random() < 0.25:
            return rng.choice(values)
        if isinstance(value, dict):
            return {name: damaged(each) for name, each in value.items() if rng.random() > 0.1}
        if isinstance(value, list):
            return [damaged(each) for each in value]
        return value

    for path, body in bodies.items():
        for number in range(40):
            text = json.dumps(damaged(body))
            if number % 4 == 0:
                text = mutate(text, rng)
            fine(server, "POST", f"{path}?org={ORG}&bucket={BUCKET}", encoded(text), Content_Type="application/json")


def test_strange_paths_and_parameters_never_break_the_server(server):
    rng = random.Random(14)
    paths = [
        "/api/v2/buckets",
        "/api/v2/orgs",
        "/api/v2/tasks",
        "/api/v2/authorizations",
        "/api/v2/users",
        "/api/v2/me",
        "/health",
    ]
    names = ["limit", "offset", "after", "name", "org", "orgID", "id", "user", "userID", "status", "type", "afterTime"]
    values = [
        "",
        "x",
        "-1",
        "0",
        "99999999999999999999",
        "%00",
        "%ff%fe",
        "00000000000000aa",
        "%F0%9F%A6%8A",
        "a%20b",
        "1e5",
        "+1",
    ]
    for _ in range(ROUNDS):
        path = rng.choice(paths) + rng.choice(
            ["", "/", "/x", "/00000000000000aa", "/00000000000000aa/runs", "/%ff", "//", "/../.."]
        )
        query = "&".join(f"{rng.choice(names)}={rng.choice(values)}" for _ in range(rng.randint(0, 3)))
        fine(
            server,
            rng.choice(["GET", "PATCH", "DELETE", "POST", "PUT"]),
            f"{path}?{query}",
            rng.choice([b"", b"{}", b"{", b"\xff"]),
        )


@pytest.mark.parametrize(
    "flux",
    [
        "(" * 20_000,
        "[" * 20_000,
        "x = " + "1 + " * 20_000 + "1",
        "-" * 20_000 + "1",
        "{a:" * 5_000,
        '"' + "${" * 5_000,
        "f = () => " * 5_000 + "1",
        "not " * 10_000 + "true",
        "x" * 1_000_000,
        "f = (n) => f(n: n)\nf(n: 1)",
        "if true then " * 5_000,
        "a" + ".b" * 20_000,
    ],
    ids=lambda text: text[:12],
)
def test_a_hostile_query_is_refused(server, flux):
    fine(server, "POST", f"/api/v2/query?org={ORG}", flux.encode(), Content_Type="application/vnd.flux")


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"GET\r\n\r\n",
        b"POST /api/v2/write HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"POST /api/v2/write HTTP/1.1\r\nContent-Length: abc\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"A" * 300_000,
        b"POST /api/v2/write HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n\r\n",
        b"POST /api/v2/write HTTP/1.1\r\nContent-Length: 100\r\n\r\nshort",
        bytes(range(256)) * 10,
    ],
    ids=lambda data: repr(data[:24]),
)
def test_bytes_that_are_not_http_do_not_stop_the_server(server, data):
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        try:
            while piece := connection.recv(65_536):
                answer += piece
        except OSError:
            pass  # reset by the server: it refuses to read on
    assert not answer.startswith(b"HTTP/1.1 500")
    assert server.ask("GET", "/health").status == 200


def test_the_server_is_well_after_all_that(server, bucket):
    assert server.write("m v=1 1", bucket).status == 204
    assert b",v,m" in server.query(f'from(bucket: "{bucket}") |> range(start: 0)').body
    assert server.ask("GET", "/api/v2/buckets", token=TOKEN).status == 200
    assert server.process.poll() is None
