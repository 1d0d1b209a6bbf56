"""Small nouns for tests of the store; every function takes only what a test cares about."""

from datetime import UTC, datetime, timedelta

from bot.model.actor import TOCSIN
from bot.model.alert import Alert
from bot.model.audit import AuditEntry
from bot.model.errand import Errand, ErrandKind
from bot.model.evidence import Attachment, Evidence, EvidenceKind
from bot.model.ids import ApprovalId, EvidenceId, IncidentId, RunId
from bot.model.incident import Incident, IncidentStatus, Severity
from bot.model.labels import LabelSet
from bot.model.plan import Plan
from bot.model.rule import GroupStatus, RuleAlert, RuleState, RuleStatus
from bot.model.run import Approval, JournalEntry, JournalKind, Question, RunbookRun
from bot.model.runbook import Risk, Runbook, Step
from bot.model.sample import Window
from bot.model.search import Remembered, SearchMemory, SearchRun
from bot.model.timeline import EntryKind, TimelineEntry
from bot.ports.store import Tx

NOW = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
LONG = timedelta(minutes=5)
"""A lease that lasts."""
OVER = timedelta(microseconds=0)
"""A lease that has ended as soon as it was given."""
RUNBOOK = Runbook(
    name="roll-back",
    title="Roll back",
    file="roll-back.yaml",
    hash="abc",
    steps=(Step(id="undo", title="Undo", uses="host.run", params={"argv": ["release", "undo"]}),),
)
PLAN = Plan(
    action="host.run",
    integration="here",
    params={"argv": ["release", "undo"]},
    targets=("web-1",),
    summary="release undo on web-1",
    risk=Risk.WRITE,
    repeatable=False,
)


def alert(name: str = "ShopSlow", *, ends_at: datetime | None = None, **labels: str) -> Alert:
    """An alert that began at NOW."""
    return Alert(
        labels=LabelSet({"alertname": name, **labels}),
        annotations={"summary": f"{name}!"},
        starts_at=NOW,
        ends_at=ends_at,
        source="prom",
    )


def incident(number: int, **fields: object) -> Incident:
    """An incident opened `number` minutes after NOW."""
    given = {"title": "the shop is slow", "severity": Severity.SEV2, "status": IncidentStatus.TRIGGERED, **fields}
    return Incident(id=IncidentId(f"INC-{number}"), opened_at=NOW + number * MINUTE, **given)


def entry(incident: str, text: str, at: datetime = NOW) -> TimelineEntry:
    """A note."""
    return TimelineEntry(
        incident=IncidentId(incident), at=at, recorded_at=at, actor=TOCSIN, kind=EntryKind.NOTE, text=text
    )


def run(number: int, **fields: object) -> RunbookRun:
    """A run that is due at NOW."""
    given = {"incident": None, "wake_at": NOW, **fields}
    return RunbookRun(
        id=RunId(f"RUN-{number}"),
        runbook=RUNBOOK,
        inputs={"service": "shop"},
        started_at=NOW + number * MINUTE,
        started_by=TOCSIN,
        **given,
    )


def line(run: str, kind: JournalKind = JournalKind.INTENDED, **data: object) -> JournalEntry:
    """A line of a journal."""
    return JournalEntry(run=RunId(run), at=NOW, kind=kind, actor=TOCSIN, step="undo", attempt=1, data=data)


def finished(run: str, text: str) -> JournalEntry:
    """A FINISHED line with this output."""
    return line(run, JournalKind.FINISHED, outcome="succeeded", summary="done", value={"exit": 0}, text=text)


def approval(number: int, run: str, incident: str | None = None, **fields: object) -> Approval:
    """A question asked `number` minutes after NOW."""
    return Approval(
        id=ApprovalId(f"APR-{number}"),
        run=RunId(run),
        step="undo",
        incident=None if incident is None else IncidentId(incident),
        question=Question.MAY_IT_RUN,
        ask="May it?",
        plan=PLAN,
        by="on-call",
        count=1,
        asked_at=NOW + number * MINUTE,
        expires_at=NOW + 30 * MINUTE,
        requested_by=TOCSIN,
        **fields,
    )


def evidence(number: int, incident: str, *attachments: Attachment) -> Evidence:
    """Evidence collected `number` minutes after NOW."""
    return Evidence(
        id=EvidenceId(f"EV-{number}"),
        incident=IncidentId(incident),
        kind=EvidenceKind.SIGNAL,
        question="how slow?",
        source="prom",
        query="up",
        window=Window(start=NOW - MINUTE, end=NOW),
        collected_at=NOW + number * MINUTE,
        attachments=attachments,
    )


def act(what: str = "incident.acknowledge", object: str = "INC-1") -> AuditEntry:
    """An audit entry."""
    return AuditEntry(at=NOW, actor=TOCSIN, act=what, object=object, decision="allowed", details={"why": "a test"})


def errand(key: str, due_at: datetime = NOW) -> Errand:
    """An errand due at NOW."""
    return Errand(kind=ErrandKind.EVIDENCE_WANTED, dedup_key=key, due_at=due_at, payload={"group": key})


def status(key: str, slot: datetime, *rules: RuleStatus) -> GroupStatus:
    """A group after an evaluation; one plainly inactive rule unless others are given."""
    plain = RuleStatus(rule="ShopSlow", evaluated_at=slot)
    return GroupStatus(key=key, slot=slot, rules=rules or (plain,), took=timedelta(milliseconds=3))


def memory(at: datetime) -> SearchMemory:
    """What a saved search knows: a count, a quiet time, two keys and a run."""
    return SearchMemory(
        count=7,
        quiet_until={"": at + MINUTE, '["web-1"]': at + DAY},
        seen={
            '["ann", "vpn"]': Remembered(value="", seen_at=at, since=at - DAY),
            "\x00\ud800": Remembered(value="500", seen_at=at),
        },
        since=at - DAY,
        runs=(SearchRun(slot=at, triggered=True, why="7 results, which is greater than 5", count=7, sid="s1"),),
    )


def firing(slot: datetime) -> RuleStatus:
    """A rule with one firing alert whose value is no number."""
    found = RuleAlert(
        labels=LabelSet({"alertname": "ShopSlow", "instance": "web-1"}),
        annotations={"summary": "slow"},
        value=float("inf"),
        state=RuleState.FIRING,
        active_at=slot - MINUTE,
        fired_at=slot,
    )
    return RuleStatus(rule="ShopSlow", alerts=(found,), evaluated_at=slot)


def claim_run(tx: Tx, owner: str, now: datetime, lease: timedelta) -> RunbookRun | None:
    """The run that has been due for longest, now carried by this owner; None: none is due."""
    return next(iter(tx.runs.claim(owner, now, lease, 1).runs), None)


def three_facts(tx: Tx, number: int) -> None:
    """An incident, its note and the audit entry that speaks of it: all there or none."""
    tx.incidents.put(incident(number))
    tx.incidents.tell(entry(f"INC-{number}", f"note {number}"))
    tx.audit.append(act(object=f"INC-{number}"))
