"""Ways to reach people."""

from __future__ import annotations

from typing import Protocol

from bot.model.page import Call, Message


class Pager(Protocol):
    """Wakes somebody."""

    async def page(self, call: Call) -> str:
        """Hands it over; the other side's own id for it, empty where it has none. Once this returns, it has it.

        Raises Temporary, after which the same page may be tried again, and Permanent, after which another way is.
        Whoever gets the same `call.page` twice wakes nobody twice, where the other side allows that.
        """
        ...


class Messenger(Protocol):
    """Delivers messages that wake nobody."""

    async def send(self, message: Message) -> None:
        """Hands it over. Temporary: it may be tried again. Permanent: it is of no use."""
        ...
