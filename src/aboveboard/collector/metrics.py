"""How is the collector doing, in numbers that Prometheus reads? No label ever holds an address or an id."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from aboveboard.collector.commit import Committer

if TYPE_CHECKING:
    from prometheus_client.registry import Collector
else:
    Collector = object

__all__ = ["serve_metrics"]


class _Numbers(Collector):
    """Reads the counts that the committer keeps anyway, at the moment somebody asks for them."""

    def __init__(self, committer: Committer) -> None:
        self._committer = committer

    def collect(self) -> Iterator[Metric]:
        """Yield every number."""
        counts = self._committer.counts
        events = CounterMetricFamily("aboveboard_events", "Events on disk.", labels=["source"])
        for source, count in list(counts.events.items()):
            events.add_metric([source], count)
        drops = CounterMetricFamily("aboveboard_drops", "Parts left out.", labels=["source", "reason"])
        for (source, reason), count in list(counts.drops.items()):
            drops.add_metric([source, reason], count)
        refusals = CounterMetricFamily("aboveboard_refused_requests", "Requests refused.", labels=["reason"])
        for reason, count in list(counts.refusals.items()):
            refusals.add_metric([reason], count)
        yield from (events, drops, refusals)
        yield CounterMetricFamily("aboveboard_requests", "Requests accepted.", value=counts.requests)
        yield CounterMetricFamily("aboveboard_commits", "Groups of requests written.", value=counts.commits)
        yield CounterMetricFamily("aboveboard_commit_seconds", "Time spent writing.", value=counts.seconds)
        yield GaugeMetricFamily(
            "aboveboard_waiting_bytes", "Bodies that wait.", value=self._committer.waiting_bytes
        )
        yield GaugeMetricFamily(
            "aboveboard_ready", "1 while the store takes events.", value=self._committer.healthy
        )


def serve_metrics(committer: Committer, host: str, port: int) -> Any:
    """Answer `/metrics` on a port of its own until the returned server is shut down."""
    registry = CollectorRegistry()
    registry.register(_Numbers(committer))
    server, _ = start_http_server(port, addr=host, registry=registry)
    return server
