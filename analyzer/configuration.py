"""The configuration of a repository, `.github/faultline.yml`: each error names its line."""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from analyzer.errors import ConfigurationError
from analyzer.kinds import Problem, Severity
from analyzer.options import run_words
from analyzer.rules.registry import all_rules

CONFIGURATION_PATH = ".github/faultline.yml"
MAX_BYTES = 100_000
"""A configuration larger than this is refused before it is parsed, in bytes."""

DatasetForm = Literal[
    "mount", "npz", "csv", "image_folder", "keras", "torchvision", "python", "stand_in"
]


class Section(BaseModel):
    """Base of all sections: frozen, unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ProgramSection(Section):
    """Settings for the programs whose path matches a glob."""

    path: Annotated[str, Field(min_length=1)]
    run: str | None = None
    dataset: dict[str, Any] | None = None
    runtime: str = "default"
    budget: Annotated[float, Field(gt=0, le=3600)] | None = None
    problem: Problem | None = None

    @field_validator("run")
    @classmethod
    def _a_known_form(cls, value: str | None) -> str | None:
        if value is not None:
            run_words(value)
        return value

    @field_validator("dataset")
    @classmethod
    def _one_known_form(cls, value: dict[str, Any] | None) -> dict[str, Any] | None:
        if value is None:
            return None
        forms = DatasetForm.__args__  # type: ignore[attr-defined]
        named = [key for key in value if key in forms]
        if len(named) != 1:
            msg = f"expected exactly one of {', '.join(forms)}, got {', '.join(value) or 'nothing'}"
            raise ValueError(msg)
        return value


class RulesSection(Section):
    """Which rules run, and how severe they are at most."""

    select: tuple[str, ...] = ("ALL",)
    ignore: tuple[str, ...] = ()
    severity: dict[str, Severity] = Field(default_factory=dict)


class ReviewSection(Section):
    """How a pull request is reviewed."""

    fail_on: Literal["error", "warning", "advice", "never"] = "error"
    max_comments: Annotated[int, Field(ge=0, le=50)] = 5
    scope: Literal["diff", "all"] = "diff"
    drafts: bool = False
    forks: Literal["static", "full", "never"] = "static"


class Configuration(Section):
    """The whole file."""

    version: Literal[1] = 1
    programs: tuple[ProgramSection, ...] = ()
    rules: RulesSection = RulesSection()
    review: ReviewSection = ReviewSection()


def read_configuration(
    text: str, path: str = CONFIGURATION_PATH, *, known_rules: Sequence[str] | None = None
) -> Configuration:
    """The configuration that `text` holds; an empty file is the default one.

    Args:
        known_rules: names and codes that `rules` may mention; None: those of this version.

    Raises:
        ConfigurationError: what is wrong, in which line, and what would be right.
    """
    if len(text.encode()) > MAX_BYTES:
        raise ConfigurationError(f"larger than {MAX_BYTES:,} bytes", path=path)
    node, value = _parse(text, path)
    _check_doubled_keys(node, path)
    if value is None:
        return Configuration()
    if not isinstance(value, dict):
        kind = type(value).__name__
        message = f"expected a mapping with the key version, got a {kind}"
        raise ConfigurationError(message, path=path, line=1)
    try:
        configuration = Configuration.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        line = _line_of(node, first["loc"])
        raise ConfigurationError(_explain(first), path=path, line=line) from error
    _check_rule_names(configuration, known_rules, node, path)
    return configuration


def _parse(text: str, path: str) -> tuple[yaml.Node | None, Any]:
    """The file as nodes, which know their lines, and as values."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        _check_scalars(node, path)
        return node, yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "it cannot be parsed"
        line = None if mark is None else mark.line + 1
        raise ConfigurationError(f"not valid YAML: {problem}", path=path, line=line) from error
    except RecursionError as error:
        raise ConfigurationError("not valid YAML: nested too deeply", path=path) from error


def _nodes(root: yaml.Node | None) -> Iterator[yaml.Node]:
    """Every node once; an alias is the same node again."""
    waiting, seen = [root], set()
    while waiting:
        node = waiting.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
        elif isinstance(node, yaml.MappingNode):
            waiting += [part for pair in node.value for part in pair]


def _check_scalars(root: yaml.Node | None, path: str) -> None:
    """A date or a number that YAML takes for one and Python does not."""
    loader = yaml.SafeLoader("")
    for node in _nodes(root):
        if isinstance(node, yaml.ScalarNode):
            try:
                loader.construct_object(node)
            except ValueError as error:
                message = f"{_short(node.value)} is no value: {error}"
                line = node.start_mark.line + 1
                raise ConfigurationError(message, path=path, line=line) from error


def _check_doubled_keys(root: yaml.Node | None, path: str) -> None:
    """A second key of the same name would silently replace the first one."""
    for node in _nodes(root):
        names: dict[str, int] = {}
        for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
            line, name = key.start_mark.line + 1, str(key.value)
            if name in names and name != "<<":
                message = f"the key {_short(name)} stands in line {names[name]} already"
                raise ConfigurationError(message, path=path, line=line)
            names[name] = line


def _short(value: object) -> str:
    """A value of the file in a message; aliases can make it as large as they like."""
    shortener = reprlib.Repr()
    shortener.maxlevel, shortener.maxstring, shortener.maxother = 2, 80, 80
    return shortener.repr(value)


_EXPECTED = {
    **dict.fromkeys(("tuple_type", "list_type"), "a list"),
    **dict.fromkeys(("model_type", "dict_type", "model_attributes_type"), "a mapping"),
}


def _explain(error: Any) -> str:
    """One line for a person from pydantic's first error."""
    where = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        known = _known_keys(error["loc"][:-1])
        close = difflib.get_close_matches(str(error["loc"][-1]), known, 1)
        hint = f"did you mean {close[0]}?" if close else f"known keys: {', '.join(known)}"
        return f"unknown key {where}; {hint}"
    if error["type"] == "literal_error":
        return f"{where}: expected {error['ctx']['expected']}, got {_short(error['input'])}"
    if error["type"] in _EXPECTED:
        return f"{where}: expected {_EXPECTED[error['type']]}, got {_short(error['input'])}"
    message = str(error["msg"]).removeprefix("Value error, ")
    return f"{where}: {message[:1].lower()}{message[1:]}, got {_short(error['input'])}"


def _known_keys(parents: Sequence[str | int]) -> list[str]:
    sections: dict[str, type[Section]] = {
        "programs": ProgramSection,
        "rules": RulesSection,
        "review": ReviewSection,
    }
    model = sections.get(str(parents[0]), Configuration) if parents else Configuration
    return list(model.model_fields)


def _line_of(node: yaml.Node | None, location: Sequence[str | int]) -> int | None:
    """The 1-based line of the deepest part of `location` that the file holds."""
    line = None if node is None else node.start_mark.line + 1
    for part in location:
        if isinstance(node, yaml.MappingNode):
            pairs = [pair for pair in node.value if pair[0].value == str(part)]
            if not pairs:
                break
            line, node = pairs[0][0].start_mark.line + 1, pairs[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            if part >= len(node.value):
                break
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line


def _check_rule_names(
    configuration: Configuration, given: Sequence[str] | None, node: yaml.Node | None, path: str
) -> None:
    rules = configuration.rules
    known = rule_names() if given is None else given
    named: list[tuple[tuple[str | int, ...], str]] = [
        *((("rules", "select", i), name) for i, name in enumerate(rules.select)),
        *((("rules", "ignore", i), name) for i, name in enumerate(rules.ignore)),
        *((("rules", "severity", name), name) for name in rules.severity),
    ]
    for location, name in named:
        if name == "ALL" or name in known or _is_prefix(name, known):
            continue
        close = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean {close[0]}?" if close else "`faultline rules` lists them"
        line = _line_of(node, location)
        raise ConfigurationError(f"unknown rule {name!r}; {hint}", path=path, line=line)


def rule_names() -> list[str]:
    """Names and codes of this version's rules, and the paper names that select several."""
    rules = all_rules()
    named = [name for rule in rules for name in (rule.name, rule.code)]
    return [*named, *sorted({rule.paper for rule in rules if rule.paper})]


def _is_prefix(name: str, known: Sequence[str]) -> bool:
    """Whether `name` starts the codes of several rules: "FL1"."""
    return name.startswith("FL") and any(each.startswith(name) for each in known)
