"""What a program inside bubblewrap can see and reach: as good as nothing."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from analyzer.errors import SandboxError
from analyzer.limits import Limits
from analyzer.options import Mount, SandboxPolicy
from analyzer.sandbox import bubblewrap
from analyzer.sandbox.interpreter import Interpreter
from analyzer.sandbox.runner import probe
from tests.support.sandboxed import Programs, trouble_of


def answer(programs: Programs, text: str, **keywords: Any) -> Any:
    """What the program printed as JSON on its last line."""
    seen = programs.run(text, **keywords)
    assert trouble_of(seen).cause == "no_model", (seen.trouble, seen.output)
    return json.loads(seen.output.splitlines()[-1])


def test_no_network(programs: Programs) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        text = f"""
            import json, os, socket
            socket.setdefaulttimeout(2)
            def attempt(action):
                try:
                    action()
                except OSError as error:
                    return type(error).__name__
                return "reached"
            print(json.dumps([
                attempt(lambda: socket.create_connection(("127.0.0.1", {port}))),
                attempt(lambda: socket.create_connection(("1.1.1.1", 53))),
                attempt(lambda: socket.getaddrinfo("example.com", 80)),
                [name for _, name in socket.if_nameindex()],
            ]))
            """
        local, remote, name, interfaces = answer(programs, text)
    assert local == "ConnectionRefusedError"
    assert remote == "OSError"
    assert name == "gaierror"
    assert interfaces == ["lo"]


def test_the_system_is_read_only(programs: Programs) -> None:
    text = """
        import json, os, sys
        kept = []
        places = ["/", "/usr", "/usr/bin", "/etc", "/dev", "/faultline/inside"]
        for place in (*places, sys.prefix, sys.base_prefix):
            try:
                open(os.path.join(place, "planted"), "w").close()
            except OSError:
                kept.append(place)
        print(json.dumps([kept, sys.prefix, sys.base_prefix]))
        """
    kept, prefix, base = answer(programs, text)
    assert kept == [
        *("/", "/usr", "/usr/bin", "/etc", "/dev", "/faultline/inside"),
        *(prefix, base),
    ]


def test_no_secret_file_of_the_host(
    programs: Programs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret.pem"
    secret.write_text("PRIVATE KEY")
    monkeypatch.setenv("GITHUB_WEBHOOK_SECRET", "hunter2")
    programs.write(".git/config", "token = hunter2")
    text = f"""
        import json, os
        def readable(path):
            try:
                return bool(open(path, "rb").read())
            except OSError:
                return False
        found = [path for path in ({str(secret)!r}, "/etc/shadow", "/etc/passwd", "/etc/gshadow",
                                   "/program/.git/config", "/proc/1/environ") if readable(path)]
        leaked = []
        for folder, _, names in os.walk("/proc"):
            if folder.count("/") > 2:
                continue
            if "environ" in names and readable(folder + "/environ"):
                leaked.append(b"hunter2" in open(folder + "/environ", "rb").read())
        print(json.dumps([found, any(leaked), "GITHUB_WEBHOOK_SECRET" in os.environ]))
        """
    assert answer(programs, text) == [[], False, False]


def test_the_environment_is_small_and_fixed(
    programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    names = set(answer(programs, "import json, os\nprint(json.dumps(sorted(os.environ)))"))
    assert {"HOME", "PATH", "LANG", "MPLBACKEND", "CUDA_VISIBLE_DEVICES"} <= names
    assert not {"AWS_SECRET_ACCESS_KEY", "PYTHONPATH"} & names
    assert len(names) < 40


@pytest.mark.skipif(bubblewrap.has_gpu(), reason="for a machine without a GPU")
def test_auto_means_the_cpu_without_a_gpu(programs: Programs) -> None:
    text = """
        import json, os
        print(json.dumps([os.environ.get("CUDA_VISIBLE_DEVICES"), os.path.exists("/sys")]))
        """
    assert answer(programs, text, device="auto") == ["-1", False]


def test_private_tmp_and_proc(programs: Programs, tmp_path: Path) -> None:
    text = f"""
        import json, os
        pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
        print(json.dumps([sorted(os.listdir("/tmp")), os.path.exists({str(tmp_path)!r}), pids]))
        """
    listing, host_folder, pids = answer(programs, text)
    assert listing == ["home"]
    assert not host_folder
    assert max(pids) < 10


def test_no_rights_and_no_way_to_get_them(programs: Programs) -> None:
    text = """
        import ctypes, errno, json, os
        status = dict(line.split(":", 1) for line in open("/proc/self/status") if ":" in line)
        libc = ctypes.CDLL(None, use_errno=True)
        refused = []
        new_user, attach = 0x10000000, 16
        for call in (lambda: libc.unshare(new_user), lambda: libc.ptrace(attach, 1, 0, 0),
                     lambda: libc.mount(b"none", b"/tmp", b"tmpfs", 0, None)):
            ctypes.set_errno(0)
            refused.append((call(), ctypes.get_errno() == errno.EPERM))
        print(json.dumps([os.getuid(), status["CapEff"].strip(), status["CapPrm"].strip(),
                          status["NoNewPrivs"].strip(), status["Seccomp"].strip(), refused]))
        """
    uid, effective, permitted, no_new, seccomp, refused = answer(programs, text)
    assert uid != 0
    assert int(effective, 16) == 0
    assert int(permitted, 16) == 0
    assert (no_new, seccomp) == ("1", "2")
    assert refused == [[-1, True]] * 3


def test_no_descriptor_but_the_standard_ones_and_the_report(programs: Programs) -> None:
    text = """
        import json, os, sys
        links = {}
        for fd in os.listdir("/proc/self/fd"):
            try:
                links[fd] = os.readlink("/proc/self/fd/" + fd)
            except OSError:
                pass
        print(json.dumps([links, sys.stdin.read()]))
        """
    links, standard_input = answer(programs, text)
    assert links.pop("0") == "/dev/null"
    assert standard_input == ""
    assert len(links) == 3
    assert all(target.startswith("pipe:") for target in links.values())


def test_the_program_writes_beside_itself_and_the_host_keeps_its_files(programs: Programs) -> None:
    programs.write("data/rows.csv", "a,b\n1,2\n")
    text = """
        import json
        rows = open("data/rows.csv").read()
        open("data/rows.csv", "w").write("gone")
        open("checkpoint.bin", "wb").write(b"x" * 1000)
        print(json.dumps([rows, open("data/rows.csv").read(), __file__]))
        """
    expected = ["a,b\n1,2\n", "gone", "/program/train.py"]
    assert answer(programs, text) == expected
    assert (programs.root / "data/rows.csv").read_text() == "a,b\n1,2\n"
    assert not (programs.root / "checkpoint.bin").exists()


def test_links_out_of_the_root_lead_nowhere(programs: Programs, tmp_path: Path) -> None:
    (tmp_path / "outside.txt").write_text("secret")
    (programs.root / "link.txt").symlink_to(tmp_path / "outside.txt")
    (programs.root / "folder").symlink_to(tmp_path)
    text = """
        import json, os
        print(json.dumps([os.path.lexists("link.txt"), os.path.exists("link.txt"),
                          os.path.exists("folder")]))
        """
    assert answer(programs, text) == [True, False, False]


def test_large_files_are_shown_read_only(programs: Programs) -> None:
    with open(programs.write("sets/large.bin", ""), "wb") as file:
        file.truncate(40 * 2**20)
    text = """
        import json, os
        try:
            open("sets/large.bin", "r+b")
            opened = True
        except OSError:
            opened = False
        open("sets/small.bin", "wb").close()
        print(json.dumps([os.path.getsize("sets/large.bin"), opened]))
        """
    assert answer(programs, text) == [40 * 2**20, False]


def test_mounts_and_the_frameworks_homes(programs: Programs, tmp_path: Path) -> None:
    data = tmp_path / "data of the host"
    (data / "datasets").mkdir(parents=True)
    (data / "datasets" / "mnist.npz").write_text("digits")
    places = ("cats", "/kaggle/input", "/tmp/.keras", "/tmp/torch", "/tmp/huggingface")
    mounts = [Mount(data, place) for place in places]
    text = """
        import json, os
        places = ["cats", "/kaggle/input", os.environ["KERAS_HOME"], os.environ["TORCH_HOME"],
                  os.environ["HF_HOME"], os.path.expanduser("~/.keras")]
        print(json.dumps([
            [open(place + "/datasets/mnist.npz").read() for place in places],
            [os.access(place, os.W_OK) for place in places],
            os.access("/tmp", os.W_OK), os.access(os.path.expanduser("~"), os.W_OK)]))
        """
    contents, writable, tmp, home = answer(programs, text, mounts=mounts)
    assert contents == ["digits"] * 6
    assert writable == [False] * 6
    assert tmp
    assert home


def test_a_mount_that_does_not_exist_is_missing_data(programs: Programs, tmp_path: Path) -> None:
    mounts = [Mount(tmp_path / "absent", "cats")]
    seen = programs.run("import os\nos.listdir('cats')\n", mounts=mounts)
    assert (trouble_of(seen).cause, trouble_of(seen).missing) == ("missing_data", "cats")


def test_probe_says_that_it_works_and_starting_is_quick() -> None:
    policy = SandboxPolicy(python=Path(sys.executable))
    assert probe(policy).works
    seconds = []
    for _ in range(3):
        started = time.monotonic()
        assert probe(policy).works
        seconds.append(time.monotonic() - started)
    # 0.12-0.2 s measured on two idle cores; the bound leaves room for a busy machine.
    assert min(seconds) < 1.0


def test_a_missing_bubblewrap_is_an_error_with_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bubblewrap.shutil, "which", lambda _name: None)
    result = probe(SandboxPolicy(python=Path(sys.executable)))
    assert not result.works
    assert "install the package bubblewrap" in (result.reason or "")


def test_a_sandbox_that_ends_before_our_code_runs_is_an_error(
    programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bubblewrap, "_system", lambda: ["--no-such-option"])
    with pytest.raises(SandboxError, match=r"did not start: .*no-such-option"):
        programs.run("")


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user runs every other test this way")
def test_an_ordinary_user_has_no_rights_either() -> None:
    """The command line for a caller who is not root, started as one."""
    python = Path("/usr/bin/python3")
    if not python.exists():
        pytest.skip("no Python that another user may start")
    # What is shown as our own folder does not matter here, but the other user must see it.
    view = bubblewrap.View(Interpreter(python, ()), (), Path("/usr/share"), None, gpu=False)
    text = """
import ctypes, json, os
status = dict(line.split(":", 1) for line in open("/proc/self/status") if ":" in line)
libc = ctypes.CDLL(None)
writable = [place for place in ("/", "/usr", "/etc", "/dev") if os.access(place, os.W_OK)]
print(json.dumps([os.getuid(), int(status["CapEff"], 16), int(status["CapBnd"], 16), writable,
                  libc.unshare(0x10000000), open("/proc/1/environ").read()]))
"""
    command = [*bubblewrap.command(view, Limits(), {"LANG": "C.UTF-8"}), str(python), "-c", text]
    ended = subprocess.run(
        command, user=65534, group=65534, extra_groups=[], env={}, capture_output=True, cwd="/"
    )
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == [65534, 0, 0, [], -1, ""]
