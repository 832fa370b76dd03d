"""Check runs: made and updated by the App, listed by commit."""

from typing import Any

from worker.demo.github_standin.bodies import check_count, check_length, check_members
from worker.demo.github_standin.calls import Answer, Request, operation, page_of, the_repository
from worker.demo.github_standin.echoes import echo_check_run
from worker.demo.github_standin.hub import Hub
from worker.demo.github_standin.payloads import checks as shapes
from worker.demo.github_standin.records import CheckRun, Repository
from worker.demo.github_standin.refusals import Json, Refused, invalid_request, not_found

MAX_ANNOTATIONS = 50  # per request; later requests append
MAX_ACTIONS = 3
MAX_TEXT = 65_535
_R = "/repos/{owner}/{repo}"
_STATUS = "queued|in_progress|completed"
_CONCLUSION = "action_required|cancelled|failure|neutral|success|skipped|timed_out"
_RUN = {
    "name": "string",
    "head_sha": "string",
    "details_url": "string",
    "external_id": "string",
    "status": _STATUS,
    "started_at": "string",
    "conclusion": _CONCLUSION,
    "completed_at": "string",
    "output": "object",
    "actions": "array",
}
_OUTPUT = {
    "title": "string",
    "summary": "string",
    "text": "string",
    "annotations": "array",
    "images": "array",
}
_ANNOTATION = {
    "path": "string",
    "start_line": "integer",
    "end_line": "integer",
    "start_column": "integer",
    "end_column": "integer",
    "annotation_level": "notice|warning|failure",
    "message": "string",
    "title": "string",
    "raw_details": "string",
}
_ANNOTATION_NEEDS = ("path", "start_line", "end_line", "annotation_level", "message")
_ACTION_LIMITS = {"label": 20, "description": 40, "identifier": 20}


@operation("POST", _R + "/check-runs", needs="checks:write")
def create_check_run(hub: Hub, request: Request) -> Answer:
    where, body = the_repository(hub, request), request.object
    check_members(body, _RUN, required=("name", "head_sha"))
    _check(body, required_output=("title", "summary"))
    sha = body["head_sha"]
    if len(sha) != 40 or where.git.type_of(sha) != "commit":
        raise Refused(422, f"No commit found for SHA: {sha}")
    suite = where.suites.setdefault(sha, hub.ids.new())
    run = CheckRun(hub.ids.new(), suite, body["name"], sha)
    where.check_runs[run.id] = run
    _fill(hub, run, body)
    echo_check_run(hub, where, run, "created")
    return Answer(201, shapes.check_run(hub, where, run))


@operation("PATCH", _R + "/check-runs/{check_run_id}", needs="checks:write")
def update_check_run(hub: Hub, request: Request) -> Answer:
    where, body = the_repository(hub, request), request.object
    run = hub.check_run(where, request.parameters["check_run_id"])
    check_members(body, {**_RUN, "status": _STATUS + "|waiting|requested|pending"})
    _check(body, required_output=("summary",))
    before = run.status
    _fill(hub, run, body)
    if run.status == "completed" and before != "completed":
        echo_check_run(hub, where, run, "completed")
    return Answer(200, shapes.check_run(hub, where, run))


def _check(body: Json, required_output: tuple[str, ...]) -> None:
    if body.get("status") == "completed" and body.get("conclusion") is None:
        raise invalid_request('"conclusion" wasn\'t supplied.')
    output = body.get("output")
    if output is not None:
        _check_output(output, required_output)
    actions = body.get("actions") or []
    check_count(actions, MAX_ACTIONS)
    for action in actions:
        check_members(action, dict.fromkeys(_ACTION_LIMITS, "string"), required=_ACTION_LIMITS)
        for name, most in _ACTION_LIMITS.items():
            check_length(name, action[name], most)


def _check_output(output: Json, required: tuple[str, ...]) -> None:
    check_members(output, _OUTPUT, required=required)
    check_length("summary", output.get("summary"), MAX_TEXT)
    check_length("text", output.get("text"), MAX_TEXT)
    annotations = output.get("annotations") or []
    check_count(annotations, MAX_ANNOTATIONS)
    for one in annotations:
        _check_annotation(one)


def _check_annotation(one: Json) -> None:
    check_members(one, _ANNOTATION, required=_ANNOTATION_NEEDS)
    check_length("title", one.get("title"), 255)
    check_length("message", one["message"], 65_536)
    check_length("raw_details", one.get("raw_details"), 65_536)
    has_columns = one.get("start_column") is not None or one.get("end_column") is not None
    if has_columns and one["start_line"] != one["end_line"]:
        raise invalid_request("Annotations that span lines can't have columns.")
    if one["end_line"] < one["start_line"]:
        raise invalid_request("An annotation's end_line can't be before its start_line.")


def _fill(hub: Hub, run: CheckRun, body: Json) -> None:
    """Takes over what was sent; a conclusion completes the run, annotations are appended."""
    for name in ("name", "details_url", "external_id", "status", "started_at", "actions"):
        if body.get(name) is not None:
            setattr(run, name, body[name])
    if body.get("conclusion") is not None:
        run.status, run.conclusion = "completed", body["conclusion"]
        run.completed_at = body.get("completed_at") or hub.now()
    elif body.get("status") not in (None, "completed"):
        run.conclusion, run.completed_at = None, None
    run.started_at = run.started_at or hub.now()
    output: dict[str, Any] = body.get("output") or {}
    for name in ("title", "summary", "text"):
        if output.get(name) is not None:
            setattr(run, name, output[name])
    run.annotations += output.get("annotations") or []


@operation("GET", _R + "/check-runs/{check_run_id}", needs="checks:read")
def get_check_run(hub: Hub, request: Request) -> Answer:
    where = the_repository(hub, request)
    run = hub.check_run(where, request.parameters["check_run_id"])
    return Answer(200, shapes.check_run(hub, where, run))


@operation("GET", _R + "/check-runs/{check_run_id}/annotations", needs="checks:read")
def list_annotations(hub: Hub, request: Request) -> Answer:
    where = the_repository(hub, request)
    run = hub.check_run(where, request.parameters["check_run_id"])
    rows = [shapes.annotation(hub, where, run.head_sha, one) for one in run.annotations]
    return page_of(hub, request, rows)


@operation("GET", _R + "/commits/{ref}/check-runs", needs="checks:read")
def list_check_runs(hub: Hub, request: Request) -> Answer:
    where = the_repository(hub, request)
    sha = where.git.resolve(request.parameters["ref"])
    if sha is None:
        raise Refused(422, f"No commit found for SHA: {request.parameters['ref']}")
    runs = [one for one in where.check_runs.values() if one.head_sha == sha]
    return _listed(hub, request, where, runs)


@operation("GET", _R + "/check-suites/{check_suite_id}/check-runs", needs="checks:read")
def list_check_runs_of_suite(hub: Hub, request: Request) -> Answer:
    where, suite = the_repository(hub, request), request.parameters["check_suite_id"]
    if suite not in [str(number) for number in where.suites.values()]:
        raise not_found()
    runs = [one for one in where.check_runs.values() if str(one.suite_id) == suite]
    return _listed(hub, request, where, runs)


def _listed(hub: Hub, request: Request, where: Repository, runs: list[CheckRun]) -> Answer:
    """`check_name` and `status` narrow the list; only the newest of a name unless `filter=all`."""
    name, status = request.query.get("check_name"), request.query.get("status")
    kept = [one for one in runs if name in (None, one.name) and status in (None, one.status)]
    if request.query.get("filter") != "all":
        kept = list({one.name: one for one in kept}.values())
    kept.sort(key=lambda one: -one.id)
    rows = [shapes.check_run(hub, where, one) for one in kept]
    return page_of(hub, request, rows, wrapped="check_runs")
