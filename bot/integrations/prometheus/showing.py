"""How what Prometheus says is shown to people, kept as plain JSON, and said when it fails."""

from __future__ import annotations

import math
from typing import Any

from bot.errors import IntegrationError, Temporary
from bot.kit.redaction import visible
from bot.model.plan import ActionResult, Outcome
from bot.model.sample import Answer, Sample

LONGEST_SUMMARY = 200


def summary(answer: Answer) -> str:
    """One line about an answer."""
    if not answer.samples:
        return "no series"
    first = line(answer.samples[0])
    count = len(answer.samples)
    return (first if count == 1 else f"{count} series, the first: {first}")[:LONGEST_SUMMARY]


def line(sample: Sample) -> str:
    """A series and its value, on one line."""
    labels = dict(sample.labels)
    name = labels.pop("__name__", "")
    pairs = ", ".join(f'{label}="{value}"' for label, value in labels.items())
    series = visible(f"{name}{{{pairs}}}" if pairs else name)
    return f"{series} = {sample.value:.6g}" if series else f"{sample.value:.6g}"


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
