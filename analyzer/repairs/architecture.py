"""More layers: normalization behind the hidden ones, another convolution, dropout.

What is usual: normalization between a layer and its activation (Ioffe and Szegedy 2015, section
3.2), twice the filters after each halving of the maps (Simonyan and Zisserman 2015, section 2.1),
dropout of a half behind the largest dense layer (Srivastava et al. 2014, section 4).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.fixing.edits import Declined, FixPlan
from analyzer.observed import Layer, Shape
from analyzer.repairs.base import Repair, offered
from analyzer.repairs.insertion import layers_behind, merged
from analyzer.rules.base import Program
from analyzer.rules.reading.stack import (
    CONVOLUTIONS,
    NORMALIZATIONS,
    POOLS,
    Block,
    hidden_blocks,
    is_chain,
    is_image_model,
)

MOST_LAYERS = 12
"""Layers that one edit adds."""
SMALLEST_MAP = 3
"""Height and width below which another 3x3 convolution sees the same pixels again."""
MOST_FILTERS = 128
DROPOUT = 0.5


def batch_norms(program: Program) -> Iterator[Repair]:
    """Normalization behind every hidden layer of a model that has none."""
    graph = program.graph
    if graph is None or not is_chain(graph) or graph.backbone:
        return
    if any(layer.op in NORMALIZATIONS for layer in graph.layers):
        return
    hidden = hidden_blocks(graph)[:MOST_LAYERS]
    if not hidden:
        return
    plan = _adding(
        program, [b.layer for b in hidden], ["BatchNormalization()"], "normalize the hidden layers"
    )
    yield from offered("batch_norm", hidden[0].layer.site, plan, 0.3)


def depths(program: Program) -> Iterator[Repair]:
    """Another convolution and pool behind the last ones, as far as the maps are large enough."""
    graph = program.graph
    if graph is None or not is_chain(graph) or graph.backbone or not is_image_model(graph):
        return
    found = [block for block in hidden_blocks(graph) if block.layer.op in CONVOLUTIONS]
    if not found:
        return
    last = found[-1]
    place = _end_of(last)
    filters = min(MOST_FILTERS, 2 * (last.layer.filters or MOST_FILTERS // 4))
    made = [f'Conv2D({filters}, (3, 3), padding="same", activation="relu")']
    if _smallest(place.output_shape) >= 2 * SMALLEST_MAP:
        made.append("MaxPooling2D((2, 2))")
    if _smallest(place.output_shape) < SMALLEST_MAP:
        return
    plan = _adding(program, [place], made, "add a convolution layer")
    yield from offered("depth", last.layer.site, plan, 0.25)


def dropouts(program: Program) -> Iterator[Repair]:
    """Dropout behind the largest hidden dense layer of a model that has none."""
    graph = program.graph
    if graph is None or not is_chain(graph) or any(x.op == "dropout" for x in graph.layers):
        return
    dense = [block for block in hidden_blocks(graph) if block.layer.op == "dense"]
    if not dense:
        return
    largest = max(dense, key=lambda block: block.layer.parameters)
    place = largest.activations[-1] if largest.activations else largest.layer
    plan = _adding(program, [place], [f"Dropout({DROPOUT})"], f"add dropout of {DROPOUT}")
    yield from offered("dropout", largest.layer.site, plan, 0.15)


def _adding(
    program: Program, layers: Sequence[Layer], made: Sequence[str], description: str
) -> FixPlan | Declined:
    changes = merged(layers_behind(program, layer, made) for layer in layers)
    if isinstance(changes, Declined):
        return changes
    return FixPlan(description, changes, safe=False)


def _end_of(block: Block) -> Layer:
    """The last pool behind a convolution, else its activation, else itself."""
    for layer in reversed(block.tail):
        if layer.op in POOLS and layer.op != "global_pool":
            return layer
    return block.activations[-1] if block.activations else block.layer


def _smallest(shape: Shape | None) -> int:
    """Height or width of maps, whichever is smaller; 0 when they are not known."""
    if shape is None or len(shape) != 3:
        return 0
    return min((size or 0 for size in shape[:2]), default=0)
