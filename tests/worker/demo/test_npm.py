"""Packages are fetched without npm too, and only when their checksum is right."""

import base64
import hashlib
import http.server
import json
import threading
from collections.abc import Iterator
from urllib.parse import unquote

import pytest

from tests.support.npm import download

DATA = b"not really a tarball"


class Registry(http.server.BaseHTTPRequestHandler):
    """Describes `@a/b` 1.0.0 rightly and 2.0.0 with another package's checksum."""

    def do_GET(self) -> None:
        path = unquote(self.path)
        sums = {"/@a/b/1.0.0": DATA, "/@a/b/2.0.0": b"something else"}
        body = DATA
        if path in sums:
            digest = base64.b64encode(hashlib.sha512(sums[path]).digest()).decode()
            tarball = f"http://{self.headers['Host']}/b.tgz"
            dist = {"tarball": tarball, "integrity": f"sha512-{digest}"}
            body = json.dumps({"dist": dist}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        del format, args


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("npm_config_registry", f"http://127.0.0.1:{server.server_port}/")
    yield
    server.shutdown()
    server.server_close()


@pytest.mark.usefixtures("registry")
def test_the_checksum_decides() -> None:
    assert download("@a/b", "1.0.0") == DATA
    with pytest.raises(RuntimeError, match=r"@a/b@2\.0\.0: expected sha512"):
        download("@a/b", "2.0.0")
