"""A pager and messenger that keeps what it is handed, or refuses it; it passes the contract suites of real ones."""

from __future__ import annotations

from bot.errors import IntegrationError
from bot.model.page import Call, Message


class FakePager:
    """A `Pager` and a `Messenger`. `calls` and `messages` hold what it took, in order, each once."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.messages: list[Message] = []
        self.tries = 0
        self._broken: Exception | None = None

    def breaks(self, error: IntegrationError | Exception | None) -> None:
        """From now on it refuses everything with this; None: it is well again."""
        self._broken = error

    async def page(self, call: Call) -> str:
        """See `Pager`."""
        self._refuse()
        if call.page not in {one.page for one in self.calls}:
            self.calls.append(call)
        return f"ref-{call.page}"

    async def send(self, message: Message) -> None:
        """See `Messenger`."""
        self._refuse()
        if message.id not in {one.id for one in self.messages}:
            self.messages.append(message)

    def _refuse(self) -> None:
        self.tries += 1
        if self._broken is not None:
            raise self._broken
