"""A metric source that answers what a test tells it to; it passes the same contract suite as a real Prometheus."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlencode

import promql_parser

from bot.errors import IntegrationError, Permanent
from bot.model.labels import LabelSet
from bot.model.sample import Answer, Sample, Series, Window

Values = Mapping[LabelSet, float]
_VARIABLE = re.compile(r"\$([A-Za-z_]\w*)")


class FakeMetricSource:
    """A `MetricSource` with a script: each expression answers what `shows` said last; others answer nothing.

    Expressions are compared after their variables were filled in. What is no PromQL is refused, as a server would.
    `asked` holds every question in order: expression as it was filled, and the time it was asked for.
    """

    def __init__(self, name: str = "fake") -> None:
        self.name = name
        self.asked: list[tuple[str, datetime]] = []
        self._shown: dict[str, Callable[[datetime], Values]] = {}
        self._warnings: tuple[str, ...] = ()
        self._broken: IntegrationError | None = None

    def shows(self, expr: str, values: Values | Callable[[datetime], Values]) -> None:
        """From now on this expression has these samples, or what the function says for the time asked for."""
        self._shown[expr] = values if callable(values) else lambda _: values

    def warns(self, *warnings: str) -> None:
        """From now on every answer says this; without words, none does."""
        self._warnings = warnings

    def breaks(self, error: IntegrationError | None) -> None:
        """From now on every question raises this; None: it is well again."""
        self._broken = error

    async def query(self, expr: str, variables: Mapping[str, str], at: datetime) -> Answer:
        """See `MetricSource`."""
        values = self._look(self._filled(expr, variables), at)
        samples = tuple(Sample(labels=labels, value=value) for labels, value in values.items())
        return Answer(samples=samples, warnings=self._warnings)

    async def query_all(self, exprs: Sequence[str], at: datetime) -> Sequence[Answer | IntegrationError]:
        """See `MetricSource`."""
        answers: list[Answer | IntegrationError] = []
        for expr in exprs:
            try:
                answers.append(await self.query(expr, {}, at))
            except IntegrationError as error:
                answers.append(error)
        return answers

    async def query_range(
        self, expr: str, variables: Mapping[str, str], window: Window, step: timedelta
    ) -> Sequence[Series]:
        """See `MetricSource`."""
        filled = self._filled(expr, variables)
        points: dict[LabelSet, list[tuple[datetime, float]]] = {}
        at = window.start
        while at <= window.end:
            for labels, value in self._look(filled, at).items():
                points.setdefault(labels, []).append((at, value))
            at += step
        return tuple(Series(labels=labels, points=tuple(line)) for labels, line in points.items())

    def link(self, expr: str, window: Window | None = None) -> str:
        """See `MetricSource`."""
        if window is None:
            return f"https://{self.name}.example.net/graph?{urlencode({'g0.expr': expr, 'g0.tab': '1'})}"
        panel = {"expr": expr, "from": window.start.isoformat(), "to": window.end.isoformat()}
        return f"https://{self.name}.example.net/graph?{urlencode(panel)}"

    def _look(self, expr: str, at: datetime) -> Values:
        self.asked.append((expr, at))
        if self._broken is not None:
            raise self._broken
        shown = self._shown.get(expr)
        return shown(at) if shown else {}

    def _filled(self, expr: str, variables: Mapping[str, str]) -> str:
        if not variables:
            filled = expr
        elif missing := set(_VARIABLE.findall(expr)) - set(variables):
            raise self._mistake(f"no variable is called ${min(missing)}")
        else:
            escaped = {name: value.replace("\\", "\\\\").replace('"', '\\"') for name, value in variables.items()}
            filled = _VARIABLE.sub(lambda match: escaped[match[1]], expr)
        try:
            promql_parser.parse(filled.replace("\n", " "))
        except ValueError as error:
            raise self._mistake(str(error)) from None
        return filled

    def _mistake(self, message: str) -> Permanent:
        return Permanent(message, integration=self.name, reason="client")
