"""Who was to be heard of and is not: functions of what was heard, of when we could hear, and of `now`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.alerts.table import Entry
from bot.model.alert import Alert
from bot.model.deadman import Deadman
from bot.model.labels import LabelSet
from bot.model.wording import duration
from bot.ports.alert_store import Heartbeat

ALERT = "DeadmanMissing"
SOURCE = "deadmen"
VALID = timedelta(minutes=4)
"""How long its alert fires unless it is said again: one whose deadman is taken out of tocsin.yaml ends by itself."""
_WRITTEN_EVERY = 4
"""Times in an interval that a sign of life heard in alerts is written down; the log of alerts has the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A deadman as it was kept (None: it is new) and as it stands now."""

    deadman: Deadman
    before: Heartbeat | None
    now: Heartbeat

    @property
    def is_missing(self) -> bool:
        """Whether it is missing."""
        return self.now.missing_since is not None

    @property
    def goes_missing(self) -> bool:
        """Whether it was not until now."""
        return self.is_missing and (self.before is None or self.before.missing_since is None)

    @property
    def is_back(self) -> bool:
        """Whether it was missing until now."""
        return not self.is_missing and self.before is not None and self.before.missing_since is not None

    @property
    def is_worth_writing(self) -> bool:
        """Whether a start without it would go wrong: it went missing or came back, or was heard a good while later."""
        if self.before is None or self.before.missing_since != self.now.missing_since:
            return True
        return self.now.seen_at - self.before.seen_at >= self.deadman.interval / _WRITTEN_EVERY


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenDeadman:
    """How one stands. `seen_at` is its last sign of life, or when it was first waited for; None: it is not yet."""

    deadman: Deadman
    seen_at: datetime | None
    missing_since: datetime | None


class Watchdogs:
    """Alerts of others that are signs of life while they come in."""

    def __init__(self, deadmen: Sequence[Deadman]) -> None:
        self._deadmen = [deadman for deadman in deadmen if deadman.matchers]
        self._entries: dict[str, dict[bytes, Entry]] = {deadman.name: {} for deadman in self._deadmen}
        self._heard: dict[str, datetime] = {}

    def began(self, entry: Entry) -> bool:
        """An alert fires; whether it is a sign of life, which is nobody's trouble.

        One of our own rules is none: it says nothing while nothing changes.
        """
        if entry.rule or not self._deadmen:
            return False
        labels = entry.label_set()
        of = [one.name for one in self._deadmen if all(matcher.matches(labels) for matcher in one.matchers)]
        for name in of:
            self._entries[name][entry.labels] = entry
        return bool(of)

    def heard(self) -> Mapping[str, datetime]:
        """By deadman, when an alert of its was last said to fire."""
        for name, entries in self._entries.items():
            for labels in [labels for labels, entry in entries.items() if entry.over]:
                del entries[labels]
            for entry in entries.values():
                at = datetime.fromtimestamp(entry.updated_at, UTC)
                self._heard[name] = max(at, self._heard.get(name, at))
        return self._heard


def find(
    deadmen: Sequence[Deadman],
    kept: Mapping[str, Heartbeat],
    heard: Mapping[str, datetime],
    up_since: datetime,
    now: datetime,
) -> Sequence[Finding]:
    """How each stands now. `kept` and `heard` are by name; `up_since`: since when nothing of theirs can be lost."""
    return [_find(one, kept.get(one.name), heard.get(one.name), up_since, now) for one in deadmen]


def seen(
    deadmen: Sequence[Deadman], kept: Mapping[str, Heartbeat], heard: Mapping[str, datetime]
) -> Sequence[SeenDeadman]:
    """How each stands for people to see, those that are missing first. `kept` and `heard` are by name."""
    found = [_seen(one, kept.get(one.name), heard.get(one.name)) for one in deadmen]
    return sorted(found, key=lambda one: (one.missing_since is None, one.deadman.name))


def deadline(deadman: Deadman, seen_at: datetime, up_since: datetime) -> datetime:
    """When it is missing unless it is heard again.

    Where we were not there to hear a sign that was due, one more is waited for: being down is our fault, not theirs.
    """
    due = seen_at + deadman.interval
    if up_since > due - deadman.grace:
        due = up_since + deadman.interval
    return due + deadman.grace


def alert_of(finding: Finding, now: datetime) -> Alert:
    """The alert of a deadman that is missing, or is back."""
    deadman, before = finding.deadman, finding.before
    since = finding.now.missing_since or (before and before.missing_since) or now
    heard_at = (finding.now if finding.is_missing or before is None else before).seen_at
    return Alert(
        labels=LabelSet({**deadman.labels, "alertname": ALERT, "deadman": deadman.name, "severity": deadman.severity}),
        annotations={
            "summary": f"nothing is heard of {deadman.name}",
            "description": f"It is to be heard every {duration(deadman.interval)}; the last time was at"
            f" {heard_at:%Y-%m-%d %H:%M:%S} UTC. Either what sends it does not run, or its way to Tocsin is broken.",
        },
        starts_at=since,
        ends_at=now + VALID if finding.is_missing else now,
        source=SOURCE,
    )


def _seen(deadman: Deadman, kept: Heartbeat | None, heard: datetime | None) -> SeenDeadman:
    if kept is None:
        return SeenDeadman(deadman=deadman, seen_at=heard, missing_since=None)
    seen_at = max(kept.seen_at, heard or kept.seen_at)
    return SeenDeadman(deadman=deadman, seen_at=seen_at, missing_since=kept.missing_since)


def _find(
    deadman: Deadman, before: Heartbeat | None, heard: datetime | None, up_since: datetime, now: datetime
) -> Finding:
    seen_at = max(at for at in (before and before.seen_at, heard) if at) if before or heard else now
    missing_since = before.missing_since if before else None
    if missing_since is not None:
        missing_since = None if seen_at > missing_since else missing_since
    elif now >= deadline(deadman, seen_at, up_since):
        missing_since = now
    heartbeat = Heartbeat(name=deadman.name, seen_at=seen_at, missing_since=missing_since)
    return Finding(deadman=deadman, before=before, now=heartbeat)
