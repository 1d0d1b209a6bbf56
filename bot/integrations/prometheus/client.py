"""Asks Prometheus for a value at one time: the path every rule goes, so it is the cheap one.

Range data comes through `ranges.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from urllib.parse import quote, quote_plus, urlencode

from bot.documents import format_duration
from bot.errors import IntegrationError, Permanent
from bot.integrations.prometheus import answers, ranges
from bot.integrations.prometheus.expr import fill
from bot.integrations.prometheus.folding import Rooms, fold, operand
from bot.integrations.prometheus.wire import Reply, Wire
from bot.kit.way_in import Access
from bot.model.sample import Answer, Series, Window

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_LARGE = 256 * 1024
"""A body beyond this many bytes is decoded in a thread, so that it does not hold up everything else."""


_SLOW = 4
"""A fold that takes longer than this part of the timeout is asked in halves next time."""


class PrometheusSource:
    """A `MetricSource`. Opens its connections with the first question; `aclose` ends them.

    `rooms` is what it has learnt of what may be asked together.
    """

    def __init__(self, access: Access) -> None:
        self._access = access
        self._wire = Wire(access)
        self.rooms = Rooms()

    async def query(self, expr: str, variables: Mapping[str, str], at: datetime) -> Answer:
        """See `MetricSource`. Without variables the expression is sent as it stands: `$` belongs to PromQL then."""
        name = self._access.name
        try:
            query = _encoded(fill(expr, variables, name) if variables else expr)
        except UnicodeEncodeError:
            message = "the expression is not valid Unicode"
            raise Permanent(message, integration=name, reason="client", hint="correct the expression") from None
        reply = await self._ask(query, at)
        if len(reply.body) > _LARGE:
            return await asyncio.to_thread(answers.instant, reply.body, name)
        return answers.instant(reply.body, name)

    async def query_all(self, exprs: Sequence[str], at: datetime) -> Sequence[Answer | IntegrationError]:
        """See `MetricSource`."""
        folds = self.rooms.folds(exprs)
        if len(folds) == 1:
            return await self._together(exprs, at)
        answered = await asyncio.gather(*(self._together([exprs[place] for place in fold], at) for fold in folds))
        by_place = {
            place: answer
            for fold, answers_to_it in zip(folds, answered, strict=True)
            for place, answer in zip(fold, answers_to_it, strict=True)
        }
        return [by_place[place] for place in range(len(exprs))]

    async def _together(self, exprs: Sequence[str], at: datetime) -> Sequence[Answer | IntegrationError]:
        """The answer to each, from one query if that can be."""
        if len(exprs) == 1:
            return await self._apart(exprs, at)
        try:
            answered = await self._folded(exprs, at)
        except IntegrationError as error:
            if error.reason != "client" and await self._fails_so(error.reason, at):
                return [error] * len(exprs)
            answered = None
        return await self._apart(exprs, at) if answered is None else answered

    async def _folded(self, exprs: Sequence[str], at: datetime) -> Sequence[Answer] | None:
        reply = await self._ask(_encoded_fold(tuple(exprs)), at)
        if len(reply.body) > _LARGE:
            answered = await asyncio.to_thread(answers.folded, reply.body, len(exprs))
        else:
            answered = answers.folded(reply.body, len(exprs))
        if answered is not None and reply.took > self._access.timeout / _SLOW:
            self.rooms.shrink(exprs, len(exprs) // 2)
        elif answered is not None:
            self.rooms.grow(exprs)
        return answered

    async def _fails_so(self, reason: str, at: datetime) -> bool:
        """Whether the server answers nothing at all, for this reason: then it need not be asked for each."""
        answer = await self._answered("vector(1)", at)
        return isinstance(answer, IntegrationError) and answer.reason == reason

    async def _apart(self, exprs: Sequence[str], at: datetime) -> Sequence[Answer | IntegrationError]:
        """The answer to each, from a query of its own; what does not do well alone stays alone for a while."""
        answered = await asyncio.gather(*(self._answered(expr, at) for expr in exprs))
        unwell = [
            expr
            for expr, answer in zip(exprs, answered, strict=True)
            if isinstance(answer, IntegrationError) or answer.warnings
        ]
        if unwell:
            self.rooms.shrink(unwell, 1)
        elif len(exprs) > 1:
            self.rooms.shrink(exprs, len(exprs) // 2)
        else:
            self.rooms.grow(exprs)
        return answered

    async def _answered(self, expr: str, at: datetime) -> Answer | IntegrationError:
        try:
            return await self.query(expr, {}, at)
        except IntegrationError as error:
            return error

    async def _ask(self, query: bytes, at: datetime) -> Reply:
        access = self._access
        form = b"query=%b&time=%b&timeout=%gs" % (query, answers.exact(at).encode(), access.timeout)
        reply = await self._wire.post(f"{access.url}/api/v1/query", form, _FORM)
        if reply.status != 200:
            raise answers.refusal(reply.status, reply.body, access.name, access.redactor, reply.retry_after)
        return reply

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


@lru_cache(maxsize=4096)
def _encoded(expr: str) -> bytes:
    """The expression for a form."""
    return quote_plus(expr, errors="strict").encode()


@lru_cache(maxsize=4096)
def _encoded_fold(exprs: tuple[str, ...]) -> bytes:
    """All these expressions, which have an operand each, as one query for a form."""
    return _encoded(fold([text for text in map(operand, exprs) if text is not None]))
