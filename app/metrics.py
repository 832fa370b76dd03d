"""GET /metrics for Prometheus.

What this process does is counted here. What workers do, maybe on other machines, is read out of
the database at the moment of the scrape: there it is right after restarts too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

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
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from app.state import State, state_of

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
    """Gauges that are read from the database."""

    def __init__(self, state: State) -> None:
        self._state = state

    def collect(self) -> Iterator[Metric]:
        """Deliveries by state, runs by state and conclusion, findings by rule and severity."""
        inbox = GaugeMetricFamily(
            "faultline_inbox_deliveries", "Stored deliveries by state", labels=["state"]
        )
        for name, number in self._state.inbox.counts().items():
            inbox.add_metric([name], number)
        yield inbox
        reviews = GaugeMetricFamily(
            "faultline_runs", "Runs by state and conclusion", labels=["state", "conclusion"]
        )
        for (name, conclusion), number in self._state.runs.counts().items():
            reviews.add_metric([name, conclusion], number)
        yield reviews
        found = GaugeMetricFamily(
            "faultline_findings", "Findings by rule and severity", labels=["rule", "severity"]
        )
        for (rule, severity), number in self._state.runs.finding_counts().items():
            found.add_metric([rule, severity], number)
        yield found


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """Everything that is counted, in Prometheus' text format."""
    stored = CollectorRegistry()
    stored.register(StoreCollector(state_of(request)))
    process, database = await asyncio.to_thread(
        lambda: (generate_latest(REGISTRY), generate_latest(stored))
    )
    return Response(process + database, media_type=CONTENT_TYPE_LATEST)
