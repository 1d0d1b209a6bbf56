"""When a rule group is due: Prometheus' slots, spread over the interval by a hash of the group's file and name.

Prometheus counts in nanoseconds and Python in microseconds, so a slot is Prometheus' own cut to the microsecond.

A saved search is due when its own schedule says so. What passed is not lost on a restart: a continuous one makes up for
every time in order, any other for the last that has come.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice

import xxhash

from bot.model.rule import RuleGroup
from bot.model.search import Schedule
from bot.rules import cron

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_CLOCKS_CHANGE = timedelta(hours=3)
"""By how much more two runs may be apart than the calendar says."""

MOST_MISSED = 1_000
"""As many missed runs of a saved search are counted one by one; who was away longer missed at least so many."""


def slot_offset(file: str, name: str, interval: timedelta) -> timedelta:
    """How long after each whole interval the group's slot is.

    `file` as it is configured: `/a/rules.yml` and `rules.yml` have different slots. The hash is that of the label set
    `{file, name}` in Prometheus' default ("stringlabels") encoding, as in version 3.
    """
    labels = b"".join(_sized(text.encode()) for text in ("file", file, "name", name))
    nanoseconds = xxhash.xxh64_intdigest(labels) % (interval // _MICROSECOND * 1000)
    return timedelta(microseconds=nanoseconds // 1000)


def next_slot(group: RuleGroup, now: datetime, last: datetime | None = None) -> datetime:
    """The first slot after `now`, never `now` itself: a group that was just loaded waits for its turn.

    A saved search that had its `last` run does not wait when another has come since: that one is due at once. A timer
    may ring a little early, so after an evaluation ask `slot_after`.
    """
    if group.search is not None:
        return _run_after(group, last, now) if last is not None else cron.next_run(group.search.schedule, now)
    offset = slot_offset(group.file, group.name, group.interval)
    return _EPOCH + ((now - _EPOCH - offset) // group.interval + 1) * group.interval + offset


def slot_after(group: RuleGroup, slot: datetime, now: datetime) -> datetime:
    """The slot to evaluate once the evaluation of `slot` has ended at `now`: the next, or the last that has come."""
    if group.search is not None:
        return _run_after(group, slot, now)
    return slot + max(1, (now - slot) // group.interval) * group.interval


def missed(group: RuleGroup, last_slot: datetime, now: datetime) -> int:
    """How many slots passed unused between `last_slot` and an evaluation at `now`. They are not caught up on."""
    if group.search is None:
        return max(0, (now - last_slot) // group.interval - 1)
    if group.search.schedule.continuous:
        return 0
    runs = cron.runs_between(group.search.schedule, last_slot, now - _MICROSECOND)
    return sum(1 for _ in islice(runs, MOST_MISSED))


def _run_after(group: RuleGroup, last: datetime, now: datetime) -> datetime:
    """The run of a saved search that follows the one at `last`: in order, or skipping all but the latest."""
    schedule = _schedule(group)
    following = cron.next_run(schedule, last)
    if schedule.continuous or following > now:
        return following
    recently = max(last, now - group.interval - _CLOCKS_CHANGE)
    return max(cron.runs_between(schedule, recently, now), default=following)


def _schedule(group: RuleGroup) -> Schedule:
    if group.search is None:
        raise ValueError(f"{group.key} is no saved search")
    return group.search.schedule


def _sized(text: bytes) -> bytes:
    size = len(text)
    return (bytes([size]) if size < 255 else b"\xff" + size.to_bytes(3, "little")) + text
