"""The one path that is called hundreds of times a second, past the layers that pages need."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

Handler = Callable[[Request], Awaitable[Response]]


class Express:
    """A middleware that answers POSTs of one path itself; errors still meet the outermost one."""

    def __init__(self, app: ASGIApp, path: str, handler: Handler) -> None:
        self._app = app
        self._path = path
        self._handler = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request to the handler, or on to the application."""
        is_ours = scope["type"] == "http" and scope["path"] == self._path
        if not is_ours or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        response = await self._handler(Request(scope, receive))
        await response(scope, receive, send)
