"""For all tests: their servers are on this machine, and no proxy is asked for them."""

import os

_LOCAL = ("127.0.0.1", "localhost")
for _name in ("no_proxy", "NO_PROXY"):
    os.environ[_name] = ",".join(filter(None, (os.environ.get(_name), *_LOCAL)))
