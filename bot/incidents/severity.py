"""From labels to SEV1..SEV5. When in doubt, the higher."""

from __future__ import annotations

from collections.abc import Iterable

from bot.model.alert import Alert
from bot.model.incident import Severity

_WORDS = {
    "sev1": Severity.SEV1,
    "sev2": Severity.SEV2,
    "sev3": Severity.SEV3,
    "sev4": Severity.SEV4,
    "sev5": Severity.SEV5,
    "page": Severity.SEV2,
    "critical": Severity.SEV2,
    "error": Severity.SEV3,
    "warning": Severity.SEV3,
    "warn": Severity.SEV3,
    "ticket": Severity.SEV4,
    "info": Severity.SEV4,
    "none": Severity.SEV5,
}
UNSAID = Severity.SEV3
"""An alert that says nothing of its severity, or a word we do not know."""


def of_alert(alert: Alert) -> Severity:
    """What the alert's `severity` label means."""
    return of_word(alert.labels.get("severity", ""))


def of_word(word: str) -> Severity:
    """What this value of a `severity` label means."""
    return _WORDS.get(word.lower(), UNSAID)


def of_alerts(alerts: Iterable[Alert]) -> Severity:
    """The gravest of these; SEV3 when there is none."""
    return min((of_alert(alert) for alert in alerts), default=UNSAID)
