"""What a receiver was told of a group, and the decisions on the way there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.model.ids import Fingerprint


class Reason(StrEnum):
    """Why a group is told, in Alertmanager's words (`notification_reason` of its payload)."""

    FIRST = "first notification"
    MORE = "new alerts added"
    SOME_RESOLVED = "some alerts resolved"
    ALL_RESOLVED = "all alerts resolved"
    REPEAT = "repeat interval elapsed"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one way of one receiver (`incident`, or a webhook's integration) was last told of a group, and when.

    Alertmanager's notification log: kept, so that a restart repeats nothing.
    """

    group: str
    way: str
    firing: frozenset[Fingerprint] = frozenset()
    resolved: frozenset[Fingerprint] = frozenset()
    at: datetime


class Verdict(StrEnum):
    """What was decided on an alert, or on its group, at one station of its way."""

    RECEIVED = "received"
    ROUTED = "routed"
    GROUPED = "grouped"
    INHIBITED = "inhibited"
    SILENCED = "silenced"
    MUTED = "muted"
    HELD = "held"
    TOLD = "told"
    NOT_TOLD = "not told"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision, in words for people, with the rule that made it (`route 0.1`, `silence 6f…`, `interval nights`)."""

    at: datetime
    verdict: Verdict
    text: str
    rule: str = ""
