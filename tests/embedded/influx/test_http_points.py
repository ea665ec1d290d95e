"""Write, query and delete over HTTP."""

from __future__ import annotations

import gzip

import pytest

from tests.embedded.influx.conftest import BUCKET, ORG, Server

QUERY = f"/api/v2/query?org={ORG}"
WRITE = f"/api/v2/write?org={ORG}&bucket={BUCKET}"
INVALID, MISSING = (400, "invalid"), (404, "not found")
HOUR = 3600


def org_id(server: Server) -> str:
    return server.ask("GET", "/api/v2/orgs").json["orgs"][0]["id"]


# -- write


def test_a_write_may_be_packed_with_gzip(server, bucket):
    assert server.write(gzip.compress(b"m v=1 1\nm v=2 2"), bucket, Content_Encoding="gzip").status == 204
    assert server.query(f'from(bucket: "{bucket}") |> range(start: 0)').body.count(b",v,m") == 2


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"m v=1 1", "unable to read data: gzip: invalid header"),
        (b"", "unable to read data: unexpected EOF"),
        # Without the time of packing: two workers must name the tests alike.
        (gzip.compress(b"m v=1 1" * 100, mtime=0)[:-12], "unable to read data: unexpected EOF"),
        (gzip.compress(b"m v=1 1", mtime=0)[:-8] + b"12345678", "unable to read data: gzip: invalid checksum"),
    ],
)
def test_a_body_that_is_not_the_gzip_that_it_says_is_400(server, body, message):
    assert server.write(body, Content_Encoding="gzip").error == (*INVALID, message)


def test_a_body_that_grows_beyond_the_limit_when_unpacked_is_413(server):
    bomb = gzip.compress(b"\n" * (257 << 20), 1)
    assert server.write(bomb, Content_Encoding="gzip").error == (
        413,
        "request too large",
        "unable to read data: points batch is too large",
    )


def test_a_body_above_the_limit_is_413(server):
    assert server.write(b"\n" * ((64 << 20) + 1)).error[:2] == (413, "request too large")


def test_an_empty_body_is_stored_as_nothing(server):
    assert server.write("").status == 204
    assert server.write("\n# only a comment\n").status == 204


@pytest.mark.parametrize(("precision", "stamp"), [("ns", 10**18), ("us", 10**15), ("ms", 10**12), ("s", 10**9)])
def test_a_time_is_in_the_precision_of_the_request(server, bucket, precision, stamp):
    assert server.write(f"m v=1 {stamp}", bucket, precision).status == 204
    assert b"2001-09-09T01:46:40Z,1,v,m" in server.query(f'from(bucket: "{bucket}") |> range(start: 0)').body


def test_an_unknown_precision_is_400(server):
    assert server.write("m v=1", precision="h").error == (
        *INVALID,
        "invalid precision; valid precision units are ns, us, ms, and s",
    )


def test_a_write_needs_a_bucket_and_an_org(server):
    assert server.ask("POST", f"/api/v2/write?org={ORG}", "m v=1").error == (*MISSING, "bucket not found")
    assert server.ask("POST", f"/api/v2/write?bucket={BUCKET}", "m v=1").error == (
        *INVALID,
        "Please provide either orgID or org",
    )


def test_org_and_bucket_may_be_names_or_ids(server, bucket):
    id = server.ask("GET", f"/api/v2/buckets?name={bucket}").json["buckets"][0]["id"]
    org = org_id(server)
    for query in (f"org={org}&bucket={id}", f"orgID={org}&bucket={bucket}", f"org={ORG}&bucket={id}"):
        assert server.ask("POST", f"/api/v2/write?{query}", "m v=1 1").status == 204
    for query in ("orgID=x", "orgID=zzzzzzzzzzzzzzzz"):
        assert server.ask("POST", f"/api/v2/write?{query}&bucket={bucket}", "m v=1 1").error[:2] == INVALID


# -- query


def test_a_query_may_be_sent_as_flux(server, bucket):
    server.write("m v=1 1", bucket)
    answer = server.ask(
        "POST", QUERY, f'from(bucket: "{bucket}") |> range(start: 0)', Content_Type="application/vnd.flux"
    )
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.body.startswith(b",result,table,_start,_stop,_time,_value,_field,_measurement\r\n,_result,0,")


def test_flux_without_its_content_type_is_told_what_to_do(server):
    status, code, message = server.ask("POST", QUERY, "buckets()", Content_Type="text/plain").error
    assert (status, code) == INVALID
    assert message.startswith(
        "failed to decode request body: failed parsing request body as JSON; if sending a raw Flux "
        "script, set 'Content-Type: application/vnd.flux' in your request headers: "
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "request body requires either query or AST"),
        ({"query": ""}, "request body requires either query or AST"),
        ({"query": "x", "type": "influxql"}, "unknown query type: influxql"),
        ({"query": "x", "dialect": {"delimiter": "ab"}}, "invalid dialect delimeter: must be length 1"),
        ({"query": "x", "dialect": {"commentPrefix": "ab"}}, "invalid dialect comment prefix: must be length 0 or 1"),
        ({"query": "x", "dialect": {"annotations": ["x"]}}, "unknown dialect annotation type: x"),
        ({"query": "x", "dialect": {"dateTimeFormat": "x"}}, "unknown dialect date time format: x"),
    ],
)
def test_a_query_request_that_cannot_be_used_is_400(server, body, message):
    assert server.ask("POST", QUERY, body).error == (*INVALID, f"failed to decode request body: {message}")


@pytest.mark.parametrize(
    "body",
    [
        {"query": 1},
        {"query": "x", "dialect": 1},
        {"query": "x", "dialect": {"header": 1}},
        {"query": "x", "now": "today"},
        {"query": "x", "dialect": {"annotations": "group"}},
        {"query": "x", "now": 5},
        {"query": "x", "extern": []},
        {"query": "x", "extern": {"body": [{"assignment": {"id": {"name": "a"}, "init": {"type": "Nope"}}}]}},
        {"query": "x", "dialect": {"delimiter": "\n"}},
    ],
)
def test_a_query_request_of_wrong_types_is_400(server, body):
    assert server.ask("POST", QUERY, body).error[:2] == INVALID


def test_the_dialect_chooses_header_annotations_and_delimiter(server):
    flux = 'import "array" array.from(rows: [{a: 1, b: "x"}])'
    assert server.query(flux, dialect={"header": False}).body == b",_result,0,1,x\r\n\r\n"
    assert server.query(flux, dialect={"annotations": ["datatype"], "delimiter": ";"}).body == (
        b"#datatype;string;long;long;string\r\n;result;table;a;b\r\n;_result;0;1;x\r\n\r\n"
    )


def test_now_of_the_request_is_now_of_the_query(server):
    flux = 'import "array" array.from(rows: [{a: now()}])'
    answer = server.query(flux, now="2020-02-03T04:05:06.789Z")
    assert b"2020-02-03T04:05:06.789Z" in answer.body


def test_a_long_answer_is_packed_if_the_client_takes_that(server):
    flux = f'import "array" array.from(rows: [{", ".join(f"{{a: {i}}}" for i in range(300))}])'
    plain, packed = server.query(flux), server.ask("POST", QUERY, {"query": flux}, Accept_Encoding="gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert "Content-Encoding" not in plain.headers


def test_a_very_long_answer_comes_in_pieces_and_whole(server, bucket):
    server.write("\n".join(f"m v={i}i {i}" for i in range(20_000)), bucket)
    flux = f'from(bucket: "{bucket}") |> range(start: 0)'
    plain, packed = server.query(flux), server.ask("POST", QUERY, {"query": flux}, Accept_Encoding="gzip")
    assert plain.body.count(b"\r\n") == 20_000 + 2
    lines = gzip.decompress(packed.body).split(b"\r\n")
    assert [line.split(b",")[5:7] for line in lines[1:3]] == [
        [b"1970-01-01T00:00:00Z", b"0"],
        [b"1970-01-01T00:00:00.000000001Z", b"1"],
    ]
    assert len(lines) == 20_003


def test_analyze_finds_the_errors_of_a_query(server):
    assert server.ask("POST", "/api/v2/query/analyze", {"query": "x = 1"}).json == {"errors": []}
    (error, *_) = server.ask("POST", "/api/v2/query/analyze", {"query": "a = 1\nx = "}).json["errors"]
    assert error["line"] == 2


# -- delete


def test_points_are_deleted_by_time_and_tags(server, bucket):
    server.write("\n".join(f"m,r={r} v=1 {t}000000000" for r in "ab" for t in range(5)), bucket)
    path = f"/api/v2/delete?org={ORG}&bucket={bucket}"
    body = {"start": "1970-01-01T00:00:01Z", "stop": "1970-01-01T00:00:03Z", "predicate": 'r="a"'}
    assert server.ask("POST", path, body).status == 204
    answer = server.query(f'from(bucket: "{bucket}") |> range(start: 0) |> keep(columns: ["_time", "r"])').body
    assert answer.count(b",a\r\n") == 2, "both ends of the span are part of it"
    assert answer.count(b",b\r\n") == 5


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (
            {"start": "x", "stop": "2020-01-01T00:00:00Z"},
            400,
            "error decoding json body: invalid RFC3339Nano for field start, please format your time with RFC3339Nano "
            "format, example: 2009-01-02T23:00:00Z",
        ),
        (
            {"start": "2020-01-01T00:00:00Z"},
            400,
            "error decoding json body: invalid RFC3339Nano for field stop, please format your time with RFC3339Nano "
            "format, example: 2009-01-01T23:00:00Z",
        ),
        (
            {"start": "2020-01-01T00:00:00Z", "stop": "2021-01-01T00:00:00Z", "predicate": "a OR b"},
            400,
            'error decoding json body: invalid operator "OR" at position: 2',
        ),
        (
            {"start": "2020-01-01T00:00:00Z", "stop": "2021-01-01T00:00:00Z", "predicate": '_field="v"'},
            501,
            "delete by field is not supported",
        ),
    ],
)
def test_a_delete_that_cannot_be_used_is_refused(server, body, status, message):
    answer = server.ask("POST", f"/api/v2/delete?org={ORG}&bucket={BUCKET}", body)
    assert (answer.error[0], answer.error[2]) == (status, message)


def test_a_delete_needs_its_bucket(server):
    body = {"start": "2020-01-01T00:00:00Z", "stop": "2021-01-01T00:00:00Z"}
    assert server.ask("POST", f"/api/v2/delete?org={ORG}&bucket=nope", body).error == (
        *MISSING,
        'bucket "nope" not found',
    )
    assert server.ask("POST", f"/api/v2/delete?org={ORG}", body).error == (
        *INVALID,
        "Please provide either bucketID or bucket",
    )
