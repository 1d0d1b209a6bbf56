"""The tables. Private to `bot/store`: everyone else speaks the nouns of `bot/model`.

What can be asked for is a column of its own; what is only carried along is JSON. The database is made by
`migrations/`, and a test holds the two equal. How values lie in columns: `columns.py`.
"""

from __future__ import annotations

from bot.store.tables.alerts import AlertLogRow, AlertRow, DecisionRow, SilenceRow, TellingRow
from bot.store.tables.boards import CardRow
from bot.store.tables.chats import ChatCodeRow, ChatLinkRow
from bot.store.tables.coming_in import DeadmanRow, PostedRow
from bot.store.tables.incidents import (
    AttachmentRow,
    EvidenceRow,
    IncidentAlertRow,
    IncidentGroupRow,
    IncidentRow,
    IncidentWordsRow,
    MergeRow,
    TimelineRow,
)
from bot.store.tables.people import CalendarRow, LinkRow, SessionRow
from bot.store.tables.records import AuditRow, ErrandRow, LeaseRow, ToldRow
from bot.store.tables.response import (
    EscalationRow,
    MarkRow,
    OverrideRow,
    PageRow,
    RefRow,
    ReminderRow,
    TaskRow,
    UpdateRow,
)
from bot.store.tables.row import CounterRow, metadata, table
from bot.store.tables.rules import EvaluationRow, RuleGroupRow
from bot.store.tables.runs import ApprovalRow, ChunkRow, JournalRow, OutputRow, PauseRow, RunRow, TrustRow
from bot.store.tables.statistics import FiringRow

__all__ = [
    "AlertLogRow",
    "AlertRow",
    "ApprovalRow",
    "AttachmentRow",
    "AuditRow",
    "CalendarRow",
    "CardRow",
    "ChatCodeRow",
    "ChatLinkRow",
    "ChunkRow",
    "CounterRow",
    "DeadmanRow",
    "DecisionRow",
    "ErrandRow",
    "EscalationRow",
    "EvaluationRow",
    "EvidenceRow",
    "FiringRow",
    "IncidentAlertRow",
    "IncidentGroupRow",
    "IncidentRow",
    "IncidentWordsRow",
    "JournalRow",
    "LeaseRow",
    "LinkRow",
    "MarkRow",
    "MergeRow",
    "OutputRow",
    "OverrideRow",
    "PageRow",
    "PauseRow",
    "PostedRow",
    "RefRow",
    "ReminderRow",
    "RuleGroupRow",
    "RunRow",
    "SessionRow",
    "SilenceRow",
    "TaskRow",
    "TellingRow",
    "TimelineRow",
    "ToldRow",
    "TrustRow",
    "UpdateRow",
    "metadata",
    "table",
]
