"""The wrapper of Keras 2 that made a model a scikit-learn estimator.

Classes are made when first used, because their bases come from scikit-learn.
"""

from __future__ import annotations

import inspect
from typing import Any


def wrappers(keras: Any) -> dict[str, Any]:
    """The names of `keras.wrappers.scikit_learn`."""
    from sklearn.base import (
        BaseEstimator,
        ClassifierMixin,
        RegressorMixin,
    )

    class Wrapper(BaseEstimator):
        """Common part: `build_fn` makes the model, the other keywords go to it and to fit."""

        def __init__(self, build_fn: Any = None, **keywords: Any) -> None:
            self.build_fn = build_fn
            self.sk_params = keywords

        def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002
            """The keywords, `build_fn` among them; `deep` is scikit-learn's and changes nothing."""
            return {**self.sk_params, "build_fn": self.build_fn}

        def set_params(self, **keywords: Any) -> Any:
            """Changes keywords."""
            self.build_fn = keywords.pop("build_fn", self.build_fn)
            self.sk_params.update(keywords)
            return self

        def fit(self, x: Any, y: Any, **keywords: Any) -> Any:
            """Builds the model and trains it."""
            build = self.build_fn or type(self).__call__
            self.model = build(**_accepted(build, self.sk_params))
            targets = self._targets(y)
            options = {**_accepted(self.model.fit, self.sk_params), **keywords}
            if "nb_epoch" in self.sk_params:
                options.setdefault("epochs", self.sk_params["nb_epoch"])
            return self.model.fit(x, targets, **options)

        def _targets(self, y: Any) -> Any:
            return y

        def _asking(self, keywords: dict[str, Any]) -> dict[str, Any]:
            return {**_accepted(self.model.predict, self.sk_params), **keywords}

        def predict(self, x: Any, **keywords: Any) -> Any:
            """Predictions of the trained model."""
            return self.model.predict(x, **self._asking(keywords)).squeeze()

        def __sklearn_is_fitted__(self) -> bool:
            return hasattr(self, "model")

    class KerasClassifier(ClassifierMixin, Wrapper):
        """A classifier."""

        def _targets(self, y: Any) -> Any:
            import numpy

            y = numpy.asarray(y)
            if y.ndim == 2 and y.shape[1] > 1:
                self.classes_ = numpy.arange(y.shape[1])
                return y
            self.classes_, y = numpy.unique(y, return_inverse=True)
            y = y.reshape(-1)
            name = getattr(self.model.loss, "__name__", self.model.loss)
            if name == "categorical_crossentropy":
                return keras.utils.to_categorical(y)
            return y

        def predict_proba(self, x: Any, **keywords: Any) -> Any:
            """Class probabilities, shape (samples, classes)."""
            import numpy

            p = self.model.predict(x, **self._asking(keywords))
            return numpy.hstack([1 - p, p]) if p.shape[1] == 1 else p

        def predict(self, x: Any, **keywords: Any) -> Any:
            """Classes."""
            return self.classes_[self.predict_proba(x, **keywords).argmax(axis=-1)]

    class KerasRegressor(RegressorMixin, Wrapper):
        """A regressor."""

    return {
        "KerasClassifier": KerasClassifier,
        "KerasRegressor": KerasRegressor,
        "BaseWrapper": Wrapper,
    }


def _accepted(function: Any, keywords: dict[str, Any]) -> dict[str, Any]:
    """Those keywords that a function takes."""
    taken = inspect.signature(function).parameters
    return {name: value for name, value in keywords.items() if name in taken}
