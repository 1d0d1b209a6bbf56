"""Who our people are in chats."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select

from bot.model.chat_link import ChatLink
from bot.store.repositories.repository import Found, Repository, Values
from bot.store.tables import ChatCodeRow, ChatLinkRow, table

_links = table(ChatLinkRow)
_codes = table(ChatCodeRow)


def link_row(link: ChatLink) -> Values:
    """A link as a row."""
    return {
        "integration": link.integration,
        "user_id": link.user,
        "person": link.person,
        "linked_at": link.at,
        "linked_by": link.by,
    }


def link_noun(row: Found) -> ChatLink:
    """The link in a row."""
    return ChatLink(
        integration=row.integration, user=row.user_id, person=row.person, at=row.linked_at, by=row.linked_by
    )


class ChatLinks(Repository):
    """See `bot.ports.chat_store.ChatLinks`."""

    def put(self, link: ChatLink) -> None:
        """Creates or replaces: there somebody is one of our people at most."""
        self._put(_links, link_row(link))

    def of(self, integration: str) -> Sequence[ChatLink]:
        """All of one chat, by the id that people have there."""
        found = self._all(select(_links).where(_links.c.integration == integration).order_by(_links.c.user_id))
        return [link_noun(row) for row in found]

    def all(self) -> Sequence[ChatLink]:
        """All of them."""
        return [link_noun(row) for row in self._all(select(_links).order_by(_links.c.integration, _links.c.user_id))]

    def drop(self, integration: str, user: str) -> None:
        """Whoever has this id there is nobody of ours any more."""
        self._change(delete(_links).where(_links.c.integration == integration, _links.c.user_id == user))

    def add_code(self, secret_hash: str, person: str, now: datetime, expires_at: datetime) -> None:
        """Keeps a code that can be used once; those that expired before are forgotten."""
        self._change(delete(_codes).where(_codes.c.expires_at <= now))
        self._insert(_codes, {"secret_hash": secret_hash, "person": person, "expires_at": expires_at})

    def use_code(self, secret_hash: str, now: datetime) -> str | None:
        """Whose code it is; it is used up. None: unknown, used or expired."""
        valid = (_codes.c.secret_hash == secret_hash, _codes.c.expires_at > now)
        row = self._first(delete(_codes).where(*valid).returning(_codes.c.person))
        return row and str(row.person)
