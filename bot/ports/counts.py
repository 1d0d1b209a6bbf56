"""What is counted of alerts on their way, for those who watch Tocsin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from bot.model.telling import Verdict


class Counts(Protocol):
    """Counts alerts on their way, and pages. Every method returns at once and never raises."""

    def received(self, source: str, alerts: int, seconds: float) -> None:
        """So many alerts of this source were taken in; what took this long, the commit included."""
        ...

    def refused(self, source: str, alerts: int) -> None:
        """So many alerts of this source made no sense; may be none."""
        ...

    def logged(self, alerts: int) -> None:
        """A row with so many alerts was appended to the log; none: nothing was."""
        ...

    def posted(self, source: str, outcome: str) -> None:
        """A body came to a hook; `outcome` is an `Outcome` of `bot.ports.alert_store`."""
        ...

    def told(self, integration: str, seconds: float) -> None:
        """An integration took a message about a group."""
        ...

    def not_told(self, integration: str, reason: str, *, lost: bool) -> None:
        """It did not; `reason` is that of the IntegrationError. `lost`: it is not told again."""
        ...

    def flushed(self, kept_back: Mapping[Verdict, int]) -> None:
        """A group was looked at; so many of its alerts were kept back, by why."""
        ...

    def deadman(self, name: str, *, missing: bool) -> None:
        """Whether a deadman is missing now."""
        ...

    def signed(self, integration: str, *, taken: bool) -> None:
        """A sign of our own life went out, and was taken or not."""
        ...

    def paged(self, integration: str, seconds: float) -> None:
        """An integration took a page, so long after it was decided."""
        ...

    def not_paged(self, integration: str, reason: str) -> None:
        """It did not; `reason` is that of the IntegrationError."""
        ...

    def not_followed(self, integration: str, reason: str) -> None:
        """An integration that knows our incidents could not say what was done there; it is asked again."""
        ...


class NoCounts(Counts):
    """`Counts` that nobody reads."""
