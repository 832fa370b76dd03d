"""HTTP: the API on one port, archives on another, each in a thread of its own."""

import json
import socket
import threading
from collections.abc import Callable
from time import monotonic, sleep

import uvicorn
from fastapi import FastAPI
from fastapi import Request as HttpRequest
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from worker.demo.github_standin.calls import Answer, Request
from worker.demo.github_standin.dispatch import Exchange, answer
from worker.demo.github_standin.hub import Hub
from worker.demo.github_standin.operations.contents import archive_for

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


class Listener:
    """A uvicorn server on a free port of 127.0.0.1, bound before it is started."""

    def __init__(self, application: FastAPI) -> None:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        # log_config: uvicorn's own would close the log handlers of everybody in this process
        config = uvicorn.Config(application, log_level="warning", log_config=None, lifespan="off")
        self._server = uvicorn.Server(config)
        sockets = [self._socket]
        self._thread = threading.Thread(target=self._server.run, args=(sockets,), daemon=True)

    def start(self) -> None:
        self._thread.start()
        deadline = monotonic() + 20
        while not self._server.started:
            if monotonic() > deadline or not self._thread.is_alive():
                raise RuntimeError(f"no server came up on 127.0.0.1:{self.port} within 20 s")
            sleep(0.01)

    def ask_to_stop(self) -> None:
        self._server.should_exit = True

    def stop(self) -> None:
        self.ask_to_stop()
        self._thread.join(timeout=10)
        self._socket.close()


def api(hub: Hub, prefix: str, record: Callable[[Exchange], None]) -> FastAPI:
    """The API as one catch-all route: the table of operations decides."""
    application = FastAPI(openapi_url=None)

    @application.api_route("/{_path:path}", methods=_METHODS)
    async def call(http: HttpRequest) -> Response:
        raw = await http.body()
        request = _request(http, prefix)
        given, exchange = await run_in_threadpool(answer, hub, request, raw)
        record(exchange)
        return _response(given)

    return application


def _request(http: HttpRequest, prefix: str) -> Request:
    """The path stays percent-encoded, so that a name may hold an encoded slash."""
    path = http.scope["raw_path"].decode("ascii", errors="replace").partition("?")[0]
    if path == "/api/graphql" and prefix:
        path = "/graphql"
    headers = {name.lower(): value for name, value in http.headers.items()}
    return Request(http.method, path.removeprefix(prefix), dict(http.query_params), headers)


def _response(given: Answer) -> Response:
    headers = dict(given.headers)
    if given.body is None:
        return Response(status_code=given.status, headers=headers)
    if isinstance(given.body, bytes):
        kind = headers.pop("Content-Type", "application/vnd.github.raw; charset=utf-8")
        return Response(given.body, given.status, headers, kind)
    body = json.dumps(given.body).encode()
    return Response(body, given.status, headers, "application/json; charset=utf-8")


def archives(hub: Hub) -> FastAPI:
    """The host that archives are fetched from, with a ticket and without a token."""
    application = FastAPI(openapi_url=None)

    @application.get("/{owner}/{repo}/legacy.tar.gz/{_ref:path}")
    def fetch(owner: str, repo: str, http: HttpRequest) -> Response:
        if "authorization" in http.headers:
            return Response("A token of the API has no business here.", 400)
        with hub.lock:
            packed = archive_for(hub, http.query_params.get("token", ""), f"{owner}/{repo}")
        if packed is None:
            return Response("404: Not Found", 404)
        name = f"attachment; filename={owner}-{repo}.tar.gz"
        return Response(packed, 200, {"Content-Disposition": name}, "application/x-gzip")

    return application
