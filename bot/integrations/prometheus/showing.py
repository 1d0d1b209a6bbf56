"""How what Prometheus says is shown to people, kept as plain JSON, and said when it fails."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from bot.errors import IntegrationError, Temporary
from bot.kit.redaction import visible
from bot.model.plan import ActionResult, Outcome
from bot.model.sample import Answer, Sample

LONGEST_SUMMARY = 200
_HISTOGRAM = "a native histogram"


def summary(answer: Answer) -> str:
    """One line about an answer."""
    return told(answer, [line(sample) for sample in answer.samples[:1]], "no series", "series")


def told(answer: Answer, lines: Sequence[str], none: str, what: str) -> str:
    """The first of these, how many there are in all, and whether that is all there is to be seen."""
    count = len(answer.samples)
    said = none if not lines else lines[0] if count == 1 else f"{count} {what}, the first: {lines[0]}"
    return (f"partial: {said}" if answer.warnings else said)[:LONGEST_SUMMARY]


def line(sample: Sample) -> str:
    """A series and its value, on one line."""
    labels = dict(sample.labels)
    name = labels.pop("__name__", "")
    pairs = ", ".join(f'{label}="{value}"' for label, value in labels.items())
    series = visible(f"{name}{{{pairs}}}" if pairs else name)
    value = _HISTOGRAM if sample.is_histogram else f"{sample.value:.6g}"
    return f"{series} = {value}" if series else value


def value_of(sample: Sample) -> Any:  # Any: as below, and null
    """Its value as JSON can keep it; null for a native histogram, which is no number."""
    return None if sample.is_histogram else plain(sample.value)


def plain(value: float) -> Any:  # Any: a float, or the text that Prometheus writes where JSON has no number
    """The value as JSON can keep it."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"


def failed(error: IntegrationError) -> ActionResult:
    """What did not work, and whether it may work later."""
    return ActionResult(
        outcome=Outcome.FAILED,
        summary=error.message,
        text=error.hint,
        temporary=isinstance(error, Temporary),
    )
