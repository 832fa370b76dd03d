"""The environment of the program: a small fixed set, nothing of the caller's."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from analyzer.options import Mount
from analyzer.sandbox.protocol import Request

HOME = "/tmp/home"
# Where the frameworks' data folders appear. Keras 3 and tf_keras both fall back to /tmp/.keras
# when their home cannot be written, and tf_keras knows no KERAS_HOME.
KERAS_HOME = "/tmp/.keras"
KERAS_LEGACY_HOME = f"{HOME}/.keras"
TORCH_HOME = "/tmp/torch"
HF_HOME = "/tmp/huggingface"
HOMES = {"KERAS_HOME": KERAS_HOME, "TORCH_HOME": TORCH_HOME, "HF_HOME": HF_HOME}
MOST_THREADS = 8
FIXED = {
    "USER": "faultline",
    "LOGNAME": "faultline",
    "LANG": "C.UTF-8",
    "TMPDIR": "/tmp",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUNBUFFERED": "1",
    "PYTHONHASHSEED": "0",  # one order of sets for all seeds: a process can serve them all
    "MPLBACKEND": "Agg",
    "SDL_VIDEODRIVER": "dummy",
    "QT_QPA_PLATFORM": "offscreen",
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    "TOKENIZERS_PARALLELISM": "false",
    "WANDB_MODE": "disabled",
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
}


def with_homes(mounts: Iterable[Mount]) -> tuple[Mount, ...]:
    """The mounts, and the Keras folder a second time where tf_keras looks for it."""
    given = tuple(mounts)
    insides = {mount.inside for mount in given}
    second = [
        Mount(mount.host, KERAS_LEGACY_HOME)
        for mount in given
        if mount.inside == KERAS_HOME and KERAS_LEGACY_HOME not in insides
    ]
    return (*given, *second)


def variables(
    request: Request, python: Path, home: str, places: Mapping[str, str]
) -> dict[str, str]:
    """Every environment variable of the child.

    Args:
        request: device and Keras choice matter.
        python: the interpreter; its folder leads PATH.
        home: the child's private home folder.
        places: for each mount's `inside`, the path where the child finds it.
    """
    threads = str(min(MOST_THREADS, os.cpu_count() or 1))
    made = {
        "HOME": home,
        "PATH": f"{python.parent}:/usr/local/bin:/usr/bin:/bin",
        **FIXED,
    }
    for name in ("OMP", "MKL", "OPENBLAS", "NUMEXPR"):
        made[f"{name}_NUM_THREADS"] = threads
    made["TF_NUM_INTRAOP_THREADS"] = made["TF_NUM_INTEROP_THREADS"] = threads
    if request.device == "cpu":
        made["CUDA_VISIBLE_DEVICES"] = "-1"
    if request.keras == "tf_keras":
        made["TF_USE_LEGACY_KERAS"] = "1"
    return made | {name: str(places[path]) for name, path in HOMES.items() if path in places}
