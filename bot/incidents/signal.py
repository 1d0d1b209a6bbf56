"""What an incident's signal is, once it is known which of its alerts fire."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from bot.model.ids import Fingerprint
from bot.model.incident import Incident, SignalState


def seen(incident: Incident, fires: Collection[Fingerprint]) -> Incident:
    """The incident when these fire, in its own order.

    What cannot be seen stays unknown; what never had a signal has none.
    """
    firing = tuple(one for one in incident.alerts if one in fires)
    return replace(incident, firing=firing, signal=state(incident.signal, firing))


def state(before: SignalState, firing: Collection[Fingerprint]) -> SignalState:
    """The signal of an incident of whose alerts these fire now."""
    if before is SignalState.UNKNOWN:
        return before
    if firing:
        return SignalState.FIRING
    return before if before is SignalState.NONE else SignalState.CLEAR
