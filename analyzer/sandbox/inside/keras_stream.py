"""See the batches of a training run as they pass, without drawing any.

A pass-through step at the very end of the `tf.data` pipeline that Keras builds shows each element
to the observer and hands on the same tensors. The element's specification, the order and the
pipeline's random state stay what they were; reading ahead at the end is switched off, so the last
element seen is the one that the running step uses.
"""

from __future__ import annotations

from typing import Any


class Passing:
    """The last batch that passed.

    Attributes:
        seen: batches that passed.
        element: the batch in the structure that Keras gives to train_step; None once it was used.
    """

    def __init__(self) -> None:
        self.seen = 0
        self.element: Any = None

    def show(self, element: Any) -> None:
        """Take note of one batch."""
        self.element = element
        self.seen += 1


def watched(tf: Any, dataset: Any, passing: Passing) -> Any:
    """The dataset with the pass-through step; the dataset itself when it cannot carry one."""
    specification = getattr(dataset, "element_spec", None)
    if specification is None or not isinstance(dataset, tf.data.Dataset):
        return dataset
    leaves = tf.nest.flatten(specification)
    if not leaves or not all(isinstance(leaf, tf.TensorSpec) for leaf in leaves):
        return dataset

    def look(*arrays: Any) -> bool:
        passing.show(tf.nest.pack_sequence_as(specification, list(arrays)))
        return True

    def hand_on(*element: Any) -> Any:
        tf.numpy_function(look, tf.nest.flatten(element), tf.bool, stateful=True)
        return element if isinstance(specification, tuple) else element[0]

    options = tf.data.Options()
    options.experimental_optimization.inject_prefetch = False
    plain = tf.autograph.experimental.do_not_convert(hand_on)
    return dataset.map(plain).with_options(options)
