"""Findings and the report: the one JSON object that every channel shows."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
)

from analyzer.kinds import Kind, Problem, Proof, Severity

Status = Literal["observed", "static", "failed", "skipped"]


class Item(BaseModel):
    """Base of all report values: frozen, no unknown fields, non-finite numbers as strings."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")


class Edit(Item):
    """Replace the lines start_line..end_line (1-based, inclusive) by the replacement.

    The replacement holds whole lines without the final line break; an insertion repeats the line
    that it follows; an empty replacement deletes the lines.
    """

    path: str
    start_line: int = Field(ge=1)
    end_line: int = Field(ge=1)
    replacement: str


class Experiment(Item):
    """The same short training with and without the edit, on paired seeds.

    Attributes:
        metric: the score that decided; larger is better.
        before, after: the score per seed; no score before when the program could not train.
        seconds: wall time of all runs together.
        outcome: "better" and "worse" go beyond the paired spread, "noise" does not.
        held_out: samples that were never trained on and that the score is of; 0: none could be
            spared, and the score is of the `samples` trained on.
        steps: training steps of one run.
        loss_before, loss_after: the training loss along the steps, under the first seed.
    """

    metric: str
    seeds: int
    before: tuple[float, ...]
    after: tuple[float, ...]
    seconds: float
    outcome: Literal["better", "worse", "noise"] = "noise"
    held_out: int = 0
    samples: int = 0
    steps: int = 0
    loss_before: tuple[float, ...] = ()
    loss_after: tuple[float, ...] = ()


class Fix(Item):
    """A mend of one finding.

    Attributes:
        verified: True when the edited program was checked again and the finding was gone without a
            new error; False when that failed; None when it was not tried.
    """

    description: str
    edits: tuple[Edit, ...]
    verified: bool | None = None
    experiment: Experiment | None = None


class Evidence(Item):
    """The witnesses of a finding, by where they come from."""

    static: Any = None
    data: Any = None
    trace: Any = None
    learned: Any = None
    experiment: Any = None


class Finding(Item):
    """One fault, at one place, with its measured fact.

    Attributes:
        introduced: in a comparison with an earlier version of the program, whether this version
            alone has the fault; None when nothing was compared.
    """

    rule: str
    code: str
    paper: str | None = None
    kind: Kind
    severity: Severity
    proof: Proof
    confidence: Annotated[float, Field(ge=0.0, le=1.0)]
    path: str
    line: int = Field(ge=1)
    end_line: int = Field(ge=1)
    column: int = Field(default=0, ge=0)
    message: str
    why: str
    evidence: Evidence = Evidence()
    fix: Fix | None = None
    fingerprint: str = ""
    introduced: bool | None = None


class Unchecked(Item):
    """A rule that could not see what it needs; never the same as "fine"."""

    rule: str
    reason: str


class DataReport(Item):
    """The data, as the report shows it."""

    input_shape: tuple[int | None, ...] | None = None
    dtype: str | None = None
    min: float | None = None
    max: float | None = None
    mean: float | None = None
    std: float | None = None
    samples: int | None = None
    classes: int | None = None
    labels: str | None = None
    balance: tuple[float, ...] | None = None
    kind: str | None = None
    source: Literal["program", "configured", "stand_in"] = "program"


class LearnerReport(Item):
    """The learner, as the report shows it."""

    loss: str | None = None
    optimizer: str | None = None
    learning_rate: float | None = None
    batch_size: int | None = None
    epochs: int | None = None


class LayerReport(Item):
    """One layer, as the report shows it."""

    index: int
    type: str
    name: str
    parameters: int
    output_shape: tuple[int | None, ...] | None
    line: int | None


Column = tuple[float | None, ...]


class LayerCourse(Item):
    """Statistics of one layer along the warm-up, one value per entry of `steps`.

    What nobody measured of this layer has no column, and what was not measured at one step is null
    there. Four significant digits. `analyzer.observed.trace.LayerPoint` says what each column is.

    Attributes:
        layer: index in the program's layers; steps: completed steps at each point.
    """

    layer: int
    steps: tuple[int, ...]
    output_mean: Column | None = None
    output_std: Column | None = None
    output_q05: Column | None = None
    output_q95: Column | None = None
    output_zero: Column | None = None
    output_nan: Column | None = None
    output_infinite: Column | None = None
    output_saturated: Column | None = None
    output_dead: Column | None = None
    weight_norm: Column | None = None
    weight_mean: Column | None = None
    weight_std: Column | None = None
    gradient_norm: Column | None = None
    gradient_mean: Column | None = None
    gradient_max: Column | None = None
    gradient_zero: Column | None = None
    gradient_nan: Column | None = None
    output_gradient_norm: Column | None = None
    update_ratio: Column | None = None

    @model_serializer(mode="wrap")
    def _columns(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: column for name, column in write(self).items() if column is not None}


class TraceReport(Item):
    """The warm-up, as the report shows it.

    Attributes:
        symptoms: what looks wrong in it, strongest first: "name: message (line n)".
        symptoms_unchecked: symptoms that could not be looked for, and why.
        metrics: the program's own metrics per step.
        layers: statistics along the warm-up, in execution order; layers_left_out: how many more
            layers were followed.
    """

    steps: int
    seconds: float
    device: str
    loss: tuple[float, ...]
    symptoms: tuple[str, ...] = ()
    symptoms_unchecked: tuple[Unchecked, ...] = ()
    metrics: dict[str, tuple[float, ...]] = Field(default_factory=dict)
    layers: tuple[LayerCourse, ...] = ()
    layers_left_out: int = 0


class Seconds(Item):
    """Wall time per stage, in seconds."""

    build: float = 0.0
    observe: float = 0.0
    diagnose: float = 0.0
    verify: float = 0.0
    total: float = 0.0


class ProgramReport(Item):
    """Everything about one program."""

    path: str
    status: Status
    reason: str | None = None
    framework: str | None = None
    problem: Problem = "unknown"
    data: DataReport | None = None
    learner: LearnerReport | None = None
    layers: tuple[LayerReport, ...] = ()
    trace: TraceReport | None = None
    checked: tuple[str, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()
    seconds: Seconds = Seconds()
    findings: tuple[Finding, ...] = ()


class Tool(Item):
    """Who made the report."""

    name: Literal["faultline"] = "faultline"
    version: str


class FindingCounts(Item):
    """Findings by severity."""

    error: int = 0
    warning: int = 0
    advice: int = 0


class Summary(Item):
    """Counts over all programs."""

    programs: int = 0
    findings: FindingCounts = FindingCounts()
    seconds: float = 0.0


class Report(Item):
    """The report: the same on every channel."""

    schema_version: Literal[1] = 1
    tool: Tool
    summary: Summary
    programs: tuple[ProgramReport, ...]
