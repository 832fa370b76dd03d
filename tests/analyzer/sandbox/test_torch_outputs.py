"""Watching what is done with the model's output leaves PyTorch's functions what they are."""

from __future__ import annotations

from pathlib import Path

from tests.support.torch_programs import text_at, torch_programs

PROGRAM = """
    import torch
    from torch import nn

    @torch.jit.script
    def scripted(x):
        kept = torch.argmax(x, 1).unsqueeze(1) + torch.max(x) + x.round()
        return torch.round(x) + kept + (x > 0.5).float()

    torch.manual_seed(0)
    net = nn.Linear(3, 2)
    optimizer = torch.optim.SGD(net.parameters(), 0.1)
    x, y = torch.randn(8, 3), torch.randint(0, 2, (8,))
    for _ in range(3):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    with torch.no_grad():
        scores = net(x)
        print(scripted(x).shape, scores.argmax(1).shape, scores.softmax(1).argmax(0).shape)
        print(torch.vmap(lambda row: row.argmax())(x).shape, (scores[:, 0] > 0.5).shape)
"""


def test_scripted_functions_compile_and_uses_of_the_output_are_seen(tmp_path: Path) -> None:
    programs = torch_programs()
    programs.run(tmp_path / "plain", PROGRAM, observe=False)
    plain = programs.output
    observation = programs.observe(tmp_path / "observed", PROGRAM)
    assert programs.output == plain
    assert observation.trouble is None
    assert observation.trace is not None
    (use,) = observation.trace.output_uses  # softmax makes other values, a column is a part
    assert (use.operation, use.axis, use.shape) == ("argmax", 1, (8, 2))
    assert text_at(tmp_path / "observed", use.site) == "scores.argmax(1)"
