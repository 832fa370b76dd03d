"""Which variables a Keras training function was made for, and which are marked trainable now.

Keras makes the function at the first fit call after compile, for the variables that are trainable
then. Flags that change later have no effect until the model is compiled again.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from .keras_state import trainable_of

Marks = dict[int, str]


class TrainableMarks:
    """The trainable variables of each model at the moment when its function was made."""

    def __init__(self, recorder: Any) -> None:
        self._recorder = recorder
        self._made: WeakKeyDictionary[Any, tuple[Any, Marks]] = WeakKeyDictionary()

    def made(self, model: Any) -> None:
        """The training function exists; a new one takes the variables as they are marked now.

        A model without variables is built by its first step; tell it again then.
        """
        function = getattr(model, "train_function", None)
        known = self._made.get(model)
        marks = _marks(model)
        if marks and function is not None and (known is None or known[0] is not function):
            self._made[model] = (function, marks)

    def begins(self, model: Any) -> None:
        """A fit call begins: compare with the function that it goes on with."""
        facts = self._census(model)
        function = getattr(model, "train_function", None)
        known = self._made.get(model)
        if function is None or known is None or known[0] is not function:
            return
        now, then = _marks(model), known[1]
        unfrozen = [name for key, name in now.items() if key not in then]
        frozen = [name for key, name in then.items() if key not in now]
        if (unfrozen or frozen) and facts.get("late_trainable") is None:
            facts["late_trainable"] = {
                "unfrozen": len(unfrozen),
                "frozen": len(frozen),
                "first": (unfrozen or frozen)[0],
                "site": self._recorder.user_site(),
            }

    def _census(self, model: Any) -> dict[str, Any]:
        facts: dict[str, Any] = self._recorder.facts.setdefault("census", None) or {}
        if getattr(model, "built", False):
            facts["total"] = len(model.weights)
            facts["trainable"] = len(trainable_of(model))
        facts["fits"] = facts.get("fits", 0) + 1
        self._recorder.facts["census"] = facts
        return facts


def _marks(model: Any) -> Marks:
    return {
        id(weight): str(getattr(weight, "path", None) or getattr(weight, "name", "a variable"))
        for weight in trainable_of(model)
    }
