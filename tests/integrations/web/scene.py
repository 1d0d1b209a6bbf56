"""A bad release of the cart service at half past two in the afternoon: the incident these pages are tried with."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.model.actor import ADMIN, ON_CALL, TOCSIN, VIEWER, Actor, ActorKind, Contact, Person
from bot.model.evidence import Attachment, Evidence, EvidenceKind
from bot.model.ids import ApprovalId, EvidenceId, Fingerprint, IncidentId, RunId
from bot.model.incident import Incident, IncidentStatus, Severity, SignalState
from bot.model.labels import LabelSet
from bot.model.plan import Plan
from bot.model.rule import (
    AlertRule,
    GroupStatus,
    RuleAlert,
    RuleGroup,
    RuleState,
    RuleStatus,
    Signal,
)
from bot.model.run import Approval, JournalEntry, JournalKind, Question, RunbookRun, RunStatus
from bot.model.runbook import ApprovalTerms, Risk, Runbook, Step
from bot.model.sample import Window
from bot.model.schedule import Layer, Schedule
from bot.model.setup import Setup
from bot.model.timeline import EntryKind, TimelineEntry
from bot.ports.store import Tx
from bot.runbooks.planned import plan_to_json

OPENED = datetime(2026, 11, 20, 13, 31, 40, tzinfo=UTC)
NOW = OPENED + timedelta(minutes=4, seconds=12)

ANN = Person(name="ann", roles=frozenset({ON_CALL}))
BEN = Person(name="ben", roles=frozenset({ON_CALL, ADMIN}))
VERA = Person(name="vera", roles=frozenset({VIEWER}))
RUDI = Person(name="rudi", contacts=(Contact(integration="phone", address="+47 900"),))
"""Answers pages, approves nothing."""
PEOPLE = {who.name: who for who in (ANN, BEN, VERA, RUDI)}

SHOP = Schedule(
    name="shop", title="The shop, first line", time_zone="Europe/Berlin",
    layers=(
        Layer(name="weeks", people=(("ann",), ("ben",)), starts=datetime.fromisoformat("2026-11-16 09:00")),
    ),
)  # fmt: skip
"""Ann has it in the scene, and ben from Monday on."""

INC, RUN, APR, EV = IncidentId("INC-1"), RunId("RUN-1"), ApprovalId("APR-1"), EvidenceId("EV-1")
ALERT = Fingerprint("6f2e0f4be5c1a2d3")

RUNBOOK = Runbook(
    name="roll-back-release",
    title="Roll back a bad release",
    file="runbooks/roll-back-release.yaml",
    hash="c0ffee",
    owner="shop",
    summary="Shows what the release tool has done lately, and takes the last release back if the on-call agrees.",
    steps=(
        Step(
            id="releases", title="See what was released lately", uses="host.run", params={"argv": ["release", "list"]}
        ),
        Step(id="rate", title="See how many orders fail", uses="prometheus.query"),
        Step(
            id="undo",
            title="Take the last release back",
            uses="host.run",
            approval=ApprovalTerms(ask="Roll cart back from 2.14.0 to 2.13.4?"),
        ),
        Step(id="recovered", title="Wait until orders go through again", uses="prometheus.wait_until"),
    ),
)
PLAN = Plan(
    action="host.run",
    integration="shop-hosts",
    params={
        "host": "cart-1.shop.example",
        "argv": ["/opt/shop/release", "rollback", "--service=cart", "--to", "2.13.4"],
    },
    targets=("cart-1.shop.example",),
    summary="run /opt/shop/release rollback on cart-1.shop.example",
    risk=Risk.WRITE,
    repeatable=False,
    diff="-release: 2.14.0\n+release: 2.13.4",
    undo="/opt/shop/release forward --service=cart --to 2.14.0",
    preconditions={"release": "2.14.0"},
)
QUERY = 'sum(rate(orders_failed_total{service="cart"}[1m])) / sum(rate(orders_total{service="cart"}[1m])) > 0.05'


def setup(*, without: str = "") -> Setup:
    """What the documents of this shop say; `without` somebody who has left."""
    rule = AlertRule(name="OrdersFail", expr=QUERY, signal=Signal(expr=QUERY, op=">", threshold=0.05))
    slow = replace(rule, name="CheckoutSlow")
    disk = replace(rule, name="DiskAlmostFull")
    groups = (
        RuleGroup(
            file="rules/shop.yaml", name="orders", source="prom", interval=timedelta(seconds=15), rules=(rule, slow)
        ),
        RuleGroup(file="rules/eu.yaml", name="hosts", source="prom-eu", interval=timedelta(minutes=1), rules=(disk,)),
    )
    people = {name: who for name, who in PEOPLE.items() if name != without}
    return Setup(
        people=people,
        runbooks={RUNBOOK.name: RUNBOOK},
        groups=groups,
        schedules={SHOP.name: SHOP},
        time_zone="Europe/Berlin",
    )


def at(seconds: float) -> datetime:
    """So many seconds after the incident opened."""
    return OPENED + timedelta(seconds=seconds)


def incident(**changes: Any) -> Incident:
    """The incident as it stands once somebody has it."""
    standing = Incident(
        id=INC,
        title="More than 5 % of orders fail in cart",
        severity=Severity.SEV2,
        status=IncidentStatus.ACKNOWLEDGED,
        opened_at=OPENED,
        signal=SignalState.FIRING,
        service="cart",
        receiver="shop",
        group_key="{}:{service=cart}",
        alerts=(ALERT,),
        firing=(ALERT,),
        acknowledged_at=at(61),
        acknowledged_by="ann",
    )
    return replace(standing, **changes)


def timeline() -> Sequence[TimelineEntry]:
    """The story so far."""
    ann = Actor(kind=ActorKind.PERSON, name="ann", via="page")

    def entry(
        seconds: float, kind: EntryKind, text: str, why: str = "", actor: Actor = TOCSIN, **more: Any
    ) -> TimelineEntry:
        when = at(seconds)
        return TimelineEntry(
            incident=INC, at=when, recorded_at=when, actor=actor, kind=kind, text=text, why=why, **more
        )

    return [
        entry(
            -9,
            EntryKind.ALERT,
            "alert OrdersFail fires, value 0.231",
            "23 % of the orders of cart fail",
            links={"expression": "https://prometheus.shop.example/graph?g0.expr=x", "dashboard": "javascript:alert(1)"},
        ),
        entry(0, EntryKind.STATUS, "opened as SEV2: More than 5 % of orders fail in cart", "routed to shop"),
        entry(
            1,
            EntryKind.RUNBOOK,
            "run RUN-1 of runbook roll-back-release begins",
            "its trigger fits, and reading is safe",
        ),
        entry(3, EntryKind.EVIDENCE, "collected EV-1: the rule's own expression", evidence=(EV,)),
        entry(
            4, EntryKind.APPROVAL, "APR-1 asks: Roll cart back from 2.14.0 to 2.13.4?", "write on cart-1.shop.example"
        ),
        entry(61, EntryKind.STATUS, "acknowledged by ann", actor=ann),
        entry(95, EntryKind.NOTE, "Release 2.14.0 went out at 14:29.\nIt changed how the basket is priced.", actor=ann),
    ]


def run(**changes: Any) -> RunbookRun:
    """The run, waiting for its answer."""
    standing = RunbookRun(
        id=RUN,
        runbook=RUNBOOK,
        incident=INC,
        inputs={"service": "cart"},
        started_at=at(1),
        started_by=TOCSIN,
        status=RunStatus.WAITING,
        source="prom",
    )
    return replace(standing, **changes)


def journal() -> Sequence[JournalEntry]:
    """Two steps that looked, one that asks."""

    def line(seconds: float, kind: JournalKind, step: str, **data: Any) -> JournalEntry:
        return JournalEntry(run=RUN, at=at(seconds), kind=kind, actor=TOCSIN, step=step, attempt=1, data=data)

    read = replace(
        PLAN, risk=Risk.READ, params={"argv": ["/opt/shop/release", "list"]}, diff="", undo="nothing to undo"
    )
    ask = replace(read, action="prometheus.query", integration="prom", targets=(), params={"expr": QUERY})
    printed = "2.14.0  cart  2026-11-20 13:29  dora\n2.13.4  cart  2026-11-18 09:02  dora\n"
    return [
        line(1, JournalKind.PLANNED, "releases", plan=plan_to_json(read)),
        line(1, JournalKind.INTENDED, "releases", plan_hash=read.hash),
        line(2, JournalKind.FINISHED, "releases", outcome="succeeded", summary="exit status 0", value={}, text=printed),
        line(2, JournalKind.PLANNED, "rate", plan=plan_to_json(ask)),
        line(2, JournalKind.INTENDED, "rate", plan_hash=ask.hash),
        line(
            3,
            JournalKind.FINISHED,
            "rate",
            outcome="succeeded",
            summary="0.231",
            value={"value": 0.231},
            link="https://prometheus.shop.example/graph?g0.expr=y",
        ),
        line(4, JournalKind.PLANNED, "undo", plan=plan_to_json(PLAN)),
        line(
            4, JournalKind.ASKED, "undo", approval=APR, plan_hash=PLAN.hash, count=1, by=ON_CALL, ask="Roll cart back?"
        ),
    ]


def approval(**changes: Any) -> Approval:
    """The question that waits."""
    standing = Approval(
        id=APR,
        run=RUN,
        step="undo",
        incident=INC,
        question=Question.MAY_IT_RUN,
        ask="Roll cart back from 2.14.0 to 2.13.4?",
        plan=PLAN,
        by=ON_CALL,
        count=1,
        asked_at=at(4),
        expires_at=at(4 + 1800),
        requested_by=TOCSIN,
    )
    return replace(standing, **changes)


def evidence(picture: bytes) -> Evidence:
    """What the rule's expression looked like, with the chart given."""
    data = b"time,value\n2026-11-20T13:31:30Z,0.231\n"
    return Evidence(
        id=EV,
        incident=INC,
        kind=EvidenceKind.SIGNAL,
        question="What does the rule itself see?",
        source="prom",
        query=QUERY,
        window=Window(start=at(-1800), end=at(60)),
        collected_at=at(3),
        summary="From 0.01 to 0.231 within two minutes; the threshold is 0.05.",
        link="https://prometheus.shop.example/graph?g0.expr=x&g0.range_input=30m",
        alt_text="The share of failed orders rises from 1 % to 23 % at 14:31 and stays above the threshold of 5 %.",
        attachments=(_file("signal.png", "image/png", picture), _file("signal.csv", "text/csv", data)),
        attachment_names=("signal.png", "signal.csv"),
    )


def rules() -> Sequence[GroupStatus]:
    """One source sees, the other is blind."""
    firing = RuleAlert(
        labels=LabelSet({"alertname": "OrdersFail", "service": "cart"}),
        annotations={},
        value=0.231,
        state=RuleState.FIRING,
        active_at=at(-69),
        fired_at=at(-9),
    )
    orders = GroupStatus(
        key="rules/shop.yaml;orders",
        slot=at(240),
        rules=(
            RuleStatus(rule="OrdersFail", alerts=(firing,), evaluated_at=at(240)),
            RuleStatus(rule="CheckoutSlow", evaluated_at=at(240)),
        ),
    )
    blind = RuleStatus(
        rule="DiskAlmostFull",
        evaluated_at=at(240),
        unknown_since=at(-600),
        last_error="prom-eu: connection refused by 10.4.0.12:9090",
    )
    return [orders, GroupStatus(key="rules/eu.yaml;hosts", slot=at(240), rules=(blind,), missed=3)]


def earlier() -> Sequence[Incident]:
    """Incidents that are over."""
    old = incident(
        id=IncidentId("INC-0"),
        title="Checkout is slow for customers in Norway",
        severity=Severity.SEV3,
        status=IncidentStatus.RESOLVED,
        signal=SignalState.CLEAR,
        service="checkout",
        opened_at=at(-93_000),
        resolved_at=at(-91_200),
        firing=(),
        group_key="",
    )
    return [old]


def play(tx: Tx, picture: bytes) -> None:
    """Writes the whole scene into a store; INC-2 is left for tests that want another one."""
    counted = [
        tx.incidents.next_id(),
        tx.incidents.next_id(),
        tx.runs.next_id(),
        tx.approvals.next_id(),
        tx.evidence.next_id(),
    ]
    assert counted == [INC, "INC-2", RUN, APR, EV], "the scene is played into an empty store"
    for each in (*earlier(), incident()):
        tx.incidents.put(each)
    for entry in timeline():
        tx.incidents.tell(entry)
    tx.runs.create(run())
    for line in journal():
        tx.runs.append(line, epoch=None)
    tx.approvals.put(approval())
    tx.evidence.put(evidence(picture))
    for status in rules():
        tx.rules.save(status)


def _file(name: str, media_type: str, content: bytes) -> Attachment:
    return Attachment(name=name, media_type=media_type, content=content, sha256=hashlib.sha256(content).hexdigest())
