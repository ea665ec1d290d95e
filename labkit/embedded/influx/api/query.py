"""/api/v2/query: Flux in, annotated CSV out. Source: `http/query.go`, `http/query_handler.go`."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from labkit.embedded.influx.api.http import ApiError, Request, Response, Route, json_response
from labkit.embedded.influx.catalog import Org

if TYPE_CHECKING:
    from labkit.embedded.influx.flux.csv_out import Dialect

FLUX = "application/vnd.flux"
_PIECE_BYTES = 256 * 1024
_SMALLEST_PACKED = 1400
_NOT_JSON = ("failed to decode request body: failed parsing request body as JSON; if sending a raw Flux script, set "
             f"'Content-Type: {FLUX}' in your request headers: {{}}")


def _undecodable(message: str) -> ApiError:
    return ApiError("invalid", f"failed to decode request body: {message}")


def query(request: Request) -> Response:
    """Run a query. What goes wrong before the first byte is an error; later, an error table at the end."""
    authorization = request.authorization
    body = _body(request)
    dialect = _dialect(body.get("dialect"))
    now_ns = _now(body.get("now"))
    org = _org(request)

    from labkit.embedded.influx.api.extern import params_of
    from labkit.embedded.influx.flux.csv_out import encode
    from labkit.embedded.influx.storage import QueryStorage

    params = params_of(body.get("extern"))
    storage = QueryStorage(request.engine, org.id, authorization)
    results = run_query(body["query"], storage, now_ns, params)
    prefer = request.header("Prefer")
    if prefer in ("return-no-content", "return-no-content-with-error"):
        return Response(204)
    return _csv(request, encode(results, dialect))


def run_query(source: str, storage: Any, now_ns: int | None, params: dict[str, Any] | None = None) -> Any:
    """Run a query and turn what is wrong with it into the answer that InfluxDB gives.

    Args:
        source: Flux.
        storage: what it may read and write.
        now_ns: its `now()`, nanoseconds; None for the present.
        params: names and values of further variables.

    Raises:
        ApiError: the query is wrong or failed.
    """
    from labkit.embedded.influx.flux.errors import CompileError, FluxError, LimitError, NotFoundError
    from labkit.embedded.influx.flux.query import execute

    try:
        return execute(source, storage, now_ns=now_ns, params=params or None)
    except CompileError as error:
        raise ApiError("invalid", compile_message(source, error)) from None
    except NotFoundError as error:
        raise ApiError("not found", str(error)) from None
    except LimitError as error:
        raise ApiError("unprocessable entity", str(error)) from None
    except FluxError as error:
        raise ApiError("invalid", str(error)) from None


def compile_message(source: str, error: Exception) -> str:
    """The message of a query that is not right: a syntax error says that the compilation failed, others do not.

    Args:
        source: the query.
        error: what the engine said.
    """
    from labkit.embedded.influx.flux.errors import CompileError
    from labkit.embedded.influx.flux.parser import parse

    try:
        parse(source)
    except CompileError:
        return f"compilation failed: {error}"
    return str(error)


def _body(request: Request) -> dict[str, Any]:
    kind = request.header("Content-Type").split(";")[0].strip().lower()
    if kind == FLUX:
        body: dict[str, Any] = {"query": request.body().decode("utf-8", "replace")}
    else:
        body = request.json(_NOT_JSON)
    text = body.get("query")
    if text is not None and not isinstance(text, str):
        raise ApiError("invalid", _NOT_JSON.format("json: cannot unmarshal field query of type string"))
    if not text:
        if body.get("ast") is not None:
            raise ApiError("not implemented", "the embedded engine takes a query as text, not as a syntax tree")
        raise _undecodable("request body requires either query or AST")
    if (kind := body.get("type") or "flux") != "flux":
        raise _undecodable(f"unknown query type: {kind}")
    return body


def _org(request: Request) -> Org:
    try:
        return request.org()
    except ApiError as error:
        raise error.within("invalid", "failed to decode request body") from None


def _dialect(data: Any) -> Dialect:
    from labkit.embedded.influx.flux.csv_out import Dialect

    if data is None:
        return Dialect()
    if not isinstance(data, dict):
        raise ApiError("invalid", _NOT_JSON.format("json: cannot unmarshal field dialect of type QueryDialect"))
    header, annotations = data.get("header"), data.get("annotations") or []
    delimiter, prefix = data.get("delimiter") or ",", data.get("commentPrefix") or ""
    form = data.get("dateTimeFormat") or "RFC3339"
    texts = isinstance(delimiter, str) and isinstance(prefix, str) and isinstance(form, str)
    if not texts or not isinstance(annotations, list) or not isinstance(header, bool | None):
        raise ApiError("invalid", _NOT_JSON.format("json: cannot unmarshal field dialect of type QueryDialect"))
    if len(prefix) > 1:
        raise _undecodable("invalid dialect comment prefix: must be length 0 or 1")
    if len(delimiter.encode("utf-8", "replace")) != 1:
        raise _undecodable("invalid dialect delimeter: must be length 1")
    for each in annotations:
        if each not in ("group", "datatype", "default"):
            raise _undecodable(f"unknown dialect annotation type: {each}")
    if form not in ("RFC3339", "RFC3339Nano"):
        raise _undecodable(f"unknown dialect date time format: {form}")
    try:
        # InfluxDB writes "#" whatever the prefix is: "Use commentPrefix … once they are supported" (`http/query.go`).
        return Dialect(header is not False, delimiter, tuple(dict.fromkeys(annotations)), "#", form)
    except ValueError as error:
        raise _undecodable(str(error)) from None


_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)


def parse_rfc3339(text: Any) -> int:
    """A time of a request as nanoseconds since the epoch.

    Raises:
        ValueError: it is not an RFC 3339 time, or out of the range of 64 bits.
    """
    from labkit.embedded.influx.flux.scanner import parse_time

    if not isinstance(text, str) or not _RFC3339.fullmatch(text):
        raise ValueError(f"parsing time {text!r}")
    return int(parse_time(text))


def _now(text: Any) -> int | None:
    if text is None or text == "0001-01-01T00:00:00Z":
        return None
    try:
        return parse_rfc3339(text)
    except ValueError as error:
        raise ApiError("invalid", _NOT_JSON.format(error)) from None


def _csv(request: Request, pieces: Iterator[str]) -> Response:
    kind = "text/csv; charset=utf-8"
    data, whole = _gather(pieces)
    packed = "gzip" in request.header("Accept-Encoding").lower()
    if whole:
        if packed and len(data) >= _SMALLEST_PACKED:
            packer = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS | 16)
            data = packer.compress(data) + packer.flush()
            return Response(200, [data], kind, [("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding")])
        return Response(200, [data], kind, [("Vary", "Accept-Encoding")])
    stream = _stream(data, pieces)
    if packed:
        return Response(200, _packed(stream), kind, [("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding")])
    return Response(200, stream, kind, [("Vary", "Accept-Encoding")])


def _gather(pieces: Iterator[str]) -> tuple[bytes, bool]:
    """As much as one piece of the answer holds, and whether that is all of it."""
    texts, size = [], 0
    for piece in pieces:
        texts.append(piece)
        size += len(piece)
        if size >= _PIECE_BYTES:
            return "".join(texts).encode("utf-8", "replace"), False
    return "".join(texts).encode("utf-8", "replace"), True


def _stream(first: bytes, pieces: Iterator[str]) -> Iterator[bytes]:
    from labkit.embedded.influx.flux.csv_out import encode_error
    from labkit.embedded.influx.flux.errors import FluxError

    yield first
    try:
        while True:
            data, whole = _gather(pieces)
            yield data
            if whole:
                return
    except FluxError as error:
        yield encode_error(str(error)).encode("utf-8", "replace")


def _packed(stream: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    for data in stream:
        if packed := packer.compress(data):
            yield packed
    yield packer.flush()


def analyze(request: Request) -> Response:
    """/api/v2/query/analyze: the errors of a query that is not run."""
    _ = request.authorization
    text = request.json("invalid json: {}").get("query") or ""
    if not isinstance(text, str):
        raise ApiError("invalid", "invalid json: query is not a string")

    from labkit.embedded.influx.flux.errors import CompileError
    from labkit.embedded.influx.flux.parser import parse

    try:
        parse(text)
    except CompileError as error:
        return json_response({"errors": [
            {"line": each.span.line if each.span else 0, "column": each.span.column if each.span else 0,
             "character": 0, "message": each.message} for each in (error, *error.others)]})
    return json_response({"errors": []})


ROUTES: list[Route] = [("POST", "/api/v2/query", query), ("POST", "/api/v2/query/analyze", analyze)]
