"""What somebody has to know who joins late: how it stands, what happened since, what is to be done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.model.incident import Incident
from bot.model.status_update import StatusUpdate
from bot.model.task import Task
from bot.model.timeline import EntryKind, TimelineEntry, Told, as_told

MOST = 40
"""Things that happened that are told; of more, the newest."""
_TOLD = frozenset(
    {
        EntryKind.STATUS, EntryKind.NOTE, EntryKind.ROLE, EntryKind.TASK, EntryKind.UPDATE, EntryKind.LINK,
        EntryKind.APPROVAL, EntryKind.ACTION, EntryKind.REPORT,
    }
)  # fmt: skip
"""What people said, decided and did. Of the rest, which machines write, it is said how much there was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CatchUp:
    """`happened` is the oldest first; `left_out` counts what is not told, by its kind."""

    incident: Incident
    since: datetime
    at: datetime
    update: StatusUpdate | None
    happened: Sequence[Told]
    left_out: Sequence[tuple[EntryKind, int]]
    tasks: Sequence[Task]


def catch_up(
    incident: Incident,
    timeline: Iterable[TimelineEntry],
    updates: Sequence[StatusUpdate],
    tasks: Sequence[Task],
    since: datetime,
    now: datetime,
) -> CatchUp:
    """What happened after `since`; how it stands, the last update and what is to be done, whatever `since` is."""
    fresh = [told for told in as_told(timeline) if told.latest.recorded_at > since and not told.is_struck]
    worth = [told for told in fresh if told.entry.kind in _TOLD]
    left_out = Counter(told.entry.kind for told in fresh if told.entry.kind not in _TOLD)
    left_out.update(told.entry.kind for told in worth[:-MOST])
    return CatchUp(
        incident=incident,
        since=since,
        at=now,
        update=updates[-1] if updates else None,
        happened=worth[-MOST:],
        left_out=left_out.most_common(),
        tasks=[task for task in tasks if task.done_at is None],
    )
