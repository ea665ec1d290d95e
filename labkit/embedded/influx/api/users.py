"""/api/v2/users and /api/v2/me: users that have no passwords here."""

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
from labkit.embedded.influx.catalog import User, new_id


def user_json(user: User) -> dict[str, Any]:
    """A user as answers have it."""
    return {"links": {"self": f"/api/v2/users/{user.id}"}, "id": user.id, "name": user.name, "status": user.status}


def _get(request: Request, id: str) -> User:
    found = request.engine.catalog.users.get(checked_id(id))
    if found is None:
        raise ApiError("not found", "user not found")
    return found


def me(request: Request) -> Response:
    """The user of the token."""
    return json_response(user_json(_get(request, request.authorization.user)))


def users(request: Request) -> Response:
    """All users, or the one of that name or id."""
    name, id = request.query.get("name", ""), request.query.get("id", "")
    found = [each for each in request.engine.catalog.users.values()
             if (not name or each.name == name) and (not id or each.id == id)]
    if (name or id) and not found:
        raise ApiError("not found", "user not found")
    return json_response({"links": {"self": "/api/v2/users"}, "users": [user_json(each) for each in found]})


def create(request: Request) -> Response:
    """Make a user."""
    require(request.authorization.all, "write:users is unauthorized")
    body = request.json()
    name = string(body, "name").strip()
    if not name:
        raise ApiError("empty value", "user name is empty")
    with request.engine.lock:
        if any(each.name == name for each in request.engine.catalog.users.values()):
            raise ApiError("conflict", f"user with name {name} already exists")
        user = User(new_id(), name, string(body, "status", "active"))
        request.engine.put(user)
    return json_response(user_json(user), 201)


def get(request: Request, id: str) -> Response:
    """One user."""
    return json_response(user_json(_get(request, id)))


def patch(request: Request, id: str) -> Response:
    """Change name or status."""
    require(request.authorization.all, "write:users is unauthorized")
    user, body = _get(request, id), request.json()
    name, status = string(body, "name", user.name), string(body, "status", user.status)
    changed = request.engine.update(user, name=name, status=status)
    return json_response(user_json(changed))


def delete(request: Request, id: str) -> Response:
    """Remove a user."""
    require(request.authorization.all, "write:users is unauthorized")
    request.engine.drop("user", _get(request, id).id)
    return Response(204)


ROUTES: list[Route] = [
    ("GET", "/api/v2/me", me), ("GET", "/api/v2/users", users), ("POST", "/api/v2/users", create),
    ("GET", "/api/v2/users/me", me), ("GET", "/api/v2/users/{id}", get), ("PATCH", "/api/v2/users/{id}", patch),
    ("DELETE", "/api/v2/users/{id}", delete),
]
