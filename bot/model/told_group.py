"""What a receiver is told of a group: the message itself, whatever way it goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.model.alert import Alert, AlertStatus
from bot.model.labels import LabelSet
from bot.model.telling import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldGroup:
    """A group as it stood when it was told, at `at`: nothing in it changes while it waits to be delivered.

    `key` is the group's, as Alertmanager writes it. An alert of `alerts` that fired then has no end; one with an end
    was over. `truncated` counts those left out. `id` tells this message from every other, and stays when it is sent
    again: receivers may drop what they have had.
    """

    id: str
    key: str
    at: datetime
    status: AlertStatus
    receiver: str
    group_labels: LabelSet
    common_labels: LabelSet
    common_annotations: Mapping[str, str]
    external_url: str
    reason: Reason
    alerts: tuple[Alert, ...]
    truncated: int = 0
