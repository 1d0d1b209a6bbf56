"""The last known state of alerts that somebody was told of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import bindparam, select

from bot.model.alert import Alert
from bot.model.ids import Fingerprint
from bot.model.labels import LabelSet
from bot.store.columns import Words
from bot.store.repositories.repository import Found, Repository, Values, inserting, replacing
from bot.store.tables import AlertRow, table

_alerts = table(AlertRow)
_ONE = select(_alerts).where(_alerts.c.fingerprint == bindparam("fingerprint", type_=Words))


def alert_row(alert: Alert) -> Values:
    """An alert's last known state as a row."""
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


class Alerts(Repository):
    """See `bot.ports.alert_store.Alerts`."""

    def put(self, alerts: Sequence[Alert]) -> None:
        """Creates or replaces; of several with one fingerprint the last one counts."""
        rows = {alert.fingerprint: alert_row(alert) for alert in alerts}
        known = {row.fingerprint for row in self._where_in(_alerts, "fingerprint", rows)}
        changed = [{**row, "key_fingerprint": row["fingerprint"]} for key, row in rows.items() if key in known]
        added = [row for key, row in rows.items() if key not in known]
        if changed:
            self._connection.execute(replacing(_alerts), changed)
        if added:
            self._connection.execute(inserting(_alerts), added)

    def get(self, fingerprint: Fingerprint) -> Alert | None:
        """One of them."""
        row = self._first(_ONE, {"fingerprint": fingerprint})
        return row and alert_noun(row)

    def known(self, fingerprints: Sequence[Fingerprint]) -> Mapping[Fingerprint, Alert]:
        """Those of these that are known."""
        return {
            Fingerprint(row.fingerprint): alert_noun(row)
            for row in self._where_in(_alerts, "fingerprint", fingerprints)
        }
