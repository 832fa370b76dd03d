"""Base against head, with real programs in the real sandbox: old faults are not the author's."""

from pathlib import Path

import pytest

from analyzer import Configuration, Options
from tests.support.git import Repository
from worker.clone import Clone
from worker.local import LocalReview, review_clone

OLD = b"""\
import torch
from sklearn.datasets import load_digits
from torch import nn

data, labels = load_digits(return_X_y=True)
x = torch.tensor(data / 16.0, dtype=torch.float32)
y = torch.tensor(labels)
model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10), nn.Softmax(1))
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
for epoch in range(20):
    for start in range(0, len(x), 32):
        optimizer.zero_grad()
        out = model(x[start : start + 32])
        loss = loss_fn(out, y[start : start + 32])
        loss.backward()
        optimizer.step()
"""
NEW = b"# Digits\n" + OLD.replace(b"        optimizer.zero_grad()\n", b"")


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> LocalReview:
    """The file is renamed, moved down a line, and forgets to clear its gradients."""
    folder: Path = tmp_path_factory.mktemp("clone")
    repository = Repository(folder / "work")
    base = repository.commit({"old_name.py": OLD})
    head = repository.commit({"old_name.py": None, "train.py": NEW})
    options = Options(budget=30.0, verify="none")
    say = print
    return review_clone(Clone(repository.folder), base, head, Configuration(), options, None, say)


def test_only_what_the_change_brought_is_commented_on(done: LocalReview) -> None:
    (program,) = done.report.programs
    marks = {finding.rule: finding.introduced for finding in program.findings}
    assert marks["activation-before-logits-loss"] is False
    assert marks["gradients-not-cleared"] is True
    assert len(done.review.comments) == 1
    assert "gradients-not-cleared" in done.review.comments[0].body


def test_the_check_run_lists_what_was_there_before(done: LocalReview) -> None:
    check = done.review.check
    assert check.title == "1 error in this change"
    _, _, rest = check.summary.partition("### There before this change")
    assert "`activation-before-logits-loss`" in rest.split("###")[0]
