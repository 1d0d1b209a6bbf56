"""Metrics of alerts on their way: what came in, what was kept back, who was told, whose signs of life are missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from bot.model.telling import Verdict

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_OUT = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
KEPT_BACK = (Verdict.INHIBITED, Verdict.SILENCED, Verdict.MUTED, Verdict.HELD)


class AlertMetrics:
    """`bot.ports.counts.Counts`, for Prometheus. Label values are names of tocsin.yaml and words of ours."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._come_in()
        self._go_out()
        self._stay_alive()
        self._wake()

    def _come_in(self) -> None:
        registry = self._registry
        self._received = Counter(
            "tocsin_alerts_received",
            "Alerts that came in, by the source they came from: taken, or refused because they make no sense.",
            ["source", "outcome"],
            registry=registry,
        )
        self._intake = Histogram(
            "tocsin_intake_seconds",
            "Batches of alerts taken in, until the answer could be given: on the log, and in the table.",
            ["source"],
            buckets=_FAST,
            registry=registry,
        )
        self._appends = Counter("tocsin_alert_log_appends", "Rows added to the log of alerts.", registry=registry)
        self._logged = Counter("tocsin_alert_log_alerts", "Alerts in the rows that were added.", registry=registry)
        self._posted = Counter(
            "tocsin_hook_bodies",
            "Bodies posted to /hooks: taken, ignored (nothing of alerts in them), quarantined (they cannot be read).",
            ["source", "outcome"],
            registry=registry,
        )

    def _go_out(self) -> None:
        registry = self._registry
        self._told = Histogram(
            "tocsin_telling_seconds",
            "Messages about groups that an integration took.",
            ["integration"],
            buckets=_OUT,
            registry=registry,
        )
        self._not_told = Counter(
            "tocsin_telling_failures",
            "Tries to tell an integration of a group that failed.",
            ["integration", "reason"],
            registry=registry,
        )
        self._lost = Counter(
            "tocsin_tellings_lost",
            "Messages about groups that an integration never got, and will not get.",
            ["integration"],
            registry=registry,
        )
        self._kept_back = Counter(
            "tocsin_alerts_kept_back",
            "Alerts that were not told when their group was looked at, by why; each time it is looked at.",
            ["why"],
            registry=registry,
        )
        for why in KEPT_BACK:
            self._kept_back.labels(str(why))

    def _stay_alive(self) -> None:
        registry = self._registry
        self._deadmen = Gauge(
            "tocsin_deadman_missing", "1 while this sign of life is missing.", ["deadman"], registry=registry
        )
        self._signs = Counter(
            "tocsin_life_signs",
            "Signs of Tocsin's own life: taken by the address that waits for them, or not.",
            ["integration", "outcome"],
            registry=registry,
        )

    def _wake(self) -> None:
        registry = self._registry
        self._paged = Histogram(
            "tocsin_page_seconds",
            "Pages that an integration took, from the moment somebody was to be paged.",
            ["integration"],
            buckets=_OUT,
            registry=registry,
        )
        self._not_paged = Counter(
            "tocsin_page_failures",
            "Tries to page somebody through an integration that failed.",
            ["integration", "reason"],
            registry=registry,
        )
        self._not_followed = Counter(
            "tocsin_mirror_failures",
            "Times that an integration which knows our incidents could not say what was done there.",
            ["integration", "reason"],
            registry=registry,
        )

    def received(self, source: str, alerts: int, seconds: float) -> None:
        """See `Counts`."""
        self._received.labels(source, "taken").inc(alerts)
        self._intake.labels(source).observe(seconds)

    def refused(self, source: str, alerts: int) -> None:
        """See `Counts`."""
        if alerts:
            self._received.labels(source, "refused").inc(alerts)

    def logged(self, alerts: int) -> None:
        """See `Counts`."""
        if alerts:
            self._appends.inc()
            self._logged.inc(alerts)

    def posted(self, source: str, outcome: str) -> None:
        """See `Counts`."""
        self._posted.labels(source, outcome).inc()

    def told(self, integration: str, seconds: float) -> None:
        """See `Counts`."""
        self._told.labels(integration).observe(seconds)

    def not_told(self, integration: str, reason: str, *, lost: bool) -> None:
        """See `Counts`."""
        self._not_told.labels(integration, reason).inc()
        if lost:
            self._lost.labels(integration).inc()

    def flushed(self, kept_back: Mapping[Verdict, int]) -> None:
        """See `Counts`."""
        for why, alerts in kept_back.items():
            self._kept_back.labels(str(why)).inc(alerts)

    def deadman(self, name: str, *, missing: bool) -> None:
        """See `Counts`."""
        self._deadmen.labels(name).set(missing)

    def signed(self, integration: str, *, taken: bool) -> None:
        """See `Counts`."""
        self._signs.labels(integration, "taken" if taken else "refused").inc()

    def paged(self, integration: str, seconds: float) -> None:
        """See `Counts`."""
        self._paged.labels(integration).observe(seconds)

    def not_paged(self, integration: str, reason: str) -> None:
        """See `Counts`."""
        self._not_paged.labels(integration, reason).inc()

    def not_followed(self, integration: str, reason: str) -> None:
        """See `Counts`."""
        self._not_followed.labels(integration, reason).inc()

    def knows(self, notifiers: Iterable[str], deadmen: Iterable[str]) -> None:
        """After a start and each reload: those that are configured are shown from now on, at zero, and no others."""
        for name in notifiers:
            self._told.labels(name)
            self._lost.labels(name)
        self._deadmen.clear()
        for name in deadmen:
            self._deadmen.labels(name).set(0)

    def counts_standing(self, read: Callable[[], Mapping[str, Mapping[str, int]]]) -> None:
        """Shows what `read` says, by the kind of thing and its state, whenever the metrics are asked for."""
        self._registry.register(_Standing(read))


class _Standing(Collector):
    """How many alerts, groups and silences there are: whoever holds them is asked."""

    def __init__(self, read: Callable[[], Mapping[str, Mapping[str, int]]]) -> None:
        self._read = read

    def collect(self) -> Iterator[Metric]:
        """Three families, each with a line for each state."""
        words = {
            "alerts": "Alerts that fire, and all that are known: those that ended less than half an hour ago too.",
            "groups": "Groups of alerts that are told together.",
            "silences": "Silences, by their state.",
        }
        read = self._read()
        for name, help_ in words.items():
            family = GaugeMetricFamily(f"tocsin_{name}", help_, labels=["state"])
            for state, count in read.get(name, {}).items():
                family.add_metric([state], count)
            yield family
