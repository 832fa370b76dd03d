"""One database: SQLite by default, PostgreSQL in production."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event, make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from worker.store.schema import head, migrate, revision

BUSY_SECONDS = 30.0  # how long a writer waits for another one
RETRY_SECONDS = 0.02


def default_database_url(home: Path) -> str:
    """A SQLite file in the state folder."""
    return f"sqlite:///{home / 'faultline.db'}"


class Database:
    """Connections to one database, with reading and writing told apart.

    SQLite lets one connection write at a time. A transaction that starts by reading and then
    writes can fail at once when another one wrote meanwhile, so `write` takes the lock at the start
    (BEGIN IMMEDIATE) and waits its turn; with a write-ahead log, readers never wait.
    """

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        if self.is_sqlite:
            if parsed.database in (None, "", ":memory:"):
                raise ValueError(
                    f"expected a SQLite file or a PostgreSQL URL as FAULTLINE_DATABASE_URL, got "
                    f"{url!r}: the inbox must outlive the process; write sqlite:////path/to/file.db"
                )
            # what is found in private repositories is nobody else's business
            Path(str(parsed.database)).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._engine = create_engine(
                url, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False}
            )
            event.listen(self._engine, "connect", _prepare_sqlite)
            event.listen(self._engine, "begin", _begin_sqlite)
        else:
            self._engine = create_engine(_with_driver(url), pool_pre_ping=True, pool_size=10)
        self._reader = self._engine.execution_options(faultline_read_only=True)

    def create(self) -> None:
        """Bring the schema up to date; several processes may do it at once.

        Raises:
            NewerSchema: the database belongs to a later version.
        """
        with self.read() as connection:
            is_current = revision(connection) == head()
        if not is_current:
            with self.write() as connection:
                migrate(connection)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that may write; committed at the end, rolled back on an error."""
        with self._engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads."""
        with self._reader.connect() as connection:
            yield connection

    def lock(self, connection: Connection, number: int) -> None:
        """Let one transaction after the other in; SQLite does so with every writing one."""
        if not self.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": number})

    def ping(self) -> None:
        """Raises an error of SQLAlchemy when the database does not answer."""
        with self.read() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Gives all connections back."""
        self._engine.dispose()


def check_database(url: str) -> None:
    """Open the database once, so that a wrong setting is one line instead of a traceback.

    Raises:
        ValueError: it cannot be opened, and why; never with a password in it.
    """
    try:
        database = Database(url)
        database.create()
        database.close()
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error)
    except (OSError, ImportError) as error:
        reason = str(error)
    else:
        return
    raise ValueError(f"the database cannot be opened: {reason}")


def _with_driver(url: str) -> str:
    """PostgreSQL URLs as people write them, with the driver that is installed."""
    for plain in ("postgres://", "postgresql://"):
        if url.startswith(plain):
            return "postgresql+psycopg://" + url.removeprefix(plain)
    return url


def _prepare_sqlite(connection: Any, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself; _begin_sqlite does
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={int(BUSY_SECONDS * 1000)}")
    _write_ahead(cursor)
    # FULL: what was acknowledged survives a power cut; group commit pays for it
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _write_ahead(cursor: Any) -> None:
    """Switch to the write-ahead log; where others do so at once, SQLite does not wait by itself."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(RETRY_SECONDS)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    reads = connection.get_execution_options().get("faultline_read_only", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
