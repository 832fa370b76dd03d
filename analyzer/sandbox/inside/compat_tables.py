"""Removed and renamed spellings of Python, NumPy, scikit-learn, Keras and TensorFlow, as tables.

To stand in for one more old spelling, add a line here. Keras paths are written with the root
"keras"; they hold for every root of `KERAS_ROOTS` as well ("tensorflow.keras.layers.core").
Sources: the release notes of Keras 2.0 and 3.0, TensorFlow 2.0, NumPy 1.24, scikit-learn 0.18 to
0.24, Python 3.3 to 3.12, and the legacy interfaces that Keras 2 shipped for Keras 1.
"""

from __future__ import annotations

from typing import NamedTuple

KERAS_ROOTS = (
    "keras._tf_keras.keras",
    "tf_keras.api._v2.keras",
    "tensorflow.python.keras",
    "tensorflow.keras",
    "tf_keras",
    "keras",
)


class Moved(NamedTuple):
    """Where something lives today.

    Attributes:
        look: modules (or "module:attribute") that hold it today, tried in order; "shim:NAME" is
            made by `compat_shims`.
        new: today's spelling for the reader; empty: the first entry of look.
        since: the release that removed the old place.
    """

    look: tuple[str, ...]
    new: str = ""
    since: str = "Keras 3"


_LAYERS = Moved(
    ("keras.layers", "keras.regularizers", "keras.constraints", "keras.activations"),
    "keras.layers",
    "Keras 2.4",
)
_UTILS = Moved(("keras.utils", "keras.saving"), "keras.utils", "Keras 2.4")
_ENGINE = Moved(("keras.layers", "keras.models", "keras"), "keras.layers", "Keras 2.4")
IMAGE = "keras.src.legacy.preprocessing.image"
TEXT = "keras.src.legacy.preprocessing.text"
SEQUENCE = "keras.src.legacy.preprocessing.sequence"

REMOVED_MODULES: dict[str, Moved] = {
    **{
        f"keras.layers.{name}": _LAYERS
        for name in [
            "core",
            "convolutional",
            "convolutional_recurrent",
            "pooling",
            "normalization",
            "recurrent",
            "embeddings",
            "advanced_activations",
            "wrappers",
            "noise",
            "merge",
            "local",
            "attention",
            "reshaping",
            "regularization",
            "preprocessing",
            "experimental",
            "cudnn_recurrent",
            "rnn",
        ]
    },
    "keras.layers.experimental.preprocessing": _LAYERS,
    "keras.layers.normalization.batch_normalization": _LAYERS,
    "keras.layers.preprocessing.image_preprocessing": _LAYERS,
    "keras.utils.np_utils": Moved(("keras.utils", "shim:np_utils"), "keras.utils", "Keras 2.6"),
    "keras.utils.generic_utils": _UTILS,
    "keras.utils.vis_utils": _UTILS,
    "keras.utils.data_utils": _UTILS,
    "keras.utils.layer_utils": _UTILS,
    "keras.utils.io_utils": _UTILS,
    "keras.utils.training_utils": _UTILS,
    "keras.utils.visualize_util": Moved(
        ("keras.utils", "shim:visualize_util"), "keras.utils", "Keras 2"
    ),
    "keras.utils.image_utils": Moved(("keras.utils", "keras.preprocessing.image"), "keras.utils"),
    "keras.utils.sequence_utils": _UTILS,
    "keras.utils.dataset_utils": _UTILS,
    "keras.engine": _ENGINE,
    "keras.engine.topology": _ENGINE,
    "keras.engine.training": _ENGINE,
    "keras.engine.base_layer": _ENGINE,
    "keras.engine.input_layer": _ENGINE,
    "keras.engine.input_spec": _ENGINE,
    "keras.engine.sequential": _ENGINE,
    "keras.engine.functional": _ENGINE,
    "keras.objectives": Moved(("keras.losses",), "", "Keras 2"),
    "keras.optimizers.legacy": Moved(("keras.optimizers",), "keras.optimizers"),
    "keras.optimizers.experimental": Moved(("keras.optimizers",), "keras.optimizers"),
    "keras.optimizer_v1": Moved(("keras.optimizers",), "keras.optimizers"),
    "keras.optimizer_v2": Moved(("keras.optimizers",), "keras.optimizers"),
    **{
        f"keras.optimizer_v2.{name}": Moved(("keras.optimizers",), "keras.optimizers")
        for name in [
            "adam",
            "adamax",
            "adagrad",
            "adadelta",
            "gradient_descent",
            "nadam",
            "rmsprop",
            "ftrl",
        ]
    },
    "keras.callbacks.callbacks": Moved(("keras.callbacks",), "keras.callbacks"),
    "keras.callbacks.tensorboard_v1": Moved(("keras.callbacks",), "keras.callbacks"),
    "keras.preprocessing.text": Moved((TEXT,), "tensorflow.keras.preprocessing.text"),
    "keras.preprocessing.image_dataset": Moved(("keras.utils",), "keras.utils"),
    "keras.preprocessing.timeseries": Moved(("keras.utils",), "keras.utils"),
    "keras.wrappers.scikit_learn": Moved(("shim:scikit_learn",), "scikeras.wrappers", "Keras 2.12"),
    "keras.backend.tensorflow_backend": Moved(("keras.backend",), "keras.backend", "Keras 2.4"),
    "keras.backend.common": Moved(("keras.backend",), "keras.backend", "Keras 2.4"),
    "keras.applications.resnet50": Moved(("keras.applications.resnet",), "", "Keras 2.4"),
    "keras.legacy.interfaces": Moved(("shim:interfaces",), "(removed)", "Keras 2.4"),
    "keras.feature_column": Moved(("shim:nothing",), "keras.utils.FeatureSpace"),
    "keras.experimental": Moved(("keras.optimizers.schedules", "keras.layers"), "keras"),
    "sklearn.cross_validation": Moved(("sklearn.model_selection",), "", "scikit-learn 0.20"),
    "sklearn.grid_search": Moved(("sklearn.model_selection",), "", "scikit-learn 0.20"),
    "sklearn.learning_curve": Moved(("sklearn.model_selection",), "", "scikit-learn 0.20"),
    "sklearn.externals.joblib": Moved(("joblib",), "joblib", "scikit-learn 0.23"),
    "sklearn.externals.six": Moved(("six",), "six", "scikit-learn 0.23"),
    "sklearn.preprocessing.data": Moved(("sklearn.preprocessing",), "", "scikit-learn 0.24"),
    "sklearn.preprocessing.label": Moved(("sklearn.preprocessing",), "", "scikit-learn 0.24"),
    "sklearn.preprocessing.imputation": Moved(
        ("sklearn.impute", "sklearn.preprocessing"), "sklearn.impute", "scikit-learn 0.22"
    ),
    "sklearn.datasets.samples_generator": Moved(("sklearn.datasets",), "", "scikit-learn 0.24"),
    "sklearn.datasets.base": Moved(("sklearn.datasets",), "", "scikit-learn 0.24"),
    "sklearn.metrics.classification": Moved(("sklearn.metrics",), "", "scikit-learn 0.24"),
    "sklearn.metrics.scorer": Moved(("sklearn.metrics",), "", "scikit-learn 0.24"),
    "sklearn.utils.testing": Moved(("sklearn.utils._testing",), "", "scikit-learn 0.24"),
    "sklearn.utils.linear_assignment_": Moved(
        ("scipy.optimize",), "scipy.optimize.linear_sum_assignment", "scikit-learn 0.23"
    ),
    "pandas.tools.plotting": Moved(("pandas.plotting",), "", "pandas 0.20"),
    "pandas.io.data": Moved(("shim:nothing",), "pandas_datareader", "pandas 0.19"),
    "scipy.misc": Moved(("shim:scipy_misc",), "PIL.Image", "SciPy 1.12"),
    "tensorflow.examples.tutorials.mnist": Moved(
        ("shim:mnist_tutorial",), "tensorflow.keras.datasets.mnist", "TensorFlow 2"
    ),
    "tensorflow.examples.tutorials.mnist.input_data": Moved(
        ("shim:mnist_tutorial",), "tensorflow.keras.datasets.mnist", "TensorFlow 2"
    ),
    "torch._six": Moved(("shim:torch_six",), "builtins", "PyTorch 2"),
    "cPickle": Moved(("pickle",), "pickle", "Python 3"),
    "Queue": Moved(("queue",), "queue", "Python 3"),
    "ConfigParser": Moved(("configparser",), "configparser", "Python 3"),
    "StringIO": Moved(("io",), "io", "Python 3"),
    "cStringIO": Moved(("io",), "io", "Python 3"),
    "urllib2": Moved(("urllib.request", "urllib.error"), "urllib.request", "Python 3"),
    "imp": Moved(("importlib",), "importlib", "Python 3.12"),
}
