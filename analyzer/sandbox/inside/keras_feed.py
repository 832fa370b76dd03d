"""Know the batch of a step before the step: draw it from the program's iterator, hand it on.

At the few steps where the observer needs the batch it draws the next element itself and gives the
training function an iterator of its own that yields this very element. Both iterators have the same
element specification, so the training function is the one that was traced before, and order and
random state of the program's pipeline are what they would have been.

`Dataset.from_generator` would be the obvious iterator, but its mere construction changes a setting
of the C library's allocator (seen with TensorFlow 2.21 under Python 3.11): every larger tensor is
then mapped and unmapped anew, and a small convolutional network's steps take twice as long.
"""

from __future__ import annotations

from typing import Any


class Feed:
    """Draws elements and hands them on.

    Attributes:
        tf: the TensorFlow module.
    """

    def __init__(self, tf: Any) -> None:
        self.tf = tf
        self._waiting: list[Any] = []
        self._specification: Any = None
        self._dataset: Any = None
        self._iterator: Any = None

    def ready(self, iterator: Any) -> bool:
        """Whether elements of this iterator can be handed on; everything is prepared then."""
        tf = self.tf
        if not isinstance(iterator, tf.data.Iterator):
            return False
        specification = iterator.element_spec
        if self._dataset is None or specification != self._specification:
            leaves = tf.nest.flatten(specification)
            if not leaves or not all(isinstance(leaf, tf.TensorSpec) for leaf in leaves):
                return False
            with tf.init_scope():
                self._prepare(specification)
        return True

    def gives(self, element: Any) -> bool:
        """Whether the element has the structure that is handed on."""
        if self._dataset is None:
            return False
        try:
            self.tf.nest.assert_same_structure(element, self._specification)
        except (TypeError, ValueError):
            return False
        return True

    def draw(self, iterator: Any, count: int) -> list[Any]:
        """The next elements, `count` of them unless the data ends; call `ready` before."""
        found: list[Any] = []
        while len(found) < count:
            try:
                found.append(next(iterator))
            except (StopIteration, self.tf.errors.OutOfRangeError):
                break
        return found

    def iterator(self, elements: list[Any], count: int) -> Any:
        """An iterator that yields these elements; the one that was given out before is spent.

        Args:
            count: how many elements the training function may ask for.
        """
        self._waiting[:] = elements
        if count != 1:
            return iter(self._dataset.take(len(elements)))  # it may be asked beyond its end
        if self._iterator is None:
            self._iterator = iter(self._dataset)
        return self._iterator

    def _prepare(self, specification: Any) -> None:
        """An endless dataset whose next element is the first that waits."""
        tf = self.tf
        leaves = tf.nest.flatten(specification)

        def handed_on(_: Any) -> Any:
            found = tf.py_function(self._next, [], [leaf.dtype for leaf in leaves])
            for tensor, leaf in zip(found, leaves, strict=True):
                tensor.set_shape(leaf.shape)
            return tf.nest.pack_sequence_as(specification, found)

        options = tf.data.Options()
        options.experimental_optimization.inject_prefetch = False
        plain = tf.autograph.experimental.do_not_convert(handed_on)
        made = tf.data.Dataset.range(2**62).map(plain).with_options(options)
        self._dataset, self._specification, self._iterator = made, specification, None

    def _next(self) -> list[Any]:
        leaves: list[Any] = self.tf.nest.flatten(self._waiting.pop(0))
        return leaves
