"""Two incidents that turn out to be one; and, for ten minutes, two again.

The one that is merged is closed and keeps its own story. What it holds, the other holds from then on.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.documents import format_duration
from bot.errors import NotAllowed
from bot.incidents import signal
from bot.incidents.lifecycle import check_own, status_of
from bot.model.actor import Actor
from bot.model.ids import Fingerprint
from bot.model.incident import Incident, IncidentStatus, SignalState
from bot.model.merge import Merge

UNDONE_WITHIN = timedelta(minutes=10)


def merge(
    other: Incident, into: Incident, groups: Sequence[str], actor: Actor, now: datetime
) -> tuple[Incident, Incident, Merge]:
    """Both incidents once `other` is part of `into`, and what undoing that needs; `groups` are `other`'s.

    NotAllowed when they are one and the same, when `into` is over or `other` is closed, when one of them was merged
    before, or when only one of them is a drill or a test.
    """
    _check(other, into)
    alerts = _but(other.alerts, into.alerts)
    fires = other.firing if other.is_open else ()
    firing = _but(fires, into.firing)
    record = Merge(
        other=other.id, into=into.id, at=now, by=actor.name, alerts=alerts, firing=firing, groups=tuple(groups),
        severity=into.severity, signal=into.signal, detected_at=into.detected_at,
    )  # fmt: skip
    whole = replace(
        into,
        alerts=(*into.alerts, *alerts),
        firing=(*into.firing, *firing),
        severity=min(into.severity, other.severity),
        signal=_together(into.signal, other),
        detected_at=_earlier(into.detected_at, other.detected_at),
    )
    part = replace(other, status=IncidentStatus.CLOSED, closed_at=now, merged_into=into.id, merged_at=now)
    return part, whole, record


def undo(
    part: Incident, whole: Incident, record: Merge, now: datetime, *, began: Collection[Fingerprint] = ()
) -> tuple[Incident, Incident]:
    """Both as they were, and as they would be: what happened to their alerts since then happened to each of them.

    `began` are alerts of the groups that go back with `part`: those that began meanwhile go with them. What people
    changed about `whole` since then stays. NotAllowed when it is too late, or `whole` is over.
    """
    since = now - record.at
    if since > UNDONE_WITHIN:
        ago = format_duration(since - since % timedelta(seconds=1))
        raise NotAllowed(
            f"cannot take incident {part.id} out of {whole.id} again: it was merged {ago} ago",
            hint=f"a merge can be undone for {format_duration(UNDONE_WITHIN)}; declare a new incident and link the two",
        )
    check_own(whole, "take anything out of")
    if not whole.is_open:
        raise NotAllowed(
            f"cannot take incident {part.id} out of {whole.id} again: that one is {whole.status}",
            hint=f"reopen {whole.id} first",
        )
    own = replace(part, closed_at=None, merged_into=None, merged_at=None)
    own = replace(own, status=status_of(own))
    fresh = _but(_among(whole.alerts, began), own.alerts)
    if not own.is_open or not fresh:
        return _taken_out(own, whole, record), _without(own, whole, record)
    firing = _among(fresh, whole.firing)
    return _with(_taken_out(own, whole, record), fresh, firing), _without(own, _less(whole, fresh), record)


def ended_meanwhile(before: SignalState, incident: Incident) -> bool:
    """Whether the incident's last alert ended while it was part of another, or another part of it."""
    return incident.is_open and before is SignalState.FIRING and incident.signal is SignalState.CLEAR


def _check(other: Incident, into: Incident) -> None:
    if other.id == into.id:
        raise NotAllowed(f"cannot merge incident {other.id} into itself", hint="name another one")
    check_own(other, "merge")
    check_own(into, "merge anything into")
    if not into.is_open:
        raise NotAllowed(
            f"cannot merge anything into incident {into.id}: it is {into.status}",
            hint="if it goes on, reopen it first; or link the two",
        )
    if other.status is IncidentStatus.CLOSED:
        raise NotAllowed(f"cannot merge incident {other.id}: it is closed", hint="link the two instead")
    if other.kind is not into.kind:
        raise NotAllowed(
            f"cannot merge incident {other.id} into {into.id}: one is {other.kind}, the other {into.kind}",
            hint="change the kind of one of them first",
        )


def _taken_out(own: Incident, whole: Incident, record: Merge) -> Incident:
    if not own.is_open:
        return own
    before = own.signal
    if whole.signal is SignalState.UNKNOWN and _together(record.signal, own) is not SignalState.UNKNOWN:
        before = SignalState.UNKNOWN  # one of their sources went blind, and nobody knows any more whose
    firing = _among(own.firing, whole.firing)
    return replace(own, firing=firing, signal=signal.state(before, firing))


def _without(own: Incident, whole: Incident, record: Merge) -> Incident:
    firing = _but(whole.firing, record.firing)
    state = record.signal if whole.signal is _together(record.signal, own) else whole.signal
    gravest, first = min(record.severity, own.severity), _earlier(record.detected_at, own.detected_at)
    return replace(
        whole,
        alerts=_but(whole.alerts, record.alerts),
        firing=firing,
        severity=record.severity if whole.severity is gravest else whole.severity,
        signal=signal.state(state, firing),
        detected_at=record.detected_at if whole.detected_at == first else whole.detected_at,
    )


def _with(taken: Incident, fresh: tuple[Fingerprint, ...], firing: tuple[Fingerprint, ...]) -> Incident:
    firing = (*taken.firing, *firing)
    state = SignalState.FIRING if firing and taken.signal is not SignalState.UNKNOWN else taken.signal
    return replace(taken, alerts=(*taken.alerts, *fresh), firing=firing, signal=state)


def _less(whole: Incident, fresh: tuple[Fingerprint, ...]) -> Incident:
    return replace(whole, alerts=_but(whole.alerts, fresh), firing=_but(whole.firing, fresh))


def _among(these: Sequence[Fingerprint], those: Collection[Fingerprint]) -> tuple[Fingerprint, ...]:
    """Those of these that are among those, of which there may be very many."""
    known = frozenset(those)
    return tuple(one for one in these if one in known)


def _but(these: Sequence[Fingerprint], those: Collection[Fingerprint]) -> tuple[Fingerprint, ...]:
    """The others."""
    known = frozenset(those)
    return tuple(one for one in these if one not in known)


_BY_WEIGHT = (SignalState.NONE, SignalState.CLEAR, SignalState.FIRING, SignalState.UNKNOWN)


def _together(into: SignalState, other: Incident) -> SignalState:
    """The signal of the two as one; what is over says nothing any more."""
    return max(into, other.signal if other.is_open else SignalState.NONE, key=_BY_WEIGHT.index)


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min(one, other) if one and other else one or other
