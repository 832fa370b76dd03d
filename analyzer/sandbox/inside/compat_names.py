"""Names that modules have lost, as a table: module, old name, where it lives today.

Paths and sources as in `compat_tables`, whose entries have the same form.
"""

from __future__ import annotations

from .compat_tables import IMAGE, SEQUENCE, TEXT, Moved

REMOVED_NAMES: dict[str, dict[str, Moved]] = {
    "time": {"clock": Moved(("time:perf_counter",), "time.perf_counter", "Python 3.8")},
    "numpy": {
        **{
            name: Moved((f"builtins:{name}",), name, "NumPy 1.24")
            for name in ("float", "int", "bool", "object", "complex")
        },
        "str": Moved(("builtins:str",), "str", "NumPy 1.24"),
        "unicode": Moved(("builtins:str",), "str", "NumPy 1.24"),
        "long": Moved(("builtins:int",), "int", "NumPy 1.24"),
        "typeDict": Moved(("numpy:sctypeDict",), "numpy.sctypeDict", "NumPy 1.24"),
        "float_": Moved(("numpy:float64",), "numpy.float64", "NumPy 2"),
        "complex_": Moved(("numpy:complex128",), "numpy.complex128", "NumPy 2"),
        "unicode_": Moved(("numpy:str_",), "numpy.str_", "NumPy 2"),
        "string_": Moved(("numpy:bytes_",), "numpy.bytes_", "NumPy 2"),
        "NaN": Moved(("numpy:nan",), "numpy.nan", "NumPy 2"),
        "NAN": Moved(("numpy:nan",), "numpy.nan", "NumPy 2"),
        "Inf": Moved(("numpy:inf",), "numpy.inf", "NumPy 2"),
        "Infinity": Moved(("numpy:inf",), "numpy.inf", "NumPy 2"),
        "infty": Moved(("numpy:inf",), "numpy.inf", "NumPy 2"),
        "PINF": Moved(("numpy:inf",), "numpy.inf", "NumPy 2"),
        "product": Moved(("numpy:prod",), "numpy.prod", "NumPy 2"),
        "cumproduct": Moved(("numpy:cumprod",), "numpy.cumprod", "NumPy 2"),
        "sometrue": Moved(("numpy:any",), "numpy.any", "NumPy 2"),
        "alltrue": Moved(("numpy:all",), "numpy.all", "NumPy 2"),
        "round_": Moved(("numpy:round",), "numpy.round", "NumPy 2"),
        "in1d": Moved(("numpy:isin",), "numpy.isin", "NumPy 2.4"),
        "trapz": Moved(("numpy:trapezoid",), "numpy.trapezoid", "NumPy 2.4"),
        "row_stack": Moved(("numpy:vstack",), "numpy.vstack", "NumPy 2"),
        "asscalar": Moved(("shim:asscalar",), "array.item()", "NumPy 1.23"),
        "cast": Moved(("shim:numpy_cast",), "numpy.asarray", "NumPy 2"),
        "mat": Moved(("numpy:asmatrix",), "numpy.asmatrix", "NumPy 2"),
    },
    "scipy.misc": {
        name: Moved((f"shim:scipy_{name}",), new, "SciPy 1.12")
        for name, new in {
            "imread": "imageio.v3.imread",
            "imresize": "PIL.Image.Image.resize",
            "imsave": "imageio.v3.imwrite",
            "imshow": "matplotlib.pyplot.imshow",
        }.items()
    },
    "sklearn": {
        "cross_validation": Moved(
            ("sklearn.cross_validation",), "sklearn.model_selection", "scikit-learn 0.20"
        )
    },
    "sklearn.externals": {"joblib": Moved(("joblib",), "joblib", "scikit-learn 0.23")},
    "sklearn.preprocessing": {
        "Imputer": Moved(("shim:imputer",), "sklearn.impute.SimpleImputer", "scikit-learn 0.22")
    },
    "sklearn.datasets": {
        "load_boston": Moved(
            ("shim:load_boston",), "sklearn.datasets.fetch_california_housing", "scikit-learn 1.2"
        ),
        "fetch_mldata": Moved(
            ("shim:fetch_mldata",), "sklearn.datasets.fetch_openml", "scikit-learn 0.22"
        ),
    },
    "sklearn.metrics": {
        "plot_confusion_matrix": Moved(
            ("shim:do_nothing",), "ConfusionMatrixDisplay", "scikit-learn 1.2"
        ),
        "plot_roc_curve": Moved(("shim:do_nothing",), "RocCurveDisplay", "scikit-learn 1.2"),
    },
    "collections": {
        name: Moved((f"collections.abc:{name}",), f"collections.abc.{name}", "Python 3.10")
        for name in [
            "Iterable",
            "Mapping",
            "MutableMapping",
            "Sequence",
            "Callable",
            "Hashable",
            "Sized",
        ]
    },
    "torch.utils.data.dataloader": {},
    "keras": {"Sequential": Moved(("keras.models:Sequential",))},
    "keras.models": {
        "Input": Moved(("keras:Input",), "keras.Input"),
        "Layer": Moved(("keras.layers:Layer",), "keras.layers.Layer"),
        "Graph": Moved(("shim:unsupported",), "keras.Model", "Keras 1"),
        "load_weights": Moved(("shim:unsupported",), "Model.load_weights"),
    },
    "keras.layers": {
        "Merge": Moved(("shim:merge",), "keras.layers.Concatenate", "Keras 2"),
        "merge": Moved(("shim:merge_call",), "keras.layers.concatenate", "Keras 2"),
        "TimeDistributedDense": Moved(
            ("shim:time_distributed_dense",), "keras.layers.TimeDistributed", "Keras 2"
        ),
        "Deconvolution2D": Moved(
            ("keras.layers:Conv2DTranspose",), "keras.layers.Conv2DTranspose", "Keras 2"
        ),
        "CuDNNLSTM": Moved(("keras.layers:LSTM",), "keras.layers.LSTM"),
        "CuDNNGRU": Moved(("keras.layers:GRU",), "keras.layers.GRU"),
        "ThresholdedReLU": Moved(("shim:thresholded_relu",), "keras.layers.ReLU(threshold=...)"),
        "Convolution3D": Moved(("keras.layers:Conv3D",), "keras.layers.Conv3D", "Keras 2"),
        "AtrousConvolution2D": Moved(("keras.layers:Conv2D",), "keras.layers.Conv2D", "Keras 2"),
        "LocallyConnected1D": Moved(("shim:unsupported",), "keras.layers.Conv1D"),
        "LocallyConnected2D": Moved(("shim:unsupported",), "keras.layers.Conv2D"),
        "Model": Moved(("keras.models:Model",), "keras.Model"),
        "Sequential": Moved(("keras.models:Sequential",), "keras.Sequential"),
        "NonTrainable": Moved(("shim:unsupported",), "layer.trainable = False"),
        "BatchNormalizationV1": Moved(("keras.layers:BatchNormalization",)),
        "BatchNormalizationV2": Moved(("keras.layers:BatchNormalization",)),
    },
    "keras.optimizers": {
        **{
            old: Moved((f"keras.optimizers:{new}",), f"keras.optimizers.{new}")
            for old, new in (
                ("sgd", "SGD"),
                ("adam", "Adam"),
                ("rmsprop", "RMSprop"),
                ("adagrad", "Adagrad"),
                ("adadelta", "Adadelta"),
                ("adamax", "Adamax"),
                ("nadam", "Nadam"),
                ("Rmsprop", "RMSprop"),
                ("RMSProp", "RMSprop"),
                ("adam_v2", "Adam"),
            )
        },
    },
    "keras.losses": {
        "logcosh": Moved(("shim:logcosh",), "keras.losses.log_cosh"),
        "mse": Moved(("keras.losses:mean_squared_error",), "keras.losses.mean_squared_error"),
        "mae": Moved(("keras.losses:mean_absolute_error",), "keras.losses.mean_absolute_error"),
        "cosine_proximity": Moved(
            ("keras.losses:cosine_similarity",), "keras.losses.cosine_similarity"
        ),
    },
    "keras.metrics": {
        "mse": Moved(("keras.metrics:mean_squared_error",), "keras.metrics.mean_squared_error"),
        "mae": Moved(("keras.metrics:mean_absolute_error",), "keras.metrics.mean_absolute_error"),
    },
    "keras.initializers": {
        old: Moved((f"keras.initializers:{new}",), f"keras.initializers.{new}")
        for old, new in (
            ("normal", "RandomNormal"),
            ("uniform", "RandomUniform"),
            ("zero", "Zeros"),
            ("one", "Ones"),
            ("lecun_uniform", "LecunUniform"),
            ("he_normal", "HeNormal"),
            ("he_uniform", "HeUniform"),
            ("glorot_uniform", "GlorotUniform"),
            ("glorot_normal", "GlorotNormal"),
            ("lecun_normal", "LecunNormal"),
        )
    },
    "keras.regularizers": {
        "activity_l2": Moved(("keras.regularizers:L2",), "keras.regularizers.L2", "Keras 2"),
        "activity_l1": Moved(("keras.regularizers:L1",), "keras.regularizers.L1", "Keras 2"),
        "WeightRegularizer": Moved(
            ("keras.regularizers:L1L2",), "keras.regularizers.L1L2", "Keras 2"
        ),
    },
    "keras.utils": {
        "multi_gpu_model": Moved(("shim:same_model",), "tf.distribute.MirroredStrategy"),
        "plot_model": Moved(("shim:do_nothing",), "keras.utils.plot_model"),
        "to_categorical_1d": Moved(("keras.utils:to_categorical",), "keras.utils.to_categorical"),
    },
    "keras.preprocessing": {
        "text": Moved((TEXT,), "tensorflow.keras.preprocessing.text"),
        "image_dataset_from_directory": Moved(
            ("keras.utils:image_dataset_from_directory",),
            "keras.utils.image_dataset_from_directory",
        ),
        "timeseries_dataset_from_array": Moved(
            ("keras.utils:timeseries_dataset_from_array",),
            "keras.utils.timeseries_dataset_from_array",
        ),
        "text_dataset_from_directory": Moved(
            ("keras.utils:text_dataset_from_directory",), "keras.utils.text_dataset_from_directory"
        ),
    },
    "keras.preprocessing.image": {
        name: Moved((f"{IMAGE}:{name}",), f"tensorflow.keras.preprocessing.image.{name}")
        for name in [
            "ImageDataGenerator",
            "Iterator",
            "DirectoryIterator",
            "NumpyArrayIterator",
            "DataFrameIterator",
            "random_rotation",
            "random_shift",
            "random_shear",
            "random_zoom",
            "random_channel_shift",
            "apply_affine_transform",
            "random_brightness",
            "apply_brightness_shift",
            "apply_channel_shift",
        ]
    },
    "keras.preprocessing.sequence": {
        name: Moved((f"{SEQUENCE}:{name}",), f"tensorflow.keras.preprocessing.sequence.{name}")
        for name in ["TimeseriesGenerator", "make_sampling_table", "skipgrams"]
    },
    "keras.backend": {
        "function": Moved(("shim:backend_function",), "keras.Model(inputs, outputs)"),
        "learning_phase": Moved(("shim:learning_phase",), "the training argument of call"),
        "set_learning_phase": Moved(("shim:do_nothing",), "the training argument of call"),
        "set_session": Moved(("shim:do_nothing",), "(removed)", "TensorFlow 2"),
        "get_session": Moved(("shim:nothing",), "(removed)", "TensorFlow 2"),
        "tensorflow_backend": Moved(("keras.backend",), "keras.backend", "Keras 2.4"),
        "image_dim_ordering": Moved(
            ("shim:image_dim_ordering",), "keras.backend.image_data_format", "Keras 2"
        ),
        "set_image_dim_ordering": Moved(
            ("shim:set_image_dim_ordering",), "keras.backend.set_image_data_format", "Keras 2"
        ),
        "manual_variable_initialization": Moved(("shim:do_nothing",), "(removed)"),
        "eval": Moved(("keras.ops:convert_to_numpy",), "keras.ops.convert_to_numpy"),
        "round": Moved(("keras.ops:round",), "keras.ops.round"),
    },
    "tensorflow": {
        "set_random_seed": Moved(
            ("tensorflow.random:set_seed",), "tf.random.set_seed", "TensorFlow 2"
        ),
        "random_normal": Moved(("tensorflow.random:normal",), "tf.random.normal", "TensorFlow 2"),
        "random_uniform": Moved(
            ("tensorflow.random:uniform",), "tf.random.uniform", "TensorFlow 2"
        ),
        "truncated_normal": Moved(
            ("tensorflow.random:truncated_normal",), "tf.random.truncated_normal", "TensorFlow 2"
        ),
        "log": Moved(("tensorflow.math:log",), "tf.math.log", "TensorFlow 2"),
        "to_float": Moved(
            ("tensorflow.compat.v1:to_float",), "tf.cast(x, tf.float32)", "TensorFlow 2"
        ),
        "to_int32": Moved(
            ("tensorflow.compat.v1:to_int32",), "tf.cast(x, tf.int32)", "TensorFlow 2"
        ),
        "mul": Moved(("tensorflow:multiply",), "tf.multiply", "TensorFlow 1"),
        "sub": Moved(("tensorflow:subtract",), "tf.subtract", "TensorFlow 1"),
        "neg": Moved(("tensorflow:negative",), "tf.negative", "TensorFlow 1"),
        "pack": Moved(("tensorflow:stack",), "tf.stack", "TensorFlow 1"),
        "contrib": Moved(("shim:unsupported",), "(removed)", "TensorFlow 2"),
    },
}
