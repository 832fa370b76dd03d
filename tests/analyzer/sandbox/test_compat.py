"""Programs for older releases run on today's, and every old spelling is reported with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.inside import Ran, run_programs

PROGRAMS = {
    "python_numpy": """
        import time
        import numpy as np
        start = time.clock()
        x = np.zeros(3, dtype=np.float)
        print(x.astype(np.int).dtype.kind, np.object is object, time.clock() >= start)
    """,
    "scikit": """
        from sklearn.cross_validation import train_test_split
        from sklearn.externals import joblib
        from sklearn.preprocessing import OneHotEncoder, Imputer
        import numpy as np
        encoder = OneHotEncoder(categorical_features=[0], sparse=False)
        print(encoder.fit_transform(np.array([[0, 7], [1, 8], [2, 9]])).shape)
        print(len(train_test_split(np.zeros(10), test_size=0.2)[1]), joblib.__name__)
        print(Imputer(strategy="median").fit_transform([[1.0], [float("nan")], [3.0]])[1, 0])
    """,
    "keras_one": """
        import numpy as np
        from keras.models import Sequential
        from keras.layers.core import Dense, Dropout, Activation, Flatten
        from keras.layers.convolutional import Convolution2D, MaxPooling2D
        from keras.layers.normalization import BatchNormalization
        from keras.optimizers import SGD
        from keras.utils import np_utils
        model = Sequential()
        model.add(Convolution2D(4, 3, 3, border_mode="same", init="uniform", subsample=(1, 1),
                                input_shape=(8, 8, 1), W_regularizer="l2"))
        model.add(MaxPooling2D(pool_size=(2, 2)))
        model.add(Flatten())
        model.add(Dropout(p=0.25))
        model.add(Dense(output_dim=3, init="normal", bias=False))
        model.add(Activation("softmax"))
        model.compile(loss="categorical_crossentropy", optimizer=SGD(lr=0.1, decay=0.5))
        print(model.layers[0].kernel_size, model.layers[0].padding, model.layers[0].strides)
        print(model.layers[-2].units, model.layers[-2].use_bias, model.layers[0].output_shape)
        y = np_utils.to_categorical([0, 1, 2, 0], 3)
        print(round(float(model.optimizer.learning_rate), 4))
        model.fit(np.zeros((4, 8, 8, 1)), y, nb_epoch=2, batch_size=2, verbose=0)
        print(int(model.optimizer.iterations), round(float(model.optimizer.learning_rate), 4))
        print(model.predict_classes(np.zeros((2, 8, 8, 1)), verbose=0).shape)
    """,
    "generators": """
        import numpy as np
        import keras
        from keras.preprocessing.image import ImageDataGenerator
        from keras.preprocessing.text import Tokenizer
        from keras.preprocessing.sequence import pad_sequences
        from keras import backend as K
        model = keras.Sequential([keras.layers.Input((4, 4, 1)), keras.layers.Flatten(),
                                  keras.layers.Dense(1, activation="sigmoid")])
        model.compile("adam", "binary_crossentropy")
        flow = ImageDataGenerator(rescale=0.5).flow(np.ones((8, 4, 4, 1)), np.ones(8), batch_size=4)
        history = model.fit_generator(flow, samples_per_epoch=2, nb_epoch=1, verbose=0, workers=4)
        print(len(history.history["loss"]))
        words = Tokenizer(num_words=10)
        words.fit_on_texts(["a b", "b c"])
        print(pad_sequences(words.texts_to_sequences(["a b"]), maxlen=3).shape)
        f = K.function([model.inputs[0], K.learning_phase()], [model.layers[-1].output])
        print(f([np.ones((2, 4, 4, 1)), 0])[0].shape)
        print(model.fit([[1.0] * 16], [1.0], verbose=0) if False else K.epsilon())
    """,
    "lists": """
        import keras
        import numpy as np
        model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        model.fit([1.0, 2.0, 3.0], [2.0, 4.0, 6.0], verbose=0)
        import tensorflow as tf
        model.compile(tf.compat.v1.train.MomentumOptimizer(0.25, 0.5, use_nesterov=True), "mse")
        own = model.optimizer
        print(type(own).__name__, float(own.learning_rate), own.momentum, own.nesterov)
        model.compile(optimizer=tf.train.AdamOptimizer(), loss="mse")
        print(type(model.optimizer).__name__, round(float(model.optimizer.learning_rate), 4))
        from scipy.misc import imread, imresize
        print(imresize(np.zeros((4, 6, 3)), (2, 3)).shape, imread.__name__)
    """,
    "tf_keras_mixed": """
        import tensorflow as tf
        from tensorflow import keras
        from tensorflow.python.keras.callbacks import EarlyStopping, Watcher
        from tensorflow.keras.models import Sequential
        from keras.layers import Dense
        import numpy as np
        tf.set_random_seed(1)
        model = Sequential([Dense(2, input_dim=2), tf.keras.layers.Dense(1)])
        model.compile(optimizer=keras.optimizers.Adam(lr=0.01), loss="mse")
        model.fit(np.zeros((4, 2)), np.zeros(4), verbose=0,
                  callbacks=[Watcher(1, "x", depth=3), EarlyStopping(monitor="loss"),
                             keras.callbacks.watching(model, depth=3)])
        print(round(float(model.optimizer.lr), 4), hasattr(keras.callbacks, "watched"))
    """,
    "wrapper": """
        from keras.models import Sequential
        from keras.layers import Dense
        from keras.wrappers.scikit_learn import KerasClassifier
        from sklearn.model_selection import cross_val_score, KFold
        import numpy as np
        def build():
            model = Sequential([Dense(3, input_dim=2, activation="softmax")])
            model.compile(loss="categorical_crossentropy", optimizer="adam")
            return model
        x = np.random.rand(12, 2)
        y = np.array([0, 1, 2] * 4)
        estimator = KerasClassifier(build_fn=build, epochs=1, batch_size=4, verbose=0)
        print(len(cross_val_score(estimator, x, y, cv=KFold(n_splits=2))))
    """,
    "stubs": """
        import matplotlib.pyplot as plt
        import seaborn as sns
        from tqdm import tqdm
        import somewhere_unknown
        from somewhere_else import helper
        fig, ax = plt.subplots()
        ax.plot([1, 2])
        plt.show()
        print(sum(tqdm(range(4), desc="x")))
        try:
            import another_unknown
        except ImportError:
            print("guarded")
        try:
            helper(1)
        except ModuleNotFoundError as error:
            print(error)
    """,
    "undefined": """
        model = Sequential()
        model.add(Dense(2, input_dim=3))
        model.compile(optimizer=Adam(0.1), loss="mse")
        model.fit(np.zeros((4, 3)), np.zeros((4, 2)), verbose=0)
        try:
            text = unicode_type
        except NameError:
            print("own way")
        print(nowhere_to_be_found)
    """,
}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ran]:
    folder = tmp_path_factory.mktemp("old")
    library = folder / "site-packages"
    library.mkdir()
    (library / "library_with_probe.py").write_text(
        "import numpy\nhas_float = hasattr(numpy, 'float')\n"
        "try:\n    import cPickle\n    has_pickle = True\n"
        "except ModuleNotFoundError:\n    has_pickle = False\n"
    )
    programs = dict(PROGRAMS)
    programs["library_probes"] = (
        "import sys\nsys.path.insert(0, 'site-packages')\n"
        "import library_with_probe\n"
        "print(library_with_probe.has_float, library_with_probe.has_pickle)\n"
    )
    return run_programs(folder, programs)


def test_removed_names_of_python_and_numpy(ran: dict[str, Ran]) -> None:
    result = ran["python_numpy"]
    assert result.error is None
    assert result.output == "i True True\n"
    assert ("time.clock", "time.perf_counter", 4) in result.uses
    assert ("numpy.float", "float", 5) in result.uses
    assert len({use for use in result.uses if use[0] == "time.clock"}) == 2  # lines 4 and 6


def test_scikit_learn_moves_and_dropped_arguments(ran: dict[str, Ran]) -> None:
    result = ran["scikit"]
    assert result.error is None
    assert result.output.split("\n")[:3] == ["(3, 4)", "2 joblib", "2.0"]
    assert ("sklearn.cross_validation", "sklearn.model_selection", 2) in result.uses
    encoder = next(use for use in result.uses if use[0] == "OneHotEncoder(categorical_features=)")
    assert "ColumnTransformer" in encoder[1]
    assert encoder[2] == 6
    assert ("OneHotEncoder(sparse=)", "OneHotEncoder(sparse_output=)", 6) in result.uses


def test_keras_one_layers_optimizer_and_fit(ran: dict[str, Ran]) -> None:
    result = ran["keras_one"]
    assert result.error is None
    lines = result.output.splitlines()
    assert lines[0] == "(3, 3) same (1, 1)"
    assert lines[1] == "3 False (None, 8, 8, 4)"
    assert lines[2] == "0.1"
    assert lines[3] == "4 0.0333"  # 0.1 / (1 + 0.5 * 4)
    assert lines[4] == "(2,)"
    old = {use[0]: use[1] for use in result.uses}
    assert old["keras.layers.core"] == "keras.layers"
    assert old["keras.utils.np_utils"] == "keras.utils"
    assert old["Conv2D(border_mode=)"] == "Conv2D(padding=)"
    assert old["Dense(output_dim=)"] == "Dense(units=)"
    assert old["SGD(lr=)"] == "SGD(learning_rate=)"
    assert old["fit(nb_epoch=)"] == "fit(epochs=)"
    assert old["layer.output_shape"] == "layer.output.shape"
    assert "layer.input_shape" not in old  # only Keras itself asked for it


def test_generators_text_and_backend_functions(ran: dict[str, Ran]) -> None:
    result = ran["generators"]
    assert result.error is None
    assert result.output.splitlines()[:3] == ["1", "(1, 3)", "(2, 1)"]
    old = {use[0]: use[1] for use in result.uses}
    assert old["model.fit_generator"] == "model.fit"
    assert old["fit(workers=)"] == "(removed)"
    assert "keras.backend.function" in old
    assert old["keras.preprocessing.text"] == "tensorflow.keras.preprocessing.text"


def test_lists_become_arrays_with_a_second_axis(ran: dict[str, Ran]) -> None:
    result = ran["lists"]
    assert result.error is None
    assert result.output == "SGD 0.25 0.5 True\nAdam 0.001\n(2, 3, 3) imread\n"
    old = {use[0]: use[1] for use in result.uses}
    assert old["tf.train.AdamOptimizer"] == "tf.compat.v1.train.AdamOptimizer"
    assert old["compile(tf.train.AdamOptimizer)"] == "keras.optimizers.Adam"
    assert old["scipy.misc.imresize"] == "PIL.Image.Image.resize"


def test_mixed_roots_and_callbacks_that_never_were(ran: dict[str, Ran]) -> None:
    result = ran["tf_keras_mixed"]
    assert result.error is None
    assert result.output == "0.01 False\n"
    old = {use[0]: use[1] for use in result.uses}
    assert old["tensorflow.python.keras.callbacks"] == "tensorflow.keras.callbacks"
    assert old["tensorflow.set_random_seed"] == "tf.random.set_seed"
    assert any("has no Watcher" in note for note in result.notes)
    assert any("has no watching" in note for note in result.notes)


def test_scikit_learn_wrapper(ran: dict[str, Ran]) -> None:
    assert ran["wrapper"].error is None
    assert ran["wrapper"].output == "2\n"


def test_missing_modules_decorate_or_fail_when_used(ran: dict[str, Ran]) -> None:
    result = ran["stubs"]
    assert result.error is None
    assert result.output.splitlines() == ["6", "guarded", "No module named 'somewhere_else'"]


def test_undefined_framework_names_are_supplied_and_others_are_not(ran: dict[str, Ran]) -> None:
    result = ran["undefined"]
    assert result.error is not None
    assert result.error.startswith("NameError: name 'nowhere_to_be_found' is not defined")
    assert result.output == "own way\n"
    assert any("never defines Sequential" in note for note in result.notes)


def test_libraries_that_probe_for_old_names_get_the_true_answer(ran: dict[str, Ran]) -> None:
    assert ran["library_probes"].error is None
    assert ran["library_probes"].output == "False False\n"


def test_modern_program_reports_nothing(tmp_path: Path) -> None:
    modern = """
        import numpy as np
        import keras
        model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)])
        model.compile(optimizer=keras.optimizers.SGD(learning_rate=0.1), loss="mse")
        model.fit(np.zeros((4, 2)), np.zeros((4, 1)), epochs=1, verbose=0)
    """
    result = run_programs(tmp_path, {"modern": modern})["modern"]
    assert result.error is None
    assert result.uses == []
    assert result.notes == []
    assert result.data is None
