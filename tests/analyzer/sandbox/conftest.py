"""A folder of programs for each way of running them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.sandboxed import Programs


@pytest.fixture
def programs(tmp_path: Path) -> Programs:
    """Programs in bubblewrap."""
    return Programs(_root(tmp_path))


@pytest.fixture(params=["bubblewrap", "none"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Programs:
    """Programs in bubblewrap, and without a sandbox."""
    return Programs(_root(tmp_path), kind=request.param)


def _root(tmp_path: Path) -> Path:
    root = tmp_path / "some program"  # a path with a space
    root.mkdir()
    return root
