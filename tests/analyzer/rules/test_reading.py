"""The questions that rules ask of graphs and of code."""

from __future__ import annotations

import ast
from pathlib import Path

import analyzer.rules
from analyzer.observed import Graph
from analyzer.rules.reading.flow import names_bound, origins, statements
from analyzer.rules.reading.head import heads
from analyzer.rules.reading.labels import labels_in_code
from analyzer.rules.reading.rebuilt import rebuilt_models
from analyzer.rules.reading.scaling import code_scales, is_derived_scaled, is_scaled
from analyzer.rules.reading.stack import blocks, is_chain
from analyzer.rules.samples import activation, conv, dense, images, other, sample, table

PACKAGES = ("graph", "data", "learner", "dynamics")


def graph(*layers: object) -> Graph:
    found = sample("x = 1", layers=layers).graph  # type: ignore[arg-type]
    assert found is not None
    return found


def test_rules_never_import_rules() -> None:
    root = Path(analyzer.rules.__file__).parent
    for package in PACKAGES:
        for file in (root / package).glob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                module = node.module if isinstance(node, ast.ImportFrom) else None
                assert not any((module or "").startswith(f"analyzer.rules.{p}") for p in PACKAGES)


def test_a_block_ends_at_the_next_weighted_layers() -> None:
    found = blocks(
        graph(
            conv(1, 8),
            activation(1, "relu"),
            other(1, "dropout", "Dropout", rate=0.5),
            conv(1, 8, "relu", inputs=(2,)),
            conv(1, 8, "relu", inputs=(2,)),
            other(1, "merge", "Add", inputs=(3, 4)),
            dense(1, 2),
        )
    )
    assert [[layer.op for layer in block.tail] for block in found] == [
        ["activation", "dropout"],
        ["merge"],
        ["merge"],
        [],
    ]
    assert [block.last for block in found] == [False, False, False, True]


def test_a_merge_is_no_chain() -> None:
    assert is_chain(graph(dense(1, 2), dense(1, 2)))
    assert not is_chain(graph(dense(1, 2), dense(1, 2), other(1, "merge", "Add", inputs=(0, 1))))


def test_the_output_is_the_last_weighted_layer_with_what_shapes_it() -> None:
    (head,) = heads(graph(dense(1, 3), activation(1, "Softmax"), other(1, "reshape", "Reshape")))
    assert (head.width, head.activation, head.certain) == (3, "softmax", True)
    (unknown,) = heads(graph(dense(1, 3), other(1, "other", "Lambda")))
    assert (unknown.activation, unknown.certain) == (None, False)


def test_several_outputs_are_several_heads() -> None:
    found = sample(
        "x = 1",
        layers=(dense(1, 8, "relu"), dense(1, 1, inputs=(0,)), dense(1, 3, inputs=(0,))),
        graph={"outputs": (1, 2)},
    ).graph
    assert found is not None
    assert [head.width for head in heads(found)] == [1, 3]


def test_statements_are_joined_over_brackets_and_lose_comments() -> None:
    source = sample("x = f(1,  # one\n      2)\n\ny = 3").source
    assert [(s.line, s.text) for s in statements(source)] == [
        (1, "x = f(1,\n      2)"),
        (4, "y = 3"),
    ]


def test_origins_follow_assignments_and_stop_where_a_name_is_overwritten() -> None:
    source = sample(
        """
        raw = load()
        scaled = raw / 255
        a, b = split(scaled)
        a, b = split(raw)
        model.fit(a, epochs=2)
        """
    ).source
    assert [s.line for s in origins(source, "a")] == [1, 4]
    assert origins(source, None) == ()


def test_scaling_counts_only_where_the_inputs_come_from_it() -> None:
    text = """
    raw = load()
    scaled = raw / 255
    a = raw
    b = scaled
    """
    assert not code_scales(sample(text, source={"inputs_name": "a"}).source)
    assert code_scales(sample(text, source={"inputs_name": "b"}).source)
    assert is_derived_scaled(sample(text).source, "b")
    imported = "from sklearn.preprocessing import StandardScaler\na = load()"
    assert not code_scales(sample(imported, source={"inputs_name": "a"}).source)


def test_small_ranges_and_standardized_features_are_scaled() -> None:
    assert is_scaled(images(0, 1))
    assert is_scaled(images(-1, 1))
    assert not is_scaled(images(0, 255))
    assert is_scaled(table(-6, 9, feature_means=(0.2,), feature_stds=(1.1,)))
    assert not is_scaled(table(-6, 9000, feature_means=(0.2, 900.0), feature_stds=(1.1, 80.0)))
    assert is_scaled(images(0, 1, min=None, max=None)) is None


def test_labels_are_read_from_the_code_that_makes_them() -> None:
    def encoding(text: str, name: str | None = None) -> str | None:
        facts = labels_in_code(sample(text, source={"labels_name": name}).source)
        return facts.encoding if facts else None

    assert encoding("y = to_categorical(y)") == "one_hot"
    assert encoding("t = g.flow_from_directory('d')") == "one_hot"
    assert encoding("t = g.flow_from_directory('d', class_mode='binary')") == "binary"
    assert encoding("t = g.flow_from_directory('d', class_mode=mode)") is None
    assert encoding("(x, y), _ = mnist.load_data()") == "integer"
    assert encoding("(x, y), _ = mnist.load_data()\ny = to_categorical(y)") == "one_hot"
    assert encoding("y = load()") is None


def test_bound_names_come_from_every_kind_of_binding() -> None:
    source = sample(
        "import a.b as c\ndef f(p, *, q=1): pass\nfor i, j in x: pass\nif (w := 1): pass\nz = 2"
    ).source
    assert {"c", "f", "p", "q", "i", "j", "w", "z"} <= names_bound(source)
    assert "x" not in names_bound(source)


def test_a_model_made_anew_is_seen_unless_it_gets_an_optimizer_of_its_own() -> None:
    text = "net = Net()\nopt = optim.Adam(net.parameters())\nnet = Net()"
    assert len(list(rebuilt_models(sample(text).source))) == 1
    again = text + "\nopt = optim.Adam(net.parameters())"
    assert list(rebuilt_models(sample(again).source)) == []


def test_semicolons_separate_statements() -> None:
    source = sample("a = 1; b = f(x, ';')  # c = 2; d = 3\nfor i in z: e = i; g = 1").source
    texts = [s.text for s in statements(source)]
    assert texts[:2] == ["a = 1", "b = f(x, ';')"]
    assert {"a", "b", "e", "g", "i"} <= names_bound(source)
    assert not {"c", "d", "f", "x"} & names_bound(source)
    assert [s.text for s in origins(source, "b")] == ["b = f(x, ';')"]


def test_names_are_bound_by_every_form_of_python() -> None:
    text = """
        import os.path, numpy as np
        from losses import focal as criterion
        def f(a, *b, c=1, **d):
            return lambda e: e
        class K: pass
        try: pass
        except OSError as error: pass
        with open(p) as handle: rows = [r for r in handle if (n := r)]
        """
    bound = names_bound(sample(text).source)
    expected = {"os", "np", "criterion", "f", "a", "b", "c", "d", "e", "K", "error", "handle"}
    assert bound == expected | {"rows", "r", "n"}
