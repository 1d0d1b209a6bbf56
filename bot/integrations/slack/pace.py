"""How fast a workspace may be written to: a message a second in each channel, and so many edits a minute in all.

Slack says so with every refusal; whoever keeps to it is not refused in the middle of an incident.
"""

from __future__ import annotations

from collections import deque

from bot.errors import Temporary
from bot.ports.clock import Clock

_CHANNEL_S = 1.0
_EDITS, _MINUTE_S = 45, 60.0
"""Of the fifty that Slack allows: pages are edited too."""
_KEPT = 10
"""Of these, for what is grave: in a storm whoever has it is not told of a minute late."""


class Pace:
    """Of one process. `integration` is the one that waits."""

    def __init__(self, integration: str, clock: Clock) -> None:
        self._integration, self._clock = integration, clock
        self._posted: dict[str, float] = {}
        self._edits: deque[float] = deque()

    def post(self, channel: str) -> None:
        """One more message there; Temporary with how long to wait."""
        now = self._clock.now().timestamp()
        left = min(self._posted.get(channel, now - _CHANNEL_S) + _CHANNEL_S - now, _CHANNEL_S)
        if left > 0:
            raise self._wait(left, "messages to one channel")
        self._posted[channel] = now

    def edit(self, *, grave: bool) -> None:
        """One more edit; Temporary with how long to wait."""
        now = self._clock.now().timestamp()
        while self._edits and now - self._edits[0] >= _MINUTE_S:
            self._edits.popleft()
        over = len(self._edits) - (_EDITS if grave else _EDITS - _KEPT)
        if over >= 0:
            raise self._wait(min(_MINUTE_S - (now - self._edits[over]), _MINUTE_S), "edits")
        self._edits.append(now)

    def _wait(self, seconds: float, of: str) -> Temporary:
        message = f"{self._integration} takes no more {of} for {seconds:.1f} s"
        return Temporary(message, integration=self._integration, reason="rate_limited", retry_after=seconds)
