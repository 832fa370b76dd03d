"""Calls the GitHub stand-in the way an App does, holding every exchange to GitHub's description."""

import base64
import json
import time
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.support.openapi import assert_valid_exchange, assert_valid_webhook
from worker.demo.github_standin import GitHubStandIn


def app_jwt(private_key: str, issuer: object, **claims: object) -> str:
    """An RS256 JWT; `claims` replace the sound ones."""
    now = int(time.time())
    payload = {"iss": issuer, "iat": now - 60, "exp": now + 540, **claims}
    signed = f"{_encode({'alg': 'RS256', 'typ': 'JWT'})}.{_encode(payload)}"
    key = load_pem_private_key(private_key.encode(), password=None)
    assert isinstance(key, RSAPrivateKey)
    signature = key.sign(signed.encode(), PKCS1v15(), SHA256())
    return f"{signed}.{_base64url(signature)}"


def _encode(value: object) -> str:
    return _base64url(json.dumps(value).encode())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class Client:
    """One caller: `call` sends JSON and returns the answer."""

    def __init__(self, standin: GitHubStandIn, token: str | None) -> None:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        # Without `verify=False` every client would load the system's certificates first.
        options = {"trust_env": False, "verify": False}
        self._http = httpx.Client(base_url=standin.url, headers=headers, **options)

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> httpx.Response:
        sent = {} if body is None else {"json": body}
        return self._http.request(method, path, **sent, **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        return self.call("POST", path, body, **options)


def as_app(standin: GitHubStandIn) -> Client:
    return Client(standin, app_jwt(standin.private_key, standin.app_id))


def as_installation(standin: GitHubStandIn, **wanted: Any) -> Client:
    path = f"/app/installations/{standin.installation_id}/access_tokens"
    answer = as_app(standin).post(path, wanted or None)
    assert answer.status_code == 201, answer.text
    return Client(standin, answer.json()["token"])


def assert_described(standin: GitHubStandIn) -> None:
    """Holds everything said so far to GitHub's description, in both directions."""
    for one in standin.exchanges:
        assert_valid_exchange(one.method, one.path, one.request_body, one.status, one.response_body)
    for delivery in standin.deliveries:
        assert_valid_webhook(delivery.event, delivery.payload)
