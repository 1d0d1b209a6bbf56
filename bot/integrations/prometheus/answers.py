"""What a Prometheus server sends, made into our nouns. Nothing here trusts it: a proxy may have answered instead."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.errors import IntegrationError, Permanent, Temporary
from bot.integrations.prometheus import folding
from bot.kit.http_out import failure
from bot.kit.redaction import Redactor, visible
from bot.model.labels import LabelSet
from bot.model.sample import Answer, Sample, Series

MAX_BODY = 32 * 1024 * 1024
MAX_COMPLAINT = 64 * 1024
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_DETAIL = 300
_OF_PROMQL = ("PromQL info", "PromQL warning")  # from 3.0 on infos stand apart; before, among the warnings
_NOTHING = Answer(samples=())
_UNREADABLE = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, OSError, RecursionError)
"""What looking into an answer of any shape can raise."""


def exact(at: datetime) -> str:
    """Seconds since 1970 with three decimals, cut to the millisecond: what `time=` is given."""
    millis = (at - _EPOCH) // timedelta(milliseconds=1)
    sign, millis = ("-", -millis) if millis < 0 else ("", millis)
    return f"{sign}{millis // 1000}.{millis % 1000:03d}"


def instant(body: bytes, integration: str) -> Answer:
    """An instant query's answer. A scalar is one sample without labels; a text or a range is Permanent (`client`)."""
    try:
        answer = _success(body)
        kind, result = answer["data"]["resultType"], answer["data"]["result"]
        warnings = _warnings(answer)
        samples: tuple[Sample, ...] = ()
        if kind == "scalar":
            samples = (Sample(labels=LabelSet(), value=float(result[1])),)
        elif kind == "vector":
            samples = tuple(_sample(series) for series in result)
    except _UNREADABLE:
        raise _not_prometheus(integration) from None
    if kind not in ("scalar", "vector"):
        message = f"the expression answers with a {visible(str(kind))}, not with a vector or a scalar"
        raise Permanent(message, integration=integration, reason="client", hint="correct the expression")
    return Answer(samples=samples, warnings=warnings)


def folded(body: bytes, count: int) -> Sequence[Answer] | None:
    """The answers to each of so many expressions that were asked as one; None when they cannot be told apart."""
    samples: list[list[Sample]] = [[] for _ in range(count)]
    try:
        answer = _success(body)
        if answer["data"]["resultType"] != "vector" or _warnings(answer):
            return None
        for series in answer["data"]["result"]:
            number, before = folding.owner(series["metric"].pop(folding.LABEL))
            series["metric"][folding.LABEL] = before
            samples[number].append(_sample(series))
    except _UNREADABLE:
        return None
    return [Answer(samples=tuple(found)) if found else _NOTHING for found in samples]


def ranges(result: Any, integration: str) -> tuple[Series, ...]:  # Any: what came of somebody else's JSON
    """The `result` of a range query. Native histograms are left out: no chart of ours shows them."""
    try:
        return tuple(
            Series(
                labels=_labels(series["metric"]),
                points=tuple((_time(at), float(value)) for at, value in series["values"]),
            )
            for series in result
            if "histograms" not in series
        )
    except _UNREADABLE:
        raise _not_prometheus(integration) from None


def clock(body: bytes, integration: str) -> datetime:
    """What `time()` answered."""
    try:
        return _time(instant(body, integration).samples[0].value)
    except _UNREADABLE:
        raise _not_prometheus(integration) from None


def version(body: bytes) -> str:
    """The version that build information names; empty where it names none."""
    try:
        return visible(str(_success(body)["data"]["version"]))[:40]
    except _UNREADABLE:
        return ""


def refusal(
    status: int, body: bytes, integration: str, redactor: Redactor, retry_after: float | None = None
) -> IntegrationError:
    """What an answer that is not 200 means, with Prometheus' own words where it is Prometheus that speaks."""
    try:
        said = json.loads(body)
        kind, text = str(said["errorType"]), str(said["error"])
    except _UNREADABLE:
        return failure(integration, status, retry_after=retry_after)
    detail = visible(redactor.clean(f"{kind}: {text}"))[:_LONGEST_DETAIL]
    if kind == "timeout":
        return Temporary(f"{integration} gave up: {detail}", integration=integration, reason="timeout")
    refused = failure(integration, status, detail, retry_after)
    refused.said = redactor.clean(text.removeprefix('invalid parameter "query": '))[:_LONGEST_DETAIL]
    return refused


def _success(body: bytes) -> Mapping[str, Any]:
    answer: Mapping[str, Any] = json.loads(body)
    if answer["status"] != "success":
        raise ValueError(answer["status"])
    return answer


def _warnings(answer: Mapping[str, Any]) -> tuple[str, ...]:
    """What is said of missing data. PromQL's own remarks about the query are left out, as Prometheus' ruler does."""
    said = [visible(str(text)) for text in answer.get("warnings") or ()]
    if answer.get("isPartial"):  # VictoriaMetrics' way to say it
        said.append("the server calls its answer partial")
    return tuple(text for text in said if not text.startswith(_OF_PROMQL))


def _sample(series: Mapping[str, Any]) -> Sample:
    labels = _labels(series["metric"])
    if "histogram" in series and "value" not in series:
        return Sample(labels=labels, value=0.0, is_histogram=True)
    return Sample(labels=labels, value=float(series["value"][1]))


def _labels(metric: Mapping[str, Any]) -> LabelSet:
    if not all(isinstance(value, str) for value in metric.values()):
        raise TypeError("a label's value is a text")
    return LabelSet(metric)


def _time(at: float) -> datetime:
    return _EPOCH + timedelta(milliseconds=round(at * 1000))


def _not_prometheus(integration: str) -> Temporary:
    return Temporary(
        f"{integration} answered with something that is not Prometheus' JSON",
        integration=integration,
        reason="server",
        hint="see whether a proxy or a sign-in page stands between Tocsin and the address in tocsin.yaml",
    )
