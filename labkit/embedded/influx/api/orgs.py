"""/api/v2/orgs: organizations. Source: `tenant/http_server_org.go`."""

from __future__ import annotations

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
from labkit.embedded.influx.catalog import Org, stamp


def org_json(org: Org) -> dict[str, Any]:
    """An organization as answers have it."""
    own = f"/api/v2/orgs/{org.id}"
    return {
        "links": {"self": own, "logs": f"{own}/logs", "members": f"{own}/members", "owners": f"{own}/owners",
                  "secrets": f"{own}/secrets", "labels": f"{own}/labels", "buckets": f"/api/v2/buckets?org={org.name}",
                  "tasks": f"/api/v2/tasks?org={org.name}", "dashboards": f"/api/v2/dashboards?org={org.name}"},
        "id": org.id, "name": org.name, "description": org.description,
        "createdAt": stamp(org.created_ns), "updatedAt": stamp(org.updated_ns),
    }


def _get(request: Request, id: str) -> Org:
    found = request.engine.catalog.orgs.get(checked_id(id))
    if found is None or not _visible(request, found):
        raise ApiError("not found", "organization not found")
    return found


def _visible(request: Request, org: Org) -> bool:
    auth = request.authorization
    return auth.all or auth.org == org.id


def orgs(request: Request) -> Response:
    """All organizations that the token may see, or the one of that name or id."""
    name, id = request.query.get("org", ""), request.query.get("orgID", "")
    limit, offset = request.integer("limit", 20, 1, 100), request.integer("offset", 0)
    found = [each for each in request.engine.catalog.orgs.values()
             if _visible(request, each) and (not name or each.name == name) and (not id or each.id == id.lower())]
    if name and not found:
        raise ApiError("not found", f'organization name "{name}" not found')
    if id and not found:
        raise ApiError("not found", "organization not found")
    shown = found[offset:offset + limit]
    return json_response({"links": {"self": "/api/v2/orgs"}, "orgs": [org_json(each) for each in shown]})


def create(request: Request) -> Response:
    """Make an organization."""
    require(request.authorization.all, "write:orgs is unauthorized")
    body = request.json()
    name = string(body, "name").strip()
    if not name:
        raise ApiError("invalid", "organization name is empty")
    with request.engine.lock:
        if request.engine.catalog.org_named(name):
            raise ApiError("conflict", f"organization with name {name} already exists")
        org = request.engine.new_org(name, string(body, "description"))
    return json_response(org_json(org), 201)


def get(request: Request, id: str) -> Response:
    """One organization."""
    return json_response(org_json(_get(request, id)))


def patch(request: Request, id: str) -> Response:
    """Change name or description."""
    require(request.authorization.all, "write:orgs is unauthorized")
    org, body = _get(request, id), request.json()
    name = string(body, "name", org.name).strip()
    if not name:
        raise ApiError("invalid", "organization name is empty")
    with request.engine.lock:
        taken = request.engine.catalog.org_named(name)
        if taken is not None and taken.id != org.id:
            raise ApiError("conflict", f"organization with name {name} already exists")
        changed = request.engine.update(org, name=name, description=string(body, "description", org.description),
                                        updated_ns=request.engine.clock())
    return json_response(org_json(changed))


def delete(request: Request, id: str) -> Response:
    """Remove an organization with its buckets and tasks."""
    require(request.authorization.all, "write:orgs is unauthorized")
    org, engine = _get(request, id), request.engine
    with engine.lock:
        for bucket in [each for each in engine.catalog.buckets.values() if each.org == org.id]:
            engine.drop("bucket", bucket.id)
        for task in [each for each in engine.catalog.tasks.values() if each.org == org.id]:
            engine.drop("task", task.id)
        engine.drop("org", org.id)
    return Response(204)


ROUTES: list[Route] = [
    ("GET", "/api/v2/orgs", orgs), ("POST", "/api/v2/orgs", create), ("GET", "/api/v2/orgs/{id}", get),
    ("PATCH", "/api/v2/orgs/{id}", patch), ("DELETE", "/api/v2/orgs/{id}", delete),
]
