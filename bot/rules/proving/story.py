"""What a unit-test file tells: which series there were, and what must have come of them when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.errors import Complaint
from bot.model.histogram import Histogram
from bot.rules.proving.notation import InputSeries


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedAlert:
    """One alert that must fire; its labels hold `alertname`."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsThen:
    """The alerts of this name that must fire `at` so long after the beginning; these and no others."""

    place: str
    at: timedelta
    alertname: str
    alerts: tuple[ExpectedAlert, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedSample:
    """One sample that an expression must answer."""

    labels: Mapping[str, str]
    value: float | Histogram


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplesThen:
    """What the expression must answer `at` so long after the beginning; these samples and no others."""

    place: str
    at: timedelta
    expr: str
    samples: tuple[ExpectedSample, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One test: series with a sample every `interval` from `start` on, and what must come of them.

    `place` is where it is written, as `file:line:column`.
    """

    name: str
    place: str
    start: datetime
    interval: timedelta
    series: tuple[InputSeries, ...] = ()
    alerts: tuple[AlertsThen, ...] = ()
    samples: tuple[SamplesThen, ...] = ()
    external_labels: Mapping[str, str] = field(default_factory=dict)
    external_url: str = ""

    @property
    def length(self) -> timedelta:
        """From the beginning to the last thing that is expected."""
        return max([timedelta(0), *(then.at for then in self.alerts), *(then.at for then in self.samples)])


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryFile:
    """A unit-test file. `rule_files` are as written: patterns, relative to the file's folder.

    `order` names groups that are evaluated in this order; `fuzzy` lets values differ in the last bit.
    """

    file: str
    evaluation_interval: timedelta
    rule_files: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    fuzzy: bool = False
    stories: tuple[Story, ...] = ()
    warnings: tuple[Complaint, ...] = ()
