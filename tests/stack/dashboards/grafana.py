"""What Grafana does with a query before it asks the data source: variables and macros are put in their places.

Grafana itself is not to be had here. The rules are those of its manual: "Variable syntax" (`regex`, `sqlstring`), "Flux
query editor" (v.timeRangeStart and the like), "PostgreSQL query editor" (macros), "Prometheus query editor"
($__rate_interval).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

Values = Mapping[str, Sequence[str]]


def _listed(values: Sequence[str], form: str) -> str:
    if form == "regex":
        escaped = [re.sub(r"([.*+?^${}()|\[\]\\/])", r"\\\1", value) for value in values]
        return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"
    if form == "sqlstring":
        return ",".join("'" + value.replace("'", "''") + "'" for value in values)
    raise AssertionError(f"the tests do not know the format {form!r}")


def variables(text: str, values: Values) -> str:
    """The text with `${name:format}` and `${name}` replaced; one that is not known fails the test."""
    text = re.sub(r"\$\{(\w+):(\w+)\}", lambda found: _listed(values[found[1]], found[2]), text)
    return re.sub(r"\$\{(\w+)\}", lambda found: " + ".join(values[found[1]]), text)


def flux(text: str, start: float, stop: float, values: Values) -> str:
    """A query in Flux as it is sent."""
    for name, value in {"v.timeRangeStart": _rfc3339(start), "v.timeRangeStop": _rfc3339(stop),
                        "v.windowPeriod": "10s"}.items():
        text = text.replace(name, value)
    return variables(text, values)


def sql(text: str, start: float, stop: float, values: Values, *, timescale: bool) -> str:
    """A query in SQL as it is sent."""
    text = text.replace("$__interval", "10s")

    def time_filter(found: re.Match[str]) -> str:
        return f"{found[1]} BETWEEN '{_rfc3339(start)}' AND '{_rfc3339(stop)}'"

    def time_group(found: re.Match[str]) -> str:
        column, size, unit = found[1].strip(), int(found[2]), found[3]
        seconds = size * {"s": 1, "m": 60, "h": 3600}[unit]
        bucket = (f"time_bucket('{seconds:.3f}s', {column})" if timescale
                  else f"floor((extract(epoch from {column}))/{seconds})*{seconds}")
        return f'{bucket} AS "time"'

    text = re.sub(r"\$__timeFilter\(([^)]*)\)", time_filter, text)
    text = re.sub(r"\$__timeGroupAlias\(([^,]*),\s*'?(\d+)([smh])'?\)", time_group, text)
    text = variables(text, values)
    assert "$__" not in text, f"a macro that the tests do not know: {text}"
    return text


def promql(text: str, rate_interval: str = "20s") -> str:
    """A query in PromQL as it is sent."""
    return text.replace("$__rate_interval", rate_interval)


def _rfc3339(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
