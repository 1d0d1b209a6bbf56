"""What Tocsin says about itself: metrics named `tocsin_*`, and one log line for each event.

One `Telemetry` is made by `bot.app` and passed to whoever has something to say; labels take only the values their
methods allow, or the names of sources that stand in tocsin.yaml.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import IO, Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bot import __version__
from bot.kit.alert_metrics import AlertMetrics
from bot.kit.redaction import Redactor, visible
from bot.ports.alertmanager import Tally

Level = Literal["debug", "info", "warning", "error"]
Format = Literal["text", "json", "auto"]

_FAST = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_about: ContextVar[Mapping[str, str]] = ContextVar("tocsin_about")


class Telemetry:
    """Tocsin's own metrics. Each instance has a registry of its own, so that tests do not share counts."""

    def __init__(self) -> None:
        # A second series for each counter, which nobody reads.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the one without types
        self.registry = registry = CollectorRegistry()
        ProcessCollector(namespace="tocsin", registry=registry)
        Gauge("tocsin_build_info", "The version that runs; always 1.", ["version"], registry=registry).labels(
            __version__
        ).set(1)
        self._evaluations = Counter(
            "tocsin_rule_evaluations", "Evaluations of rule groups.", ["source"], registry=registry
        )
        self._failures = Counter(
            "tocsin_rule_evaluation_failures",
            "Rules that could not be evaluated: their state is unknown.",
            ["source", "reason"],
            registry=registry,
        )
        self._seconds = Histogram(
            "tocsin_rule_evaluation_seconds",
            "How long the evaluation of a rule group took.",
            ["source"],
            buckets=_FAST,
            registry=registry,
        )
        self._late = Counter(
            "tocsin_rule_evaluations_late", "Evaluations that began a second or more after their slot.", ["source"],
            registry=registry,
        )  # fmt: skip
        self._missed = Counter(
            "tocsin_rule_slots_missed", "Slots that passed without an evaluation.", ["source"], registry=registry
        )
        self._without_data = Gauge(
            "tocsin_rules_without_data", "Alert rules that look at series which do not exist.", ["source"],
            registry=registry,
        )  # fmt: skip
        self._blind = Gauge(
            "tocsin_source_blind", "1 while a source cannot be asked, else 0.", ["source"], registry=registry
        )
        self._of_tocsin()
        self.alerts = AlertMetrics(registry)

    def _of_tocsin(self) -> None:
        """What is not about rules."""
        registry = self.registry
        self._outbox = Gauge(
            "tocsin_outbox_oldest_seconds", "How long the oldest undone errand has been due.", registry=registry
        )
        self._lag = Gauge("tocsin_loop_lag_seconds", "How late the event loop's last heartbeat was.", registry=registry)
        self._errands = Counter(
            "tocsin_errand_failures", "Errands of the outbox that failed and were put off.", ["kind"], registry=registry
        )
        self._looks = Counter(
            "tocsin_look_failures", "Looks at what goes by the clock that failed and were put off.", ["look"],
            registry=registry,
        )  # fmt: skip
        self._given_up = Counter(
            "tocsin_errands_given_up", "Errands that trying again does not help.", ["kind"], registry=registry
        )
        self._restarts = Counter("tocsin_task_restarts", "Tasks that fell over.", ["task"], registry=registry)
        self._reloads = Counter("tocsin_reloads", "Times the documents were read anew.", ["taken"], registry=registry)
        for taken in ("yes", "no"):
            self._reloads.labels(taken)
        self._store = Counter(
            "tocsin_store_write_errors", "Transactions that could not be committed.", ["reason"], registry=registry
        )
        self._refused = Counter(
            "tocsin_records_refused", "Times that a sink did not take incidents, runs and audit entries.", ["sink"],
            registry=registry,
        )  # fmt: skip
        self._runs = Counter("tocsin_runs", "Runs of runbooks that ended.", ["outcome"], registry=registry)
        self._http = Histogram(
            "tocsin_http_request_seconds",
            "Requests answered, by the class of their status.",
            ["method", "status"],
            buckets=_FAST,
            registry=registry,
        )

    def knows(self, source: str) -> None:
        """Shows a source's metrics from the start on, at zero, so that an alert on them need not guess."""
        self._evaluations.labels(source)
        self._missed.labels(source)
        self._late.labels(source)
        self._without_data.labels(source)
        self._blind.labels(source).set(0)

    def forgets(self, source: str) -> None:
        """Drops the gauge of a source that is no longer configured."""
        self._blind.remove(source)
        self._without_data.remove(source)

    def evaluated(self, source: str, seconds: float) -> None:
        """A rule group was evaluated against this source, whatever came of it."""
        self._evaluations.labels(source).inc()
        self._seconds.labels(source).observe(seconds)

    def evaluation_failed(self, source: str, reason: str) -> None:
        """A rule could not be evaluated; `reason` is that of the IntegrationError."""
        self._failures.labels(source, reason).inc()

    def slots_missed(self, source: str, count: int) -> None:
        """So many slots of a rule group passed without an evaluation."""
        self._missed.labels(source).inc(count)

    def late(self, source: str) -> None:
        """An evaluation began a second or more after its slot."""
        self._late.labels(source).inc()

    def without_data(self, source: str, rules: int) -> None:
        """So many rules look at series of this source that do not exist: they cannot fire, whatever happens."""
        self._without_data.labels(source).set(rules)

    def blind(self, source: str, is_blind: bool) -> None:
        """Whether this source can be asked at the moment."""
        self._blind.labels(source).set(is_blind)

    def records_refused(self, sink: str) -> None:
        """A sink did not take what it was told of our records; it is told again."""
        self._refused.labels(sink).inc()

    def outbox_oldest(self, seconds: float) -> None:
        """How long the oldest undone errand has been due; 0 when none is."""
        self._outbox.set(seconds)

    def loop_lag(self, seconds: float) -> None:
        """How late the event loop woke a task that asked to be woken at a known time."""
        self._lag.set(seconds)

    def errand_failed(self, kind: str) -> None:
        """An errand failed; it is tried again later. `kind` is an `ErrandKind`."""
        self._errands.labels(kind).inc()

    def errand_given_up(self, kind: str) -> None:
        """An errand failed for good; the log says at what. `kind` is an `ErrandKind`."""
        self._given_up.labels(kind).inc()

    def look_failed(self, look: str) -> None:
        """A look at what goes by the clock failed; it is taken again. `look` is one of the names in the engine."""
        self._looks.labels(look).inc()

    def task_restarted(self, name: str) -> None:
        """One of our own tasks fell over and began again; `name` is one of those `app` gives its tasks."""
        self._restarts.labels(name).inc()

    def reloaded(self, *, ok: bool) -> None:
        """The documents were read again, and taken or refused."""
        self._reloads.labels("yes" if ok else "no").inc()

    def store_write_failed(self, reason: Literal["unavailable", "fenced", "other"]) -> None:
        """A transaction was not committed."""
        self._store.labels(reason).inc()

    def run_ended(self, outcome: str) -> None:
        """A run of a runbook ended; `outcome` is a `RunStatus`."""
        self._runs.labels(outcome).inc()

    def request(self, method: str, status: int, seconds: float) -> None:
        """An HTTP request was answered. Methods nobody has heard of count as `other`."""
        known = method if method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} else "other"
        self._http.labels(known, f"{status // 100}xx").observe(seconds)

    def counts_notifications(self, read: Callable[[], Mapping[str, Tally]]) -> None:
        """Shows what `read` says of each Alertmanager, by its name, whenever the metrics are asked for."""
        self.registry.register(_Notifications(read))

    def exposition(self) -> tuple[bytes, str]:
        """The body and the content type of `/metrics`, in Prometheus' text format."""
        return generate_latest(self.registry), CONTENT_TYPE_PLAIN_0_0_4


class _Notifications(Collector):
    """What became of the alerts to tell Alertmanagers: whoever sends them counts, and is read."""

    def __init__(self, read: Callable[[], Mapping[str, Tally]]) -> None:
        self._read = read

    def collect(self) -> Iterator[Metric]:
        """Two families, with a line for each Alertmanager that is configured now."""
        said = CounterMetricFamily(
            "tocsin_notifications",
            "Alerts sent to an Alertmanager, those that failed, and those dropped from a full queue.",
            labels=["alertmanager", "outcome"],
        )
        waiting = GaugeMetricFamily(
            "tocsin_notifications_waiting", "Alerts that wait to be sent.", labels=["alertmanager"]
        )
        for name, tally in self._read().items():
            for outcome, count in (("sent", tally.sent), ("failed", tally.failed), ("dropped", tally.dropped)):
                said.add_metric([name, outcome], count)
            waiting.add_metric([name], tally.waiting)
        yield said
        yield waiting


@contextmanager
def about(*, run: str, incident: str = "") -> Iterator[None]:
    """Log lines written inside, in this task and those it starts, carry these fields too."""
    token = _about.set({"run": run, **({"incident": incident} if incident else {})})
    try:
        yield
    finally:
        _about.reset(token)


def log_to(stream: IO[str], *, level: Level, style: Format, redactor: Redactor) -> None:
    """Sends every log line of the process to this stream, in place of what was set up before.

    `auto` is text on a terminal and JSON elsewhere. httpx and httpcore speak from WARNING on: their INFO lines hold
    whole URLs.
    """
    as_text = style == "text" or (style == "auto" and stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(TextLines(redactor) if as_text else JsonLines(redactor))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in ("httpx", "httpcore", "urllib3", "asyncssh", "matplotlib", "PIL", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a late tick is counted by us, in our own words
    logging.raiseExceptions = False  # a closed terminal must not print tracebacks of the logging itself


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, the fields of `about`, and error where there is one."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line, without secrets."""
        event = {"time": _time(record), "level": record.levelname.lower(), "logger": record.name}
        event |= {"message": record.getMessage(), **_about.get({})}
        if record.exc_info:
            event["error"] = self.formatException(record.exc_info)
        return json.dumps(self._redactor.clean_tree(event), ensure_ascii=True)


class TextLines(logging.Formatter):
    """For people: time, level, message, then the fields; control characters written as escapes."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line, without secrets."""
        parts = [_time(record), record.levelname.lower().ljust(7), record.getMessage()]
        parts += [f"{name}={value}" for name, value in _about.get({}).items()]
        if record.exc_info:
            parts.append(f"error={self.formatException(record.exc_info)}")
        return visible(self._redactor.clean(" ".join(parts)))


def _time(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
