"""Times in the reader's zone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.model.report import Case
from bot.model.wording import duration, moment, offset


@dataclass(frozen=True, slots=True)
class Times:
    """How one document writes times: its zone is told once, its first day goes without saying.

    `shown` are those of its timeline, the first of which sets that day. Where their offset from UTC changes, as when
    summer time ends, each time says its own.
    """

    zone: ZoneInfo
    shown: Sequence[datetime]

    @property
    def zone_text(self) -> str:
        """The zone and how far it is from UTC: `Europe/Berlin (UTC+01:00)`."""
        offsets = " and ".join(self._offsets())
        return offsets if self.zone.key == offsets else f"{self.zone.key} ({offsets})"

    def at(self, at: datetime) -> str:
        """`14:02:10`, or `23 Nov 2026 14:02:10` on another day than the first."""
        local, first = at.astimezone(self.zone), self.shown[0].astimezone(self.zone)
        return self.time(at) if local.date() == first.date() else f"{local.day} {local:%b %Y} {self.time(at)}"

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
        return f"{text} {offset(at, self.zone)}" if len(self._offsets()) > 1 else text

    def since(self, start: datetime, at: datetime) -> str:
        """How long after the start: `+2 min 10 s`; before it: `-6 s`."""
        whole = timedelta(seconds=round((at - start).total_seconds()))
        return duration(whole) if whole < timedelta(0) else f"+{duration(whole)}"

    def iso(self, at: datetime) -> str:
        """For machines."""
        return at.astimezone(self.zone).isoformat(timespec="seconds")

    def _offsets(self) -> list[str]:
        return list(dict.fromkeys(offset(at, self.zone) for at in self.shown))


def times_of(case: Case, time_zone: str) -> Times:
    """The times of a case in a zone, by its IANA name."""
    return Times(ZoneInfo(time_zone), [case.incident.opened_at, *(entry.at for entry in case.timeline)])
