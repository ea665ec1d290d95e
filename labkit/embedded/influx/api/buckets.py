"""/api/v2/buckets. Source: `tenant/http_server_bucket.go`, `tenant/service_bucket.go`."""

from __future__ import annotations

from typing import Any

from labkit.embedded.influx.api.http import (
    ApiError,
    Request,
    Response,
    Route,
    checked_id,
    json_response,
    page_links,
    require,
    string,
)
from labkit.embedded.influx.catalog import Bucket, stamp
from labkit.embedded.influx.engine import shard_seconds

_SECOND = 1_000_000_000
_FOREVER_SECONDS = 2**63 // _SECOND


def bucket_json(bucket: Bucket) -> dict[str, Any]:
    """A bucket as answers have it."""
    own = f"/api/v2/buckets/{bucket.id}"
    return {
        "id": bucket.id, "orgID": bucket.org, "type": bucket.type, "name": bucket.name,
        **({"description": bucket.description} if bucket.description else {}),
        "retentionRules": [{"type": "expire", "everySeconds": bucket.retention_ns // _SECOND,
                            "shardGroupDurationSeconds": bucket.shard_ns // _SECOND}],
        "createdAt": stamp(bucket.created_ns), "updatedAt": stamp(bucket.updated_ns),
        "links": {"self": own, "org": f"/api/v2/orgs/{bucket.org}", "members": f"{own}/members",
                  "owners": f"{own}/owners", "labels": f"{own}/labels",
                  "write": f"/api/v2/write?org={bucket.org}&bucket={bucket.id}"},
        "labels": [],
    }


def _get(request: Request, id: str, action: str = "read") -> Bucket:
    found = request.engine.catalog.buckets.get(checked_id(id))
    if found is None:
        raise ApiError("not found", "bucket not found")
    if not request.authorization.allows(action, "buckets", found.org, found.id):
        raise ApiError("unauthorized", f"{action}:orgs/{found.org}/buckets/{found.id} is unauthorized")
    return found


def _seconds(rule: dict[str, Any], name: str, what: str) -> int | None:
    value = rule.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value > _FOREVER_SECONDS:
        raise ApiError("invalid", f"failed to unmarshal json: json: cannot unmarshal field {name} of type int64")
    if value < 0:
        raise ApiError("unprocessable entity", f"{what} seconds cannot be negative")
    return value


def _rules(body: dict[str, Any]) -> tuple[int | None, int | None]:
    """Retention and shard group of a request, in seconds."""
    rules = body.get("retentionRules") or []
    if not isinstance(rules, list) or not all(isinstance(each, dict) for each in rules):
        raise ApiError("invalid", "failed to unmarshal json: json: cannot unmarshal field retentionRules")
    if len(rules) > 1:
        raise ApiError("unprocessable entity", "buckets cannot have more than one retention rule at this time")
    if not rules:
        return None, None
    retention = _seconds(rules[0], "everySeconds", "expiration")
    shard = _seconds(rules[0], "shardGroupDurationSeconds", "shard-group duration")
    if retention and retention < 3600:
        raise ApiError("unprocessable entity", "retention policy duration must be greater than 1h0m0s")
    if retention and shard and shard > retention:
        raise ApiError("unprocessable entity", "retention policy duration must be greater than the shard duration")
    return retention, shard


def _checked_name(name: str) -> str:
    if not name:
        raise ApiError("invalid", "bucket name is empty")
    if name.startswith("_"):
        raise ApiError("invalid", f"bucket name {name} is invalid. Buckets may not start with underscore")
    if '"' in name:
        raise ApiError("invalid", f"bucket name {name} is invalid. Bucket names may not include quotation marks")
    return name


def buckets(request: Request) -> Response:
    """The buckets that the token may read, by name; `after` goes on behind a bucket."""
    catalog = request.engine.catalog
    limit, offset = request.integer("limit", 20, 1, 100), request.integer("offset", 0)
    name, id, after = (request.query.get(each, "") for each in ("name", "id", "after"))
    org = request.org() if request.query.get("org") or request.query.get("orgID") else None
    if id:
        found = [_get(request, id)]
    else:
        with request.engine.lock:
            every = list(catalog.buckets.values())
        found = [each for each in every if (org is None or each.org == org.id) and (not name or each.name == name)]
        found.sort(key=lambda each: (each.org, each.name) if org else (each.id,))
        if name and org and not found:
            raise ApiError("not found", f'bucket "{name}" not found')
    if after:
        places = [place for place, each in enumerate(found) if each.id == checked_id(after)]
        found = found[places[0] + 1:] if places else []
    auth = request.authorization
    readable = [each for each in found if auth.allows("read", "buckets", each.org, each.id)]
    shown = readable[offset:offset + limit]
    filters = {each: request.query[each] for each in ("org", "orgID", "name") if request.query.get(each)}
    return json_response({"links": page_links("/api/v2/buckets", filters, limit, offset, len(shown)),
                          "buckets": [bucket_json(each) for each in shown]})


def create(request: Request) -> Response:
    """Make a bucket."""
    body, engine = request.json(), request.engine
    if not body.get("orgID"):
        raise ApiError("invalid", "organization id must be provided")
    org = engine.catalog.orgs.get(checked_id(body["orgID"]))
    retention, shard = _rules(body)
    name = _checked_name(string(body, "name").strip())
    if org is None:
        raise ApiError("not found", "organization not found")
    if not request.authorization.allows("write", "buckets", org.id):
        raise ApiError("unauthorized", f"write:orgs/{org.id}/buckets is unauthorized")
    with engine.lock:
        if engine.catalog.bucket_named(org.id, name):
            raise ApiError("conflict", f"bucket with name {name} already exists")
        bucket = engine.new_bucket(org.id, name, "user", string(body, "description"), retention or 0, shard or 0)
    return json_response(bucket_json(bucket), 201)


def get(request: Request, id: str) -> Response:
    """One bucket."""
    return json_response(bucket_json(_get(request, id)))


def patch(request: Request, id: str) -> Response:
    """Change name, description or retention."""
    bucket, body, engine = _get(request, id, "write"), request.json(), request.engine
    name = string(body, "name", bucket.name).strip()
    retention, shard = _rules(body)
    if name != bucket.name:
        if bucket.type == "system":
            raise ApiError("invalid", "system buckets cannot be renamed")
        _checked_name(name)
    with engine.lock:
        if name != bucket.name and engine.catalog.bucket_named(bucket.org, name):
            raise ApiError("conflict", "bucket name is not unique")
        seconds = bucket.retention_ns // _SECOND if retention is None else retention
        changed = engine.update(
            bucket, name=name, description=string(body, "description", bucket.description),
            retention_ns=seconds * _SECOND,
            shard_ns=(shard or (bucket.shard_ns // _SECOND if retention is None else shard_seconds(seconds))) * _SECOND,
            updated_ns=engine.clock(),
        )
    return json_response(bucket_json(changed))


def delete(request: Request, id: str) -> Response:
    """Remove a bucket with its points."""
    bucket = _get(request, id, "write")
    if bucket.type == "system":
        raise ApiError("invalid", "system buckets cannot be deleted")
    request.engine.drop("bucket", bucket.id)
    return Response(204)


def nobody(request: Request, id: str) -> Response:
    """Members, owners and labels, which the engine does not have."""
    bucket = _get(request, id)
    kind = request.path.rstrip("/").rsplit("/", 1)[1]
    require(kind in ("members", "owners", "labels"), "unauthorized")
    return json_response({"links": {"self": f"/api/v2/buckets/{bucket.id}/{kind}"},
                          "labels" if kind == "labels" else "users": []})


ROUTES: list[Route] = [
    ("GET", "/api/v2/buckets", buckets), ("POST", "/api/v2/buckets", create), ("GET", "/api/v2/buckets/{id}", get),
    ("PATCH", "/api/v2/buckets/{id}", patch), ("DELETE", "/api/v2/buckets/{id}", delete),
    *(("GET", f"/api/v2/buckets/{{id}}/{kind}", nobody) for kind in ("members", "owners", "labels")),
]
