"""GET /metrics for Prometheus.

What this process does is counted here. What workers do, maybe on other machines, is read out of
the database at the moment of the scrape: there it is right after restarts too.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    Metric,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from app.state import State, state_of
from worker.store import Fates, Timings
from worker.store import Histogram as StoredHistogram

router = APIRouter()

DELIVERIES = Counter(
    "faultline_deliveries_received", "Webhook deliveries by what became of them", ["outcome"]
)
DELIVERY_SECONDS = Histogram(
    "faultline_delivery_seconds",
    "Time from request to acknowledgement",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)


class StoreCollector(Collector):
    """What is read from the database."""

    def __init__(self, state: State) -> None:
        self._state = state

    def collect(self) -> Iterator[Metric]:
        """Deliveries, runs, findings and their fates, times of stages."""
        inbox, runs, database = self._state.inbox, self._state.runs, self._state.database
        name, text = "faultline_inbox_deliveries", "Stored deliveries by state"
        yield _gauge(name, text, ["state"], {(key,): n for key, n in inbox.counts().items()})
        waiting = inbox.waiting()
        yield _gauge(
            "faultline_queue_length",
            "Deliveries that wait for a worker, by queue",
            ["queue"],
            {(queue,): number for queue, (number, _) in waiting.items()},
        )
        yield _gauge(
            "faultline_queue_oldest_seconds",
            "How long the one that waits longest has waited, by queue",
            ["queue"],
            {(queue,): age for queue, (_, age) in waiting.items()},
        )
        name, text = "faultline_runs", "Runs by state and conclusion"
        yield _gauge(name, text, ["state", "conclusion"], runs.counts())
        name, text = "faultline_findings", "Findings by rule and severity"
        yield _gauge(name, text, ["rule", "severity"], runs.finding_counts())
        name, text = "faultline_findings_fate", "Posted findings by rule and what became of them"
        yield _gauge(name, text, ["rule", "fate"], Fates(database).counts())
        yield from _times(Timings(database).histograms())


def _gauge(name: str, text: str, labels: list[str], values: Mapping[Any, float]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=labels)
    for key, value in values.items():
        family.add_metric(key, value)
    return family


def _times(histograms: list[StoredHistogram]) -> Iterator[Metric]:
    """Those named wait:QUEUE and stage:NAME, each kind as one metric."""
    kinds = {
        "wait": ("faultline_queue_wait_seconds", "Time from queueing to a worker", "queue"),
        "stage": ("faultline_stage_seconds", "Time of a stage that succeeded", "stage"),
    }
    for kind, (name, text, label) in kinds.items():
        family = HistogramMetricFamily(name, text, labels=[label])
        for one in histograms:
            prefix, _, value = one.stage.partition(":")
            if prefix == kind:
                buckets = [(_bound(bound), number) for bound, number in one.buckets]
                family.add_metric([value], buckets, one.seconds)
        yield family


def _bound(seconds: float) -> str:
    return "+Inf" if math.isinf(seconds) else str(seconds)


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """Everything that is counted, in Prometheus' text format."""
    stored = CollectorRegistry()
    stored.register(StoreCollector(state_of(request)))
    process, database = await asyncio.to_thread(
        lambda: (generate_latest(REGISTRY), generate_latest(stored))
    )
    return Response(process + database, media_type=CONTENT_TYPE_LATEST)
