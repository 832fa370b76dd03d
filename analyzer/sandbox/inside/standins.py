"""Stand-ins for data that is missing, inside the sandbox, for observing only.

`install` puts hooks in place and imports no framework; each hook fires when the program imports
the module that would load the data. A file that is there is used, whatever its hash.
"""

from __future__ import annotations

import functools
from typing import Any

from . import (
    compat_undefined,
    standin_cv2,
    standin_fragments,
    standin_images,
    standin_keras,
    standin_sklearn,
    standin_tables,
    standin_torchvision,
)
from .on_import import when_imported
from .standin_folders import Folders
from .standin_names import Named
from .standin_record import StandIns

_RUNNING: list[StandIns] = []


def install(recorder: Any) -> None:
    """Puts the stand-ins in place; call it after `compat.install`, before the user's program.

    Args:
        recorder: the child's recorder; of its request `stand_ins`, `seed`, `hints` and `script`
            are read.
    """
    if not recorder.request.get("stand_ins", True):
        return
    standins = StandIns(recorder)
    _RUNNING[:] = [standins]
    folders = Folders(standins)
    standin_keras.install(standins)
    standin_images.install(folders)
    standin_sklearn.install(standins)
    when_imported("pandas", functools.partial(standin_tables.adapt_pandas, standins=standins))
    when_imported("numpy", functools.partial(standin_tables.adapt_numpy, standins=standins))
    standin_torchvision.install(standins, folders)
    standin_cv2.install(folders)
    compat_undefined.ask_also(Named(standins))


def train_fragment(recorder: Any, main: dict[str, Any]) -> None:
    """Calls a training function that the finished program defined and never called.

    Args:
        recorder: the child's recorder.
        main: the namespace of the finished main module.
    """
    for standins in _RUNNING:
        standin_fragments.train(recorder, main, standins)


def start_program(recorder: Any) -> None:
    """Forgets what belonged to an earlier program of the same process."""
    del recorder
    for standins in _RUNNING:
        standins.forget()
