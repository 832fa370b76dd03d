"""A wrong configuration names the file, the line and what would be right."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.configuration import Configuration, read_configuration
from analyzer.errors import ConfigurationError

KNOWN = ["learning-rate", "missing-batch-norm"]

FULL = """\
version: 1
programs:
  - path: "examples/*.py"
    run: "train.py --epochs 1"
    dataset: {mount: {"data/": "cats-vs-dogs"}}
    budget: 30
rules: {select: [ALL], ignore: [], severity: {missing-batch-norm: advice}}
review: {fail_on: error, max_comments: 5, scope: diff, drafts: false, forks: static}
"""


def test_full_example_is_read():
    configuration = read_configuration(FULL, known_rules=KNOWN)
    assert configuration.programs[0].dataset == {"mount": {"data/": "cats-vs-dogs"}}
    assert configuration.programs[0].budget == 30
    assert configuration.rules.severity == {"missing-batch-norm": "advice"}


def test_empty_file_is_the_default():
    assert read_configuration("# nothing yet\n") == Configuration()


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("version: 1\nreview: {drafts: true}\nreview: {}\n", 3, "'review' stands in line 2"),
        ("rules: {select: [ALL], select: []}\n", 1, "'select' stands in line 1"),
        ("rules: {select: ALL}\n", 1, "rules.select: expected a list, got 'ALL'"),
        ("rules:\nversion: 1\n", 1, "rules: expected a mapping, got None"),
        ("\nversion: 2001-99-99\n", 2, "'2001-99-99' is no value: month must be"),
        ("version: " + "9" * 5000, 1, "is no value: Exceeds the limit"),
        ("version: 2\n", 1, "version: expected 1, got 2"),
        ("version: 1\nreviews: {}\n", 2, "unknown key reviews; did you mean review?"),
        ("version: 1\nreview:\n  fail_on: errors\n", 3, "review.fail_on: expected"),
        ("version: 1\nreview:\n  max_comments: many\n", 3, "got 'many'"),
        ("version: 1\nprograms:\n  - path: a.py\n    dataset: {cvs: a}\n", 4, "exactly one of"),
        ("version: 1\nprograms:\n  - pth: a.py\n", 3, "programs.0"),
        ("rules: {select: [lerning-rate]}\n", 1, "did you mean learning-rate?"),
        ("a: [1\n", 2, "not valid YAML"),
        ("- 1\n", 1, "expected a mapping"),
    ],
)
def test_wrong_files_say_where_and_what(text, line, says):
    with pytest.raises(ConfigurationError) as caught:
        read_configuration(text, "x.yml", known_rules=KNOWN)
    assert caught.value.line == line
    assert says in str(caught.value)
    assert str(caught.value).startswith(f"x.yml:{line}: ")


def test_huge_file_is_refused_before_parsing():
    with pytest.raises(ConfigurationError, match="larger than"):
        read_configuration("a" * 200_000)


@given(st.text(max_size=200))
def test_any_text_gives_a_configuration_or_a_configuration_error(text):
    with contextlib.suppress(ConfigurationError):
        assert isinstance(read_configuration(text), Configuration)


def test_rule_names_are_those_of_this_version_by_default():
    assert read_configuration("rules: {ignore: [single-unit-softmax, FL101, LLM]}")
    with pytest.raises(ConfigurationError, match="unknown rule 'single-unit-softmx'; did you mean"):
        read_configuration("rules: {ignore: [single-unit-softmx]}")


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_deep_nesting_is_refused(opening):
    with pytest.raises(ConfigurationError, match="nested too deeply"):
        read_configuration(opening * 20_000)


def test_aliases_cannot_blow_a_message_up():
    """Ten levels of ten references each stand for ten thousand million words."""
    levels = [
        "x0: &x0 [word]",
        *(f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 10)}]" for n in range(1, 11)),
    ]
    text = "\n".join(
        ("programs: [{path: p, dataset: {csv: {", *[f"  {x}," for x in levels], "}}, run: *x10}]")
    )
    with pytest.raises(ConfigurationError, match=r"programs\.0\.run") as caught:
        read_configuration(text)
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize(
    "run", ["train.py", "./a/train.py --x 'y z'", "python -m a.b --x", "-m a", "a.b:main.run"]
)
def test_forms_of_run_are_read(run):
    text = f'programs:\n  - path: "*.py"\n    run: "{run}"\n'
    assert read_configuration(text).programs[0].run == run


@pytest.mark.parametrize(
    "run", ["", "python", "-m", "'unclosed", "make train", "a:b c", "python -c x"]
)
def test_a_run_of_another_form_is_refused_with_its_line(run):
    text = f'programs:\n  - path: "*.py"\n    run: "{run}"\n'
    with pytest.raises(ConfigurationError) as caught:
        read_configuration(text)
    assert caught.value.line == 3
    assert "programs.0.run: " in str(caught.value)
