"""For all tests: their servers are on this machine, and no proxy is asked for them."""

import os
import tempfile
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

_LOCAL = ("127.0.0.1", "localhost")
for _name in ("no_proxy", "NO_PROXY"):
    os.environ[_name] = ",".join(filter(None, (os.environ.get(_name), *_LOCAL)))

# How long an example takes says how busy the machine is; what hangs meets the timeout of its test.
settings.register_profile("any load", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any load")


@pytest.fixture(autouse=True)
def _own_default_folder() -> Iterator[None]:
    """A worker makes a private folder the default of its process: not for the tests behind it."""
    before = tempfile.tempdir
    yield
    tempfile.tempdir = before
