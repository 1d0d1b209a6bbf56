"""Silences, the expired ones too until they are old."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from bot.errors import NotFound
from bot.model.ids import SilenceId
from bot.model.labels import Matcher
from bot.model.silence import Silence
from bot.store.codec import from_json, to_json
from bot.store.repositories.repository import Found, Repository, Values
from bot.store.tables import SilenceRow, table

_silences = table(SilenceRow)
_NEWEST = select(func.max(_silences.c.seq).label("seq"))


def silence_row(silence: Silence, seq: int) -> Values:
    """A silence as a row."""
    return {
        "id": silence.id,
        "matchers": to_json(silence.matchers),
        "starts_at": silence.starts_at,
        "ends_at": silence.ends_at,
        "updated_at": silence.updated_at,
        "created_by": silence.created_by,
        "comment": silence.comment,
        "annotations": dict(silence.annotations),
        "seq": seq,
    }


def silence_noun(row: Found) -> Silence:
    """The silence in a row."""
    return Silence(
        id=SilenceId(row.id),
        matchers=tuple(from_json(Matcher, one) for one in row.matchers),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        updated_at=row.updated_at,
        created_by=row.created_by,
        comment=row.comment,
        annotations=row.annotations,
    )


class Silences(Repository):
    """See `bot.ports.alert_store.Silences`."""

    def put(self, silence: Silence) -> None:
        """Creates or replaces."""
        self._put(_silences, silence_row(silence, self._number("silences")))

    def get(self, silence: SilenceId) -> Silence:
        """One; NotFound."""
        row = self._first(select(_silences).where(_silences.c.id == silence))
        if row is None:
            raise NotFound(f"there is no silence {silence}", hint="`tocsin silence list` shows those there are")
        return silence_noun(row)

    def newest(self) -> int:
        """The newest sequence."""
        row = self._first(_NEWEST)
        return int(row.seq or 0) if row is not None else 0

    def changed_after(self, seq: int) -> tuple[int, Sequence[Silence]]:
        """Those changed since, and the newest sequence."""
        rows = self._all(select(_silences).where(_silences.c.seq > seq).order_by(_silences.c.seq))
        return (rows[-1].seq if rows else seq), [silence_noun(row) for row in rows]
