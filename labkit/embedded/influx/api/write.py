"""/api/v2/write: line protocol into a bucket. Source: `http/write_handler.go`."""

from __future__ import annotations

from labkit.embedded.influx.api.http import ApiError, Request, Response, Route, find_bucket, require
from labkit.embedded.influx.lineprotocol import PRECISIONS
from labkit.embedded.influx.linevalues import LineError
from labkit.embedded.influx.store import PartialWriteError


def write(request: Request) -> Response:
    """Store a batch; 204 when all of it is stored."""
    precision = request.query.get("precision", "") or "ns"
    if precision not in PRECISIONS:
        raise ApiError("invalid", "invalid precision; valid precision units are ns, us, ms, and s")
    name = request.query.get("bucket", "")
    if not name:
        raise ApiError("not found", "bucket not found")
    org = request.org()
    bucket = find_bucket(request.engine, org, name)
    if bucket is None:
        raise ApiError("not found", f'bucket "{name}" not found')
    require(request.authorization.allows("write", "buckets", org.id, bucket.id), "insufficient permissions for write")
    text = request.inflated().decode("utf-8", "surrogateescape")
    try:
        request.engine.write_text(bucket, text, precision)
    except LineError as error:
        raise ApiError("invalid", str(error)) from None
    except PartialWriteError as error:
        raise ApiError("unprocessable entity", f"failure writing points to database: {error}") from None
    except KeyError:
        raise ApiError("not found", f'bucket "{name}" not found') from None
    return Response(204)


ROUTES: list[Route] = [("POST", "/api/v2/write", write)]
