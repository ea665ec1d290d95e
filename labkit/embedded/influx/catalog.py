"""Organizations, users, buckets, tokens and tasks: the small things that have ids."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from labkit.embedded.influx.store import rfc3339


def new_id() -> str:
    """Make an id: 16 hexadecimal digits, not all zero."""
    return f"{secrets.randbits(63) | 1:016x}"


@dataclass(slots=True)
class Org:
    """An organization; times are nanoseconds since the epoch here and below."""

    id: str
    name: str
    description: str = ""
    created_ns: int = 0
    updated_ns: int = 0


@dataclass(slots=True)
class User:
    """A user; the engine has no passwords, tokens say who may do what."""

    id: str
    name: str
    status: str = "active"


@dataclass(slots=True)
class Bucket:
    """A bucket; `type` is "user" or "system"."""

    id: str
    org: str
    name: str
    type: str = "user"
    description: str = ""
    retention_ns: int = 0
    shard_ns: int = 0
    created_ns: int = 0
    updated_ns: int = 0


@dataclass(slots=True)
class Authorization:
    """A token. `permissions` are as the API has them; `all` is a token that may do everything."""

    id: str
    token: str
    org: str
    user: str
    description: str = ""
    status: str = "active"
    permissions: list[dict[str, Any]] = field(default_factory=list)
    all: bool = False
    created_ns: int = 0
    updated_ns: int = 0

    def allows(self, action: str, resource: str, org: str, id: str = "") -> bool:
        """Say whether the token may do something.

        Args:
            action: "read" or "write".
            resource: the kind of thing: "buckets", "tasks", …
            org: id of the organization that has it.
            id: of the thing.
        """
        if self.all:
            return True
        for permission in self.permissions:
            scope = permission.get("resource") or {}
            if (permission.get("action") == action and scope.get("type") == resource
                    and scope.get("orgID", org) in (org, None) and scope.get("id", id) in (id, None)):
                return True
        return False


@dataclass(slots=True)
class Task:
    """A task; `every` and `cron` are as the Flux text says them, `offset_s` in seconds."""

    id: str
    org: str
    owner: str
    name: str
    flux: str
    status: str = "active"
    description: str = ""
    every: str = ""
    cron: str = ""
    offset: str = ""
    created_ns: int = 0
    updated_ns: int = 0
    latest_completed_ns: int = 0
    last_run_status: str = ""
    last_run_error: str = ""


Item = Org | User | Bucket | Authorization | Task

KINDS: dict[str, Callable[..., Item]] = {
    "org": Org, "user": User, "bucket": Bucket, "authorization": Authorization, "task": Task,
}
_NAMES: dict[Any, str] = {kind: name for name, kind in KINDS.items()}


def kind_of(item: Item) -> str:
    """The name of an item's kind, a key of `KINDS`."""
    return _NAMES[type(item)]


def to_json(item: Item) -> dict[str, Any]:
    """An item as plain data, for the log."""
    data: dict[str, Any] = asdict(item)
    return data


def from_json(kind: str, data: dict[str, Any]) -> Item:
    """An item of the log.

    Args:
        kind: a key of `KINDS`.
        data: what `to_json` gave.
    """
    return KINDS[kind](**data)


class Catalog:
    """All items by id. The engine's lock guards it."""

    def __init__(self) -> None:
        self.orgs: dict[str, Org] = {}
        self.users: dict[str, User] = {}
        self.buckets: dict[str, Bucket] = {}
        self.authorizations: dict[str, Authorization] = {}
        self.tasks: dict[str, Task] = {}
        self._by_token: dict[str, Authorization] = {}

    def _of(self, kind: str) -> dict[str, Any]:
        every: dict[str, dict[str, Any]] = {
            "org": self.orgs, "user": self.users, "bucket": self.buckets, "authorization": self.authorizations,
            "task": self.tasks,
        }
        return every[kind]

    def put(self, item: Item) -> None:
        """Add or replace an item."""
        self._of(kind_of(item))[item.id] = item
        if isinstance(item, Authorization):
            self._by_token = {each.token: each for each in self.authorizations.values()}

    def drop(self, kind: str, id: str) -> None:
        """Remove an item.

        Args:
            kind: a key of `KINDS`.
            id: its id.
        """
        self._of(kind).pop(id, None)
        if kind == "authorization":
            self._by_token = {each.token: each for each in self.authorizations.values()}

    def items(self) -> list[Item]:
        """Every item, what others refer to first."""
        return [*self.orgs.values(), *self.users.values(), *self.buckets.values(), *self.authorizations.values(),
                *self.tasks.values()]

    def by_token(self, token: str) -> Authorization | None:
        """The authorization of a token."""
        return self._by_token.get(token)

    def org_named(self, name: str) -> Org | None:
        """The organization of that name."""
        return next((each for each in list(self.orgs.values()) if each.name == name), None)

    def bucket_named(self, org: str, name: str) -> Bucket | None:
        """The bucket of that name.

        Args:
            org: id of its organization.
            name: its name.
        """
        return next((each for each in list(self.buckets.values()) if each.org == org and each.name == name), None)


def stamp(time_ns: int) -> str:
    """A time as answers have it."""
    return rfc3339(time_ns)
