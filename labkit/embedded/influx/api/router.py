"""Which function answers a request."""

from __future__ import annotations

from collections.abc import Iterable

from labkit.embedded.influx.api.http import ApiError, Handler, Route


class Router:
    """Finds the function that answers.

    Args:
        routes: all routes.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self._exact: dict[str, dict[str, Handler]] = {}
        self._patterns: list[tuple[list[str], dict[str, Handler]]] = []
        patterns: dict[str, dict[str, Handler]] = {}
        for method, path, handler in routes:
            (patterns if "{" in path else self._exact).setdefault(path, {})[method] = handler
        self._patterns = [(path.split("/"), methods) for path, methods in patterns.items()]

    def find(self, method: str, path: str) -> tuple[Handler, list[str]]:
        """The function for a path, and the ids in the path.

        Raises:
            ApiError: there is no such path, or it does not know the method.
        """
        path = path.rstrip("/") or "/"
        ids: list[str] = []
        methods = self._exact.get(path)
        if methods is None:
            parts = path.split("/")
            for pattern, candidates in self._patterns:
                if len(pattern) != len(parts):
                    continue
                if all(name in (part, "{id}", "{run}") for name, part in zip(pattern, parts, strict=True)):
                    methods = candidates
                    ids = [part for name, part in zip(pattern, parts, strict=True) if name[:1] == "{"]
                    break
        if methods is None:
            raise ApiError("not found", "path not found")
        handler = methods.get(method)
        if handler is None:
            allow = ", ".join(sorted({*methods, "OPTIONS"}))
            raise ApiError("method not allowed", f"allow: {allow}", [("Allow", allow)])
        return handler, ids
