"""Tell those who run the service how it is: alive, ready, and in figures.

``/healthz`` answers as long as this process does; ``/readyz`` only while queries are evaluated,
so that a load balancer can wait or go elsewhere; ``/metrics`` counts requests and queries since
the start. None of them tells anything of what was asked.

Source: the Prometheus exposition format, by its own client library.
"""

import time
from collections.abc import Callable, Iterator
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
from foedus.web.tally import BUCKETS, Tally

EXTENSION = "foedus-figures"
"""Where an app has its `Figures`."""
TOLD = "foedus.told"
"""Where a request's environment may have a dictionary that is told its route and path."""
PATHS = ("/healthz", "/readyz", "/metrics")

blueprint = Blueprint("vitals", __name__)


class Figures(Collector):
    """What is counted, as Prometheus reads it."""

    def __init__(self, workers: GuardedEngine) -> None:
        self.tally = Tally()
        self._registry = CollectorRegistry()
        self._registry.register(self)
        self._registry.register(_Workers(workers, self.tally))
        ProcessCollector(registry=self._registry)

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
        counts = self.tally.read()
        for (method, route, status), number in counts.requests.items():
            requests.add_metric((method, route, str(status)), number)
        for route, taken in counts.taken.items():
            most = (*map(str, BUCKETS), "+Inf")
            buckets = list(zip(most, accumulate(taken.buckets), strict=True))
            seconds.add_metric((route,), buckets, taken.seconds)
        yield requests
        yield seconds

    def write(self) -> bytes:
        """Return all figures, in the format that Prometheus reads."""
        return generate_latest(self._registry)

    def watch(self, cache: Cache) -> None:
        """Count what a cache holds and how often it is used."""
        self._registry.register(_Kept(cache, self.tally))

    def watch_doors(self, number: Callable[[], int]) -> None:
        """Tell how many doors are open."""
        self._registry.register(_Doors(number))


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
        figures.tally.count(method, route, response.status_code, took)
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

    def __init__(self, workers: GuardedEngine, tally: Tally) -> None:
        self._workers = workers
        self._tally = tally

    def collect(self) -> Iterator[Metric]:
        """Yield every figure."""
        counts = self._workers.counts
        at_once = counts.at_once + self._tally.read().looked_up
        for name, meaning, value in (
            ("queries", "Queries asked.", counts.queries + at_once),
            ("queries_at_once", "Queries that needed no worker.", at_once),
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

    def __init__(self, cache: Cache, tally: Tally) -> None:
        self._cache = cache
        self._tally = tally

    def collect(self) -> Iterator[Metric]:
        """Yield every figure."""
        cache = self._cache
        hits = cache.hits + self._tally.read().hits
        yield CounterMetricFamily("foedus_cache_hits", "Answers from the cache.", value=hits)
        yield GaugeMetricFamily("foedus_cache_answers", "Answers kept.", value=len(cache))
        yield GaugeMetricFamily("foedus_cache_bytes", "Bytes they take.", value=cache.size)


class _Doors(Collector):
    """The doors, read when somebody asks."""

    def __init__(self, number: Callable[[], int]) -> None:
        self._number = number

    def collect(self) -> Iterator[Metric]:
        """Yield the figure."""
        meaning = "Processes that answer what is ready beside the first one."
        yield GaugeMetricFamily("foedus_open_doors", meaning, value=self._number())
