"""From what a call says to the alerts that are taken: in our words, and under the labels they have while they fire."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.alerts import mapping
from bot.alerts.known_by import SEVERITY, KnownBy, followed
from bot.model.alert import Alert
from bot.model.labels import LabelSet
from bot.model.route import FieldMap
from bot.ports.alert_hook import Heard


def told(maps: Sequence[FieldMap], heard: Heard, standing: KnownBy, now: datetime) -> Sequence[Alert]:
    """The alerts of a call as they are taken; `standing` finds those that its vendor knows by ids of its own."""
    each = [(_in_our_words(maps, alert), _known(maps, alert, heard.known_by)) for alert in heard.alerts]
    return followed(standing, each, now, once=heard.once)


def _in_our_words(maps: Sequence[FieldMap], alert: Alert) -> Alert:
    ours = mapping.mapped(maps, alert.source, alert.labels)
    return replace(alert, labels=ours.labels, annotations={**ours.aside, **alert.annotations})


def _known(maps: Sequence[FieldMap], alert: Alert, names: tuple[str, ...]) -> LabelSet:
    """The labels by which its vendor knows an alert, as they are called with us."""
    ours = mapping.mapped(maps, alert.source, alert.labels.only(names)).labels if names else {}
    return LabelSet({name: value for name, value in ours.items() if name != SEVERITY})
