"""Taking an activation away: only its own call is unwrapped, never the model's."""

from analyzer.fixing.apply import change_text
from analyzer.observed import Site
from analyzer.rules.reading.mends import drop_activation
from analyzer.rules.samples import activation, sample

MADE = """
self.act = nn.Softmax(dim=1)
return self.act(self.fc(x))
"""


def test_module_that_forward_applies_is_not_applied_any_more():
    applied = Site(path="train.py", line=2, column=7, end_line=2, end_column=27)
    layer = activation(1, "softmax", "Softmax", call_site=applied)
    program = sample(MADE, framework="torch", layers=(layer,))
    plan = drop_activation(program, layer)
    text = "def forward(self, x):\n    pass\n" + MADE.strip().replace("return ", "y = ")
    assert plan.description == "do not apply Softmax"
    (change,) = plan.changes
    moved = change.call.model_copy(update={"line": 4, "end_line": 4, "column": 4, "end_column": 24})
    after = change_text("train.py", text, [type(change)(moved)])
    assert after.endswith("y = self.fc(x)")


def test_member_of_a_sequential_becomes_an_identity():
    text = "model = nn.Sequential(nn.Linear(4, 3), nn.Softmax(1))\nloss = loss_fn(model(x), y)"
    applied = Site(path="train.py", line=2, column=15, end_line=2, end_column=23)
    layer = activation(1, "softmax", "Softmax", call_site=applied)
    program = sample(text, framework="torch", layers=(layer,))
    plan = drop_activation(program, layer)
    after = change_text("train.py", text, plan.changes)
    assert after == text.replace("nn.Softmax(1)", "nn.Identity()")
