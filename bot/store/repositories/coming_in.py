"""What others post to us: bodies as they came, and signs of life."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select

from bot.ports.alert_store import Became, Heartbeat, Outcome, Posted
from bot.store.codec import from_json, to_json
from bot.store.repositories.repository import Found, Repository, Values
from bot.store.tables import DeadmanRow, PostedRow, table

_posted = table(PostedRow)
_deadmen = table(DeadmanRow)


def posted_row(posted: Posted) -> Values:
    """A body as a row."""
    return {
        "source": posted.source,
        "delivery": posted.delivery,
        "received_at": posted.received_at,
        "headers": dict(posted.headers),
        "body": posted.body,
        "outcome": str(posted.outcome),
        "error": posted.error,
        "alerts": posted.alerts,
        "became": to_json(posted.became),
    }


def posted_noun(row: Found) -> Posted:
    """The body in a row."""
    return Posted(
        source=row.source,
        delivery=row.delivery,
        received_at=row.received_at,
        headers=row.headers,
        body=row.body,
        outcome=Outcome(row.outcome),
        error=row.error,
        alerts=row.alerts,
        became=tuple(from_json(Became, one) for one in row.became),
        seq=row.seq,
    )


class PostedBodies(Repository):
    """See `bot.ports.alert_store.PostedBodies`."""

    def add(self, posted: Posted) -> bool:
        """Keeps it; False when this delivery of this source is kept already."""
        same = (_posted.c.source == posted.source, _posted.c.delivery == posted.delivery)
        if self._first(select(_posted.c.seq).where(*same)) is not None:
            return False
        self._insert(_posted, posted_row(posted))
        return True

    def since(self, at: datetime, after: int, limit: int) -> Sequence[Posted]:
        """Those received since, with a higher sequence than `after`, the oldest first."""
        found = select(_posted).where(_posted.c.received_at >= at, _posted.c.seq > after)
        return [posted_noun(row) for row in self._all(found.order_by(_posted.c.seq).limit(limit))]


class Heartbeats(Repository):
    """See `bot.ports.alert_store.Heartbeats`."""

    def put(self, heartbeat: Heartbeat) -> None:
        """Creates or replaces."""
        row = {"name": heartbeat.name, "seen_at": heartbeat.seen_at, "missing_since": heartbeat.missing_since}
        self._put(_deadmen, row)

    def all(self) -> Sequence[Heartbeat]:
        """Every one, by name."""
        return [
            Heartbeat(name=row.name, seen_at=row.seen_at, missing_since=row.missing_since)
            for row in self._all(select(_deadmen).order_by(_deadmen.c.name))
        ]

    def drop(self, names: Sequence[str]) -> None:
        """Forgets these."""
        self._change(delete(_deadmen).where(_deadmen.c.name.in_(names)))
