"""Redis and PostgreSQL of our own, on free ports, that can be killed and started again."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import redis

from tests.support.service import free_port

POSTGRES_USERS = ("postgres", "nobody")  # PostgreSQL refuses to run as root
START_SECONDS = 60.0


def postgres_programs() -> Path | None:
    """The folder of initdb and postgres; Debian keeps them out of the path."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return folders[-1].parent if folders else None


class Server:
    """A process that is killed by SIGKILL, and comes back with its data."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.name = name
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.started = False

    def command(self) -> list[str]:
        raise NotImplementedError

    def answers(self) -> bool:
        raise NotImplementedError

    def start(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            with (self.folder / f"{self.name}.log").open("ab") as out:
                self.process = subprocess.Popen(
                    self.command(), stdout=out, stderr=out, cwd=self.folder, **_as_user()
                )
            while self.process.poll() is None:
                # who answers may be another's server that took the port: then ours ends at once
                if self.answers() and not self._ends():
                    self.started = True
                    return
                assert time.monotonic() < deadline, self.log()
                time.sleep(0.05)
            assert time.monotonic() < deadline, self.log()
            if not self.started:
                self.port = free_port()
            time.sleep(0.2)  # what the killed one held may not be free yet

    def _ends(self) -> bool:
        assert self.process is not None
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(0.3)
        return self.process.poll() is not None

    def log(self) -> str:
        return (self.folder / f"{self.name}.log").read_text(errors="replace")[-4000:]

    def kill(self) -> None:
        """SIGKILL, without a chance to write anything down."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()


class Redis(Server):
    """With an append-only file, so that messages survive the kill."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "redis")

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> list[str]:
        return [
            *("redis-server", "--port", str(self.port), "--bind", "127.0.0.1"),
            *("--appendonly", "yes", "--save", "", "--dir", str(self.folder)),
        ]

    def answers(self) -> bool:
        client = redis.Redis(port=self.port, socket_timeout=2)
        with contextlib.suppress(redis.RedisError), client:
            return bool(client.ping())
        return False


class Postgres(Server):
    """A cluster in a temporary folder; `database` makes an empty database in it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "postgres")
        self.data = folder / "data"
        programs = postgres_programs()
        assert programs is not None, "apt-get install postgresql"
        self.programs = programs
        made = subprocess.run(
            [
                *(str(programs / "initdb"), "-D", str(self.data), "-U", "faultline"),
                *("--auth", "trust", "--no-sync", "--encoding", "UTF8", "--locale", "C"),
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd=folder,
            **_as_user(),
        )
        assert made.returncode == 0, made.stderr

    def command(self) -> list[str]:
        return [
            *(str(self.programs / "postgres"), "-D", str(self.data), "-p", str(self.port)),
            *("-h", "127.0.0.1", "-k", str(self.folder)),
            # a killed process loses nothing that the kernel has; only a power cut would
            *("-c", "fsync=off", "-c", "shared_buffers=32MB"),
        ]

    def answers(self) -> bool:
        try:
            with psycopg.connect(self._dsn("postgres"), connect_timeout=2) as connection:
                return connection.execute("SELECT 1").fetchone() is not None
        except psycopg.OperationalError:
            return False

    def database(self, name: str) -> str:
        """The URL of a new database."""
        with psycopg.connect(self._dsn("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return f"postgresql://faultline@127.0.0.1:{self.port}/{name}"

    def _dsn(self, name: str) -> str:
        return f"host=127.0.0.1 port={self.port} user=faultline dbname={name}"


@contextlib.contextmanager
def server_folder() -> Iterator[Path]:
    """A folder that the servers' user may use; pytest's own are closed to others."""
    # a worker that an earlier test started in this process may have made its own folder the default
    base = os.environ.get("TMPDIR", "/tmp")
    folder = Path(tempfile.mkdtemp(prefix="faultline-servers-", dir=base))
    user = _user()
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def running(server: Server) -> Iterator[Server]:
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _user() -> pwd.struct_passwd | None:
    """Who runs the servers when we are root."""
    if os.geteuid() != 0:
        return None
    for name in POSTGRES_USERS:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise RuntimeError(f"expected one of the users {POSTGRES_USERS}")


def _as_user() -> dict[str, object]:
    user = _user()
    if user is None:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
