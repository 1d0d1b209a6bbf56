"""What a rule's signal was seen to do over a window: facts, before any words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.model.sample import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """A time the signal stood on its bad side. `end` None: it still did when the window closed."""

    start: datetime
    end: datetime | None

    def length(self, until: datetime) -> timedelta:
        """How long it lasted, up to `until` when its end was not seen."""
        return (self.end or until) - self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalReading:
    """The facts about one rule's signal; kept as plain JSON in the value of its evidence.

    `own` says whether they are about the alerts' own series alone; otherwise none matched, and they are about all.
    `blind` are the times in which a value was due and none was there. `threshold` None: the rule compares nothing.
    """

    name: str
    rule: str
    window: Window
    step: timedelta
    op: str = ""
    threshold: float | None = None
    unit: str = ""
    series: int = 0
    kept: int = 0
    own: bool = False
    labels: Mapping[str, str] | None = None
    """Of the series with the worst value."""
    spells: tuple[Spell, ...] = ()
    worst: float | None = None
    worst_at: datetime | None = None
    data_from: datetime | None = None
    data_to: datetime | None = None
    blind: tuple[Window, ...] = ()
    dashboard: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain JSON for `Evidence.value`; times in ISO 8601, lengths in seconds."""
        return {
            "signal": 1,
            "name": self.name,
            "rule": self.rule,
            "window": _span(self.window.start, self.window.end),
            "step": self.step.total_seconds(),
            "op": self.op,
            "threshold": _text(self.threshold),
            "unit": self.unit,
            "series": self.series,
            "kept": self.kept,
            "own": self.own,
            "labels": None if self.labels is None else dict(self.labels),
            "spells": [_span(spell.start, spell.end) for spell in self.spells],
            "worst": _text(self.worst),
            "worst_at": _iso(self.worst_at),
            "data_from": _iso(self.data_from),
            "data_to": _iso(self.data_to),
            "blind": [_span(window.start, window.end) for window in self.blind],
            "dashboard": self.dashboard,
        }


def reading_from(value: Mapping[str, Any]) -> SignalReading | None:
    """The reading that `as_json` wrote; None when the value is something else."""
    if value.get("signal") != 1:
        return None
    start, end = value["window"]
    return SignalReading(
        name=value["name"],
        rule=value["rule"],
        window=Window(start=datetime.fromisoformat(start), end=datetime.fromisoformat(end)),
        step=timedelta(seconds=value["step"]),
        op=value["op"],
        threshold=_float(value["threshold"]),
        unit=value["unit"],
        series=value["series"],
        kept=value["kept"],
        own=value["own"],
        labels=value["labels"],
        spells=tuple(Spell(start=datetime.fromisoformat(a), end=_time(b)) for a, b in value["spells"]),
        worst=_float(value["worst"]),
        worst_at=_time(value["worst_at"]),
        data_from=_time(value["data_from"]),
        data_to=_time(value["data_to"]),
        blind=tuple(Window(start=datetime.fromisoformat(a), end=datetime.fromisoformat(b)) for a, b in value["blind"]),
        dashboard=value["dashboard"],
    )


def _span(start: datetime, end: datetime | None) -> list[str | None]:
    return [start.isoformat(), _iso(end)]


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _text(value: float | None) -> str | None:
    """As text: JSON has no infinity."""
    return None if value is None else repr(value)


def _float(text: str | None) -> float | None:
    return None if text is None else float(text)
