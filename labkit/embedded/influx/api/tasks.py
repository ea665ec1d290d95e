"""/api/v2/tasks: tasks and their runs. Source: `http/task_service.go`, `task/taskmodel`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.embedded.influx.api.http import (
    ApiError,
    Request,
    Response,
    Route,
    checked_id,
    json_response,
    page_links,
    string,
)
from labkit.embedded.influx.catalog import Org, Task, new_id, stamp

if TYPE_CHECKING:
    from labkit.embedded.influx.tasks.runs import Run

_DECODE = "failed to decode request: {}"
_MOST = 500


def task_json(request: Request, task: Task) -> dict[str, Any]:
    """A task as answers have it."""
    own, org = f"/api/v2/tasks/{task.id}", request.engine.catalog.orgs.get(task.org)
    optional = {
        "description": task.description, "every": task.every, "cron": task.cron, "offset": task.offset,
        "latestCompleted": stamp(_whole(task.latest_completed_ns)), "lastRunStatus": task.last_run_status,
        "lastRunError": task.last_run_error,
    }
    return {
        "links": {"self": own, **{name: f"{own}/{name}" for name in ("members", "owners", "labels", "runs", "logs")}},
        "labels": [], "id": task.id, "orgID": task.org, "org": org.name if org else "", "ownerID": task.owner,
        "name": task.name, "status": task.status, "flux": task.flux,
        **{name: value for name, value in optional.items() if value},
        "createdAt": stamp(_whole(task.created_ns)), "updatedAt": stamp(_whole(task.updated_ns)),
    }


def _whole(time_ns: int) -> int:
    return time_ns - time_ns % 1_000_000_000


def _run_json(run: Run) -> dict[str, Any]:
    task, own = f"/api/v2/tasks/{run.task}", f"/api/v2/tasks/{run.task}/runs/{run.id}"
    times = {"startedAt": run.started_ns, "finishedAt": run.finished_ns, "requestedAt": run.requested_ns}
    return {
        "links": {"self": own, "task": task, "logs": f"{own}/logs", "retry": f"{own}/retry"},
        "id": run.id, "taskID": run.task, "status": run.status, "scheduledFor": stamp(_whole(run.scheduled_ns)),
        **{name: stamp(value) for name, value in times.items() if value}, "log": _events(run),
    }


def _events(run: Run) -> list[dict[str, str]]:
    return [{"runID": run.id, "time": stamp(time_ns), "message": message} for time_ns, message in list(run.log)]


def _decoded_id(id: str) -> str:
    try:
        return checked_id(id)
    except ApiError as error:
        raise error.within("invalid", "failed to decode request") from None


def _get(request: Request, id: str, doing: str, action: str = "read") -> Task:
    found = request.engine.catalog.tasks.get(_decoded_id(id))
    if found is None or not request.authorization.allows(action, "tasks", found.org, found.id):
        raise ApiError("not found", f"{doing}: task not found")
    return found


def _get_run(request: Request, task: Task, id: str, doing: str) -> Run:
    found = request.scheduler.history(task.id).find(_decoded_id(id))
    if found is None:
        raise ApiError("not found", f"{doing}: run not found")
    return found


def _org(request: Request, name: str, id: str) -> Org:
    orgs = request.engine.catalog.orgs
    found = orgs.get(_decoded_id(id)) if id else request.engine.catalog.org_named(name)
    if found is None:
        raise ApiError("not found", "could not identify organization: organization not found")
    return found


def _checked_status(body: dict[str, Any]) -> str:
    status = string(body, "status")
    if status not in ("", "active", "inactive"):
        raise ApiError("invalid", _DECODE.format(f'invalid task status: "{status}"'))
    return status


def tasks(request: Request) -> Response:
    """The tasks, the oldest first."""
    limit = request.integer("limit", 100, 1, _MOST)
    name, status, user = (request.query.get(each, "") for each in ("name", "status", "user"))
    org_name, org_id, after = (request.query.get(each, "") for each in ("org", "orgID", "after"))
    org = None
    if org_name or org_id:
        try:
            org = _org(request, org_name, org_id)
        except ApiError:
            raise ApiError("invalid", _DECODE.format(f"org {org_name or org_id} not found or unauthorized")) from None
    if request.query.get("type", "") not in ("", "basic", "system"):
        raise ApiError("invalid", _DECODE.format(f'"{request.query["type"]}" is not a valid task type'))
    auth = request.authorization
    with request.engine.lock:
        every = sorted(request.engine.catalog.tasks.values(), key=lambda each: (each.created_ns, each.id))
    found = [each for each in every
             if auth.allows("read", "tasks", each.org, each.id) and (org is None or each.org == org.id)
             and (not name or each.name == name) and (not user or each.owner == user)
             and (status not in ("active", "inactive") or each.status == status)]
    if after:
        places = [place for place, each in enumerate(found) if each.id == _decoded_id(after)]
        found = found[places[0] + 1:] if places else []
    shown = found[:limit]
    links = page_links("/api/v2/tasks", {}, limit, 0, len(shown))
    return json_response({"links": links, "tasks": [task_json(request, each) for each in shown]})


def create(request: Request) -> Response:
    """Make a task of Flux text."""
    from labkit.embedded.influx.tasks.options import OptionError, read_options

    body, engine, auth = request.json(_DECODE), request.engine, request.authorization
    flux, status = string(body, "flux"), _checked_status(body)
    if not flux:
        raise ApiError("invalid", _DECODE.format("missing flux"))
    org_name, org_id = string(body, "org"), string(body, "orgID")
    if not org_name and not org_id:
        raise ApiError("invalid", _DECODE.format("missing orgID and org"))
    org = _org(request, org_name, org_id)
    if not auth.allows("write", "tasks", org.id):
        raise ApiError("unauthorized", f"write:orgs/{org.id}/tasks is unauthorized")
    try:
        options = read_options(flux)
    except OptionError as error:
        raise ApiError("invalid", f"invalid options: {error}") from None
    now = engine.clock()
    task = Task(new_id(), org.id, auth.user, options.name, flux, status or "active", string(body, "description"),
                options.every, options.cron, options.offset, now, now, now)
    engine.put(task)
    request.scheduler.changed(task)
    return json_response(task_json(request, task), 201)


def get(request: Request, id: str) -> Response:
    """One task."""
    return json_response(task_json(request, _get(request, id, "failed to find task")))


def patch(request: Request, id: str) -> Response:
    """Change text, options, status or description; options that are sent are written into the text."""
    from labkit.embedded.influx.tasks.options import OptionError, change_options, read_options

    task, body, engine = _get(request, id, "failed to update task", "write"), request.json(_DECODE), request.engine
    status, flux = _checked_status(body), string(body, "flux") or task.flux
    sent = {name: string(body, name) for name in ("name", "every", "cron", "offset")}
    if sent["every"] and sent["cron"] and sent["every"] != task.every and sent["cron"] != task.cron:
        raise ApiError("invalid", _DECODE.format("cannot specify both every and cron"))
    try:
        known = read_options(flux)
        changes = {name: value for name, value in sent.items() if value and value != getattr(known, name)}
        if changes:
            flux = change_options(flux, changes)
        options = read_options(flux)
    except OptionError as error:
        raise ApiError("invalid", f"failed to update task: invalid options: {error}") from None
    changed = engine.update(
        task, flux=flux, name=options.name, every=options.every, cron=options.cron, offset=options.offset,
        status=status or task.status, description=string(body, "description", task.description),
        updated_ns=engine.clock())
    request.scheduler.changed(changed)
    return json_response(task_json(request, changed))


def delete(request: Request, id: str) -> Response:
    """Remove a task."""
    task = _get(request, id, "failed to delete task", "write")
    request.engine.drop("task", task.id)
    request.scheduler.removed(task.id)
    return Response(204)


def runs(request: Request, id: str) -> Response:
    """The last runs, the newest first."""
    from labkit.embedded.influx.api.query import parse_rfc3339

    task = _get(request, id, "failed to find runs")
    limit, after = request.integer("limit", 100, 1, _MOST), request.query.get("after", "")
    found = request.scheduler.history(task.id).all()
    for name, keep in (("afterTime", 1), ("beforeTime", -1)):
        if text := request.query.get(name, ""):
            try:
                bound = parse_rfc3339(text)
            except ValueError as error:
                raise ApiError("invalid", _DECODE.format(error)) from None
            found = [each for each in found if keep * each.scheduled_ns > keep * bound]
    if after:
        places = [place for place, each in enumerate(found) if each.id == _decoded_id(after)]
        found = found[places[0] + 1:] if places else []
    own = f"/api/v2/tasks/{task.id}"
    return json_response({"links": {"self": f"{own}/runs", "task": own},
                          "runs": [_run_json(each) for each in found[:limit]]})


def run_now(request: Request, id: str) -> Response:
    """Run a task now, as if it were `scheduledFor`."""
    from labkit.embedded.influx.api.query import parse_rfc3339

    task = _get(request, id, "failed to force run", "write")
    now = scheduled = request.engine.clock()
    if request.body_length():
        text = request.json(_DECODE).get("scheduledFor")
        if text:
            try:
                scheduled = parse_rfc3339(text)
            except ValueError as error:
                raise ApiError("invalid", _DECODE.format(error)) from None
    run = request.scheduler.run(task, _whole(scheduled), now)
    return json_response({**_run_json(run), "status": "scheduled"}, 201)


def run(request: Request, id: str, run_id: str) -> Response:
    """One run."""
    task = _get(request, id, "failed to find run")
    return json_response(_run_json(_get_run(request, task, run_id, "failed to find run")))


def retry(request: Request, id: str, run_id: str) -> Response:
    """Run again what was scheduled for a time."""
    task = _get(request, id, "failed to retry run", "write")
    old = _get_run(request, task, run_id, "failed to retry run")
    return json_response(_run_json(request.scheduler.run(task, old.scheduled_ns, request.engine.clock())))


def cancel(request: Request, id: str, run_id: str) -> Response:
    """Cancel a run that is not over: one that waits is not begun, one that runs is no longer reported."""
    task = _get(request, id, "failed to cancel run", "write")
    found = _get_run(request, task, run_id, "failed to cancel run")
    if not found.done:
        found.status, found.finished_ns = "canceled", request.engine.clock()
        found.log.append((found.finished_ns, "Run canceled"))
    return Response(204)


def logs(request: Request, id: str) -> Response:
    """What all runs said."""
    task = _get(request, id, "failed to find task logs")
    events = [event for each in reversed(request.scheduler.history(task.id).all()) for event in _events(each)]
    return json_response({"events": events})


def run_logs(request: Request, id: str, run_id: str) -> Response:
    """What a run said."""
    task = _get(request, id, "failed to find task logs")
    return json_response({"events": _events(_get_run(request, task, run_id, "failed to find task logs"))})


def nobody(request: Request, id: str) -> Response:
    """Members, owners and labels, which the engine does not have."""
    task, kind = _get(request, id, "failed to find task"), request.path.rstrip("/").rsplit("/", 1)[1]
    return json_response({"links": {"self": f"/api/v2/tasks/{task.id}/{kind}"},
                          "labels" if kind == "labels" else "users": []})


_ONE, _RUN = "/api/v2/tasks/{id}", "/api/v2/tasks/{id}/runs/{run}"
ROUTES: list[Route] = [
    ("GET", "/api/v2/tasks", tasks), ("POST", "/api/v2/tasks", create), ("GET", _ONE, get), ("PATCH", _ONE, patch),
    ("DELETE", _ONE, delete), ("GET", f"{_ONE}/runs", runs), ("POST", f"{_ONE}/runs", run_now),
    ("GET", _RUN, run), ("DELETE", _RUN, cancel), ("POST", f"{_RUN}/retry", retry), ("GET", f"{_RUN}/logs", run_logs),
    ("GET", f"{_ONE}/logs", logs), *(("GET", f"{_ONE}/{kind}", nobody) for kind in ("members", "owners", "labels")),
]
