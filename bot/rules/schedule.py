"""When a rule group is due: Prometheus' slots, spread over the interval by a hash of the group's file and name.

Prometheus counts in nanoseconds and Python in microseconds, so a slot is Prometheus' own cut to the microsecond.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import xxhash

from bot.model.rule import RuleGroup

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def slot_offset(file: str, name: str, interval: timedelta) -> timedelta:
    """How long after each whole interval the group's slot is.

    `file` as it is configured: `/a/rules.yml` and `rules.yml` have different slots. The hash is that of the label set
    `{file, name}` in Prometheus' default ("stringlabels") encoding, as in version 3.
    """
    labels = b"".join(_sized(text.encode()) for text in ("file", file, "name", name))
    nanoseconds = xxhash.xxh64_intdigest(labels) % (interval // _MICROSECOND * 1000)
    return timedelta(microseconds=nanoseconds // 1000)


def next_slot(group: RuleGroup, now: datetime) -> datetime:
    """The first slot after `now`, never `now` itself: a group that was just loaded waits for its turn.

    A timer may ring a little early, so after an evaluation ask with `max(now, slot)`.
    """
    offset = slot_offset(group.file, group.name, group.interval)
    return _EPOCH + ((now - _EPOCH - offset) // group.interval + 1) * group.interval + offset


def slot_after(group: RuleGroup, slot: datetime, now: datetime) -> datetime:
    """The slot to evaluate once the evaluation of `slot` has ended at `now`: the next, or the last that has come."""
    return slot + max(1, (now - slot) // group.interval) * group.interval


def missed(group: RuleGroup, last_slot: datetime, now: datetime) -> int:
    """How many slots passed unused between `last_slot` and an evaluation at `now`. They are not caught up on."""
    return max(0, (now - last_slot) // group.interval - 1)


def _sized(text: bytes) -> bytes:
    size = len(text)
    return (bytes([size]) if size < 255 else b"\xff" + size.to_bytes(3, "little")) + text
