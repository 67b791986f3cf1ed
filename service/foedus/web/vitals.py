"""Tell those who run the service how it is: alive, ready, and in figures.

``/healthz`` answers as long as this process does; ``/readyz`` only while queries are evaluated,
so that a load balancer can wait or go elsewhere; ``/metrics`` counts requests and queries since
the start. None of them tells anything of what was asked.

Source: the Prometheus exposition format, by its own client library.
"""

import threading
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import accumulate

from flask import Blueprint, Flask, Response, g, jsonify, request
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from foedus.engine.guarded import GuardedEngine
from foedus.errors import FoedusError
from foedus.web.cache import Cache
from foedus.web.state import service

EXTENSION = "foedus-figures"
"""Where an app has its `Figures`."""
TOLD = "foedus.told"
"""Where a request's environment may have a dictionary that is told its route and path."""
PATHS = ("/healthz", "/readyz", "/metrics")
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

blueprint = Blueprint("vitals", __name__)


class Figures(Collector):
    """What is counted, for whatever answers requests.

    The library's own counters take a lock and several steps for each request, which is a tenth
    of what a small answer costs; it only writes what is counted here.
    """

    def __init__(self, workers: GuardedEngine) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(self)
        self._registry.register(_Workers(workers))
        ProcessCollector(registry=self._registry)
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._taken: dict[str, _Taken] = {}
        self._counting = threading.Lock()

    def count(self, method: str, route: str, status: int, seconds: float | None) -> None:
        """Count a request, and how long it took where that is known.

        An answer that was ready takes no time worth telling.
        """
        with self._counting:
            self._requests[method, route, status] += 1
            if seconds is not None:
                taken = self._taken.get(route)
                if taken is None:
                    taken = self._taken[route] = _Taken()
                taken.seconds += seconds
                taken.buckets[bisect_left(_BUCKETS, seconds)] += 1

    def collect(self) -> Iterator[Metric]:
        """Yield what was counted."""
        requests = CounterMetricFamily(
            "foedus_requests", "Requests answered.", labels=("method", "route", "status")
        )
        seconds = HistogramMetricFamily(
            "foedus_request_seconds",
            "Time until the first byte of an answer that was not ready.",
            labels=("route",),
        )
        with self._counting:
            for (method, route, status), number in self._requests.items():
                requests.add_metric((method, route, str(status)), number)
            for route, taken in self._taken.items():
                most = (*map(str, _BUCKETS), "+Inf")
                buckets = list(zip(most, accumulate(taken.buckets), strict=True))
                seconds.add_metric((route,), buckets, taken.seconds)
        yield requests
        yield seconds

    def write(self) -> bytes:
        """Return all figures, in the format that Prometheus reads."""
        return generate_latest(self._registry)

    def watch(self, cache: Cache) -> None:
        """Count what a cache holds and how often it is used."""
        self._registry.register(_Kept(cache))


def register(app: Flask, workers: GuardedEngine) -> None:
    """Count what an app answers, and answer for it."""
    figures = Figures(workers)

    def count(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "none"
        method = request.method if request.url_rule else "any"
        took = time.perf_counter() - g.start if "start" in g else None
        request.environ.get(TOLD, {}).update(
            route=route, path=request.path, query=g.get("query", "")
        )
        figures.count(method, route, response.status_code, took)
        return response

    app.after_request(count)
    app.extensions[EXTENSION] = figures
    app.register_blueprint(blueprint)

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(figures.write(), content_type=CONTENT_TYPE_PLAIN_0_0_4)


@blueprint.get("/healthz")
def health() -> Response:
    """Say that the service answers, and from which release."""
    return jsonify(status="ok", release=service().digest)


@blueprint.get("/readyz")
def ready() -> Response:
    """Say whether queries are evaluated."""
    try:
        service().engine.run("ASK {}")
    except FoedusError as error:
        response = jsonify(status="not ready", reason=error.code)
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        return response
    return jsonify(status="ok", release=service().digest)


@dataclass(slots=True)
class _Taken:
    """How long the answers of a route took."""

    seconds: float = 0.0
    """All together."""
    buckets: list[int] = field(default_factory=lambda: [0] * (len(_BUCKETS) + 1))
    """How many took so long, each counted once."""


class _Workers(Collector):
    """What has happened to queries, read when somebody asks."""

    def __init__(self, workers: GuardedEngine) -> None:
        self._workers = workers

    def collect(self) -> Iterator[Metric]:
        """Yield every figure."""
        counts = self._workers.counts
        for name, meaning, value in (
            ("queries", "Queries asked.", counts.queries),
            ("queries_at_once", "Queries that needed no worker.", counts.at_once),
            ("long_queries", "Queries that left the quick lane.", counts.long),
            ("refused_queries", "Queries told to come later.", counts.busy),
            ("forked_workers", "Worker processes started.", counts.forked),
            ("dead_workers", "Worker processes that died of something else.", counts.died),
        ):
            yield CounterMetricFamily(f"foedus_{name}", meaning, value=value)
        stopped = CounterMetricFamily(
            "foedus_stopped_queries", "Queries stopped, by limit.", labels=["limit"]
        )
        for limit, number in sorted(counts.stopped.items()):
            stopped.add_metric([limit], number)
        yield stopped
        yield GaugeMetricFamily(
            "foedus_idle_workers", "Worker processes that wait.", value=self._workers.idle()
        )


class _Kept(Collector):
    """What a cache holds, read when somebody asks."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def collect(self) -> Iterator[Metric]:
        """Yield every figure."""
        cache = self._cache
        yield CounterMetricFamily("foedus_cache_hits", "Answers from the cache.", value=cache.hits)
        yield GaugeMetricFamily("foedus_cache_answers", "Answers kept.", value=len(cache))
        yield GaugeMetricFamily("foedus_cache_bytes", "Bytes they take.", value=cache.size)
