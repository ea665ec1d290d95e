"""Requests, answers, errors and routes: the little of HTTP that the API's files share."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from labkit.embedded.influx.catalog import Authorization, Bucket, Org
from labkit.embedded.influx.engine import Engine

if TYPE_CHECKING:
    from labkit.embedded.influx.tasks.scheduler import Scheduler

VERSION = "v2.7.12-labkit"
"""Says of which InfluxDB the answers are, and that this is not it."""

MAX_BODY_BYTES = 64 * 1024 * 1024
MAX_INFLATED_BYTES = 256 * 1024 * 1024

STATUS = {
    "internal error": 500, "not implemented": 501, "invalid": 400, "unprocessable entity": 422, "empty value": 400,
    "conflict": 422, "not found": 404, "unavailable": 503, "forbidden": 403, "too many requests": 429,
    "unauthorized": 401, "method not allowed": 405, "request too large": 413,
}
"""Source: `kit/transport/http/error_handler.go`."""

REASONS = {
    200: "OK", 201: "Created", 204: "No Content", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden",
    404: "Not Found", 405: "Method Not Allowed", 413: "Request Entity Too Large", 422: "Unprocessable Entity",
    429: "Too Many Requests", 500: "Internal Server Error", 501: "Not Implemented", 503: "Service Unavailable",
}


class ApiError(Exception):
    """An answer that says what is wrong.

    Args:
        code: a key of `STATUS`.
        message: what is wrong, as InfluxDB 2.7 says it.
        headers: further headers of the answer.
    """

    def __init__(self, code: str, message: str, headers: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.headers = tuple(headers)

    def within(self, code: str, message: str) -> ApiError:
        """The error that says what could not be done because of this one."""
        return ApiError(code, f"{message}: {self.message}")


@dataclass(slots=True)
class Response:
    """An answer.

    Args:
        status: HTTP status.
        body: pieces of the body.
        type: content type; empty for an answer without a body.
        headers: further headers.
    """

    status: int
    body: Iterable[bytes] = ()
    type: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)


def json_response(data: Any, status: int = 200, headers: Iterable[tuple[str, str]] = ()) -> Response:
    """An answer in JSON.

    Args:
        data: plain data.
        status: HTTP status.
        headers: further headers.
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n"
    return Response(status, [text.encode("utf-8", "replace")], "application/json; charset=utf-8", list(headers))


def error_response(error: ApiError) -> Response:
    """The answer of an error: its code stands in a header too."""
    return json_response({"code": error.code, "message": error.message}, STATUS[error.code],
                         [("X-Platform-Error-Code", error.code), *error.headers])


class Request:
    """A request.

    Args:
        environ: of WSGI.
        engine: the database.
        scheduler: of the tasks.
    """

    def __init__(self, environ: Mapping[str, Any], engine: Engine, scheduler: Scheduler) -> None:
        self.environ = environ
        self.engine = engine
        self.scheduler = scheduler
        self.method = str(environ["REQUEST_METHOD"])
        # WSGI gives the bytes of the path as Latin-1.
        self.path = str(environ.get("PATH_INFO", "")).encode("latin-1", "replace").decode("utf-8", "replace")
        self.query: dict[str, str] = {}
        text = str(environ.get("QUERY_STRING", "")).encode("latin-1", "replace").decode("utf-8", "replace")
        for name, value in parse_qsl(text, keep_blank_values=True, errors="replace"):
            self.query.setdefault(name, value)
        self._authorization: Authorization | None = None

    def header(self, name: str) -> str:
        """A header, empty if it is not there.

        Args:
            name: its name, like `Content-Encoding`.
        """
        key = name.upper().replace("-", "_")
        return str(self.environ.get(key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}", ""))

    def body(self) -> bytes:
        """The body as it was sent.

        Raises:
            ApiError: it is too long.
        """
        if self.body_length() > MAX_BODY_BYTES:
            raise ApiError("request too large", "request body is too large")
        data = bytes(self.environ["wsgi.input"].read(MAX_BODY_BYTES + 1))
        if len(data) > MAX_BODY_BYTES:
            raise ApiError("request too large", "request body is too large")
        return data

    def body_length(self) -> int:
        """How many bytes the body has."""
        text = self.header("Content-Length")
        return int(text) if text.isdigit() else 0

    def inflated(self) -> bytes:
        """The body, unpacked if it is packed with gzip.

        Raises:
            ApiError: it is not gzip although it says so, or too long.
        """
        data = self.body()
        if self.header("Content-Encoding").strip().lower() not in ("gzip", "x-gzip"):
            return data
        try:
            unpack = zlib.decompressobj(zlib.MAX_WBITS | 16)
            found = unpack.decompress(data, MAX_INFLATED_BYTES)
        except zlib.error:
            header = data[:2] == b"\x1f\x8b"
            raise ApiError("invalid", f"unable to read data: gzip: invalid {'checksum' if header else 'header'}"
                           ) from None
        if unpack.unconsumed_tail:
            raise ApiError("request too large", "unable to read data: points batch is too large")
        if not unpack.eof:
            raise ApiError("invalid", "unable to read data: unexpected EOF")
        return found

    def json(self, wrap: str = "failed to unmarshal json: {}") -> dict[str, Any]:
        """The body as a JSON object.

        Args:
            wrap: how the message of an error says it.

        Raises:
            ApiError: it is not one.
        """
        text = self.body().decode("utf-8", "replace").lstrip(" \t\r\n")
        if not text:
            raise ApiError("invalid", wrap.format("EOF"))
        try:
            data, _ = json.JSONDecoder().raw_decode(text)
        except json.JSONDecodeError as error:
            raise ApiError("invalid", wrap.format(_as_go(text, error))) from None
        except (RecursionError, ValueError):
            raise ApiError("invalid", wrap.format("exceeded max depth")) from None
        if not isinstance(data, dict):
            raise ApiError("invalid", wrap.format("json: cannot unmarshal: an object was expected"))
        cleaned = _clean(data) if "\\u" in text else data
        return dict(cleaned)

    # -- who asks, and for what

    @property
    def authorization(self) -> Authorization:
        """Whose request it is.

        Raises:
            ApiError: it has no token, or not a right one.
        """
        if self._authorization is None:
            scheme, _, token = self.header("Authorization").partition(" ")
            found = self.engine.catalog.by_token(token.strip()) if scheme.lower() in ("token", "bearer") else None
            if found is None:
                raise ApiError("unauthorized", "unauthorized access")
            if found.status != "active":
                raise ApiError("unauthorized", "unauthorized access")
            self._authorization = found
        return self._authorization

    def org(self) -> Org:
        """The organization that `org` (name or id) or `orgID` names.

        Raises:
            ApiError: there is no such one, or none is named.
        """
        orgs = self.engine.catalog.orgs
        name, id = self.query.get("org", ""), self.query.get("orgID", "")
        if id:
            found = orgs.get(checked_id(id))
            if found is None:
                raise ApiError("not found", "organization not found")
            return found
        if not name:
            raise ApiError("invalid", "Please provide either orgID or org")
        found = orgs.get(name) or self.engine.catalog.org_named(name)
        if found is None:
            missing = "organization not found" if _is_id(name) else f'organization name "{name}" not found'
            raise ApiError("not found", missing)
        return found

    def integer(self, name: str, default: int, low: int = 0, high: int = 2**31) -> int:
        """A number of the query string.

        Raises:
            ApiError: it is not a number, or out of range.
        """
        text = self.query.get(name, "")
        if not text:
            return default
        if not text.lstrip("-").isdecimal() or len(text) > 9:
            raise ApiError("invalid", f"{name} is invalid")
        value = int(text)
        if not low <= value <= high:
            raise ApiError("invalid", f"{name} must be between {low} and {high}")
        return value


def _as_go(text: str, error: json.JSONDecodeError) -> str:
    if error.pos >= len(text):
        return "unexpected EOF"
    return f"invalid character {text[error.pos]!r} looking for beginning of value"


def _clean(value: Any) -> Any:
    """Replace halves of surrogate pairs, which are not text, as Go does."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_clean(each) for each in value]
    if isinstance(value, dict):
        return {_clean(name): _clean(each) for name, each in value.items()}
    return value


def _is_id(text: str) -> bool:
    return len(text) == 16 and all(each in "0123456789abcdefABCDEF" for each in text) and text != "0" * 16


def checked_id(text: Any) -> str:
    """An id of a request.

    Args:
        text: what was sent.

    Raises:
        ApiError: it is not an id.
    """
    if not isinstance(text, str) or len(text) != 16:
        raise ApiError("invalid", "id must have a length of 16 bytes")
    if not _is_id(text):
        raise ApiError("invalid", "invalid ID")
    return text.lower()


def find_bucket(engine: Engine, org: Org, text: str) -> Bucket | None:
    """The bucket of an organization by id, or else by name.

    Args:
        engine: the database.
        org: the organization.
        text: id or name.
    """
    found = engine.catalog.buckets.get(text)
    if found is not None and found.org == org.id:
        return found
    return engine.catalog.bucket_named(org.id, text)


def require(allowed: bool, message: str) -> None:
    """Answer 403 unless something is allowed.

    Raises:
        ApiError: it is not.
    """
    if not allowed:
        raise ApiError("forbidden", message)


def string(data: Mapping[str, Any], name: str, default: str = "") -> str:
    """A text of a JSON object; null is as if it were not there.

    Raises:
        ApiError: it is not a text.
    """
    value = data.get(name)
    if value is None:
        return default
    if not isinstance(value, str):
        raise ApiError("invalid", f"failed to unmarshal json: json: cannot unmarshal field {name} of type string")
    return value


def page_links(path: str, filters: Mapping[str, str], limit: int, offset: int, count: int) -> dict[str, str]:
    """The links of a page of a list.

    Args:
        path: of the list.
        filters: of the query string.
        limit: most items of a page.
        offset: of this page.
        count: items of this page.
    """
    def link(start: int) -> str:
        return f"{path}?{urlencode({'descending': 'false', **filters, 'limit': limit, 'offset': start})}"

    links = {"self": link(offset)}
    if count >= limit:
        links["next"] = link(offset + limit)
    if offset > 0:
        links["prev"] = link(max(offset - limit, 0))
    return links


Handler = Callable[..., Response]
Route = tuple[str, str, Handler]
"""Method, path with `{id}`, function of the request and the ids of the path."""
