"""The App's webhook deliveries: looked through after an outage, and sent again."""

from worker.demo.github_standin.calls import Answer, Request, operation
from worker.demo.github_standin.hub import Hub
from worker.demo.github_standin.records import Delivery
from worker.demo.github_standin.refusals import Json, Refused, not_found


@operation("GET", "/app/hook/deliveries", needs="app")
def list_deliveries(hub: Hub, request: Request) -> Answer:
    """Newest first. The cursor is the id of the last delivery seen; `status=failure` narrows."""
    rows = sorted(hub.deliveries, key=lambda one: -one.id)
    wanted = request.query.get("status")
    if wanted is not None:
        rows = [one for one in rows if _succeeded(one) == (wanted == "success")]
    cursor, size = request.query.get("cursor"), request.query.get("per_page", "30")
    if not size.isdigit() or (cursor is not None and not cursor.isdigit()):
        raise Refused(400, "Invalid pagination parameters")
    left = [one for one in rows if cursor is None or one.id < int(cursor)]
    page = left[: min(100, int(size))]
    headers = {}
    if len(page) < len(left):
        address = f"{hub.url}/app/hook/deliveries?per_page={size}&cursor={page[-1].id}"
        headers["Link"] = f'<{address}>; rel="next"'
    return Answer(200, [_item(hub, one) for one in page], headers)


def _succeeded(one: Delivery) -> bool:
    return 200 <= one.status_code < 400


@operation("GET", "/app/hook/deliveries/{delivery_id}", needs="app")
def get_delivery(hub: Hub, request: Request) -> Answer:
    one = _known(hub, request)
    asked = {"headers": {"X-GitHub-Event": one.event}, "payload": one.payload}
    answered = {"headers": {}, "payload": one.response_body}
    return Answer(200, {**_item(hub, one), "url": "", "request": asked, "response": answered})


@operation("POST", "/app/hook/deliveries/{delivery_id}/attempts", needs="app")
def redeliver(hub: Hub, request: Request) -> Answer:
    hub.redeliver(_known(hub, request))
    return Answer(202, {})


def _known(hub: Hub, request: Request) -> Delivery:
    for one in hub.deliveries:
        if str(one.id) == request.parameters["delivery_id"]:
            return one
    raise not_found()


def _item(hub: Hub, one: Delivery) -> Json:
    return {
        "id": one.id,
        "guid": one.guid,
        "delivered_at": one.delivered_at,
        "redelivery": one.redelivery,
        "duration": one.duration,
        "status": one.status,
        "status_code": one.status_code,
        "event": one.event,
        "action": one.payload.get("action"),
        "installation_id": hub.installation.id,
        "repository_id": one.payload.get("repository", {}).get("id"),
        "throttled_at": None,
    }
