"""The log of alerts, their last known states, and the groups they are told in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, or_, select

from bot.model.alert import Alert, AlertGroup
from bot.model.ids import Fingerprint
from bot.model.labels import LabelSet
from bot.store.codec import to_json
from bot.store.columns import Instant, Words
from bot.store.repositories.repository import Found, Repository, Values, inserting, replacing
from bot.store.tables import AlertGroupRow, AlertLogRow, AlertRow, table

_log = table(AlertLogRow)
_alerts = table(AlertRow)
_groups = table(AlertGroupRow)
_ONE = select(_alerts).where(_alerts.c.fingerprint == bindparam("fingerprint", type_=Words))
_ACTIVE = select(_alerts).where(or_(_alerts.c.ends_at.is_(None), _alerts.c.ends_at > bindparam("now", type_=Instant)))


def alert_row(alert: Alert, log_seq: int) -> Values:
    """An alert's last known state as a row; `log_seq` is the batch that said so."""
    return {
        "fingerprint": alert.fingerprint,
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "starts_at": alert.starts_at,
        "ends_at": alert.ends_at,
        "generator_url": alert.generator_url,
        "source": alert.source,
        "rule": alert.rule,
        "value": alert.value,
        "log_seq": log_seq,
    }


def alert_noun(row: Found) -> Alert:
    """The alert in a row."""
    return Alert(
        labels=LabelSet(row.labels),
        annotations=row.annotations,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        generator_url=row.generator_url,
        source=row.source,
        rule=row.rule,
        value=row.value,
    )


def group_row(group: AlertGroup) -> Values:
    """An alert group as a row."""
    return {
        "key": group.key,
        "receiver": group.receiver,
        "labels": dict(group.labels),
        "ready_at": group.ready_at,
        "alerts": list(group.alerts),
    }


def group_noun(row: Found) -> AlertGroup:
    """The alert group in a row."""
    return AlertGroup(
        key=row.key,
        receiver=row.receiver,
        labels=LabelSet(row.labels),
        ready_at=row.ready_at,
        alerts=tuple(Fingerprint(item) for item in row.alerts),
    )


class Alerts(Repository):
    """See `bot.ports.store.Alerts`. The log and the states change in one transaction, so they cannot disagree."""

    def append(self, batch: Sequence[Alert], received_at: datetime) -> int:
        """One row in the log for the batch; within it the last word on an alert counts."""
        seq = self._insert(_log, {"received_at": received_at, "body": to_json(tuple(batch))})
        rows = {alert.fingerprint: alert_row(alert, seq) for alert in batch}
        known = {row.fingerprint for row in self._where_in(_alerts, "fingerprint", rows)}
        changed = [{**row, "key_fingerprint": row["fingerprint"]} for key, row in rows.items() if key in known]
        added = [row for key, row in rows.items() if key not in known]
        if changed:
            self._connection.execute(replacing(_alerts), changed)
        if added:
            self._connection.execute(inserting(_alerts), added)
        return seq

    def get(self, fingerprint: Fingerprint) -> Alert | None:
        """The last known state of one alert."""
        row = self._first(_ONE, {"fingerprint": fingerprint})
        return row and alert_noun(row)

    def known(self, fingerprints: Sequence[Fingerprint]) -> Mapping[Fingerprint, Alert]:
        """The last known state of each of these that is known."""
        return {
            Fingerprint(row.fingerprint): alert_noun(row)
            for row in self._where_in(_alerts, "fingerprint", fingerprints)
        }

    def active(self, now: datetime) -> Sequence[Alert]:
        """Those without an end, or with one after `now`."""
        return [alert_noun(row) for row in self._all(_ACTIVE, {"now": now})]

    def put_group(self, group: AlertGroup) -> None:
        """Keeps an alert group by its key."""
        self._put(_groups, group_row(group))

    def group(self, key: str) -> AlertGroup | None:
        """The group with this key."""
        row = self._first(select(_groups).where(_groups.c.key == key))
        return row and group_noun(row)
