"""Who is asking: App JWTs (RS256) and installation tokens, checked as GitHub checks them."""

import base64
import binascii
import json
import secrets

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from worker.demo.github_standin.hub import Hub
from worker.demo.github_standin.records import App, Grant
from worker.demo.github_standin.refusals import Json, Refused, bad_credentials, unreadable_jwt

LIFETIME = 3_600.0  # of an installation token, seconds
LONGEST_JWT = 600  # the furthest `exp` may lie ahead, seconds
_RANK = {"read": 1, "write": 2, "admin": 3}


def check_jwt(app: App, token: str, now: float) -> None:
    """Raises unless `token` is a JWT of this App that is valid now."""
    claims = _claims(app, token)
    expiry, issued = claims.get("exp"), claims.get("iat")
    if not isinstance(expiry, int) or isinstance(expiry, bool):
        raise unreadable_jwt(
            "'Expiration time' claim ('exp') must be a numeric value representing the future "
            "time at which the assertion expires"
        )
    if not isinstance(issued, int) or isinstance(issued, bool):
        raise unreadable_jwt(
            "'Issued at' claim ('iat') must be an Integer representing the time that the "
            "assertion was issued"
        )
    if expiry > now + LONGEST_JWT:
        raise unreadable_jwt("'Expiration time' claim ('exp') is too far in the future")
    if expiry <= now:
        raise unreadable_jwt(
            "'Expiration time' claim ('exp') must be a numeric value representing the future "
            "time at which the assertion expires"
        )
    if issued > now:
        raise unreadable_jwt("'Issued at' claim ('iat') must be in the past")


def _claims(app: App, token: str) -> Json:
    """The claims of a JWT whose issuer and signature are this App's."""
    parts = token.split(".")
    if len(parts) != 3:
        raise unreadable_jwt()
    try:
        header, claims = (json.loads(_decode(part)) for part in parts[:2])
        signature = _decode(parts[2])
    except (ValueError, binascii.Error):
        raise unreadable_jwt() from None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise unreadable_jwt()
    if header.get("alg") != "RS256":
        raise unreadable_jwt()
    if str(claims.get("iss")) not in (str(app.id), app.client_id):
        raise Refused(404, "Integration not found")
    _verify(app, f"{parts[0]}.{parts[1]}".encode(), signature)
    return claims


def _verify(app: App, signed: bytes, signature: bytes) -> None:
    key = load_pem_public_key(app.public_key_pem.encode())
    if not isinstance(key, RSAPublicKey):
        raise TypeError(f"expected an RSA public key for the App, received {type(key).__name__}")
    try:
        key.verify(signature, signed, PKCS1v15(), SHA256())
    except InvalidSignature:
        raise unreadable_jwt() from None


def _decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def new_grant(hub: Hub, permissions: dict[str, str], repositories: frozenset[int] | None) -> Grant:
    """A fresh installation token, in the long form that GitHub gives out since 2026."""
    token = f"ghs_{hub.app.id}_{_random(36)}.{_random(310)}.{_random(128)}"
    expires = float(int(hub.clock() + LIFETIME))
    grant = Grant(token, permissions, repositories, expires)
    hub.grants[token] = grant
    return grant


def _random(length: int) -> str:
    return secrets.token_urlsafe(length)[:length]


def find_grant(hub: Hub, token: str) -> Grant:
    grant = hub.grants.get(token)
    if grant is None or grant.expires_at <= hub.clock() or hub.installation.suspended:
        raise bad_credentials()
    return grant


def allows(granted: dict[str, str], needed: str) -> bool:
    """Whether `granted` covers `needed`, written `checks:write`; alternatives joined by `|`."""
    for one in needed.split("|"):
        name, _, level = one.partition(":")
        if _RANK.get(granted.get(name, ""), 0) >= _RANK[level]:
            return True
    return False
