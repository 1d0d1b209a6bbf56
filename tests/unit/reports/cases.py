"""Cases built by hand: one shop, one bad release, one rollback, and every way to tell it differently."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.incidents import timeline
from bot.model.actor import TOCSIN, Actor, ActorKind
from bot.model.alert import Alert
from bot.model.evidence import Attachment, Evidence, EvidenceKind
from bot.model.ids import ApprovalId, EvidenceId, IncidentId, RunId
from bot.model.incident import Incident, IncidentStatus, Severity, SignalState
from bot.model.labels import LabelSet
from bot.model.plan import Plan
from bot.model.reading import SignalReading, Spell
from bot.model.report import Case
from bot.model.run import (
    Approval,
    ApprovalStatus,
    JournalEntry,
    JournalKind,
    Question,
    RunbookRun,
    RunStatus,
)
from bot.model.runbook import Risk, Runbook, Step
from bot.model.sample import Window
from bot.model.timeline import EntryKind, TimelineEntry

START = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
INCIDENT = IncidentId("INC-7")
RUN = RunId("RUN-3")
ANN = Actor(kind=ActorKind.PERSON, name="ann", via="cli", roles=frozenset({"on-call"}))
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360f8cf500f000384018005dd"
    "a4c50000000049454e44ae426082"
)
"""One dot."""


def at(seconds: float) -> datetime:
    """A moment after the start of the story."""
    return START + timedelta(seconds=seconds)


def alert(**changes: Any) -> Alert:
    fired = Alert(
        labels=LabelSet({"alertname": "ServiceFails", "service": "checkout", "severity": "critical"}),
        annotations={"summary": "checkout fails 41 % of its requests"},
        starts_at=at(106),
        ends_at=at(177),
        source="prom",
        rule="shop.yml;shop;ServiceFails",
        value=0.41,
    )
    return replace(fired, **changes)


def incident(**changes: Any) -> Incident:
    story = Incident(
        id=INCIDENT,
        title="checkout fails 41 % of its requests",
        severity=Severity.SEV1,
        status=IncidentStatus.RESOLVED,
        opened_at=at(107),
        signal=SignalState.CLEAR,
        group_key="{}:{}",
        receiver="on-call",
        service="checkout",
        roles={"commander": "ann"},
        alerts=(alert().fingerprint,),
        acknowledged_at=at(119),
        acknowledged_by="ann",
        resolved_at=at(178),
    )
    return replace(story, **changes)


def reading(**changes: Any) -> SignalReading:
    seen = SignalReading(
        name="ServiceFails",
        rule="shop.yml;shop;ServiceFails",
        window=Window(start=at(0), end=at(240)),
        step=timedelta(seconds=1),
        op=">",
        threshold=0.05,
        unit="ratio",
        series=3,
        kept=3,
        own=True,
        labels={"service": "checkout"},
        spells=(Spell(start=at(102), end=at(175)),),
        worst=0.4399,
        worst_at=at(118),
        data_from=at(0),
        data_to=at(240),
        dashboard="https://grafana.example/d/shop?from=1795356000000&to=1795356240000",
    )
    return replace(seen, **changes)


def attachment(name: str, media_type: str, content: bytes) -> Attachment:
    return Attachment(name=name, media_type=media_type, content=content, sha256=hashlib.sha256(content).hexdigest())


CSV = attachment("signal.csv", "text/csv", b"time,value,service\n2026-11-22T14:00:00Z,0.004,checkout\n")


def signal(number: int = 2, seen: SignalReading | None = None, **changes: Any) -> Evidence:
    files = (attachment("signal.png", "image/png", PNG), CSV)
    found = Evidence(
        id=EvidenceId(f"EV-{number}"),
        incident=INCIDENT,
        kind=EvidenceKind.SIGNAL,
        question="What did the signal of ServiceFails do?",
        source="prom",
        query='sum by (service) (rate(shop_requests_total{code="500"}[10s]))',
        window=Window(start=at(0), end=at(240)),
        collected_at=at(240 + number),
        summary="The signal of service=checkout rose above 5 % at 14:01:42 UTC.",
        value=(seen or reading()).as_json(),
        link="https://prom.example/graph?g0.expr=up&g0.end_input=2026-11-22+14%3A04%3A00&g0.range_input=240s",
        alt_text="Line chart of the signal of ServiceFails, 3 series.",
        attachments=files,
        attachment_names=tuple(file.name for file in files),
    )
    return replace(found, **changes)


def step_evidence(number: int = 1, **changes: Any) -> Evidence:
    found = Evidence(
        id=EvidenceId(f"EV-{number}"),
        incident=INCIDENT,
        kind=EvidenceKind.STEP,
        question="Compare the share of failed requests by release",
        source="prom",
        query="sum by (release) (rate(shop_requests_total[10s]))",
        window=Window(start=at(111), end=at(111)),
        collected_at=at(111),
        summary='2 series: {release="v2"} 0.41, {release="v1"} 0.002',
        value={"value": {"samples": [{"labels": {"release": "v2"}, "value": 0.41}]}, "text": ""},
    )
    return replace(found, **changes)


def plan(**changes: Any) -> Plan:
    one = Plan(
        action="host.run",
        integration="hosts",
        params={"host": "shop", "argv": ["release", "switch", "checkout", "v1"]},
        targets=("shop",),
        summary="on shop: release switch checkout v1",
        risk=Risk.WRITE,
        repeatable=False,
        diff="-v2\n+v1",
        undo="release switch checkout v2",
    )
    return replace(one, **changes)


def runbook(*steps: Step) -> Runbook:
    return Runbook(
        name="roll-back-release",
        title="A service went wrong after a release",
        file="roll-back-release.yaml",
        hash="0" * 64,
        steps=steps
        or (
            Step(id="errors", title="Compare the share of failed requests by release", uses="prometheus.query"),
            Step(id="roll_back", title="Switch back to the release that ran before", uses="host.run"),
        ),
    )


def run(**changes: Any) -> RunbookRun:
    one = RunbookRun(
        id=RUN,
        runbook=runbook(),
        incident=INCIDENT,
        inputs={"service": "checkout"},
        started_at=at(110),
        started_by=TOCSIN,
        status=RunStatus.SUCCEEDED,
        ended_at=at(180),
    )
    return replace(one, **changes)


def entry(
    kind: JournalKind, seconds: float, step: str = "", data: Mapping[str, Any] | None = None, **changes: Any
) -> JournalEntry:
    one = JournalEntry(run=RUN, at=at(seconds), kind=kind, actor=TOCSIN, step=step, data=data or {})
    return replace(one, **changes)


def plan_json(one: Plan) -> dict[str, Any]:
    return {
        "summary": one.summary,
        "risk": str(one.risk),
        "targets": list(one.targets),
        "undo": one.undo,
        "diff": one.diff,
    }


def finished(step: str, seconds: float, outcome: str = "succeeded", **data: Any) -> JournalEntry:
    return entry(JournalKind.FINISHED, seconds, step, {"outcome": outcome, "summary": "done", **data})


def journal() -> tuple[JournalEntry, ...]:
    reads = plan(risk=Risk.READ, summary="query prom", targets=(), diff="", undo="")
    return (
        entry(JournalKind.PLANNED, 110, "errors", {"plan": plan_json(reads)}),
        entry(JournalKind.INTENDED, 110.2, "errors", attempt=1),
        finished("errors", 110.9, summary="2 series"),
        entry(JournalKind.PLANNED, 111, "roll_back", {"plan": plan_json(plan())}),
        entry(JournalKind.ASKED, 111, "roll_back", {"approval": "APR-1"}),
        entry(JournalKind.ANSWERED, 158, "roll_back", {"answer": "approve"}),
        entry(JournalKind.INTENDED, 158.4, "roll_back", attempt=1),
        finished("roll_back", 160.1, summary="checkout now runs v1"),
        entry(JournalKind.CHECKED, 178, data={"signal": "clear", "text": "the original signal has recovered"}),
        entry(JournalKind.ENDED, 180, data={"status": "succeeded", "reason": ""}),
    )


def approval(**changes: Any) -> Approval:
    one = Approval(
        id=ApprovalId("APR-1"),
        run=RUN,
        step="roll_back",
        incident=INCIDENT,
        question=Question.MAY_IT_RUN,
        ask="Roll checkout back to v1?",
        plan=plan(),
        by="on-call",
        count=1,
        asked_at=at(111),
        expires_at=at(711),
        requested_by=TOCSIN,
        status=ApprovalStatus.APPROVED,
        given_by=("ann",),
        answered_at=at(158),
        answered_by="ann",
    )
    return replace(one, **changes)


def told(kind: EntryKind, seconds: float, text: str, **changes: Any) -> TimelineEntry:
    one = TimelineEntry(incident=INCIDENT, at=at(seconds), recorded_at=at(seconds), actor=TOCSIN, kind=kind, text=text)
    return replace(one, **changes)


def story() -> tuple[TimelineEntry, ...]:
    open_incident = incident(status=IncidentStatus.TRIGGERED)
    return (
        timeline.fired(INCIDENT, alert(), at(107)),
        timeline.opened(open_incident, alert(), TOCSIN, at(107)),
        told(EntryKind.RUNBOOK, 110, "run RUN-3 of runbook roll-back-release begins"),
        told(
            EntryKind.EVIDENCE,
            111,
            "Compare the share of failed requests by release: 2 series",
            evidence=(EvidenceId("EV-1"),),
        ),
        timeline.acknowledged(open_incident, ANN, at(119)),
        told(EntryKind.APPROVAL, 158, "APR-1 approved by ann (1 of 1)", actor=ANN),
        told(EntryKind.ACTION, 160.1, "succeeded: on shop: release switch checkout v1", why="checkout now runs v1"),
        timeline.cleared(replace(open_incident, firing=()), alert(), at(178)),
        timeline.resolved(open_incident, "every alert it held was seen to be over", TOCSIN, at(178)),
    )


def case(
    *,
    incident_: Incident | None = None,
    evidence: Sequence[Evidence] | None = None,
    timeline_: Sequence[TimelineEntry] | None = None,
    runs: Sequence[tuple[RunbookRun, tuple[JournalEntry, ...]]] | None = None,
    approvals: Sequence[Approval] | None = None,
) -> Case:
    """The whole story, or the same with a part told differently."""
    return Case(
        incident=incident_ or incident(),
        timeline=tuple(story() if timeline_ is None else timeline_),
        evidence=tuple((step_evidence(), signal()) if evidence is None else evidence),
        runs=tuple(((run(), journal()),) if runs is None else runs),
        approvals=tuple((approval(),) if approvals is None else approvals),
    )
