"""The run counts, the source completes it, and invented values reach no rule."""

from analyzer.assemble import assemble, merge_learners, reason_of
from analyzer.observed import (
    ArrayStats,
    DataProfile,
    Graph,
    LabelStats,
    Layer,
    Learner,
    LossSeen,
    LossUse,
    NotObserved,
    Observation,
    OptimizerUse,
    Site,
    Trace,
)
from analyzer.source.calls import SourceIndex

PLACE = Site(path="t.py", line=5, column=20, end_line=5, end_column=25)
OTHER = Site(path="t.py", line=9, end_line=9)


def test_graph_of_the_run_counts_and_the_static_one_is_the_rest():
    static = Graph(layers=(Layer(index=0, type="Dense", op="dense", name="d"),), origin="static")
    seen = static.model_copy(update={"origin": "run"})
    source = SourceIndex(path="t.py", framework="torch", graph=static)
    assert assemble(source, Observation(graph=seen), None).graph is seen
    assert assemble(source, Observation(), "crash: x").graph is static
    assert assemble(source, None, "switched off").framework == "torch"


def test_source_fills_what_the_run_could_not_show():
    seen = Learner(
        losses=(LossUse(name="mean_squared_error", site=OTHER),),
        optimizers=(OptimizerUse(name="sgd", learning_rate=3.0),),
        batch_size=10,
    )
    static = Learner(
        losses=(LossUse(name="mean_squared_error", site=PLACE),),
        optimizers=(OptimizerUse(name="sgd", learning_rate=0.1, learning_rate_site=PLACE),),
        batch_size=99,
        epochs=30,
        epochs_site=PLACE,
        origin="static",
    )
    merged = merge_learners(seen, static)
    assert (merged.batch_size, merged.epochs, merged.epochs_site) == (10, 30, PLACE)
    assert merged.losses[0].site == PLACE
    assert merged.optimizers[0].learning_rate == 3.0
    assert merged.optimizers[0].learning_rate_site == PLACE
    assert merge_learners(None, static) is static


def test_invented_values_are_blanked_and_the_programs_own_facts_stay():
    data = DataProfile(
        inputs=(ArrayStats(name="x", shape=(28, 28), dtype="uint8", min=0, max=255, mean=33.0),),
        labels=(LabelStats(shape=(10,), encoding="one_hot", classes=10, balance=(0.1,) * 10),),
        source="stand_in",
    )
    trace = Trace(steps=4, loss=(1.0,), loss_seen=(LossSeen(row_sum_max=1.0, target_max=9.0),))
    observation = Observation(data=data, trace=trace)
    program = assemble(SourceIndex(path="t.py", framework="keras"), observation, None)
    assert program.data.inputs[0] == ArrayStats(name="x", shape=(28, 28), dtype="uint8")
    assert program.data.labels[0] == LabelStats(shape=(10,), encoding="one_hot")
    assert program.trace.loss == ()
    assert program.trace.loss_seen[0].row_sum_max == 1.0
    assert program.trace.loss_seen[0].target_max is None
    own = observation.model_copy(update={"data": data.model_copy(update={"source": "program"})})
    kept = assemble(SourceIndex(path="t.py", framework="keras"), own, None)
    assert kept.data.inputs[0].max == 255
    assert kept.trace.loss == (1.0,)


def test_reason_names_cause_message_and_line():
    trouble = NotObserved(cause="missing_module", message="No module named 'cv2'", site=PLACE)
    assert reason_of(trouble) == "missing module: No module named 'cv2' (line 5)"
    assert reason_of(None) is None


def test_layers_without_their_order_do_not_hide_the_graph_of_the_source():
    static = Graph(
        layers=(Layer(index=0, type="relu", op="activation", name="r"),), origin="static"
    )
    seen = Graph(layers=(Layer(index=0, type="Linear", op="dense", name="d"),), complete=False)
    source = SourceIndex(path="t.py", framework="torch", graph=static)
    assert assemble(source, Observation(graph=seen), None).graph is static


def test_shapes_that_come_from_invented_data_are_not_the_programs():
    layer = Layer(index=0, type="Conv2D", op="conv", name="c")
    static = Graph(layers=(layer,), origin="static")
    seen = Graph(layers=(layer.model_copy(update={"input_channels": 3}),))
    invented = Observation(graph=seen, data=DataProfile(source="stand_in"))
    source = SourceIndex(path="t.py", framework="keras", graph=static)
    assert assemble(source, invented, None).graph is static
    stated = SourceIndex(path="t.py", framework="keras", graph=static, stated_shape=(32, 32, 3))
    assert assemble(stated, invented, None).graph is seen
    own = Observation(graph=seen, data=DataProfile())
    assert assemble(source, own, None).graph is seen
