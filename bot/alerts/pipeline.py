"""All that is known of alerts on their way, in memory: the table, the groups, the silences. No I/O, no clock.

It is rebuilt from the store at every start; what happens to it here is decided from what it holds and `now` alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from bot.alerts import intervals, maintenance
from bot.alerts.deadmen import Watchdogs
from bot.alerts.groups import Group, Groups
from bot.alerts.inhibition import Inhibitor
from bot.alerts.known_by import KnownBy
from bot.alerts.silencing import SilenceBook
from bot.alerts.table import AlertTable, Change, Entry, fingerprint_all
from bot.alerts.telling import Suppressed, Telling, tell
from bot.model.ids import Fingerprint
from bot.model.labels import LabelSet
from bot.model.route import Receiver, Route
from bot.model.setup import Setup

_NOTHING = Suppressed()


class Pipeline:
    """The one home of what is active. Times are seconds since 1970."""

    def __init__(self, setup: Setup) -> None:
        self.table = AlertTable(resolve_timeout=setup.resolve_timeout.total_seconds())
        self.reads_log = asyncio.Lock()
        """Held by whoever brings the table up to the log: a row that is replayed twice undoes what came after it."""
        self.known_by = KnownBy(self.table)
        self.silences = SilenceBook()
        self.silence_seq = 0
        """How far the changes of silences are read."""
        self.over: dict[Fingerprint, Entry] = {}
        """Alerts that ended, and whose incidents have not heard of it."""
        self._take(setup)

    def become(self, setup: Setup, now: float) -> None:
        """Other documents are in force: alerts are routed anew, and what was told before still counts."""
        before = self.groups
        self._take(setup)
        if self.table.leads:
            for entry in self.table.active(now):
                self._begins(entry, now)
            for entry in before.ended(now):
                self.groups.joins(entry, now)
            self.groups.counts_on(before)

    def begin_anew(self) -> None:
        """This process leads from now on: whatever it knew of groups was told, and went on, without it."""
        self._take(self._setup)
        self.over.clear()

    @property
    def root(self) -> Route:
        """The routing tree in force."""
        return self._setup.route

    def heard(self, changes: Sequence[tuple[Entry, Change]], now: float) -> None:
        """What a batch changed: alerts that began join their groups, those that are over are kept for the next look.

        Only whoever leads has groups: nobody would tell those of one that stands by, nor ever empty them.
        """
        if not self.table.leads:
            for entry, change in changes:
                if change is Change.NEW:
                    self.groups.remembers(entry, now)
            return
        asked = self._setup.inhibit_rules or self.over
        fingerprint_all(entry for entry, change in changes if asked or change is Change.OVER)
        for entry, change in changes:
            if change is Change.NEW:
                self._begins(entry, now)
            elif change is Change.OVER:
                self._ends(entry)

    def takes_over(self) -> Mapping[Fingerprint, Entry]:
        """The alerts that ended since it was last asked."""
        over, self.over = self.over, {}
        return over

    def not_taken(self, over: Mapping[Fingerprint, Entry]) -> None:
        """Their incidents could not hear of it: those that did not begin again are given out once more."""
        self.over.update((key, entry) for key, entry in over.items() if entry.over)

    def weighed(self, route: Route, entries: Iterable[Entry], now: float) -> Mapping[bytes, Suppressed]:
        """By their labels, what keeps each of these from being told by this route."""
        fingerprint_all(known := tuple(entries))
        return {entry.labels: self.why_not(entry, route, now) for entry in known}

    def telling(self, group: Group, now: float, weighed: Mapping[bytes, Suppressed]) -> Telling:
        """What is told of this group now, and why the rest is not. `weighed`: the part of that which is known."""
        suppressed = {
            key: why
            for key, entry in group.entries.items()
            if (why := weighed[key] if key in weighed else self.why_not(entry, group.route, now))
        }
        receiver = self._receivers.get(group.route.receiver) or Receiver(name=group.route.receiver)
        return tell(group, receiver, suppressed, self.groups.begun_within(group, now), now)

    def was_told(self, group: Group, telling: Telling, now: float) -> None:
        """What there was to tell is kept; the group goes on from there."""
        group.noted = telling.noted
        self.groups.was_flushed(group, now, ended=telling.ended, look_at=telling.held_until)

    def status(self, labels: LabelSet, routes: Sequence[Route], now: float) -> Suppressed:
        """What keeps an alert that ends at these routes from being told by any: a mute counts where all are muted."""
        found = [self._why_not(labels, route, datetime.fromtimestamp(now, UTC)) for route in routes]
        if len(found) == 1:
            return found[0]
        muted = found[0].muted_by if all(one.muted_by for one in found) else ()
        return Suppressed(silenced_by=found[0].silenced_by, inhibited_by=found[0].inhibited_by, muted_by=muted)

    def why_not(self, entry: Entry, route: Route, now: float) -> Suppressed:
        """What keeps an alert from being told by this route."""
        return self._why_not(entry.label_set(), route, datetime.fromtimestamp(now, UTC))

    def _why_not(self, labels: LabelSet, route: Route, at: datetime) -> Suppressed:
        silenced = self.silences.silencing(labels, at)
        inhibited = self._inhibitor.inhibiting(labels) if self._setup.inhibit_rules else ()
        muted = self._muted(route, labels, at)
        return (
            Suppressed(silenced_by=silenced, inhibited_by=inhibited, muted_by=muted)
            if (silenced or inhibited or muted)
            else _NOTHING
        )

    def _muted(self, route: Route, labels: LabelSet, at: datetime) -> tuple[str, ...]:
        names: tuple[str, ...] = ()
        if route.mute_time_intervals or route.active_time_intervals:
            names = intervals.muted(route, self._setup.time_intervals, at)
        if not self._setup.maintenance:
            return names
        window = maintenance.under(self._setup.maintenance, labels, at)
        return names if window is None else (*names, f"maintenance {window.name}")

    def _take(self, setup: Setup) -> None:
        self._setup = setup
        self.table.resolve_timeout = setup.resolve_timeout.total_seconds()
        self._receivers: Mapping[str, Receiver] = {one.name: one for one in setup.receivers}
        self._inhibitor = Inhibitor(setup.inhibit_rules)
        self.groups = Groups(setup.route)
        self.watchdogs = Watchdogs(setup.deadmen)

    def _begins(self, entry: Entry, now: float) -> None:
        if self.over:
            self.over.pop(entry.fingerprint(), None)
        if self.watchdogs.began(entry):
            return
        self.groups.joins(entry, now)
        if self._setup.inhibit_rules:
            self._inhibitor.fired(entry.label_set(), entry.fingerprint())

    def _ends(self, entry: Entry) -> None:
        self.over[entry.fingerprint()] = entry
        if self._setup.inhibit_rules:
            self._inhibitor.over(entry.fingerprint())
