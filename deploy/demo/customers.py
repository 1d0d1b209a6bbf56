"""What the shop's customers experience, read from their own counters and from nowhere near Tocsin."""

from __future__ import annotations

import re
import time
import urllib.error
from collections import deque

from shop import DIRECT

SERIES = re.compile(r'shop_customer_requests_total\{outcome="(\w+)"\} (\S+)')
WINDOW_SECONDS = 5.0
UNNOTICED = 0.05


class Customers:
    """The share of the customers' requests that failed within the last few seconds."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/metrics"
        self._seen: deque[tuple[float, float, float]] = deque()

    def look(self) -> None:
        """Read their counters once more; a look that fails changes nothing."""
        try:
            with DIRECT.open(self._url, timeout=2) as answer:
                counts = {outcome: float(value) for outcome, value in SERIES.findall(answer.read().decode())}
        except (OSError, urllib.error.URLError):
            return
        now = time.monotonic()
        self._seen.append((now, counts["served"], counts["failed"]))
        while self._seen[0][0] < now - WINDOW_SECONDS:
            self._seen.popleft()

    def failing(self) -> float | None:
        """Between 0 and 1; None as long as nothing was asked."""
        if not self._seen:
            return None
        (_, served_before, failed_before), (_, served, failed) = self._seen[0], self._seen[-1]
        asked = served - served_before + failed - failed_before
        return (failed - failed_before) / asked if asked else None

    def served_for_a_while(self) -> bool:
        """Whether next to nothing failed for as long as we look back; a busy machine may lose a few requests."""
        share = self.failing()
        return share is not None and share < UNNOTICED and self._seen[-1][0] - self._seen[0][0] > WINDOW_SECONDS - 1

    def glance(self) -> str:
        """The same in words."""
        share = self.failing()
        return "no customer was seen yet" if share is None else f"{share:.0%} of the customers' requests fail"
