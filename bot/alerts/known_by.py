"""Alerts that their vendor knows by an id of its own, and may tell with other labels each time.

Such an alert keeps the labels it began with until it is over, so that a changed title makes no new alert of it; only
when its severity changes is it over under its old labels and begins under the new ones.

Calls may come out of order: one that could not be delivered is sent again, minutes or hours later. Where an id begins
once, what is told to begin before the end that is known is old news, and would be there for ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import takewhile

from bot.alerts.table import AlertTable, Entry
from bot.alerts.wire import canonical
from bot.model.alert import Alert, AlertStatus
from bot.model.labels import LabelSet

SEVERITY = "severity"
"""The label whose change makes another alert of one that is known."""

_MOST_KEPT = 1000
"""So many are remembered, and twice as many as the table holds; then all are looked for anew."""


class KnownBy:
    """Finds alerts of a table by some of their labels: it remembers where they are, and does not look through all."""

    def __init__(self, table: AlertTable) -> None:
        self._table = table
        self._found: dict[tuple[str, ...], dict[LabelSet, list[Entry]]] = {}
        self._newest: dict[tuple[str, ...], Entry] = {}
        self._kept = 0

    def firing(self, source: str, known: LabelSet, now: float) -> list[Alert]:
        """The alerts of a source that fire and have these labels; without any label there are none."""
        return [one.alert() for one in self._of(source, known) if not one.over and one.firing(now)]

    def ended(self, source: str, known: LabelSet) -> float:
        """When the last of those that are over ended, as far as that is remembered."""
        return max((one.ends_at for one in self._of(source, known) if one.over), default=float("-inf"))

    def _of(self, source: str, known: LabelSet) -> list[Entry]:
        entries = self._up_to_date(tuple(known)).get(known, ()) if known else ()
        return [one for one in entries if one.source == source]

    def _up_to_date(self, names: tuple[str, ...]) -> dict[LabelSet, list[Entry]]:
        """Looks at what the table has heard of since the last time: at all of it, where nobody remembers that."""
        if self._kept > _MOST_KEPT + 2 * len(self._table):
            self._found, self._newest, self._kept = {}, {}, 0
        found, last = self._found.setdefault(names, {}), self._newest.get(names)
        written = [canonical({name: "-"})[1:-4] for name in names]  # `"name":`
        for entry in takewhile(lambda entry: entry is not last, self._table.newest_first()):
            if all(piece in entry.labels for piece in written):
                same = found.setdefault(entry.label_set().only(names), [])
                if entry not in same:
                    same.append(entry)
                    self._kept += 1
        newest = next(self._table.newest_first(), None)
        if newest is not None:
            self._newest[names] = newest
        return found


def followed(
    standing: KnownBy, told: Sequence[tuple[Alert, LabelSet]], now: datetime, *, once: bool = False
) -> list[Alert]:
    """What to take for alerts told, each with the labels by which its vendor knows it; without any, as it is.

    The end of an alert that nobody knows is left out: there is nothing that could end. `once`: an id begins once, or
    says a later start; then that end is kept, for the call that may come after it.
    """
    found: list[Alert] = []
    for alert, known in told:
        same = standing.firing(alert.source, known, now.timestamp())
        if not known:
            found.append(alert)
        elif alert.status(now) is AlertStatus.RESOLVED:
            found += [_ended(one, alert) for one in same] if same or not once else [alert]
        elif same or not once or alert.starts_at.timestamp() >= standing.ended(alert.source, known):
            found += _firing(alert, same, now)
    return found


def _ended(standing: Alert, said: Alert) -> Alert:
    """With what was said of it when it began, and what is said now."""
    return replace(standing, ends_at=said.ends_at, annotations={**standing.annotations, **said.annotations})


def _firing(alert: Alert, same: Sequence[Alert], now: datetime) -> list[Alert]:
    severity = alert.labels.get(SEVERITY, "")
    alike = [one for one in same if one.labels.get(SEVERITY, "") == severity]
    over = [replace(one, ends_at=now) for one in same if one not in alike]
    return [*over, replace(alert, labels=alike[0].labels) if alike else alert]
