"""The one path that is called hundreds of times a second, past the layers that pages need."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

Handler = Callable[[Request], Awaitable[Response]]


class Express:
    """Around the application: answers POSTs of one path itself, as the application would."""

    def __init__(self, app: FastAPI, path: str, handler: Handler) -> None:
        self._app = app
        self._path = path
        self._handler = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request to the handler, or on to the application."""
        is_ours = scope["type"] == "http" and scope["path"] == self._path
        if not is_ours or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        scope["app"] = self._app
        response = await self._handler(Request(scope, receive))
        await response(scope, receive, send)
