"""What a scenario is: a branch of the routing tree, what is done at which second, and what must be heard when.

Everything happens on a beat of three seconds: things are done at 0, 3, 6, ..., groups are told at 1.5, 4.5, 7.5, ...
Whatever is done and whatever it leads to are so far apart that a busy machine does not put one before the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

BEAT = 3.0
GROUP_WAIT, GROUP_INTERVAL = "1500ms", "3s"
REPEAT_INTERVAL = "7500ms"
"""Two and a half beats: what was told at 1.5 is told again at 10.5."""
RESOLVE_TIMEOUT = "9s"
ZERO = "0001-01-01T00:00:00.000Z"
"""Go's zero time, which clients write where they mean none."""

Labels = Mapping[str, str]
When = float | str | None
"""Seconds from the scenario's beginning, `ZERO`, or None for nothing at all."""


@dataclass(frozen=True, kw_only=True)
class Alert:
    """An alert as it is posted; `name` is its label `alert`, by which the scenario speaks of it."""

    name: str
    labels: Labels
    annotations: Labels | None
    starts: When
    ends: When
    url: str | None


def alert(
    name: str,
    *,
    starts: When = 0.0,
    ends: When = 3600.0,
    annotations: Labels | None = None,
    url: str | None = None,
    labels: Labels | None = None,
    **more: str,
) -> Alert:
    """One that began with the scenario and says that it goes on for an hour, as Prometheus' do."""
    every = {"alertname": "Down", "alert": name, **more, **(labels or {})}
    return Alert(name=name, labels=every, annotations=annotations, starts=starts, ends=ends, url=url)


@dataclass(frozen=True, kw_only=True)
class Push:
    """`POST /api/v2/alerts`."""

    at: float
    alerts: Sequence[Alert]
    status: int = 200


@dataclass(frozen=True, kw_only=True)
class Silence:
    """`POST /api/v2/silences`: `key` is what the scenario calls it, `of` the one whose id it asks for."""

    at: float
    key: str
    matchers: Sequence[Mapping[str, Any]]
    starts: float
    ends: float
    of: str | None = None
    status: int = 200


@dataclass(frozen=True, kw_only=True)
class Expire:
    """`DELETE /api/v2/silence/ID`."""

    at: float
    key: str
    status: int = 200


@dataclass(frozen=True, kw_only=True)
class Look:
    """`GET /api/v2/PATH` with a query; alerts and groups are asked for those of the scenario."""

    at: float
    path: str
    query: Sequence[tuple[str, str]] = ()
    status: int = 200


Step = Push | Silence | Expire | Look


@dataclass(frozen=True, kw_only=True)
class Told:
    """A notification between two seconds: `what` names its alerts in any order, `a` firing and `-a` resolved.

    `to` is the receiver's name within the scenario.
    """

    first: float
    last: float
    what: str
    to: str = ""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """`route` is laid over `own_route`. `receivers`: their names within the scenario, and the webhooks of each.

    `told` is everything that is heard until `until`; None: nobody says beforehand. A receiver's second webhook hears
    as `NAME+1`.
    """

    name: str
    steps: Sequence[Step]
    told: Sequence[Told] | None
    route: Mapping[str, Any] = field(default_factory=dict)
    receivers: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=lambda: {"": [{}]})
    inhibits: Sequence[Mapping[str, Any]] = ()
    until: float = 15.0

    @property
    def only(self) -> str:
        """The matcher that takes its own alerts and nobody else's."""
        return f'scenario="{self.name}"'

    def own_route(self) -> Mapping[str, Any]:
        """Its branch of the tree, as alertmanager.yml has it."""
        node = {"group_by": ["alertname"], "receiver": "", **_TIMES, **self.route}
        return {**self._named(node), "matchers": [self.only]}

    def own_receivers(self, address: str) -> Sequence[Mapping[str, Any]]:
        """Its receivers, each told at its own address below this one."""
        return [
            {
                "name": self.receiver(name),
                "webhook_configs": [
                    {"url": f"{address}/{quote(self.receiver(_hears(name, number)))}", **keys}
                    for number, keys in enumerate(webhooks)
                ],
            }
            for name, webhooks in self.receivers.items()
        ]

    @property
    def hearing(self) -> frozenset[str]:
        """The last part of the address of each of its webhooks."""
        return frozenset(
            self.receiver(_hears(name, number))
            for name, webhooks in self.receivers.items()
            for number in range(len(webhooks))
        )

    def own_inhibits(self) -> Sequence[Mapping[str, Any]]:
        """Its inhibit rules, kept to its own alerts."""
        return [
            {
                **rule,
                "source_matchers": [self.only, *rule["source_matchers"]],
                "target_matchers": [self.only, *rule["target_matchers"]],
            }
            for rule in self.inhibits
        ]

    def receiver(self, name: str) -> str:
        """What a receiver of this scenario is called in the configuration."""
        return f"{self.name}.{name}" if name else self.name

    def _named(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        made = {key: value for key, value in node.items() if value is not None}
        if "receiver" in made:
            made["receiver"] = self.receiver(made["receiver"])
        if "routes" in made:
            made["routes"] = [self._named(child) for child in made["routes"]]
        return made


def _hears(receiver: str, number: int) -> str:
    return f"{receiver}+{number}" if number else receiver


_TIMES = {"group_wait": GROUP_WAIT, "group_interval": GROUP_INTERVAL, "repeat_interval": "1h"}


def push(at: float, *alerts: Alert, status: int = 200) -> Push:
    """These alerts, in one request."""
    return Push(at=at, alerts=alerts, status=status)


def silence(
    at: float,
    key: str,
    *matchers: str,
    starts: float | None = None,
    ends: float = 3600.0,
    of: str | None = None,
    status: int = 200,
) -> Silence:
    """A silence of the scenario's alerts with these labels: `team=db`, `team!=db`, `team=~d.`, `team!~d.`."""
    wanted = [_matcher(one) for one in matchers]
    begins = at if starts is None else starts
    return Silence(at=at, key=key, matchers=wanted, starts=begins, ends=ends, of=of, status=status)


def _matcher(text: str) -> Mapping[str, Any]:
    for op in ("=~", "!~", "!=", "="):
        name, found, value = text.partition(op)
        if found:
            return {"name": name, "value": value, "isRegex": "~" in op, "isEqual": "!" not in op}
    raise ValueError(text)


def expire(at: float, key: str, *, status: int = 200) -> Expire:
    """An end of the silence that was called so."""
    return Expire(at=at, key=key, status=status)


def look(at: float, path: str = "alerts", *, status: int = 200, **query: str) -> Look:
    """One look."""
    return Look(at=at, path=path, query=tuple(query.items()), status=status)


def looks(*moments: float) -> Sequence[Look]:
    """All there is to see, at each of these moments."""
    return [look(at, path) for at in moments for path in ("alerts", "alerts/groups", "silences")]


def told(at: float, what: str, to: str = "") -> Told:
    """A notification at this second, give or take as much as lies between two things that happen."""
    return Told(first=at - BEAT / 4, last=at + BEAT / 3, what=what, to=to)


def receivers(*names: str, **webhook: Any) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """The scenario's own receiver and these, one webhook each."""
    return {name: [webhook] for name in ("", *names)}
