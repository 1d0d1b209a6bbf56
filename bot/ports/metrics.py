"""Metric sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from bot.errors import IntegrationError
from bot.model.sample import Answer, Series, Window


class MetricSource(Protocol):
    """A server that speaks PromQL.

    `variables` fill `$name` inside string literals of the expression; the adapter escapes them, so that a label
    value never becomes syntax. Raises Temporary and Permanent; a PromQL mistake is Permanent with reason `client`.
    """

    async def query(self, expr: str, variables: Mapping[str, str], at: datetime) -> Answer:
        """The expression's value at one time, milliseconds exact. A scalar is one sample without labels."""
        ...

    async def query_all(self, exprs: Sequence[str], at: datetime) -> Sequence[Answer | IntegrationError]:
        """Each expression's value at one time, or why it has none; never raises for one of them.

        What the answers are does not depend on what was asked together; how often the server is asked may.
        """
        ...

    async def query_range(
        self, expr: str, variables: Mapping[str, str], window: Window, step: timedelta
    ) -> Sequence[Series]:
        """The expression's values over a window."""
        ...

    def link(self, expr: str, window: Window | None = None) -> str:
        """Where a person sees this expression over this window, with absolute times.

        Without a window: its value now, in the words of Prometheus' own `generatorURL`.
        """
        ...
