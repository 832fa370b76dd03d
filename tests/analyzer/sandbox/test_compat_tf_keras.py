"""With tf_keras chosen, `import keras` and `tf.keras` are Keras 2, and old spellings still hold."""

from __future__ import annotations

import pytest

from tests.support.inside import Ran, run_programs

PROGRAMS = {
    "one_package": """
        import keras
        import tensorflow as tf
        import tf_keras
        from keras.layers import Dense
        from tensorflow.keras.layers import Dense as OtherDense
        print(keras is tf_keras, Dense is OtherDense, keras.__version__.split(".")[0])
        print(keras.layers.Dense is tf_keras.layers.Dense)
    """,
    "old": """
        import numpy as np
        from keras.models import Sequential
        from keras.layers.core import Dense
        from keras.preprocessing.image import ImageDataGenerator
        from keras.preprocessing.text import Tokenizer
        from keras.callbacks import Watcher
        from keras.datasets import mnist
        from keras.optimizers import SGD
        from tensorflow.keras.utils import to_categorical
        model = Sequential([Dense(output_dim=2, input_dim=3, init="uniform")])
        model.compile(loss="mse", optimizer=SGD(lr=0.1, decay=0.5))
        flow = model.fit_generator(iter([(np.zeros((4, 3)), np.zeros((4, 2)))] * 3), nb_epoch=1,
                                   verbose=0, callbacks=[Watcher()], steps_per_epoch=3)
        rate = model.optimizer.learning_rate
        print(0.03 < float(rate) < 0.09, type(model).__module__.split(".")[0])
        (x, y), _ = mnist.load_data()
        print(x.shape, to_categorical([1], 3).shape)
    """,
    "weights_and_folders": """
        import keras
        from tensorflow.keras.preprocessing.image import ImageDataGenerator
        model = keras.applications.MobileNet(weights="imagenet", include_top=False,
                                             input_shape=(32, 32, 3))
        flow = ImageDataGenerator().flow_from_directory("cats", target_size=(8, 8),
                                                        class_mode="binary", batch_size=4)
        print(next(flow)[0].shape)
    """,
}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ran]:
    return run_programs(tmp_path_factory.mktemp("keras2"), PROGRAMS, {"keras": "tf_keras"})


def test_every_name_is_the_same_package(ran: dict[str, Ran]) -> None:
    result = ran["one_package"]
    assert result.error is None
    assert result.output == "True True 2\nTrue\n"
    assert result.uses == []


def test_old_spellings(ran: dict[str, Ran]) -> None:
    result = ran["old"]
    assert result.error is None
    assert result.output.splitlines() == ["True tf_keras", "(60000, 28, 28) (1, 3)"]
    old = {use[0] for use in result.uses}
    assert {"Dense(output_dim=)", "Dense(init=)", "SGD(lr=)", "SGD(decay=)"} <= old
    assert "model.fit_generator" in old
    assert "keras.layers.core" in old  # as the program spells it


def test_weights_and_folders(ran: dict[str, Ran]) -> None:
    result = ran["weights_and_folders"]
    assert result.error is None
    assert result.output.splitlines()[-1] == "(4, 8, 8, 3)"
    assert any("weights stay random" in note for note in result.notes)
