"""What the worker asks of GitHub's HTTP API, whoever answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

Json = dict[str, Any]


class Api(Protocol):
    """Calls on behalf of one installation; each may raise a `worker.errors.GitHubError`."""

    def get(self, path: str, query: Mapping[str, str | int] | None = None) -> Any:
        """The JSON of one resource."""

    def pages(
        self, path: str, query: Mapping[str, str | int] | None = None, *, inside: str | None = None
    ) -> Iterator[Json]:
        """All items of a list, page after page; `inside` names the key that holds the list."""

    def text(self, path: str, query: Mapping[str, str | int]) -> str:
        """A file's raw text."""

    def send(self, method: str, path: str, body: Json, *, repeatable: bool = False) -> Json:
        """A write. Repeated by itself only when the caller says that doing it twice does it once:
        GitHub may have done it before it failed."""

    def graphql(
        self, query: str, variables: Mapping[str, Any], *, repeatable: bool = False
    ) -> Json:
        """The `data` of a query, or of a mutation; a query may always be repeated."""

    def download(self, path: str) -> AbstractContextManager[Iterator[bytes]]:
        """A large body, piece by piece."""
