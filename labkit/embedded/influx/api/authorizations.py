"""/api/v2/authorizations: tokens. Source: `authorization/http_server.go`."""

from __future__ import annotations

import secrets
from typing import Any

from labkit.embedded.influx.api.http import (
    ApiError,
    Request,
    Response,
    Route,
    checked_id,
    json_response,
    require,
    string,
)
from labkit.embedded.influx.catalog import Authorization, new_id, stamp
from labkit.embedded.influx.engine import Engine

RESOURCES = (
    "authorizations", "buckets", "dashboards", "orgs", "sources", "tasks", "telegrafs", "users", "variables",
    "scrapers", "secrets", "labels", "views", "documents", "notificationRules", "notificationEndpoints", "checks",
    "dbrp", "notebooks", "annotations", "remotes", "replications", "instance",
)
"""Kinds of things that permissions can be about (`authz.go`)."""


def _permission_json(engine: Engine, permission: dict[str, Any]) -> dict[str, Any]:
    resource = dict(permission["resource"])
    bucket, org = engine.catalog.buckets.get(resource.get("id", "")), engine.catalog.orgs.get(resource.get("orgID", ""))
    if bucket:
        resource["name"] = bucket.name
    if org:
        resource["org"] = org.name
    return {"action": permission["action"], "resource": resource}


def authorization_json(engine: Engine, auth: Authorization) -> dict[str, Any]:
    """A token as answers have it."""
    user, org = engine.catalog.users.get(auth.user), engine.catalog.orgs.get(auth.org)
    every = [{"action": action, "resource": {"type": kind}} for kind in RESOURCES for action in ("read", "write")]
    return {
        "id": auth.id, "token": auth.token, "status": auth.status, "description": auth.description, "orgID": auth.org,
        "org": org.name if org else "", "userID": auth.user, "user": user.name if user else "",
        "permissions": every if auth.all else [_permission_json(engine, each) for each in auth.permissions],
        "links": {"self": f"/api/v2/authorizations/{auth.id}", "user": f"/api/v2/users/{auth.user}"},
        "createdAt": stamp(auth.created_ns), "updatedAt": stamp(auth.updated_ns),
    }


def _permissions(body: dict[str, Any]) -> list[dict[str, Any]]:
    found = body.get("permissions")
    if not isinstance(found, list) or not found:
        raise ApiError("invalid", "authorization must include permissions")
    permissions = []
    for each in found:
        resource = each.get("resource") if isinstance(each, dict) else None
        if not isinstance(resource, dict) or each.get("action") not in ("read", "write"):
            raise ApiError("invalid", "unknown action for permission")
        if resource.get("type") not in RESOURCES:
            raise ApiError("invalid", "unknown resource type for permission")
        ids = {name: checked_id(resource[name]) for name in ("id", "orgID") if resource.get(name)}
        permissions.append({"action": each["action"], "resource": {"type": resource["type"], **ids}})
    return permissions


def _get(request: Request, id: str) -> Authorization:
    found = request.engine.catalog.authorizations.get(checked_id(id))
    if found is None or not _visible(request.authorization, found, "read"):
        raise ApiError("not found", "authorization not found")
    return found


def _visible(own: Authorization, other: Authorization, action: str) -> bool:
    return own.allows(action, "authorizations", other.org, other.id)


def authorizations(request: Request) -> Response:
    """The tokens that the token may see."""
    engine = request.engine
    wanted = {"user": request.query.get("userID", ""), "org": request.query.get("orgID", "")}
    for id in wanted.values():
        if id:
            checked_id(id)
    if not wanted["org"] and request.query.get("org"):
        wanted["org"] = request.org().id
    if not wanted["user"] and (name := request.query.get("user")):
        wanted["user"] = next((each.id for each in engine.catalog.users.values() if each.name == name), "")
        if not wanted["user"]:
            raise ApiError("not found", "user not found")
    found = [each for each in list(engine.catalog.authorizations.values())
             if _visible(request.authorization, each, "read") and (not wanted["user"] or each.user == wanted["user"])
             and (not wanted["org"] or each.org == wanted["org"])]
    return json_response({"links": {"self": "/api/v2/authorizations"},
                          "authorizations": [authorization_json(engine, each) for each in found]})


def create(request: Request) -> Response:
    """Make a token that may do no more than the one of the request."""
    engine, own = request.engine, request.authorization
    body = request.json("invalid json structure: {}")
    permissions = _permissions(body)
    if not body.get("orgID"):
        raise ApiError("invalid", "org id required: invalid ID")
    org = checked_id(body["orgID"])
    if org not in engine.catalog.orgs:
        raise ApiError("not found", "organization not found")
    status = string(body, "status") or "active"
    if status not in ("active", "inactive"):
        raise ApiError("invalid", "invalid status: must be active or inactive")
    require(own.allows("write", "authorizations", org), f"write:orgs/{org}/authorizations is unauthorized")
    for each in permissions:
        resource = each["resource"]
        if not own.allows(each["action"], resource["type"], resource.get("orgID", org), resource.get("id", "")):
            raise ApiError("forbidden", f"permission {each['action']}:{resource['type']} is not allowed")
    now = engine.clock()
    auth = Authorization(new_id(), secrets.token_urlsafe(64), org, string(body, "userID") or own.user,
                         string(body, "description"), status, permissions, created_ns=now, updated_ns=now)
    engine.put(auth)
    return json_response(authorization_json(engine, auth), 201)


def get(request: Request, id: str) -> Response:
    """One token."""
    return json_response(authorization_json(request.engine, _get(request, id)))


def patch(request: Request, id: str) -> Response:
    """Change status or description."""
    auth, body = _get(request, id), request.json()
    require(_visible(request.authorization, auth, "write"), f"write:authorizations/{auth.id} is unauthorized")
    status = string(body, "status") or auth.status
    if status not in ("active", "inactive"):
        raise ApiError("invalid", "invalid status: must be active or inactive")
    changed = request.engine.update(auth, status=status, description=string(body, "description", auth.description),
                                    updated_ns=request.engine.clock())
    return json_response(authorization_json(request.engine, changed))


def delete(request: Request, id: str) -> Response:
    """Remove a token."""
    auth = _get(request, id)
    require(_visible(request.authorization, auth, "write"), f"write:authorizations/{auth.id} is unauthorized")
    request.engine.drop("authorization", auth.id)
    return Response(204)


ROUTES: list[Route] = [
    ("GET", "/api/v2/authorizations", authorizations), ("POST", "/api/v2/authorizations", create),
    ("GET", "/api/v2/authorizations/{id}", get), ("PATCH", "/api/v2/authorizations/{id}", patch),
    ("DELETE", "/api/v2/authorizations/{id}", delete),
]
