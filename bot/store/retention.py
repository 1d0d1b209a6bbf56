"""Takes away what has been kept long enough, a little at a time.

What is old is looked for on a reader's snapshot; each portion is then deleted in a work of its own, which waits its
turn like any other, so intake never waits for more than one portion. A portion says again what "old" means, because
things may have changed since they were looked for: an alert may fire again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import Column, ColumnElement, Delete, Select, and_, delete, func, select

from bot.model.retention import Retention
from bot.ports.alert_store import LogKind
from bot.store.channel import Channel
from bot.store.readers import Readers
from bot.store.tables import (
    AlertLogRow,
    AlertRow,
    ChunkRow,
    DecisionRow,
    EvaluationRow,
    LinkRow,
    OutputRow,
    PostedRow,
    RunRow,
    SessionRow,
    SilenceRow,
    TellingRow,
    table,
)
from bot.store.writer import Writer

_PORTION = 500

_log = table(AlertLogRow)
_alerts = table(AlertRow)
_decisions = table(DecisionRow)
_posted = table(PostedRow)
_silences = table(SilenceRow)
_tellings = table(TellingRow)
_evaluations = table(EvaluationRow)
_links = table(LinkRow)
_outputs = table(OutputRow)
_pieces = table(ChunkRow)
_runs = table(RunRow)
_sessions = table(SessionRow)


@dataclass(frozen=True, slots=True)
class _Kind:
    """Rows of one table, found by `key`: those that are old may go, if they still are when their turn comes."""

    name: str
    key: Column[object]
    is_old: Callable[[datetime, Retention], ColumnElement[bool]]


def _raw_is_old(now: datetime, retention: Retention) -> ColumnElement[bool]:
    """Not what the table of active alerts is rebuilt from: rows since the last mark."""
    mark = select(func.max(_log.c.since)).where(_log.c.kind == str(LogKind.MARK)).scalar_subquery()
    return and_(_log.c.received_at < now - retention.raw, _log.c.seq < mark)


def _posted_is_old(now: datetime, retention: Retention) -> ColumnElement[bool]:
    return _posted.c.received_at < now - retention.raw


def _silence_is_old(now: datetime, retention: Retention) -> ColumnElement[bool]:
    return _silences.c.ends_at < now - retention.alerts


def _telling_is_old(now: datetime, retention: Retention) -> ColumnElement[bool]:
    return _tellings.c.at < now - retention.alerts


def _decision_is_old(now: datetime, retention: Retention) -> ColumnElement[bool]:
    return _decisions.c.at < now - retention.raw


def _evaluation_is_old(now: datetime, retention: Retention) -> ColumnElement[bool]:
    return _evaluations.c.slot < now - retention.evaluations


def _alert_is_old(now: datetime, retention: Retention) -> ColumnElement[bool]:
    return _alerts.c.ends_at < now - retention.alerts


def _output_is_old(now: datetime, retention: Retention) -> ColumnElement[bool]:
    return _outputs.c.run.in_(select(_runs.c.id).where(_runs.c.ended_at < now - retention.steps))


def _piece_is_old(now: datetime, retention: Retention) -> ColumnElement[bool]:
    """What is left of steps whose end nobody saw."""
    return _pieces.c.run.in_(select(_runs.c.id).where(_runs.c.ended_at < now - retention.steps))


def _session_is_over(now: datetime, _: Retention) -> ColumnElement[bool]:
    return _sessions.c.expires_at <= now


def _link_is_over(now: datetime, _: Retention) -> ColumnElement[bool]:
    return _links.c.expires_at <= now


_KINDS = (
    _Kind("raw", _log.c.seq, _raw_is_old),
    _Kind("evaluations", _evaluations.c.slot, _evaluation_is_old),
    _Kind("alerts", _alerts.c.fingerprint, _alert_is_old),
    _Kind("posted", _posted.c.seq, _posted_is_old),
    _Kind("silences", _silences.c.id, _silence_is_old),
    _Kind("tellings", _tellings.c.group_key, _telling_is_old),
    _Kind("decisions", _decisions.c.seq, _decision_is_old),
    _Kind("steps", _outputs.c.line, _output_is_old),
    _Kind("pieces", _pieces.c.seq, _piece_is_old),
    _Kind("sessions", _sessions.c.secret_hash, _session_is_over),
    _Kind("links", _links.c.secret_hash, _link_is_over),
)


def count(channel: Channel, now: datetime, retention: Retention) -> Mapping[str, int]:
    """How many rows of each kind may go now."""
    questions = {kind.name: select(func.count()).where(kind.is_old(now, retention)) for kind in _KINDS}
    return {name: channel.connection.execute(question).scalar_one() for name, question in questions.items()}


async def prune(readers: Readers, writer: Writer, now: datetime, retention: Retention) -> Mapping[str, int]:
    """Takes away what may go now; how many rows of each kind went."""
    gone = dict.fromkeys((kind.name for kind in _KINDS), 0)
    for kind in _KINDS:
        find = select(kind.key).where(kind.is_old(now, retention)).order_by(kind.key).limit(_PORTION)
        while keys := await readers.run(partial(_found, find)):
            remove = delete(kind.key.table).where(kind.key.in_(keys), kind.is_old(now, retention))
            went = await writer.run(partial(_removed, remove))
            if not went:
                break  # all that was found has changed meanwhile; the next time will tell
            gone[kind.name] += went
    return gone


def _found(find: Select[object], channel: Channel) -> Sequence[object]:
    return channel.connection.execute(find).scalars().all()


def _removed(remove: Delete, channel: Channel) -> int:
    return channel.connection.execute(remove).rowcount
