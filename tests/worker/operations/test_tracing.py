"""One trace for each delivery, in whichever process; nothing when it is not switched on."""

from collections.abc import Iterator

import pytest

from worker import tracing
from worker.tracing import span

sdk = pytest.importorskip("opentelemetry.sdk.trace", reason='pip install "faultline[otel]"')


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter, provider = InMemorySpanExporter(), sdk.TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing, "_tracer", lambda: provider.get_tracer("test"))
    yield exporter
    provider.shutdown()


def test_spans_of_one_delivery_are_one_trace(spans: object) -> None:
    with span("faultline.plan_review", "guid-1", queue="reviews"):
        pass
    with span("faultline.review", "guid-1", queue="analysis.cpu"):
        pass
    with span("faultline.review", "guid-2", queue="analysis.cpu"):
        pass
    first, second, third = spans.get_finished_spans()
    assert first.context.trace_id == second.context.trace_id != third.context.trace_id
    assert first.attributes == {"faultline.queue": "reviews", "faultline.guid": "guid-1"}


def test_off_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FAULTLINE_OTEL", raising=False)
    tracing._tracer.cache_clear()
    assert tracing._tracer() is None
    with span("faultline.review", "guid"):
        pass
