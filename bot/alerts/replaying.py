"""What bodies that were kept would become by another configuration, and how that differs from what they became."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.alerts import hearing
from bot.alerts.known_by import KnownBy
from bot.alerts.routing import destinations, group_key
from bot.alerts.table import AlertTable
from bot.alerts.wire import Received
from bot.errors import Permanent
from bot.model.alert import Alert, AlertStatus
from bot.model.route import Route
from bot.model.setup import Setup
from bot.ports.alert_hook import Call, Heard, Reader
from bot.ports.alert_store import Became, Outcome, Posted

SHADOW = " (shadow: nothing is sent)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """One body, and what it becomes now."""

    posted: Posted
    outcome: Outcome
    why: str
    became: tuple[Became, ...]

    @property
    def differs(self) -> bool:
        """Whether it becomes anything else than it became."""
        return self.outcome is not self.posted.outcome or Counter(self.became) != Counter(self.posted.became)

    @property
    def no_more(self) -> Sequence[Became]:
        """Alerts that it became then and does not now."""
        return _less(self.posted.became, self.became)

    @property
    def only_now(self) -> Sequence[Became]:
        """Alerts that it becomes now and did not then."""
        return _less(self.became, self.posted.became)


class Replay:
    """Reads bodies in their order: what a vendor says of an alert may hang on what it said before.

    `readers`: by source, what reads its bodies now. Nothing is kept and nobody is told.
    """

    def __init__(self, setup: Setup, readers: Mapping[str, Reader]) -> None:
        self._setup = setup
        self._readers = readers
        self._table = AlertTable(resolve_timeout=setup.resolve_timeout.total_seconds())
        self._known_by = KnownBy(self._table)

    def again(self, posted: Posted) -> Replayed:
        """What one body becomes now."""
        heard, outcome, why = self._read(posted)
        self._remember(posted)
        at = posted.received_at
        alerts = hearing.told(self._setup.field_maps, heard, self._known_by, at)
        self._table.take([Received.of(alert) for alert in alerts], at.timestamp())
        now = tuple(became(self._setup.route, alert, posted) for alert in alerts)
        return Replayed(posted=posted, outcome=outcome, why=why, became=now)

    def _read(self, posted: Posted) -> tuple[Heard, Outcome, str]:
        reader = self._readers.get(posted.source)
        if reader is None:
            return Heard(), Outcome.QUARANTINED, f"{posted.source} is no source of tocsin.yaml any more"
        try:
            heard = reader.read(Call.again(posted))
        except Permanent as error:
            return Heard(), Outcome.QUARANTINED, error.message
        except Exception as error:  # a reader of ours that stumbles is what a replay is there to find
            return Heard(), Outcome.QUARANTINED, f"a mistake of ours: {type(error).__name__}"
        if heard.flaw:
            return heard, Outcome.QUARANTINED, heard.flaw
        return heard, Outcome.TAKEN if heard.alerts else Outcome.IGNORED, heard.note

    def _remember(self, posted: Posted) -> None:
        """What ended then was there, though it may have begun before the first body that is looked at."""
        at = posted.received_at.timestamp()
        ended = (one.labels for one in posted.became if one.over)
        alerts = (
            Alert(labels=labels, annotations={}, starts_at=posted.received_at, source=posted.source)
            for labels in ended
            if self._table.find(labels.fingerprint) is None
        )
        self._table.take([Received.of(alert) for alert in alerts], at)


def became(route: Route, alert: Alert, posted: Posted) -> Became:
    """What an alert of this body becomes by this routing tree."""
    groups = []
    for path, one in destinations(route, alert.labels):
        key, _ = group_key(path, one, alert.labels)
        groups.append(f"{one.receiver} {key}{SHADOW if one.shadow else ''}")
    over = alert.status(posted.received_at) is AlertStatus.RESOLVED
    return Became(labels=alert.labels, over=over, groups=tuple(groups))


def with_what_it_became(posted: Posted, alerts: Sequence[Alert], route: Route) -> Posted:
    """The body as it is kept, for a later replay to compare with."""
    return replace(posted, became=tuple(became(route, alert, posted) for alert in alerts))


def _less(these: Sequence[Became], those: Sequence[Became]) -> Sequence[Became]:
    return list((Counter(these) - Counter(those)).elements())
