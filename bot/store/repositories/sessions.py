"""One-time links and the sessions they open."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update

from bot.ports.store import Session
from bot.store.repositories.repository import Found, Repository, Values
from bot.store.tables import CalendarRow, LinkRow, SessionRow, table

_links = table(LinkRow)
_sessions = table(SessionRow)
_calendars = table(CalendarRow)


def session_row(session: Session) -> Values:
    """A session as a row."""
    return {
        "secret_hash": session.secret_hash,
        "person": session.person,
        "csrf": session.csrf,
        "created_at": session.created_at,
        "seen_at": session.seen_at,
        "expires_at": session.expires_at,
    }


def session_noun(row: Found) -> Session:
    """The session in a row."""
    return Session(
        secret_hash=row.secret_hash,
        person=row.person,
        csrf=row.csrf,
        created_at=row.created_at,
        seen_at=row.seen_at,
        expires_at=row.expires_at,
    )


class Sessions(Repository):
    """See `bot.ports.store.Sessions`."""

    def add_link(self, secret_hash: str, person: str, expires_at: datetime) -> None:
        """Keeps a link that can be used once."""
        self._insert(_links, {"secret_hash": secret_hash, "person": person, "expires_at": expires_at, "used": False})

    def use_link(self, secret_hash: str, now: datetime) -> str | None:
        """Whose link it is; it is used up. None: unknown, used or expired."""
        valid = (_links.c.secret_hash == secret_hash, ~_links.c.used, _links.c.expires_at > now)
        row = self._first(update(_links).where(*valid).values(used=True).returning(_links.c.person))
        return row and str(row.person)

    def put(self, session: Session) -> None:
        """Creates or replaces."""
        self._put(_sessions, session_row(session))

    def get(self, secret_hash: str) -> Session | None:
        """The session, expired or not."""
        row = self._first(select(_sessions).where(_sessions.c.secret_hash == secret_hash))
        return row and session_noun(row)

    def drop(self, secret_hash: str) -> None:
        """Ends it."""
        self._change(delete(_sessions).where(_sessions.c.secret_hash == secret_hash))

    def calendar_key(self, schedule: str) -> str | None:
        """What the address of a schedule's calendar is made of; None: it has no address yet."""
        row = self._first(select(_calendars.c.key).where(_calendars.c.schedule == schedule))
        return row.key if row else None

    def put_calendar_key(self, schedule: str, key: str, now: datetime) -> None:
        """From now on its address is made of this."""
        self._put(_calendars, {"schedule": schedule, "key": key, "made_at": now})
