"""Report values for tests of formats, reviews and posting."""

from __future__ import annotations

from analyzer.findings import (
    DataReport,
    Edit,
    Evidence,
    Finding,
    FindingCounts,
    Fix,
    LayerCourse,
    LayerReport,
    LearnerReport,
    ProgramReport,
    Report,
    Summary,
    Tool,
    TraceReport,
    Unchecked,
)


def make_finding(**changes) -> Finding:
    """An error with a verified one-line fix."""
    values = {
        "rule": "loss-output-mismatch",
        "code": "FL101",
        "kind": "loss",
        "severity": "error",
        "proof": "contract",
        "confidence": 0.95,
        "path": "train.py",
        "line": 3,
        "end_line": 3,
        "column": 4,
        "message": "`mse` on <b>one-hot</b> labels of 10 classes & softmax",
        "why": "The gradient vanishes where the softmax saturates.",
        "evidence": Evidence(data={"labels": "one_hot", "row_sum": float("nan")}),
        "fix": Fix(
            description="use categorical cross-entropy",
            edits=(Edit(path="train.py", start_line=3, end_line=3, replacement="x = `a`"),),
            verified=True,
        ),
        "fingerprint": "0123456789abcdef",
    }
    return Finding(**(values | changes))


def make_report(*findings: Finding, **changes) -> Report:
    """One observed program with these findings, and one that could not be reviewed."""
    values = {
        "path": "train.py",
        "status": "observed",
        "framework": "keras",
        "problem": "multiclass",
        "data": DataReport(input_shape=(64,), dtype="float32", min=0.0, max=float("inf")),
        "learner": LearnerReport(loss="mean_squared_error", optimizer="adam", learning_rate=0.001),
        "layers": (
            LayerReport(
                index=0, type="Dense", name="dense", parameters=650, output_shape=(10,), line=2
            ),
        ),
        "trace": TraceReport(
            steps=3,
            seconds=0.5,
            device="cpu",
            loss=(2.3, float("nan"), 1.0),
            symptoms=("dying-relu: <b>90%</b> of layer 0, dense (line 2)",),
            layers=(LayerCourse(layer=0, steps=(0, 2), update_ratio=(None, float("inf"))),),
        ),
        "checked": ("loss-output-mismatch",),
        "unchecked": (Unchecked(rule="learning-rate", reason="needs the optimizer, not seen"),),
        "findings": findings,
    }
    broken = ProgramReport(path="a b.py", status="failed", reason="a b.py:1: not UTF-8 text")
    programs = (ProgramReport(**(values | changes)), broken)
    counts = FindingCounts(error=sum(f.severity == "error" for f in findings))
    return Report(
        tool=Tool(version="1.2.3"),
        summary=Summary(programs=2, findings=counts, seconds=1.0),
        programs=programs,
    )
