"""Runs a piece of a training program in this process, with or without the Keras observer."""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from analyzer.observed import Observation
from analyzer.sandbox.inside import keras_observer
from analyzer.sandbox.inside.recorder import Recorder, Stop

STEPS = 20
SEED = 7


def seed_everything(keras: Any) -> None:
    """The state that every run starts from."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(SEED)


def plain(keras: Any, program: Callable[[], list[Any]]) -> list[Any]:
    """What the program gives without any observer active."""
    keras_observer.uninstall()
    seed_everything(keras)
    return [*program(), _randomness()]


def observed(
    keras: Any, program: Callable[[], Any], *, steps: int = STEPS, root: Path, **request: Any
) -> tuple[Observation, Any]:
    """(the observation, what the program gave or None when it was stopped or crashed)."""
    with tempfile.TemporaryFile() as file:
        asked = {"steps": steps, "warmup_seconds": 600.0, "samples": 4096, **request}
        recorder = Recorder(asked, str(root), file.fileno())
        seed_everything(keras)
        keras_observer.install(recorder)
        try:
            result = program()
            result = [*result, _randomness()] if isinstance(result, list) else result
        except (Stop, ValueError, sys.modules["tensorflow"].errors.OpError):
            result = None
        finally:
            keras_observer.uninstall()
        recorder.finish(None)
        file.seek(0)
        last = file.read().splitlines()[-1]
    return Observation.model_validate_json(last[2:]), result


def _randomness() -> tuple[float, float]:
    """The next draws of Python's and NumPy's global generators."""
    return random.random(), float(np.random.random())


def numbers(values: list[Any]) -> list[Any]:
    """Arrays as bytes, so that equal means bit for bit."""
    return [value.tobytes() if isinstance(value, np.ndarray) else value for value in values]
