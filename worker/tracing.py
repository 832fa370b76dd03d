"""OpenTelemetry traces, when FAULTLINE_OTEL=1 and the extra `otel` is installed.

One trace for each delivery, in whichever processes it is worked on: the trace's number is made
from the delivery's GUID, so nothing has to be handed on. OTEL_EXPORTER_OTLP_ENDPOINT and its like
say where spans go. No span holds text of a repository or a secret.
"""

from __future__ import annotations

import functools
import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from worker.operation import OperationSettings

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

log = logging.getLogger(__name__)


@contextmanager
def span(name: str, guid: str, **attributes: str | int | float) -> Iterator[None]:
    """The time that the block takes, as one span of the delivery's trace."""
    tracer = _tracer()
    with nullcontext() if tracer is None else _span(tracer, name, guid, attributes):
        yield


@contextmanager
def _span(
    tracer: Tracer, name: str, guid: str, attributes: dict[str, str | int | float]
) -> Iterator[None]:
    from opentelemetry import trace

    digest = hashlib.sha256(guid.encode()).digest()
    root = trace.SpanContext(
        trace_id=int.from_bytes(digest[:16], "big"),
        span_id=int.from_bytes(digest[16:24], "big"),
        is_remote=True,
        trace_flags=trace.TraceFlags(trace.TraceFlags.SAMPLED),
    )
    context = trace.set_span_in_context(trace.NonRecordingSpan(root))
    marks = {f"faultline.{key}": value for key, value in attributes.items()}
    with tracer.start_as_current_span(name, context, attributes={**marks, "faultline.guid": guid}):
        yield


@functools.lru_cache(maxsize=1)
def _tracer() -> Tracer | None:
    if not OperationSettings().faultline_otel:
        return None
    try:
        from opentelemetry import trace
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        log.warning('no traces: pip install "faultline[otel]"')
        return None
    provider = TracerProvider(resource=Resource.create({"service.name": "faultline"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return trace.get_tracer("faultline")
