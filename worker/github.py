"""GitHub as one installation of the App: tokens, HTTP, and errors in our own words.

Built on githubkit with its conveniences switched off where they harm: no automatic retry (a write
that failed may have happened), no in-process sleeping at rate limits, no shared HTTP cache, an
explicit timeout, and no strict models (GitHub adds keys at any time). Installation tokens are
minted here, so that an error while minting is an ordinary error.
"""

from __future__ import annotations

import logging
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Self, TypeVar

import httpx
from githubkit import AppAuthStrategy, GitHub, TokenAuthStrategy
from githubkit.cache import MemCacheStrategy
from githubkit.exception import GitHubException, RateLimitExceeded, RequestError, RequestFailed

from worker.answers import content, graphql_data, refusal, wait_of
from worker.api import Json
from worker.errors import GitHubError, Limited, Refused, Unavailable
from worker.patience import Patience

log = logging.getLogger(__name__)

API_VERSION = "2022-11-28"  # understood by github.com and every supported Enterprise Server
TIMEOUT = httpx.Timeout(30.0, connect=10.0)  # GitHub itself ends a request after ten seconds
TOKEN_MARGIN = 120.0  # a token this close to its end is not used any more, in seconds
PER_PAGE = 100


@dataclass(frozen=True, slots=True)
class AppIdentity:
    """Who we are, and where GitHub is."""

    api_url: str
    app_id: str
    private_key: str

    def __repr__(self) -> str:
        return f"AppIdentity(api_url={self.api_url!r}, app_id={self.app_id!r})"


class Tokens:
    """Installation tokens of this process, kept until shortly before they end."""

    def __init__(self, identity: AppIdentity) -> None:
        self._identity = identity
        self._app = _client(identity, AppAuthStrategy(identity.app_id, identity.private_key))
        self._known: dict[tuple[int, int], tuple[str, float]] = {}
        self._lock = threading.Lock()

    def get(self, installation: int, repository: int) -> str:
        """A token for this one repository."""
        with self._lock:
            token, end = self._known.get((installation, repository), ("", 0.0))
            if time.time() < end - TOKEN_MARGIN:
                return token
            token, end = self._mint(installation, repository)
            self._known = {key: kept for key, kept in self._known.items() if kept[1] > time.time()}
            self._known[installation, repository] = (token, end)
            return token

    def drop(self, token: str) -> None:
        """GitHub refused this token: suspended, revoked, or our clock is wrong."""
        with self._lock:
            self._known = {key: kept for key, kept in self._known.items() if kept[0] != token}

    def _mint(self, installation: int, repository: int) -> tuple[str, float]:
        path = f"/app/installations/{installation}/access_tokens"
        with self._app as app:
            answer = content(_call(app, "POST", path, json={"repository_ids": [repository]}))
        return str(answer["token"]), datetime.fromisoformat(answer["expires_at"]).timestamp()


class Installation:
    """The `worker.api.Api` of one repository; use it as a context manager, in one thread."""

    def __init__(
        self,
        identity: AppIdentity,
        tokens: Tokens,
        installation: int,
        repository: int,
        patience: Patience = Patience(),  # noqa: B008  # frozen
    ) -> None:
        self._patience = patience
        self._identity = identity
        self._tokens = tokens
        self._key = (installation, repository)
        self._token = ""
        self._client: GitHub[TokenAuthStrategy] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def get(self, path: str, query: Mapping[str, str | int] | None = None) -> Any:
        """The JSON of one resource."""
        return content(self._request("GET", path, params=query))

    def pages(
        self, path: str, query: Mapping[str, str | int] | None = None, *, inside: str | None = None
    ) -> Iterator[Json]:
        """All items of a list; the next page is where GitHub's Link header says."""
        url = path
        params: Mapping[str, str | int] | None = {"per_page": PER_PAGE, **(query or {})}
        while url:
            answer = self._request("GET", url, params=params)
            found = content(answer)
            yield from found[inside] if inside else found
            url, params = answer.links.get("next", {}).get("url", ""), None

    def text(self, path: str, query: Mapping[str, str | int]) -> str:
        """A file's raw text; bytes that are not UTF-8 are replaced."""
        headers = {"Accept": "application/vnd.github.raw+json"}
        answer = self._request("GET", path, params=query, headers=headers)
        return answer.content.decode("utf-8", "replace")

    def send(self, method: str, path: str, body: Json, *, repeatable: bool = False) -> Json:
        """A write, tried once unless twice is as good as once."""
        answer: Json = content(self._request(method, path, repeatable=repeatable, json=body))
        return answer

    def graphql(
        self, query: str, variables: Mapping[str, Any], *, repeatable: bool = False
    ) -> Json:
        """The `data` of a query or a mutation."""
        safe = repeatable or not query.lstrip().startswith("mutation")
        body = {"query": query, "variables": dict(variables)}
        url = graphql_url(self._identity.api_url)

        def ask() -> Json:
            return graphql_data(self._with_token("POST", url, json=body))

        self._patience.attempt(self._open, repeatable=True)
        return self._patience.attempt(ask, repeatable=safe)

    @contextmanager
    def download(self, path: str) -> Iterator[Iterator[bytes]]:
        """A large body, piece by piece; redirects to another host lose our token on the way."""
        with ExitStack() as stack:
            try:
                yield self._stream(stack, path).iter_bytes(64 * 1024)
            except httpx.HTTPError as error:
                raise Unavailable(f"GET {path}: {_reason(error)}") from error

    def _stream(self, stack: ExitStack, path: str) -> httpx.Response:
        for is_last in (False, True):
            client = stack.enter_context(self._open().get_sync_client())
            answer = stack.enter_context(client.stream("GET", path, headers=_VERSION))
            if not answer.is_error:
                break
            answer.read()
            if is_last or answer.status_code != 401:
                raise refusal(answer, f"GET {path}")
            self._forget_token()
        return answer

    def _request(
        self, method: str, path: str, *, repeatable: bool = False, **sent: Any
    ) -> httpx.Response:
        safe = repeatable or method == "GET"
        self._patience.attempt(self._open, repeatable=True)  # a token more does no harm
        return self._patience.attempt(
            lambda: self._with_token(method, path, **sent), repeatable=safe
        )

    def _with_token(self, method: str, path: str, **sent: Any) -> httpx.Response:
        try:
            return _call(self._open(), method, path, **sent)
        except Refused as refused:
            if refused.status != 401:
                raise
        self._forget_token()
        return _call(self._open(), method, path, **sent)  # 401: nothing was done before

    def _forget_token(self) -> None:
        log.info("installation token refused; asking for a new one")
        self._tokens.drop(self._token)
        self._close()

    def _open(self) -> GitHub[TokenAuthStrategy]:
        token = self._tokens.get(*self._key)
        if self._client is None or token != self._token:
            self._close()
            self._token = token
            self._client = _client(self._identity, TokenAuthStrategy(token))
            self._client.__enter__()  # type: ignore[no-untyped-call]  # one connection, till _close
        return self._client

    def _close(self) -> None:
        if self._client is not None:
            self._client.__exit__()
            self._client = None


A = TypeVar("A", AppAuthStrategy, TokenAuthStrategy)
_VERSION = {"X-GitHub-Api-Version": API_VERSION}


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    """The trusted certificates; loading them takes longer than most calls."""
    return httpx.create_ssl_context()


def _client(identity: AppIdentity, auth: A) -> GitHub[A]:
    return GitHub(
        auth,
        base_url=identity.api_url,
        user_agent="faultline",
        timeout=TIMEOUT,
        ssl_verify=_trust(),
        auto_retry=False,
        http_cache=False,
        cache_strategy=MemCacheStrategy(),  # the default one is shared by all keys of the process
    )


def graphql_url(api_url: str) -> str:
    """Beside the REST API: https://api.github.com/graphql, https://HOST/api/graphql."""
    return f"{api_url.rstrip('/').removesuffix('/v3')}/graphql"


def _call(client: GitHub[Any], method: str, path: str, **sent: Any) -> httpx.Response:
    what = f"{method} {path}"
    headers = {**_VERSION, **sent.pop("headers", {})}
    try:
        return client.request(method, path, headers=headers, **sent).raw_response
    except RateLimitExceeded as error:
        wait = wait_of(error.response.raw_response.headers)
        raise Limited(f"{what}: rate limit", wait) from error
    except ValueError as error:  # githubkit reads Retry-After as a number; a date is none
        raise Limited(f"{what}: rate limit: {error}", None) from error
    except RequestFailed as error:
        raise refusal(error.response.raw_response, what) from error
    except RequestError as error:
        if isinstance(error.exc, httpx.HTTPError):
            raise Unavailable(f"{what}: {_reason(error.exc)}") from error
        raise GitHubError(f"{what}: {error.exc}") from error  # such as a key that is not PEM
    except GitHubException as error:
        raise GitHubError(f"{what}: {error}") from error


def _reason(error: httpx.HTTPError) -> str:
    return f"{type(error).__name__} {error}".strip()


def identify(identity: AppIdentity) -> Json:
    """The App as GitHub knows it by its key: slug, permissions, events.

    Raises:
        GitHubError: GitHub does not answer, or does not know the App or its key.
    """
    with _client(identity, AppAuthStrategy(identity.app_id, identity.private_key)) as client:
        answer: Json = content(_call(client, "GET", "/app"))
        return answer


def call_as_app(identity: AppIdentity, method: str, path: str) -> httpx.Response:
    """One call with the App's own key, tried once."""
    with _client(identity, AppAuthStrategy(identity.app_id, identity.private_key)) as client:
        return _call(client, method, path)
