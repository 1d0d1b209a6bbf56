"""What the pages about alerts show, made from nouns; templates only lay it out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from bot.alerts import silencing
from bot.alerts.deadmen import SeenDeadman
from bot.alerts.maintenance import Window
from bot.alerts.standing import SeenGroup
from bot.model.actor import Actor
from bot.model.alert import Alert
from bot.model.ids import Fingerprint, IncidentId
from bot.model.incident import Incident
from bot.model.labels import Matcher, MatchOp
from bot.model.setup import Setup
from bot.model.silence import Silence, SilenceState
from bot.response.alerts_looked_up import Board, SeenWay
from bot.rights import Act, No, may

_ADDRESS = "http://tocsin.example.com:9393"
_SHOWN = 3
"""Alerts of a group that are seen at once; the rest are folded away."""
_OPEN_GROUPS = 10
"""Groups of which any alerts are seen at once: in a storm the list of groups is what one reads first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupView:
    """A group as a card: its first `shown` alerts lie open, the others it holds are folded away.

    `severity` is that of its gravest alert; the labels named `shared` are not said again for each. `filter` asks for
    more of this group than the page has.
    """

    id: str
    group: SeenGroup
    incident: IncidentId | None
    severity: str
    shared: Sequence[str]
    shown: int
    filter: str

    @property
    def hidden(self) -> int:
        """How many of its alerts the page does not have."""
        return self.group.count - len(self.group.alerts)


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceView:
    """A silence, whether it silences already, and whether it ends as soon as nothing of it fires any more."""

    silence: Silence
    active: bool
    until_clear: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsView:
    """What fires now, and what is kept quiet. `asked` is the filter as it was written, `mistake` what is wrong with it.

    `scheme` and `host` are how sources reach Tocsin.
    """

    board: Board
    asked: str
    mistake: str
    groups: Sequence[GroupView]
    silences: Sequence[SilenceView]
    deadmen: Sequence[SeenDeadman]
    open_windows: Sequence[Window]
    next_windows: Sequence[Window]
    may_silence: bool
    scheme: str
    host: str

    @property
    def active_silences(self) -> int:
        """How many silence already."""
        return sum(each.active for each in self.silences)

    @property
    def title(self) -> str:
        """What the browser's tab says."""
        return f"({self.board.count}) Alerts" if self.board.count else "Alerts"

    @property
    def news(self) -> str:
        """What a screen reader says when something has changed."""
        return f"{self.board.count} alerts fire in {self.board.group_count} groups"


@dataclass(frozen=True, slots=True, kw_only=True)
class WayView:
    """One alert and its way. `matchers` are those of a silence for it."""

    way: SeenWay
    may_silence: bool
    matchers: str

    @property
    def title(self) -> str:
        """What the browser's tab says."""
        return self.way.alert.name

    @property
    def news(self) -> str:
        """What a screen reader says when something has changed."""
        return f"{self.way.alert.name} {'fires' if self.way.firing else 'is over'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldAlert:
    """An alert of an incident. `alert` None: of so many at once, its labels were not kept."""

    fingerprint: Fingerprint
    alert: Alert | None
    firing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldAlerts:
    """The first of an incident's alerts, and how many more it holds."""

    first: Sequence[HeldAlert]
    more: int


def of_board(
    board: Board,
    deadmen: Sequence[SeenDeadman],
    asked: str,
    mistake: str,
    setup: Setup,
    actor: Actor,
    now: datetime,
) -> AlertsView:
    """All that fires."""
    address = urlsplit(setup.public_url or _ADDRESS)
    return AlertsView(
        board=board,
        asked=asked,
        mistake=mistake,
        groups=[_group(group, place, board) for place, group in enumerate(board.groups)],
        silences=[
            SilenceView(
                silence=one, active=one.state(now) is SilenceState.ACTIVE, until_clear=silencing.is_until_clear(one)
            )
            for one in board.silences
        ],
        deadmen=deadmen,
        open_windows=[window for window in board.windows if window.starts_at <= now],
        next_windows=[window for window in board.windows if window.starts_at > now],
        may_silence=_may(actor, Act.SILENCE, now),
        scheme=address.scheme,
        host=address.netloc,
    )


def of_way(way: SeenWay, actor: Actor, now: datetime) -> WayView:
    """One alert."""
    return WayView(
        way=way,
        may_silence=_may(actor, Act.SILENCE, now),
        matchers=_written(way.alert.labels),
    )


def of_held(incident: Incident, known: Mapping[Fingerprint, Alert], most: int) -> HeldAlerts:
    """The alerts of an incident, those that fire first."""
    held = tuple(dict.fromkeys((*incident.firing, *incident.alerts)))
    firing = frozenset(incident.firing)
    first = [HeldAlert(fingerprint=one, alert=known.get(one), firing=one in firing) for one in held[:most]]
    return HeldAlerts(first=first, more=len(held) - len(first))


def _group(group: SeenGroup, place: int, board: Board) -> GroupView:
    few = len(board.groups) == 1
    shown = len(group.alerts) if few else (_SHOWN if place < _OPEN_GROUPS else 0)
    return GroupView(
        id="group-" + hashlib.sha256(group.key.encode(errors="backslashreplace")).hexdigest()[:12],
        group=group,
        incident=board.incidents.get(group.key),
        severity=group.alerts[0].labels.get("severity", "") if group.alerts else "",
        shared=(*group.labels, "severity"),
        shown=shown,
        filter=_written(group.labels),
    )


def _written(labels: Mapping[str, str]) -> str:
    """Matchers that take alerts with these labels."""
    return ", ".join(str(Matcher(name=name, op=MatchOp.EQUAL, value=value)) for name, value in labels.items())


def _may(actor: Actor, act: Act, now: datetime) -> bool:
    return not isinstance(may(actor, act, "", now), No)
