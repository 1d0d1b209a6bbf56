"""A notifier that keeps what it is told, or refuses it; it passes the same contract suite as the webhook."""

from __future__ import annotations

from bot.errors import IntegrationError
from bot.model.told_group import ToldGroup


class FakeNotifier:
    """A `Notifier`. `heard` holds what it took, in order; what it has had before is taken and not kept again."""

    def __init__(self) -> None:
        self.heard: list[ToldGroup] = []
        self.tries = 0
        self._broken: IntegrationError | None = None

    def breaks(self, error: IntegrationError | None) -> None:
        """From now on it refuses everything with this; None: it is well again."""
        self._broken = error

    async def tell(self, telling: ToldGroup) -> None:
        """See `Notifier`."""
        self.tries += 1
        if self._broken is not None:
            raise self._broken
        if telling.id not in {one.id for one in self.heard}:
            self.heard.append(telling)
