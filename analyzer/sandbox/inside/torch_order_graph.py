"""The autograd graph behind a loss: how large it is, and whether it reaches into an earlier pass.

Nodes get a note in their `metadata`, which PyTorch keeps for such purposes; nothing is kept alive.
"""

from __future__ import annotations

from typing import Any

from .torch_losses import MARK as LOSS
from .torch_recording import Facts

PASS = "faultline_pass"
SCALED = "faultline_scaled"
MOST_NODES = 3000
LOOKED_AT = 3
"""Passes per place that are walked through; with retain_graph RETAINED_LOOKED_AT."""
RETAINED_LOOKED_AT = 8
NEAR = 8
"""Nodes from the loss within which a scaled loss is looked for."""


class Graphs:
    """Looks at the graph behind each loss.

    Attributes:
        steps: optimizer steps so far.
    """

    def __init__(self) -> None:
        self.steps = 0
        self._looks: dict[int | None, int] = {}
        self._any_scaled = False

    def note_scaled(self, tensor: Any) -> None:
        """This tensor came out of a GradScaler."""
        if getattr(tensor, "grad_fn", None) is not None:
            tensor.grad_fn.metadata[SCALED] = self._any_scaled = True

    def look(self, root: Any, place: int | None, *, retained: bool) -> Facts:
        """The graph's facts of a backward event from this node, called at this place."""
        scaled = _scaled_near(root) if self._any_scaled else None
        inner: Any = root
        if scaled is not None and scaled is root and _multiplies(root):
            inner = root.next_functions[0][0]
        direct = inner is not None and LOSS in inner.metadata
        facts: Facts = {"scaled": scaled is not None or None, "direct": direct or None}
        looks = self._looks[place] = self._looks.get(place, 0) + 1
        if looks <= (RETAINED_LOOKED_AT if retained else LOOKED_AT):
            nodes, older = self._walk(root, place)
            facts |= {"nodes": nodes, "older": older or None}
        return facts

    def _walk(self, root: Any, place: int | None) -> tuple[int, bool]:
        """(nodes behind the loss, whether one belongs to a pass before the last step)."""
        waiting, seen, older = [root], {root}, False
        while waiting and len(seen) < MOST_NODES:
            node = waiting.pop()
            if type(node).__name__ == "AccumulateGrad":
                continue  # a parameter's, the same in every pass
            step = node.metadata.setdefault(PASS, {}).setdefault(place, self.steps)
            older = older or step < self.steps
            for following, _ in node.next_functions:
                if following is not None and following not in seen:
                    seen.add(following)
                    waiting.append(following)
        return len(seen), older


def _scaled_near(root: Any) -> Any:
    """The node of a scaled loss at most a few nodes away, else None."""
    waiting, seen = [root], 0
    while waiting and seen < NEAR:
        node = waiting.pop(0)
        seen += 1
        if SCALED in node.metadata:
            return node
        waiting += [following for following, _ in node.next_functions if following is not None]
    return None


def _multiplies(node: Any) -> bool:
    return type(node).__name__.startswith("MulBackward")
