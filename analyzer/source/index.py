"""Reading one program from its source: `read_program`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from analyzer.errors import SourceError
from analyzer.kinds import Framework
from analyzer.source.calls import CallSite, SourceIndex
from analyzer.source.data import DataSites, data_sites
from analyzer.source.executing import Executor
from analyzer.source.files import SourceFile, read_source, source_from_text
from analyzer.source.graphs import graph_of
from analyzer.source.ignores import ignored_rules
from analyzer.source.learner import learner_of
from analyzer.source.leftovers import read_leftovers
from analyzer.source.names import framework_of
from analyzer.source.parsing import Parsed, parse
from analyzer.source.sites import call_site, call_sites, seen_role
from analyzer.source.values import Scope

MAX_MODULES = 20
"""Local modules that are read with a program."""

_BUILDING = ("layers", "models", ".nn.", ".optim", "Sequential", "Model")
"""Parts of names that build or train a model."""

_TRAINING = frozenset({"fit", "compile", "backward"})

MAX_DEPTH = 4
"""Imports of imports that are followed."""


class LocalModules:
    """The modules under the root that a program imports, each read once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.read: dict[str, Scope] = {}
        self.reader: Executor | None = None
        self.depth = 0

    def load(self, module: str, level: int, scope: Scope) -> Scope | None:
        """The scope of a local module, None when there is no such file under the root."""
        path = self._find(module, level, scope.parsed.path)
        if path is None:
            return None
        if path in self.read:
            return self.read[path]
        if len(self.read) >= MAX_MODULES or self.depth >= MAX_DEPTH or self.reader is None:
            return None
        try:
            source = read_source(self.root, path)
        except SourceError:
            return None
        return self._execute(source)

    def _execute(self, source: SourceFile) -> Scope:
        reader = self.reader
        assert reader is not None
        scope = Scope(parse(source.path, source.text), main=False)
        self.read[source.path] = scope
        kept = (reader.scope, reader.function, reader.loops, reader.statement, reader.running)
        reader.scope, reader.function, reader.loops, reader.running = scope, "", 0, []
        self.depth += 1
        try:
            reader.run_module(scope.parsed.tree.body)
        finally:
            self.depth -= 1
            reader.scope, reader.function, reader.loops, reader.statement, reader.running = kept
        return scope

    def _find(self, module: str, level: int, importer: str) -> str | None:
        """The path of a module, relative to the root, beside the importing file or at the root."""
        tail = module.replace(".", "/")
        folder = Path(importer).parent
        for _ in range(max(level - 1, 0)):
            folder = folder.parent
        folders = [folder] if level else [folder, Path()]
        for start in folders:
            for name in (f"{tail}.py", f"{tail}/__init__.py") if tail else ("__init__.py",):
                candidate = (start / name).as_posix()
                if candidate != importer and (self.root / candidate).is_file():
                    return candidate
        return None


def read_program(root: Path, path: str, *, text: str | None = None) -> SourceIndex:
    """What the source alone shows of the program `path` under `root`.

    Args:
        text: the file's content when it is not what lies on disk; for a notebook its JSON or the
            script of its cells.

    Raises:
        SourceError: the file cannot be read as text at all. A program with syntax errors is read
            without the lines that do not parse, which `SourceIndex.troubles` names.
    """
    source = read_source(root, path) if text is None else source_from_text(path, text)
    return survey(root, source).index


@dataclass(frozen=True, slots=True)
class Survey:
    """A program and how it hangs together with the files around it.

    Attributes:
        trains: calls that train when the program is run (not only inside functions nobody calls).
        modules: the local files that it imports, its own left out.
    """

    index: SourceIndex
    trains: tuple[CallSite, ...]
    modules: frozenset[str]


def survey(root: Path, source: SourceFile) -> Survey:
    """Read a program whose file has been read."""
    parsed = parse(source.path, source.text)
    modules = LocalModules(root)
    scope = Scope(parsed)
    reader = Executor(scope, modules.load)
    modules.reader = reader
    modules.read[source.path] = scope
    reader.run_module(parsed.tree.body)
    run = list(reader.record.calls.values())
    read_leftovers(reader, scope)
    index = _index(source, parsed, reader)
    roles = [(seen, seen_role(seen, index.framework)) for seen in run]
    trains = tuple(
        call_site(seen, role) for seen, role in roles if role in {"fit", "backward"} and role
    )
    return Survey(index, trains, frozenset(modules.read) - {source.path})


def _index(source: SourceFile, parsed: Parsed, reader: Executor) -> SourceIndex:
    framework = _framework(reader)
    calls = call_sites(reader, framework)
    sites = data_sites(reader) if framework else DataSites()
    return SourceIndex(
        path=source.path,
        framework=framework,
        calls=calls,
        graph=graph_of(reader, framework) if framework else None,
        learner=learner_of(reader, framework) if framework else None,
        imports=frozenset(reader.imports),
        data_site=sites.inputs,
        labels_site=sites.labels,
        inputs_name=sites.inputs_name,
        labels_name=sites.labels_name,
        evaluated_names=sites.evaluated,
        stated_shape=sites.stated_shape,
        troubles=parsed.troubles,
        readable=parsed.readable if parsed.troubles and parsed.tree.body else None,
        ignored=ignored_rules(parsed),
        lines=parsed.lines,
    )


def _framework(reader: Executor) -> Framework | None:
    """The framework whose layers, models and optimizers the program uses most."""
    counts: Counter[Framework] = Counter()
    for spelled in reader.record.spelled:
        framework = framework_of(spelled)
        if framework is not None and any(word in spelled for word in _BUILDING):
            counts[framework] += 1
    counts["torch"] += 3 * sum(cls.kind == "torch" for cls in reader.classes)
    (name, count), *_ = counts.most_common(1)
    if count:
        return name
    trains = any(seen_role(seen, "keras") in _TRAINING for seen in reader.record.calls.values())
    return next(iter(reader.frameworks)) if trains and len(reader.frameworks) == 1 else None
