"""/api/v2/delete: points of a span of time, by tags. Source: `http/delete_handler.go`."""

from __future__ import annotations

from typing import Any

from labkit.embedded.influx.api.http import ApiError, Request, Response, Route, find_bucket, require, string
from labkit.embedded.influx.api.query import parse_rfc3339
from labkit.embedded.influx.lineparser import MAX_TIME_NS, MIN_TIME_NS
from labkit.embedded.influx.predicate import PredicateError, parse_predicate


def _time(body: dict[str, Any], name: str, example: str) -> int:
    try:
        found = parse_rfc3339(body.get(name))
    except ValueError:
        raise ApiError(
            "invalid", f"error decoding json body: invalid RFC3339Nano for field {name}, please format your time with "
                       f"RFC3339Nano format, example: {example}") from None
    return min(max(found, MIN_TIME_NS), MAX_TIME_NS)


def delete(request: Request) -> Response:
    """Remove points; both ends of the span are part of it."""
    body = request.json("error decoding json body: {}")
    start, stop = _time(body, "start", "2009-01-02T23:00:00Z"), _time(body, "stop", "2009-01-01T23:00:00Z")
    predicate = string(body, "predicate")
    try:
        wanted = parse_predicate(predicate)
    except PredicateError as error:
        wrap = "error decoding json body: " if error.code == "invalid" else ""
        raise ApiError(error.code, f"{wrap}{error}") from None
    org = request.org()
    name = request.query.get("bucketID", "") or request.query.get("bucket", "")
    if not name:
        raise ApiError("invalid", "Please provide either bucketID or bucket")
    bucket = find_bucket(request.engine, org, name)
    if bucket is None:
        raise ApiError("not found", f'bucket "{name}" not found')
    require(request.authorization.allows("write", "buckets", org.id, bucket.id), "insufficient permissions to delete")
    request.engine.delete(bucket, start, stop + 1, predicate, wanted)
    return Response(204)


ROUTES: list[Route] = [("POST", "/api/v2/delete", delete)]
