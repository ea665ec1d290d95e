"""/api/v2/setup: the first user, organization, bucket and token of an empty server.

Source: `tenant/http_server_onboarding.go`.
"""

from __future__ import annotations

from labkit.embedded.influx.api.authorizations import authorization_json
from labkit.embedded.influx.api.buckets import bucket_json
from labkit.embedded.influx.api.http import ApiError, Request, Response, Route, json_response, string
from labkit.embedded.influx.api.orgs import org_json
from labkit.embedded.influx.api.users import user_json


def allowed(request: Request) -> Response:
    """Say whether the server is still empty."""
    return json_response({"allowed": not request.engine.catalog.users})


def set_up(request: Request) -> Response:
    """Make the first user, organization, bucket and token."""
    body = request.json()
    engine = request.engine
    user, org, bucket = (string(body, name) for name in ("username", "org", "bucket"))
    retention = body.get("retentionPeriodSeconds") or 0
    if not isinstance(retention, int) or retention < 0:
        raise ApiError("invalid", "failed to unmarshal json: retentionPeriodSeconds is not a number of seconds")
    with engine.lock:
        if engine.catalog.users:
            raise ApiError("conflict", "onboarding has already been completed")
        missing = [name for name, value in (("username", user), ("org", org), ("bucket", bucket)) if not value]
        if missing:
            raise ApiError("unprocessable entity",
                           f"onboarding failed: missing required fields [{','.join(missing)}]")
        if 0 < len(string(body, "password")) < 8:
            raise ApiError("invalid", "passwords must be at least 8 characters long")
        auth = engine.set_up(user=user, org=org, bucket=bucket, token=string(body, "token"), retention=retention)
        made_org = engine.catalog.orgs[auth.org]
        made_bucket = engine.catalog.bucket_named(made_org.id, bucket)
        assert made_bucket is not None  # it was made a moment ago, under the same lock
        return json_response({
            "user": user_json(engine.catalog.users[auth.user]), "org": org_json(made_org),
            "bucket": bucket_json(made_bucket), "auth": authorization_json(engine, auth),
        }, 201)


ROUTES: list[Route] = [("GET", "/api/v2/setup", allowed), ("POST", "/api/v2/setup", set_up)]
