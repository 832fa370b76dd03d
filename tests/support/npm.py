"""Published npm packages that tests read as data, fetched once into `.cache/npm/` (ignored by git).

The tests need GitHub's own descriptions (`@octokit/openapi`, `@octokit/webhooks-examples`), not
the JavaScript in them, so nothing is installed: `npm pack` gives the tarball through npm's
ordinary client, settings and registry, and members are unpacked from it. Where there is no npm,
the registry is asked for the same tarball, and its checksum is compared.
"""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
import urllib.request
from pathlib import Path
from urllib.parse import quote

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "npm"


def npm_package(name: str, version: str) -> Path:
    """The folder of the unpacked package `name@version`, fetched on first use."""
    folder = CACHE / _slug(name, version)
    if not folder.is_dir():
        with tempfile.TemporaryDirectory(dir=_cache()) as scratch, _open(name, version) as tarball:
            tarball.extractall(scratch, filter="data")
            _keep(Path(scratch) / "package", folder)
    return folder


def npm_file(name: str, version: str, member: str) -> Path:
    """One file of the package, for packages too large to unpack whole."""
    target = CACHE / f"{_slug(name, version)}.files" / member
    if not target.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_cache()) as scratch, _open(name, version) as tarball:
            tarball.extract(f"package/{member}", scratch, filter="data")
            _keep(Path(scratch) / "package" / member, target)
    return target


def _cache() -> Path:
    CACHE.mkdir(parents=True, exist_ok=True)
    return CACHE


def _slug(name: str, version: str) -> str:
    """The name `npm pack` gives the tarball, without its suffix: `@a/b` becomes `a-b`."""
    return f"{name.removeprefix('@').replace('/', '-')}-{version}"


def _open(name: str, version: str) -> tarfile.TarFile:
    tarball = CACHE / f"{_slug(name, version)}.tgz"
    if not tarball.is_file():
        _fetch(name, version, tarball)
    return tarfile.open(tarball)


def _fetch(name: str, version: str, tarball: Path) -> None:
    with tempfile.TemporaryDirectory(dir=_cache()) as scratch:
        made = Path(scratch) / tarball.name
        npm = shutil.which("npm")
        if npm is None:
            made.write_bytes(download(name, version))
        else:
            _pack(npm, f"{name}@{version}", scratch)
        _keep(made, tarball)


def _pack(npm: str, package: str, folder: str) -> None:
    command = [npm, "pack", "--silent", package]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"npm pack {package} failed: {done.stderr.strip()[-500:]}")


def download(name: str, version: str) -> bytes:
    """The tarball from the registry itself, as npm would fetch it."""
    configured = os.environ.get("npm_config_registry")  # noqa: SIM112 (npm's own spelling)
    if not configured:
        raise RuntimeError("the tests fetch packages with npm: apt-get install npm")
    registry = configured.rstrip("/")
    with urllib.request.urlopen(f"{registry}/{quote(name, safe='@')}/{version}") as answer:
        described = json.load(answer)["dist"]
    with urllib.request.urlopen(described["tarball"]) as answer:
        data: bytes = answer.read()
    expected = described["integrity"].removeprefix("sha512-")
    received = base64.b64encode(hashlib.sha512(data).digest()).decode()
    if received != expected:
        raise RuntimeError(f"{name}@{version}: expected sha512 {expected}, received {received}")
    return data


def _keep(made: Path, target: Path) -> None:
    """Moves into place in one step, so that two test processes at once do no harm."""
    try:
        os.replace(made, target)
    except OSError:
        if not target.exists():
            raise
