"""What receivers were told of groups, and what was decided on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import bindparam, select

from bot.model.ids import Fingerprint, IncidentId
from bot.model.telling import Decision, Told, Verdict
from bot.store.columns import Words
from bot.store.repositories.repository import Found, Repository, Values
from bot.store.tables import DecisionRow, IncidentGroupRow, TellingRow, table

_tellings = table(TellingRow)
_decisions = table(DecisionRow)
_groups = table(IncidentGroupRow)
_OF_GROUP = select(_tellings).where(_tellings.c.group_key == bindparam("group", type_=Words))

_OF_INCIDENT = (
    select(_tellings)
    .join(_groups, _groups.c.group_key == _tellings.c.group_key)
    .where(_groups.c.incident == bindparam("incident", type_=Words), _tellings.c.way == bindparam("way", type_=Words))
)


def told_row(told: Told) -> Values:
    """What was told as a row."""
    return {
        "group_key": told.group,
        "way": told.way,
        "firing": sorted(told.firing),
        "resolved": sorted(told.resolved),
        "at": told.at,
    }


def told_noun(row: Found) -> Told:
    """What was told, of a row."""
    return Told(
        group=row.group_key,
        way=row.way,
        firing=frozenset(map(Fingerprint, row.firing)),
        resolved=frozenset(map(Fingerprint, row.resolved)),
        at=row.at,
    )


class Tellings(Repository):
    """See `bot.ports.alert_store.Tellings`."""

    def put(self, told: Told) -> None:
        """Creates or replaces."""
        self._put(_tellings, told_row(told))

    def of_group(self, group: str) -> Mapping[str, Told]:
        """By way."""
        return {row.way: told_noun(row) for row in self._all(_OF_GROUP, {"group": group})}

    def of_incident(self, incident: IncidentId, way: str) -> Sequence[Told]:
        """What this way was told of each group that is the incident's now."""
        return [told_noun(row) for row in self._all(_OF_INCIDENT, {"incident": incident, "way": way})]


class Decisions(Repository):
    """See `bot.ports.alert_store.Decisions`."""

    def add(self, about: str, decision: Decision) -> None:
        """Adds one."""
        row = {
            "about": about,
            "at": decision.at,
            "verdict": str(decision.verdict),
            "text": decision.text,
            "rule": decision.rule,
        }
        self._insert(_decisions, row)

    def of(self, about: Sequence[str], limit: int) -> Sequence[tuple[str, Decision]]:
        """The newest first, each with what it is about."""
        found = select(_decisions).where(_decisions.c.about.in_(about)).order_by(_decisions.c.seq.desc()).limit(limit)
        return [
            (row.about, Decision(at=row.at, verdict=Verdict(row.verdict), text=row.text, rule=row.rule))
            for row in self._all(found)
        ]
