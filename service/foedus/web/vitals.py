"""Tell those who run the service how it is: alive, ready, and in figures.

``/healthz`` answers as long as this process does; ``/readyz`` only while queries are evaluated,
so that a load balancer can wait or go elsewhere; ``/metrics`` counts requests and queries since
the start. None of them tells anything of what was asked.

Source: the Prometheus exposition format, by its own client library.
"""

import time
from collections import Counter as Counter_
from collections.abc import Iterator
from http import HTTPStatus

from flask import Blueprint, Flask, Response, g, jsonify, request
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
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
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

blueprint = Blueprint("vitals", __name__)


class Figures:
    """What is counted, for whatever answers requests."""

    def __init__(self, workers: GuardedEngine) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(_Workers(workers))
        ProcessCollector(registry=self.registry)
        self._requests = Counter(
            "foedus_requests",
            "Requests answered.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "foedus_request_seconds",
            "Time until the first byte of an answer that was not ready.",
            ("route",),
            buckets=_BUCKETS,
            registry=self.registry,
        )

        self._ready: Counter_[tuple[str, int]] = Counter_()
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def count(self, method: str, route: str, status: int, seconds: float | None) -> None:
        """Count a request, and how long it took where that is known."""
        known = self._children.get((method, route, status))
        if known is None:
            known = (self._requests.labels(method, route, status), self._seconds.labels(route))
            self._children[method, route, status] = known
        known[0].inc()
        if seconds is not None:
            known[1].observe(seconds)

    def count_ready(self, route: str, status: int) -> None:
        """Count a GET whose answer was ready, which takes no time worth telling."""
        self._ready[route, status] += 1

    def write(self) -> bytes:
        """Return all figures, in the format that Prometheus reads."""
        for (route, status), number in self._ready.items():
            self._requests.labels("GET", route, status).inc(number)
        self._ready.clear()
        return generate_latest(self.registry)

    def watch(self, cache: Cache) -> None:
        """Count what a cache holds and how often it is used."""
        self.registry.register(_Kept(cache))


def register(app: Flask, workers: GuardedEngine) -> None:
    """Count what an app answers, and answer for it."""
    figures = Figures(workers)

    def count(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "none"
        method = request.method if request.url_rule else "any"
        took = time.perf_counter() - g.start if "start" in g else None
        request.environ.get(TOLD, {}).update(route=route, path=request.path)
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


class _Workers(Collector):
    """What has happened to queries, read when somebody asks."""

    def __init__(self, workers: GuardedEngine) -> None:
        self._workers = workers

    def collect(self) -> Iterator[Metric]:
        """Yield every figure."""
        counts = self._workers.counts
        for name, meaning, value in (
            ("queries", "Queries asked.", counts.queries),
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
