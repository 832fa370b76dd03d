import hmac

from hypothesis import given
from hypothesis import strategies as st

from app.signature import is_signed, sign

# GitHub's documented example for validating deliveries.
DOCUMENTED = (
    b"It's a Secret to Everybody",
    b"Hello, World!",
    "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
)


def test_documented_example() -> None:
    secret, body, header = DOCUMENTED
    assert sign(secret, body) == header
    assert is_signed(secret, body, header)


@given(st.binary(min_size=1), st.binary(), st.binary(max_size=3))
def test_another_body_is_refused(secret: bytes, body: bytes, more: bytes) -> None:
    assert is_signed(secret, body + more, sign(secret, body)) is (more == b"")


@given(st.text())
def test_no_header_text_raises(header: str) -> None:
    secret, body, good = DOCUMENTED
    assert is_signed(secret, body, header) is (header == good)


def test_sha1_and_empty_secret_are_refused() -> None:
    secret, body, _ = DOCUMENTED
    old = "sha1=" + hmac.new(secret, body, "sha1").hexdigest()
    assert not is_signed(secret, body, old)
    assert not is_signed(b"", body, sign(b"", body))
    assert not is_signed(secret, body, None)
