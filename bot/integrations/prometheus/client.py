"""Asks Prometheus for a value at one time: the path every rule goes, so it is the cheap one.

Range data comes through `ranges.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

from bot.documents import format_duration
from bot.errors import IntegrationError
from bot.integrations.prometheus import answers, ranges
from bot.integrations.prometheus.expr import fill
from bot.integrations.prometheus.wire import Wire
from bot.kit.way_in import Access
from bot.model.sample import Answer, Series, Window

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_LARGE = 256 * 1024
"""A body beyond this many bytes is decoded in a thread, so that it does not hold up everything else."""


class PrometheusSource:
    """A `MetricSource`. Opens its connections with the first question; `aclose` ends them."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._wire = Wire(access)

    async def query(self, expr: str, variables: Mapping[str, str], at: datetime) -> Answer:
        """See `MetricSource`. Without variables the expression is sent as it stands: `$` belongs to PromQL then."""
        access, name = self._access, self._access.name
        text = fill(expr, variables, name) if variables else expr
        form = {"query": text, "time": answers.exact(at), "timeout": f"{access.timeout:g}s"}
        reply = await self._wire.post(f"{access.url}/api/v1/query", urlencode(form).encode(), _FORM)
        body = reply.body
        if reply.status != 200:
            raise answers.refusal(reply.status, body, name, access.redactor, reply.retry_after)
        if len(body) > _LARGE:
            return await asyncio.to_thread(answers.instant, body, name)
        return answers.instant(body, name)

    async def query_all(self, exprs: Sequence[str], at: datetime) -> Sequence[Answer | IntegrationError]:
        """See `MetricSource`."""
        return await asyncio.gather(*(self._answered(expr, at) for expr in exprs))

    async def _answered(self, expr: str, at: datetime) -> Answer | IntegrationError:
        try:
            return await self.query(expr, {}, at)
        except IntegrationError as error:
            return error

    async def query_range(
        self, expr: str, variables: Mapping[str, str], window: Window, step: timedelta
    ) -> Sequence[Series]:
        """See `MetricSource`."""
        text = fill(expr, variables, self._access.name) if variables else expr
        return await asyncio.to_thread(ranges.ask, self._access, text, window, step)

    def link(self, expr: str, window: Window | None = None) -> str:
        """Prometheus' own page; `/graph` is its address before 3.0 and leads on to the new one since."""
        if window is None:
            return f"{self._access.url}/graph?{urlencode({'g0.expr': expr, 'g0.tab': '1'})}"
        end = window.end.astimezone(UTC).replace(microsecond=0)
        end += timedelta(seconds=1) if end < window.end else timedelta(0)
        seconds = max(timedelta(seconds=1), -(-(end - window.start) // timedelta(seconds=1)) * timedelta(seconds=1))
        panel = {
            "g0.expr": expr,
            "g0.tab": "0",
            "g0.range_input": format_duration(seconds),
            "g0.end_input": f"{end:%Y-%m-%d %H:%M:%S}",
        }
        return f"{self._access.url}/graph?{urlencode(panel, quote_via=quote)}"

    async def aclose(self) -> None:
        """Closes the connections. A later question opens new ones."""
        await self._wire.aclose()
