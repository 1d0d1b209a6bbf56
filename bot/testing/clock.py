"""A clock that goes only when it is told to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class FakeClock:
    """A `Clock` that stands at `at` until it is moved."""

    def __init__(self, at: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self.at = at

    def now(self) -> datetime:
        """The time it stands at."""
        return self.at

    def advance(self, by: timedelta) -> None:
        """Moves it; backwards too, as real clocks do."""
        self.at += by
