"""Times in the reader's zone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.model.wording import duration, moment, offset


@dataclass(frozen=True, slots=True)
class Times:
    """How a document writes times. `shown` are those of its timeline: where their offset changes, each says its own."""

    zone: ZoneInfo
    name: str
    shown: Sequence[datetime]

    @property
    def zone_text(self) -> str:
        """The zone and how far it is from UTC: `Europe/Berlin (UTC+01:00)`."""
        offsets = " and ".join(dict.fromkeys(offset(at, self.zone) for at in self.shown))
        return self.name if self.name == offsets else f"{self.name} ({offsets})"

    def full(self, at: datetime) -> str:
        """`2026-11-22 14:02:10 UTC`."""
        return moment(at, self.zone)

    def day(self, at: datetime) -> str:
        """`Sunday 22 November 2026`."""
        local = at.astimezone(self.zone)
        return f"{local:%A} {local.day} {local:%B %Y}"

    def time(self, at: datetime) -> str:
        """`14:02:10`; with its offset where the document holds more than one."""
        text = f"{at.astimezone(self.zone):%H:%M:%S}"
        return f"{text} {offset(at, self.zone)}" if len({offset(one, self.zone) for one in self.shown}) > 1 else text

    def since(self, start: datetime, at: datetime) -> str:
        """How long after the start: `+2 min 10 s`; before it: `-6 s`."""
        length = at - start
        whole = timedelta(seconds=round(length.total_seconds()))
        return duration(whole) if whole < timedelta(0) else f"+{duration(whole)}"

    def iso(self, at: datetime) -> str:
        """For machines."""
        return at.astimezone(self.zone).isoformat(timespec="seconds")
