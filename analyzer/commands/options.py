"""Options that `check` and `review` share, and the settings that they read from the environment."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

import click

from analyzer.configuration import Configuration, read_configuration
from analyzer.errors import UsageError
from analyzer.options import Mount, Options, ProgramSpec, SandboxPolicy

Command = TypeVar("Command", bound=Callable[..., Any])

CACHES = {"KERAS_HOME": "/tmp/.keras", "TORCH_HOME": "/tmp/torch", "HF_HOME": "/tmp/huggingface"}
"""The caller's data folders and where the program finds them inside the sandbox."""

SYSTEM_PLACES = frozenset(
    ("/", name)
    for name in ("bin", "dev", "etc", "lib", "lib64", "proc", "run", "sbin", "sys", "usr")
)
"""Folders of the sandbox itself that nothing may be shown over, by their first two parts."""


def analysis_options(command: Command) -> Command:
    """The options of one analysis, for a click command."""
    decorators = [
        click.option("--format", "format_", type=click.Choice(FORMATS), help="Default: text."),
        click.option("--output", type=click.Path(dir_okay=False, path_type=Path)),
        click.option("--config", type=click.Path(dir_okay=False, path_type=Path)),
        click.option("--static", is_flag=True, help="Never run the program."),
        click.option(
            "--no-experiments", is_flag=True, help="Contracts alone: try no edit by training."
        ),
        click.option("--budget", type=click.FloatRange(1, 3600), help="Seconds per program."),
        click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default=None),
        click.option("--dataset", help="FORM:VALUE, for example npz:data.npz or keras:mnist."),
        click.option("--mount", "mounts", multiple=True, metavar="HOST_PATH:PATH"),
        click.option("--select", multiple=True, metavar="RULES", help="Comma-separated."),
        click.option("--ignore", multiple=True, metavar="RULES", help="Comma-separated."),
        click.option("--fail-on", type=click.Choice(FAIL_ON), default=None),
        click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0),
        click.option("--jobs", type=click.IntRange(1, 64), default=1),
    ]
    for decorator in reversed(decorators):
        command = decorator(command)
    return command


FORMATS = ["text", "json", "sarif", "github", "html", "markdown"]
FAIL_ON = ["error", "warning", "advice", "never"]
DATASET_KEYS = ("npz", "csv", "image_folder", "keras", "torchvision", "python")


def load_configuration(path: Path | None, root: Path) -> Configuration:
    """The configuration at `path`, else the one under `root`, else the default."""
    chosen = path or root / ".github" / "faultline.yml"
    if path is None and not chosen.is_file():
        return Configuration()
    try:
        text = chosen.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{chosen}: cannot be read: {error}") from error
    return read_configuration(text, str(chosen))


def build_options(
    configuration: Configuration,
    given: Mapping[str, Any],
    environment: Mapping[str, str] = os.environ,
) -> Options:
    """One analysis from the configuration, the command line (which wins) and the environment."""
    dataset = parse_dataset(given["dataset"])
    programs = tuple(
        ProgramSpec(p.path, p.run, dataset or p.dataset, p.runtime, p.budget, p.problem)
        for p in configuration.programs
    )
    if dataset is not None:
        programs = (*programs, ProgramSpec("*", dataset=dataset))
    select = split_names(given["select"]) or configuration.rules.select
    datasets = environment.get("FAULTLINE_DATASETS")
    return Options(
        static=given["static"],
        experiments=not given["no_experiments"],
        budget=given["budget"] or 60.0,
        device=given["device"] or device_setting(environment),
        select=select,
        ignore=(*configuration.rules.ignore, *split_names(given["ignore"])),
        severity=configuration.rules.severity,
        programs=programs,
        datasets=Path(datasets) if datasets else None,
        mounts=(*map(parse_mount, given["mounts"]), *cache_mounts(environment)),
        seed=given["seed"],
        jobs=given["jobs"],
        sandbox=sandbox_policy(environment),
    )


def device_setting(environment: Mapping[str, str]) -> Any:
    """`FAULTLINE_DEVICE`, "auto" when it is not set."""
    device = environment.get("FAULTLINE_DEVICE", "auto")
    if device not in ("auto", "cpu", "cuda"):
        raise UsageError(f"FAULTLINE_DEVICE: expected auto, cpu or cuda, got {device!r}")
    return device


def split_names(values: tuple[str, ...]) -> tuple[str, ...]:
    """Rule names given as repeated options or separated by commas."""
    return tuple(name.strip() for value in values for name in value.split(",") if name.strip())


def parse_mount(text: str) -> Mount:
    """HOST_PATH:PATH; the host path must exist."""
    host, _, inside = text.rpartition(":")
    if not host or not inside:
        raise UsageError(f"--mount: expected HOST_PATH:PATH, got {text!r}")
    if not Path(host).exists():
        raise UsageError(f"--mount: {host} does not exist")
    place = PurePosixPath(inside)
    if ".." in place.parts or place.parts[:2] in SYSTEM_PLACES or not place.name:
        raise UsageError(
            f"--mount: {inside} cannot be a place for data; name a path below the program's folder"
            " (data/train) or one outside the system's folders (/data)"
        )
    return Mount(Path(host).resolve(), inside)


def parse_dataset(text: str | None) -> dict[str, Any] | None:
    """FORM:VALUE as the configuration's dataset mapping; csv takes PATH:TARGET."""
    if text is None:
        return None
    form, _, value = text.partition(":")
    if form not in DATASET_KEYS or not value:
        known = ", ".join(DATASET_KEYS)
        raise UsageError(f"--dataset: expected FORM:VALUE with FORM one of {known}, got {text!r}")
    if form == "csv":
        path, _, target = value.partition(":")
        return {"csv": path, "target": target} if target else {"csv": path}
    return {form: value}


def cache_mounts(environment: Mapping[str, str]) -> tuple[Mount, ...]:
    """The caller's dataset caches, read-only, where they are set and exist."""
    found = []
    for name, inside in CACHES.items():
        folder = environment.get(name)
        if folder and Path(folder).is_dir():
            found.append(Mount(Path(folder).resolve(), inside))
    return tuple(found)


def sandbox_policy(environment: Mapping[str, str]) -> SandboxPolicy:
    """`FAULTLINE_SANDBOX`; without walls only with `FAULTLINE_ALLOW_UNSANDBOXED=1` as well."""
    kind = environment.get("FAULTLINE_SANDBOX", "bubblewrap")
    if kind == "bubblewrap":
        return SandboxPolicy()
    if kind != "none":
        raise UsageError(f"FAULTLINE_SANDBOX: expected bubblewrap or none, got {kind!r}")
    if environment.get("FAULTLINE_ALLOW_UNSANDBOXED") != "1":
        message = "FAULTLINE_SANDBOX=none runs programs without walls; set"
        raise UsageError(f"{message} FAULTLINE_ALLOW_UNSANDBOXED=1 as well to allow it")
    click.echo("faultline: WARNING: programs run WITHOUT a sandbox", err=True)
    return SandboxPolicy(kind="none")
