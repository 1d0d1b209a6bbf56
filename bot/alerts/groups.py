"""Which groups the active alerts are told in, and when each group is due: state in memory, changed by what comes in.

The timers are Alertmanager's: `group_wait` before the first time (none, where its first alert began before that),
then every `group_interval`. An incident is no message: what joins a group that was told once is on its incident within
a second, and only the receiver's webhooks wait for the interval.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from bot.alerts.routing import destinations, group_key
from bot.alerts.table import Entry
from bot.model.ids import Fingerprint
from bot.model.labels import LabelSet
from bot.model.route import Route
from bot.model.telling import Told

INCIDENT = "incident"
"""The way that every receiver has: the group's incident. Other ways are the names of its webhooks' integrations."""
LOOK_AGAIN_S = 1.0
"""Between two looks at what joined a group: a storm is taken in as it comes, and told in steps."""
_SET_BACK_S = 5.0
"""A clock that shows this much less than before was set back, and every wait with it."""
_SWEEP_FROM = 1000


@dataclass(slots=True, kw_only=True, eq=False)
class Group:
    """Alerts told together. Times are seconds since 1970; `told` None: what was told before is not read yet."""

    key: str
    path: str
    route: Route
    labels: LabelSet
    entries: dict[bytes, Entry] = field(default_factory=dict)
    due_at: float
    look_at: float = float("inf")
    queued_at: float = float("nan")
    flushed: bool = False  # or about to be
    told: Mapping[str, Told] | None = None
    noted: frozenset[tuple[str, str, str]] = frozenset()
    """What was decided the last time: the same once more is not worth a line."""

    @property
    def next_at(self) -> float:
        """When there is something to do for it."""
        return min(self.due_at, self.look_at)


class Groups:
    """All groups with alerts in them, and which is due next."""

    def __init__(self, root: Route) -> None:
        self._root = root
        self._groups: dict[str, Group] = {}
        self._heap: list[tuple[float, int, Group]] = []
        self._pushed = 0
        self._begun: dict[str, deque[float]] = {}
        """When alerts began, of groups on routes that wait for several."""
        self._counts = any(route.occurrences for route in _nodes(root))
        self._swept_to = _SWEEP_FROM
        self._looked_at = float("-inf")

    def __len__(self) -> int:
        return len(self._groups)

    def __iter__(self) -> Iterator[Group]:
        return iter(list(self._groups.values()))

    def get(self, key: str) -> Group | None:
        """The group with this key."""
        return self._groups.get(key)

    def joins(self, entry: Entry, now: float) -> None:
        """An alert that begins to fire goes into its groups. What they were told of an earlier firing is over."""
        labels = entry.label_set()
        for path, route in destinations(self._root, labels):
            key, shared = group_key(path, route, labels)
            group = self._groups.get(key)
            if group is None:
                group = Group(key=key, path=path, route=route, labels=shared, due_at=now + _seconds(route.group_wait))
                self._groups[key] = group
                if entry.starts_at + _seconds(route.group_wait) < now:
                    group.due_at = now
            group.entries[entry.labels] = entry
            if group.told:
                group.told = untold(group.told, frozenset((entry.fingerprint(),)))
            if route.occurrences is not None and entry.firing(now):
                self._count(key, route.occurrences.count, min(now, entry.starts_at))
            if group.flushed:
                group.look_at = min(group.look_at, now + LOOK_AGAIN_S)
            self._push(group)

    def remembers(self, entry: Entry, now: float) -> None:
        """An alert began, and whoever leads tells of it: here it only counts, should this process lead some day."""
        for path, route in destinations(self._root, entry.label_set()) if self._counts else ():
            if route.occurrences is not None:
                key, _ = group_key(path, route, entry.label_set())
                self._count(key, route.occurrences.count, min(now, entry.starts_at))

    def ended(self, now: float) -> list[Entry]:
        """Those that are over, and in a group whose webhooks have not heard of it."""
        found = {key: one for group in self for key, one in group.entries.items() if not one.firing(now)}
        return list(found.values())

    def counts_on(self, before: Groups) -> None:
        """What began before this tree was in force, or before this process led, counts."""
        self._begun |= before._begun

    def forget_told(self, key: str, over: frozenset[Fingerprint]) -> None:
        """The incident of this group has heard that these are over."""
        group = self._groups.get(key)
        if group is not None and group.told:
            group.told = untold(group.told, over)

    def begun_within(self, group: Group, now: float) -> int:
        """How many alerts of the group began within the time that its route's `occurrences` speaks of."""
        wanted = group.route.occurrences
        if wanted is None:
            return 0
        since = now - _seconds(wanted.within)
        return sum(at >= since for at in self._begun.get(group.key, ()))

    def due(self, now: float) -> list[Group]:
        """Those with something to do; each is given out once, until `was_flushed` or `put_off` says when again."""
        if now < self._looked_at - _SET_BACK_S:
            self._set_back(now - self._looked_at)
        self._looked_at = now
        found = []
        while self._heap and self._heap[0][0] <= now:
            at, _, group = heapq.heappop(self._heap)
            if at == group.queued_at and self._groups.get(group.key) is group:
                # what joins it from here on, while it is being told, is looked at once that is done
                group.queued_at, group.look_at, group.flushed = float("nan"), float("inf"), True
                found.append(group)
        return found

    def next_at(self) -> float:
        """When the next group is due; infinity when there is none."""
        return self._heap[0][0] if self._heap else float("inf")

    def was_flushed(self, group: Group, now: float, *, ended: Iterable[Entry], look_at: float = float("inf")) -> None:
        """What there was to tell at `now` was told. Once its webhooks heard too, those that were over leave.

        `ended`: those that were over when that was decided; whoever ended since has not been told of. `look_at`: when
        an alert that is held back may be told. An empty group ends. One of a tree that is not in force is passed over.
        """
        if self._groups.get(group.key) is not group:
            return
        if group.due_at <= now:
            for entry in ended:
                if not entry.firing(now):
                    group.entries.pop(entry.labels, None)
            if not group.entries:
                del self._groups[group.key]
                return
            group.due_at = now + _seconds(group.route.group_interval)
        group.look_at = min(group.look_at, look_at)
        self._push(group)

    def put_back(self, group: Group, now: float) -> None:
        """It was given out, and nobody came to look at it: it still is due."""
        group.look_at = now
        self._push(group)

    def put_off(self, group: Group, until: float) -> None:
        """It could not be told: try again then."""
        group.look_at, group.due_at = until, max(group.due_at, until)
        self._push(group)

    def _set_back(self, by: float) -> None:
        """Times to come are as far away as they were before."""
        self._heap = []
        for group in self:
            is_queued = group.queued_at == group.next_at
            group.due_at, group.look_at, group.queued_at = group.due_at + by, group.look_at + by, float("nan")
            if is_queued:
                self._push(group)

    def _sweep(self, now: float) -> None:
        """Groups that nobody remembers need not be counted; looked for again once there are twice as many."""
        longest = max((_seconds(one.occurrences.within) for one in _nodes(self._root) if one.occurrences), default=0.0)
        self._begun = {key: times for key, times in self._begun.items() if times[-1] >= now - longest}
        self._swept_to = max(_SWEEP_FROM, 2 * len(self._begun))

    def _count(self, key: str, most: int, began_at: float) -> None:
        if len(self._begun) > self._swept_to:
            self._sweep(began_at)
        times = self._begun.get(key)
        if times is None or times.maxlen != most:
            times = self._begun[key] = deque(times or (), maxlen=most)
        times.append(began_at)

    def _push(self, group: Group) -> None:
        """What is queued for another time is passed over when that comes."""
        if group.queued_at == group.next_at:
            return
        self._pushed, group.queued_at = self._pushed + 1, group.next_at
        heapq.heappush(self._heap, (group.next_at, self._pushed, group))


def stands(told: Mapping[str, Told] | None) -> bool:
    """Whether anybody was told that something fires, and not yet that it is over."""
    return any(one.firing for one in told.values()) if told else False


def forgotten(told: Told, over: frozenset[Fingerprint]) -> Told:
    """The same without these; itself where it speaks of none of them."""
    return replace(told, firing=told.firing - over) if told.firing & over else told


def untold(told: Mapping[str, Told], over: frozenset[Fingerprint]) -> Mapping[str, Told]:
    """What was told, when these are over: if they fire again, that is news to the incident."""
    known = told.get(INCIDENT)
    left = known and forgotten(known, over)
    return told if left is None or left is known else {**told, INCIDENT: left}


def _nodes(route: Route) -> Iterator[Route]:
    yield route
    for child in route.routes:
        yield from _nodes(child)


def _seconds(length: timedelta) -> float:
    return length.total_seconds()
