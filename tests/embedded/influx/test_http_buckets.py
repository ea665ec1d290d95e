"""Buckets and tokens over HTTP."""

from __future__ import annotations

import pytest

from tests.embedded.influx.conftest import BUCKET, ORG, Server

QUERY = f"/api/v2/query?org={ORG}"
WRITE = f"/api/v2/write?org={ORG}&bucket={BUCKET}"
INVALID, MISSING = (400, "invalid"), (404, "not found")
HOUR = 3600


def org_id(server: Server) -> str:
    return server.ask("GET", "/api/v2/orgs").json["orgs"][0]["id"]


# -- buckets, orgs, tokens


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"orgID": ""}, (*INVALID, "organization id must be provided")),
        ({"orgID": "x"}, (*INVALID, "id must have a length of 16 bytes")),
        ({"orgID": "0000000000000bad"}, (*MISSING, "organization not found")),
        ({"name": BUCKET}, (422, "conflict", f"bucket with name {BUCKET} already exists")),
        ({"name": "_x"}, (*INVALID, "bucket name _x is invalid. Buckets may not start with underscore")),
        ({"name": 'a"b'}, (*INVALID, 'bucket name a"b is invalid. Bucket names may not include quotation marks')),
        ({"name": ""}, (*INVALID, "bucket name is empty")),
        (
            {"retentionRules": [{"everySeconds": -1}]},
            (422, "unprocessable entity", "expiration seconds cannot be negative"),
        ),
        (
            {"retentionRules": [{}, {}]},
            (422, "unprocessable entity", "buckets cannot have more than one retention rule at this time"),
        ),
        (
            {"retentionRules": [{"everySeconds": 60}]},
            (422, "unprocessable entity", "retention policy duration must be greater than 1h0m0s"),
        ),
    ],
)
def test_a_bucket_that_cannot_be_made_is_refused(server, change, error):
    body = {"orgID": org_id(server), "name": "fine", **change}
    assert server.ask("POST", "/api/v2/buckets", body).error == error


def test_buckets_are_listed_page_by_page(server):
    names = sorted(server.new_bucket() for _ in range(5))
    path = f"/api/v2/buckets?org={ORG}"
    first = server.ask("GET", f"{path}&limit=2").json
    assert len(first["buckets"]) == 2
    assert "next" in first["links"]
    found, after = [], ""
    while page := server.ask("GET", f"{path}&limit=2{after}").json["buckets"]:
        found += [each["name"] for each in page]
        after = f"&after={page[-1]['id']}"
    assert set(names) <= set(found)
    assert len(set(found)) == len(found)
    assert {"_monitoring", "_tasks"} <= set(found)
    assert server.ask("GET", f"{path}&limit=100&offset=1").json["buckets"][0]["name"] == found[1]


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "offset=-1", "after=x", "orgID=x"])
def test_a_page_that_cannot_be_is_400(server, query):
    assert server.ask("GET", f"/api/v2/buckets?{query}").error[:2] == INVALID


def test_a_bucket_that_is_not_there_is_404(server):
    assert server.ask("GET", "/api/v2/buckets/00000000000000aa").error == (*MISSING, "bucket not found")
    assert server.ask("GET", f"/api/v2/buckets?org={ORG}&name=nope").error == (*MISSING, 'bucket "nope" not found')
    assert server.ask("GET", "/api/v2/buckets?name=nope").json["buckets"] == []
    assert server.ask("GET", "/api/v2/buckets/x").error == (*INVALID, "id must have a length of 16 bytes")
    assert server.ask("GET", "/api/v2/buckets/zzzzzzzzzzzzzzzz").error == (*INVALID, "invalid ID")


def test_a_system_bucket_is_neither_renamed_nor_deleted(server):
    id = server.ask("GET", "/api/v2/buckets?name=_tasks").json["buckets"][0]["id"]
    assert server.ask("DELETE", f"/api/v2/buckets/{id}").error == (*INVALID, "system buckets cannot be deleted")
    assert server.ask("PATCH", f"/api/v2/buckets/{id}", {"name": "x"}).error == (
        *INVALID,
        "system buckets cannot be renamed",
    )


def test_a_token_may_do_only_what_it_says(server, bucket):
    org = org_id(server)
    id = server.ask("GET", f"/api/v2/buckets?name={bucket}").json["buckets"][0]["id"]

    def token(*actions: str) -> str:
        permissions = [{"action": each, "resource": {"type": "buckets", "id": id, "orgID": org}} for each in actions]
        answer = server.ask("POST", "/api/v2/authorizations", {"orgID": org, "permissions": permissions})
        assert answer.status == 201
        return str(answer.json["token"])

    reader, writer = token("read"), token("write")
    path = f"/api/v2/write?org={ORG}&bucket={bucket}"
    flux = {"query": f'from(bucket: "{bucket}") |> range(start: 0)'}
    assert server.ask("POST", path, "m v=1 1", token=writer).status == 204
    assert server.ask("POST", path, "m v=1 1", token=reader).error == (
        403,
        "forbidden",
        "insufficient permissions for write",
    )
    assert server.ask("POST", QUERY, flux, token=reader).status == 200
    assert server.ask("POST", QUERY, flux, token=writer).error[:2] == MISSING
    assert server.ask("POST", f"/api/v2/buckets?org={ORG}", {"orgID": org, "name": "n"}, token=reader).status == 401
    assert [each["name"] for each in server.ask("GET", "/api/v2/buckets", token=reader).json["buckets"]] == [bucket]
    assert server.ask("GET", "/api/v2/authorizations", token=reader).json["authorizations"] == []
    more = {"orgID": org, "permissions": [{"action": "write", "resource": {"type": "orgs"}}]}
    assert server.ask("POST", "/api/v2/authorizations", more, token=reader).status == 403
    delete = {"start": "1970-01-01T00:00:00Z", "stop": "2100-01-01T00:00:00Z"}
    assert server.ask("POST", f"/api/v2/delete?org={ORG}&bucket={bucket}", delete, token=reader).error == (
        403,
        "forbidden",
        "insufficient permissions to delete",
    )


def test_an_inactive_token_is_no_token(server):
    org = org_id(server)
    body = {"orgID": org, "permissions": [{"action": "read", "resource": {"type": "buckets"}}]}
    made = server.ask("POST", "/api/v2/authorizations", body).json
    assert server.ask("GET", "/api/v2/buckets", token=made["token"]).status == 200
    assert server.ask("PATCH", f"/api/v2/authorizations/{made['id']}", {"status": "inactive"}).status == 200
    assert server.ask("GET", "/api/v2/buckets", token=made["token"]).status == 401
    assert server.ask("DELETE", f"/api/v2/authorizations/{made['id']}").status == 204
    assert server.ask("GET", f"/api/v2/authorizations/{made['id']}").error == (*MISSING, "authorization not found")
