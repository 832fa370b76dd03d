"""Several runs in one session: each as in a sandbox of its own, whatever the ones before did."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from analyzer.errors import SandboxError
from analyzer.limits import Limits
from analyzer.observed import Observation
from analyzer.options import Mount, SandboxPolicy
from analyzer.sandbox import bubblewrap
from analyzer.sandbox.protocol import Request
from analyzer.sandbox.session import Session
from analyzer.sandbox.watch import process_table, tree_use
from tests.support.sandboxed import SMALL, Programs, trouble_of

QUICK = replace(SMALL, wall_seconds=4.0)
SAFE = replace(SMALL, wall_seconds=60.0, memory_bytes=2 * 2**30)


class Sessions:
    """A folder of programs and one session over it."""

    def __init__(self, root: Path, **options: Any) -> None:
        self.programs = Programs(root)
        self.session = Session(root, policy=SandboxPolicy(), **{"limits": SMALL, **options})

    def run(
        self, text: str, *, limits: Limits | None = None, script: str = "train.py", **request: Any
    ) -> Observation:
        self.programs.write(script, text)
        asked = Request(**{"script": script, "compat": False, "stand_ins": False, **request})
        return self.session.observe(asked, limits=limits)

    def answer(self, text: str, **request: Any) -> Any:
        """What the program printed as JSON on its last line."""
        seen = self.run(text, **request)
        assert trouble_of(seen).cause == "no_model", (seen.trouble, seen.output)
        return json.loads(seen.output.splitlines()[-1])

    def sandboxes(self) -> list[int]:
        """Process ids of the sandboxes that wait for runs."""
        return [warm._process.pid for warm in self.session._kept.values()]


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Sessions]:
    """A session that imports nothing ahead, with a large file and a mount."""
    host = tmp_path / "host"
    host.mkdir()
    (host / "rows.csv").write_text("1,2\n")
    mounts = [Mount(host, "data/mounted"), Mount(host, "/tmp/.keras")]
    root = tmp_path / "program"
    root.mkdir()
    sessions = Sessions(root, mounts=mounts)
    with open(sessions.programs.write("sets/large.bin", ""), "wb") as file:
        file.truncate(40 * 2**20)
    with sessions.session:
        yield sessions


@pytest.fixture(scope="module")
def ahead(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sessions]:
    """A session that imports NumPy ahead."""
    root = tmp_path_factory.mktemp("ahead")
    sessions = Sessions(root, preload=("numpy",), limits=SAFE)
    with sessions.session:
        yield sessions


LOOK = """
    import json, os, stat, sys
    def tree(place):
        found = {}
        for folder, names, files in os.walk(place):
            for name in names + files:
                path = os.path.join(folder, name)
                status = os.lstat(path)
                found[path] = [oct(status.st_mode), status.st_uid == os.getuid()]
        return found
    processes = [name for name in os.listdir("/proc") if name.isdigit()]
    limits = __import__("resource")
    print(json.dumps([
        tree("/program"), tree("/tmp"), tree("/dev/shm"), oct(os.stat("/program").st_mode),
        len(processes), sorted(os.environ.items()), os.getcwd(), os.umask(0o022), sys.path,
        [limits.getrlimit(kind) for kind in (limits.RLIMIT_DATA, limits.RLIMIT_NPROC)],
        len(os.listdir("/proc/self/fd")), sorted(os.listdir(os.path.expanduser("~"))),
        open("/proc/sysvipc/shm").read().count("\\n"),
    ]))
    """

HOSTILE = {
    "leaves files everywhere": """
        import os
        for place in ("/tmp", "/dev/shm", os.path.expanduser("~"), "/program", "/program/sets"):
            os.makedirs(place + "/left/deep/deeper")
            open(place + "/left/deep/file", "w").write("x")
            os.symlink("/usr", place + "/left/link")
            os.chmod(place + "/left/deep", 0)
            os.chmod(place + "/left", 0)
        os.environ["LEFT"] = "behind"
        """,
    "leaves processes": """
        import os, subprocess, sys
        text = "import os, time; os.setsid() if os.fork() == 0 else None; time.sleep(60)"
        subprocess.Popen([sys.executable, "-c", text], start_new_session=True)
        """,
    "ends the warm process": "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\n",
    "stops the warm process": "import os, signal\nos.kill(os.getppid(), signal.SIGSTOP)\n",
    "ends everything": "import os, signal\nos.kill(-1, signal.SIGKILL)\n",
    "ends its group": "import os, signal\nos.killpg(0, signal.SIGKILL)\n",
    "closes all descriptors": "import os\nos.closerange(0, 100)\nos._exit(3)\n",
    "fills the memory": "kept = []\nwhile True:\n    kept.append(bytearray(b'x') * (16 << 20))\n",
    "fills the folder": "with open('big', 'wb') as file:\n    file.write(bytes(31 << 20))\n",
    "runs on": "while True:\n    pass\n",
    "stops itself": "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\n",
    "floods": "while True:\n    print('noise' * 10_000)\n",
    "makes many threads": """
        import threading, time
        for _ in range(100):
            threading.Thread(target=time.sleep, args=(30,), daemon=True).start()
        """,
    "keeps shared memory": """
        import ctypes
        assert ctypes.CDLL(None).shmget(4711, 4096, 0o1600) >= 0
        """,
    "crashes": "import ctypes\nctypes.string_at(0)\n",
    "forges reports": """
        import os
        for fd in range(3, 20):
            try:
                os.write(fd, b'{"ended": 1, "status": 0}\\nnoise\\n')
            except OSError:
                pass
        """,
}


@pytest.mark.parametrize("deed", HOSTILE)
def test_the_next_run_is_as_in_a_new_sandbox(plain: Sessions, deed: str) -> None:
    alone = plain.answer(LOOK)
    plain.session.close()
    assert plain.answer(LOOK) == alone
    seen = plain.run(HOSTILE[deed], limits=QUICK)
    assert seen.trouble is not None
    assert plain.answer(LOOK, limits=QUICK) == alone
    assert plain.answer(LOOK, limits=QUICK) == alone


def test_one_sandbox_serves_ordinary_runs(plain: Sessions) -> None:
    plain.run("print(1)\n")
    first = plain.sandboxes()
    plain.run("open('left', 'w').write('x')\n")
    plain.run("raise ValueError\n")
    plain.run("while True:\n    pass\n", limits=replace(SMALL, wall_seconds=2.0))
    seen = plain.run("import os\nos._exit(0)\n")
    assert trouble_of(seen).cause == "no_model"
    assert plain.sandboxes() == first
    assert len(tree_use(process_table(), first[0]).pids) == 3  # bwrap twice, and ours


def test_runs_from_several_threads_wait_for_each_other(plain: Sessions) -> None:
    """A sandbox outlives the thread that asked for it."""
    plain.programs.write(
        "train.py", "import os, time\ntime.sleep(0.1)\nprint(os.listdir('/tmp'))\n"
    )
    seen: list[Observation] = []

    def observe() -> None:
        request = Request(script="train.py", compat=False, stand_ins=False)
        seen.append(plain.session.observe(request))

    first = threading.Thread(target=observe)
    first.start()
    first.join()
    both = [threading.Thread(target=observe) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert [run.output for run in seen] == [seen[0].output] * 3
    assert len(plain.sandboxes()) == 1


def test_sessions_run_side_by_side(tmp_path: Path) -> None:
    text = """
        import json, os, time
        open("mine", "x")
        time.sleep(0.5)
        print(json.dumps(os.listdir()))
        """
    answers: list[Any] = []

    def review(number: int) -> None:
        sessions = Sessions(tmp_path / str(number))
        with sessions.session:
            answers.extend(sessions.answer(text) for _ in range(3))

    threads = [threading.Thread(target=review, args=(number,)) for number in range(3)]
    for thread in threads:
        (tmp_path / str(threads.index(thread))).mkdir()
        thread.start()
    for thread in threads:
        thread.join()
    assert [sorted(answer) for answer in answers] == [["mine", "train.py"]] * 9


def test_closing_ends_every_process(plain: Sessions) -> None:
    plain.run("print(1)\n")
    (pid,) = plain.sandboxes()
    plain.session.close()
    assert not Path(f"/proc/{pid}").exists()
    assert trouble_of(plain.run("print(1)\n")).cause == "no_model"


def test_a_text_under_test_replaces_the_file(plain: Sessions) -> None:
    seen = plain.run("print('before')\n", texts={"train.py": "print('after')\n"})
    assert seen.output == "after\n"
    assert plain.run("print('before')\n").output == "before\n"


def test_an_interrupt_reaches_the_caller_and_leaves_nothing(plain: Sessions) -> None:
    class Enough(Exception):
        pass

    def interrupt() -> None:
        raise Enough

    with pytest.raises(Enough):
        plain.run("while True:\n    pass\n", limits=replace(SMALL, interrupt=interrupt))
    assert trouble_of(plain.run("print(1)\n")).cause == "no_model"


def test_a_sandbox_that_cannot_start_is_an_error(
    plain: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bubblewrap, "_system", lambda: ["--no-such-option"])
    with pytest.raises(SandboxError, match=r"did not start: .*no-such-option"):
        plain.run("")


# What was imported ahead

ASK = "import json, sys\nprint(json.dumps('numpy' in sys.modules))\n"


def test_what_is_imported_ahead_is_there(ahead: Sessions) -> None:
    assert ahead.answer(ASK) is True


def test_no_trace_of_it_without_an_observer(ahead: Sessions) -> None:
    assert ahead.answer(ASK, observe=False) is False


@pytest.mark.parametrize("name", ["numpy.py", "numpy/__init__.py", "ctypes.py"])
def test_a_module_of_the_program_comes_before_a_library(ahead: Sessions, name: str) -> None:
    file = ahead.programs.write(name, "mine = 4711\n")
    module = name.partition("/")[0].removesuffix(".py")
    try:
        text = f"import json, {module}\nprint(json.dumps({module}.mine))\n"
        assert ahead.answer(text) == 4711
    finally:
        file.unlink()


def test_a_folder_of_data_shadows_nothing(ahead: Sessions) -> None:
    file = ahead.programs.write("numpy/rows.txt", "1")
    try:
        assert ahead.answer(ASK) is True
    finally:
        file.unlink()
        file.parent.rmdir()


@pytest.mark.parametrize(
    ("line", "there"),
    [
        ("os.environ['OMP_NUM_THREADS'] = '1'", False),
        ('os.environ["KERAS_BACKEND"] = "torch"', False),
        ('os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"', True),
        ('os.environ["CUDA_VISIBLE_DEVICES"] = "0"', True),
    ],
)
def test_variables_that_a_library_reads_when_it_is_imported(
    ahead: Sessions, line: str, there: bool
) -> None:
    assert ahead.answer(f"import os\n{line}\n{ASK}") is there


def test_keras_imported_ahead_has_its_wrappers_where_they_are_used(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path, preload=("keras",), limits=SAFE)
    loaded = "import json, sys\nimport keras\nprint(json.dumps('sklearn' in sys.modules))\n"
    used = (
        "import json\nfrom keras.wrappers import SKLearnClassifier\n"
        "from sklearn.base import BaseEstimator\n"
        "print(json.dumps(issubclass(SKLearnClassifier, BaseEstimator)))\n"
    )
    with sessions.session:
        assert sessions.answer(loaded) is False
        assert sessions.answer(used) is True


def test_a_module_that_breaks_is_left_to_the_program(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path, preload=("this_is_no_module", "numpy.no_such_part", "numpy"))
    with sessions.session:
        assert sessions.answer(ASK) is True


def test_a_sandbox_that_ends_while_it_imports_is_replaced(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path, preload=("numpy", "unittest.__main__"), limits=QUICK)
    with sessions.session:
        assert sessions.answer(ASK) is False


def test_memory_that_was_there_before_counts_for_the_run_alone(ahead: Sessions) -> None:
    text = "import json\nkept = bytearray(b'x') * (200 << 20)\nprint(json.dumps(len(kept)))\n"
    limits = replace(SAFE, memory_bytes=300 * 2**20)
    assert ahead.answer(text, limits=limits) == 200 << 20


def test_the_same_random_numbers_with_and_without_importing_ahead(ahead: Sessions) -> None:
    text = """
        import json, random
        import numpy, rich.console
        print(json.dumps([random.random(), numpy.random.rand()]))
        """
    warm, again = ahead.answer(text), ahead.answer(text)
    (other,) = {ahead.answer(text, seed=3)[0]}
    with Session(ahead.programs.root, policy=SandboxPolicy(), limits=SAFE) as session:
        asked = Request(script="train.py", compat=False, stand_ins=False)
        alone = json.loads(session.observe(asked).output.splitlines()[-1])
    assert warm == again == alone
    assert other != warm[0]


def test_the_warm_process_is_closed_to_the_program(ahead: Sessions) -> None:
    text = """
        import json, os
        above = f"/proc/{os.getppid()}"
        def attempt(action):
            try:
                action()
            except OSError as error:
                return type(error).__name__
            return "reached"
        print(json.dumps([
            attempt(lambda: os.listdir(above + "/fd")),
            attempt(lambda: open(above + "/mem", "r+b")),
            attempt(lambda: open(above + "/environ", "rb").read()),
        ]))
        """
    assert ahead.answer(text) == ["PermissionError"] * 3
