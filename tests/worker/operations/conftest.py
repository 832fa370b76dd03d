"""One PostgreSQL for all tests of this folder; each test has a database of its own."""

from collections.abc import Iterator

import pytest

from tests.support.servers import Postgres, running, server_folder
from worker.store import Database


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with server_folder() as folder, running(Postgres(folder)) as server:
        assert isinstance(server, Postgres)
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of an empty database of each kind."""
    folder = tmp_path_factory.mktemp("database")
    if request.param == "sqlite":
        return f"sqlite:///{folder / 'faultline.db'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.database(folder.name)


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    database = Database(url)
    database.create()
    yield database
    database.close()


@pytest.fixture
def clock() -> "Clock":
    return Clock()


class Clock:
    """Time that passes when a test says so."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now
