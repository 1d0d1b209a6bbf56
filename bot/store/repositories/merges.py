"""What undoing a merge needs."""

from __future__ import annotations

from sqlalchemy import delete, select

from bot.errors import NotFound
from bot.model.ids import Fingerprint, IncidentId
from bot.model.incident import Severity, SignalState
from bot.model.merge import Merge
from bot.store.repositories.repository import Found, Repository, Values
from bot.store.tables import MergeRow, table

_merges = table(MergeRow)


def merge_row(merge: Merge) -> Values:
    """A merge as a row."""
    return {
        "other": merge.other,
        "into": merge.into,
        "at": merge.at,
        "by": merge.by,
        "severity": merge.severity,
        "signal": merge.signal,
        "detected_at": merge.detected_at,
        "alerts": list(merge.alerts),
        "firing": list(merge.firing),
        "groups": list(merge.groups),
    }


def merge_noun(row: Found) -> Merge:
    """The merge in a row."""
    return Merge(
        other=IncidentId(row.other),
        into=IncidentId(row.into),
        at=row.at,
        by=row.by,
        severity=Severity(row.severity),
        signal=SignalState(row.signal),
        detected_at=row.detected_at,
        alerts=tuple(Fingerprint(one) for one in row.alerts),
        firing=tuple(Fingerprint(one) for one in row.firing),
        groups=tuple(row.groups),
    )


class Merges(Repository):
    """See `bot.ports.incident_store.Merges`."""

    def put(self, merge: Merge) -> None:
        """Creates or replaces: an incident is part of one other at most."""
        self._put(_merges, merge_row(merge))

    def get(self, other: IncidentId) -> Merge:
        """The merge of this incident into another; NotFound."""
        row = self._first(select(_merges).where(_merges.c.other == other))
        if row is None:
            raise NotFound(f"incident {other} was not merged into another")
        return merge_noun(row)

    def drop(self, other: IncidentId) -> None:
        """It was undone."""
        self._change(delete(_merges).where(_merges.c.other == other))
