"""Programs without their data run: what is there is used, what is missing is called invented."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.inside import Ran, run_programs

PROGRAMS = {
    "keras_data": """
        from keras.datasets import mnist, cifar10, imdb
        import tensorflow as tf
        import numpy as np
        np.random.seed(3)
        before = np.random.get_state()[1].tolist()
        (x, y), (xt, yt) = mnist.load_data()
        print(x.shape, x.dtype, int(x.min()), int(x.max()) > 200, y.dtype, xt.shape)
        print(sorted(set(y.tolist())) == list(range(10)), int((y == 5).sum()))
        (x, y), _ = tf.keras.datasets.cifar10.load_data()
        print(x.shape, y.shape, x.dtype)
        (x, y), _ = imdb.load_data(num_words=500, maxlen=80)
        print(type(x[0]).__name__, max(max(r) for r in x) < 500, max(map(len, x)) <= 80)
        print(np.random.get_state()[1].tolist() == before)
    """,
    "mounted": """
        from tensorflow.keras.datasets import boston_housing
        (x, y), (xt, yt) = boston_housing.load_data()
        print(x.shape, float(x.max()), xt.shape)
    """,
    "csv_names": """
        import pandas as pd
        from keras.models import Sequential
        from keras.layers import Dense
        df = pd.read_csv("houses.csv", index_col=0)
        df["area"] = df["area"].fillna(df["area"].mean())
        x = df[["area", "rooms", "age"]].values
        y = df.price
        model = Sequential([Dense(4, input_dim=3, activation="relu"), Dense(1)])
        model.compile("sgd", "mse")
        print(x.shape[1], y.dtype.kind, y.nunique() > 50, "price" in df.columns)
    """,
    "csv_positions": """
        import pandas as pd
        import numpy as np
        import keras
        data = pd.read_csv("numbers.csv", header=None, sep=";").values
        x, y = data[:, 0:4].astype(float), data[:, 4]
        print(x.shape[1], sorted(set(y.tolist())))
        model = keras.Sequential([keras.layers.Dense(1, activation="sigmoid")])
        model.compile(loss="binary_crossentropy")
        other = np.loadtxt("other.txt", delimiter=",")
        print(other[:, 6].shape[0] > 10)
    """,
    "csv_present": """
        import pandas as pd
        print(pd.read_csv("../elsewhere/present.csv").shape, pd.read_csv("./present.csv").a.sum())
    """,
    "flow": """
        from keras.preprocessing.image import ImageDataGenerator
        from keras.models import Sequential
        from keras.layers import Flatten, Dense
        flow = ImageDataGenerator(rescale=1 / 255).flow_from_directory(
            "pets/train", target_size=(20, 30), batch_size=16, class_mode="categorical")
        model = Sequential([Flatten(input_shape=(20, 30, 3)), Dense(5, activation="softmax")])
        model.compile("adam", "categorical_crossentropy")
        x, y = next(flow)
        print(x.shape, y.shape, float(x.max()) <= 1, len(flow.class_indices))
        model.fit(flow, epochs=1, steps_per_epoch=2, verbose=0)
    """,
    "named_classes": """
        import os
        from keras.preprocessing.image import ImageDataGenerator
        classes = os.listdir("flowers/train")
        flow = ImageDataGenerator().flow_from_directory(
            "flowers/train", target_size=(8, 8), classes=["daisy", "rose", "tulip"], batch_size=4)
        print(flow.class_indices, next(flow)[1].shape)
    """,
    "listing": """
        import os
        import pandas as pd
        from PIL import Image
        from keras.preprocessing.image import ImageDataGenerator
        labels = []
        for name in os.listdir("animals/train/"):
            labels.append("cat" if "cat" in name else "dog")
        frame = pd.DataFrame({"file": os.listdir("animals/train/"), "label": labels})
        flow = ImageDataGenerator().flow_from_dataframe(
            frame, directory="animals/train/", x_col="file", y_col="label", target_size=(8, 8))
        print(sorted(set(labels)), next(flow)[0].shape)
        print(Image.open(os.path.join("animals/train", frame.file[0])).size)
        try:
            os.listdir("/nowhere/at/all") if False else None
        except FileNotFoundError:
            print("no")
    """,
    "grey": """
        import os
        import cv2
        import numpy as np
        pictures = []
        for kind in ["no", "yes"]:
            path = os.path.join("scans", kind)
            for image in os.listdir(path):
                if os.path.splitext(image)[1] != ".jpg":
                    continue
                picture = cv2.imread(os.path.join(path, image), cv2.IMREAD_GRAYSCALE)
                pictures.append(cv2.resize(picture, (24, 16)))
        print(np.array(pictures).shape[1:], len(pictures) > 20)
    """,
    "undefined_data": """
        import keras
        X_train = X_train / 255.0
        model = keras.Sequential()
        model.add(keras.layers.Conv2D(4, (3, 3), input_shape=X_train.shape[1:]))
        model.add(keras.layers.Flatten())
        model.add(keras.layers.Dense(16, activation="softmax"))
        model.compile(loss="sparse_categorical_crossentropy", optimizer="adam")
        model.fit(X_train, y_train, steps_per_epoch=1, verbose=0)
        print(X_train.ndim, float(X_train.max()) <= 1, sorted(set(y_train.tolist()))[-1])
    """,
    "weights": """
        import keras
        model = keras.applications.MobileNetV2(weights="imagenet", include_top=False,
                                               input_shape=(32, 32, 3))
        print(len(model.layers) > 100)
    """,
    "sklearn_fetch": """
        from sklearn.datasets import fetch_california_housing, load_boston
        x, y = fetch_california_housing(return_X_y=True)
        print(x.shape, y.shape, load_boston().data.shape)
    """,
    "torch_data": """
        import torch
        from torch import nn
        from torchvision import datasets, transforms
        from torch.utils.data import DataLoader
        to = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
        data = datasets.FashionMNIST(root="data", train=False, transform=to, download=True)
        x, y = next(iter(DataLoader(data, batch_size=8)))
        print(len(data), x.shape, x.dtype, y.dtype, float(x.min()) >= -1)
        crop = transforms.Compose([transforms.Resize((40, 40)), transforms.CenterCrop(32),
                                   transforms.RandomHorizontalFlip(), transforms.ToTensor()])
        folder = datasets.ImageFolder("photos/train", transform=crop)
        print(folder[0][0].shape, len(folder.classes))
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(6, 3)
            def forward(self, x):
                return self.fc(x)
        net = Net()
        for inputs, labels in train_loader:
            loss = criterion(net(inputs), labels)
            break
        print(type(criterion).__name__, loss.item() > 0, inputs.shape)
    """,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("missing")
    (folder / "present.csv").write_text("a,b\n1,2\n3,4\n")
    home = folder / ".keras" / "datasets"
    home.mkdir(parents=True)
    np.savez(home / "boston_housing.npz", x=np.full((10, 13), 7.0), y=np.arange(10.0))
    return folder


@pytest.fixture(scope="module")
def ran(folder: Path) -> dict[str, Ran]:
    return run_programs(folder, PROGRAMS)


def _lines(result: Ran) -> list[str]:
    assert result.error is None, result.error
    return result.output.splitlines()


def test_public_data_sets_have_the_originals_form(ran: dict[str, Ran]) -> None:
    lines = _lines(ran["keras_data"])
    assert lines[0] == "(60000, 28, 28) uint8 0 True uint8 (10000, 28, 28)"
    assert lines[1] == "True 5421"  # the original's unequal balance
    assert lines[2] == "(50000, 32, 32, 3) (50000, 1) uint8"
    assert lines[3] == "list True True"
    assert lines[4] == "True"  # the program's random state
    data = ran["keras_data"].data
    assert data is not None
    assert data["source"] == "stand_in"
    assert data["stand_in_for"].startswith("keras.datasets.mnist, keras.datasets.cifar10")


def test_a_mounted_file_is_used_whatever_its_hash_and_kept(
    ran: dict[str, Ran], folder: Path
) -> None:
    assert _lines(ran["mounted"]) == ["(8, 13) 7.0 (2, 13)"]
    assert ran["mounted"].data is None
    assert (folder / ".keras" / "datasets" / "boston_housing.npz").exists()


def test_columns_come_from_the_source(ran: dict[str, Ran]) -> None:
    assert _lines(ran["csv_names"]) == ["3 f True True"]
    assert ran["csv_names"].data == {"source": "stand_in", "stand_in_for": "houses.csv"}
    assert _lines(ran["csv_positions"]) == ["4 [0.0, 1.0]", "True"]


def test_a_table_that_is_there_is_read(ran: dict[str, Ran]) -> None:
    assert _lines(ran["csv_present"]) == ["(2, 2) 4"]
    assert ran["csv_present"].data is None


def test_image_folders(ran: dict[str, Ran]) -> None:
    lines = [line for line in _lines(ran["flow"]) if not line.startswith("Found")]
    assert lines == ["(16, 20, 30, 3) (16, 5) True 5"]
    lines = [line for line in _lines(ran["listing"]) if not line.startswith("Found")]
    assert lines == ["['cat', 'dog'] (32, 8, 8, 3)", "(96, 96)"]
    lines = [line for line in _lines(ran["named_classes"]) if not line.startswith("Found")]
    assert lines == ["{'daisy': 0, 'rose': 1, 'tulip': 2} (4, 3)"]
    assert _lines(ran["grey"]) == ["(16, 24) True"]


def test_undefined_data_fits_model_and_loss(ran: dict[str, Ran]) -> None:
    assert _lines(ran["undefined_data"]) == ["4 True 15"]
    data = ran["undefined_data"].data
    assert data == {"source": "stand_in", "stand_in_for": "X_train, y_train"}


def test_pretrained_weights_stay_random(ran: dict[str, Ran]) -> None:
    assert _lines(ran["weights"]) == ["True"]
    assert any("weights stay random" in note for note in ran["weights"].notes)


def test_scikit_learn_fetchers(ran: dict[str, Ran]) -> None:
    assert _lines(ran["sklearn_fetch"]) == ["(20640, 8) (20640,) (506, 13)"]


def test_torchvision_stand_in(ran: dict[str, Ran]) -> None:
    lines = _lines(ran["torch_data"])
    assert lines[0] == "10000 torch.Size([8, 1, 28, 28]) torch.float32 torch.int64 True"
    assert lines[1].startswith("torch.Size([3, 32, 32])")
    assert lines[2] == "CrossEntropyLoss True torch.Size([32, 6])"


def test_without_stand_ins_the_program_fails_as_it_would(tmp_path: Path) -> None:
    program = "import pandas as pd\npd.read_csv('houses.csv')\n"
    result = run_programs(tmp_path, {"plain": program}, {"stand_ins": False})["plain"]
    assert result.error is not None
    assert result.error.startswith("FileNotFoundError")
    assert result.data is None


def test_same_seed_same_values(tmp_path: Path) -> None:
    program = """
        import numpy as np
        import pandas as pd
        print(pd.read_csv("a.csv")["x"].sum(), pd.read_csv("a.csv")["y"].sum())
    """
    values = []
    for index, seed in enumerate((0, 0, 1)):
        folder = tmp_path / str(index)
        folder.mkdir()
        ran = run_programs(folder, {"seeded": program}, {"seed": seed})["seeded"]
        assert ran.error is None
        values.append(ran.output)
    assert values[0] == values[1] != values[2]
