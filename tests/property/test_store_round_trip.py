"""Every noun comes back from both databases as it went in: times to the microsecond, hostile text, NaN and all."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.wire import Received, encode
from bot.model.actor import Actor, ActorKind
from bot.model.alert import Alert
from bot.model.audit import AuditEntry, chain_hash
from bot.model.automation import Autonomy
from bot.model.errand import Errand, ErrandKind
from bot.model.evidence import Attachment, Evidence, EvidenceKind
from bot.model.ids import ApprovalId, EvidenceId, IncidentId, RunId, SilenceId
from bot.model.incident import Incident, IncidentKind, IncidentStatus, Severity, SignalState
from bot.model.labels import Matcher, MatchOp
from bot.model.plan import Plan
from bot.model.rule import GroupStatus, RuleAlert, RuleState, RuleStatus
from bot.model.run import (
    Approval,
    ApprovalStatus,
    JournalEntry,
    JournalKind,
    Question,
    RunbookRun,
    RunStatus,
    RunVerdict,
)
from bot.model.runbook import (
    ApprovalTerms,
    Canned,
    HookTrigger,
    Input,
    InputType,
    OnFailure,
    Retry,
    Risk,
    Runbook,
    RunbookTest,
    ScheduleTrigger,
    Step,
    Trigger,
)
from bot.model.sample import Window
from bot.model.search import Remembered, SearchMemory, SearchRun
from bot.model.silence import Silence
from bot.model.telling import Decision, Told, Verdict
from bot.model.timeline import EntryKind, TimelineEntry
from bot.ports.alert_store import Became, Heartbeat, LogKind, LogRow, Outcome, Posted
from bot.ports.store import Session, Tx
from bot.store.channel import Channel
from tests.property.kept import (
    INCIDENT,
    LAST,
    both,
    fingerprints,
    labels,
    maybe_time,
    raw,
    small,
    texts,
    there_and_back,
    times,
    words,
)

spans = st.timedeltas(timedelta(0), timedelta(days=4000))
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False) | raw,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(raw, inner, max_size=3),
    max_leaves=5,
)
plain_object = st.dictionaries(raw, plain, max_size=3)
actors = st.builds(Actor, kind=st.sampled_from(ActorKind), name=raw, via=raw, roles=st.frozensets(raw, max_size=3))
alerts = st.builds(
    Alert,
    labels=labels,
    annotations=texts,
    starts_at=times,
    ends_at=maybe_time,
    generator_url=words,
    source=words,
    rule=words,
    value=st.none() | st.floats(),
)
matchers = st.builds(Matcher, name=raw, op=st.sampled_from(MatchOp), value=raw)
silences = st.builds(
    Silence,
    id=words.map(SilenceId),
    matchers=st.lists(matchers, max_size=3).map(tuple),
    starts_at=times,
    ends_at=times,
    updated_at=times,
    created_by=words,
    comment=words,
    annotations=texts,
)
tellings = st.builds(
    Told,
    group=words,
    way=words,
    firing=fingerprints.map(frozenset),
    resolved=fingerprints.map(frozenset),
    at=times,
)
decisions = st.builds(Decision, at=times, verdict=st.sampled_from(Verdict), text=words, rule=words)
becomings = st.builds(Became, labels=labels, over=st.booleans(), groups=st.lists(raw, max_size=2).map(tuple))
bodies = st.builds(
    Posted,
    source=words,
    delivery=words,
    received_at=times,
    headers=texts,
    body=st.binary(max_size=50),
    outcome=st.sampled_from(Outcome),
    error=words,
    alerts=st.integers(0, 2**31 - 1),
    became=st.lists(becomings, max_size=2).map(tuple),
)
heartbeats = st.builds(Heartbeat, name=words, seen_at=times, missing_since=maybe_time)
rule_alerts = st.builds(
    RuleAlert,
    labels=labels,
    annotations=texts,
    value=st.floats(),
    state=st.sampled_from(RuleState),
    active_at=times,
    fired_at=maybe_time,
    resolved_at=maybe_time,
    keep_firing_since=maybe_time,
    last_sent_at=maybe_time,
)
rule_statuses = st.builds(
    RuleStatus,
    rule=raw,
    alerts=st.lists(rule_alerts, max_size=2).map(tuple),
    evaluated_at=maybe_time,
    unknown_since=maybe_time,
    last_error=raw,
)
search_runs = st.builds(
    SearchRun,
    slot=times,
    triggered=st.booleans(),
    why=raw,
    complete=st.booleans(),
    count=st.none() | small,
    sid=raw,
    link=raw,
)
memories = st.builds(
    SearchMemory,
    count=st.none() | small,
    quiet_until=st.dictionaries(raw, times, max_size=3),
    seen=st.dictionaries(raw, st.builds(Remembered, value=raw, seen_at=times, since=maybe_time), max_size=3),
    since=maybe_time,
    asks=st.lists(raw, max_size=3).map(tuple),
    runs=st.lists(search_runs, max_size=2).map(tuple),
)
statuses = st.builds(
    GroupStatus,
    key=words,
    slot=times,
    rules=st.lists(rule_statuses, max_size=3).map(tuple),
    missed=small,
    took=spans,
    memory=st.none() | memories,
)
incidents = st.builds(
    Incident,
    id=words.map(IncidentId),
    title=words,
    severity=st.sampled_from(Severity),
    status=st.sampled_from(IncidentStatus),
    opened_at=times,
    kind=st.sampled_from(IncidentKind),
    signal=st.sampled_from(SignalState),
    group_key=words,
    receiver=words,
    service=words,
    team=words,
    declared_by=words,
    roles=texts,
    fields=texts,
    alerts=fingerprints.map(lambda found: tuple(dict.fromkeys(found))),
    firing=fingerprints,
    detected_at=maybe_time,
    acknowledged_at=maybe_time,
    acknowledged_by=words,
    mitigated_at=maybe_time,
    resolved_at=maybe_time,
    closed_at=maybe_time,
    updated_at=maybe_time,
    reopened_at=maybe_time,
    reopened=small,
    merged_into=st.none() | words.map(IncidentId),
    merged_at=maybe_time,
    duplicate_of=st.none() | words.map(IncidentId),
    parent=st.none() | words.map(IncidentId),
)
entries = st.builds(
    TimelineEntry,
    incident=st.just(IncidentId("INC-1")),
    at=times,
    recorded_at=times,
    actor=actors,
    kind=st.sampled_from(EntryKind),
    text=words,
    why=words,
    links=texts,
    evidence=st.lists(raw.map(EvidenceId), max_size=2).map(tuple),
    amends=small,
)
matchers = st.builds(Matcher, name=raw, op=st.sampled_from(MatchOp), value=raw)
wanted_inputs = st.builds(
    Input,
    name=raw,
    type=st.sampled_from(InputType),
    default=st.none() | raw,
    values=st.lists(raw, max_size=2).map(tuple),
    least=st.none() | small,
    required=st.booleans(),
)
tests_of_runbooks = st.builds(
    RunbookTest,
    name=raw,
    line=small,
    results=st.dictionaries(
        raw, st.lists(st.builds(Canned, summary=raw, value=plain_object), max_size=1).map(tuple), max_size=1
    ),
    path=st.none() | st.lists(raw, max_size=2).map(tuple),
)
read_steps = st.builds(Step, id=raw, title=raw, uses=raw)
steps = st.builds(
    Step,
    id=raw,
    title=raw,
    uses=raw,
    params=plain_object,
    integration=raw,
    condition=raw,
    timeout=spans,
    retry=st.builds(Retry, attempts=small, wait=spans),
    expect=raw,
    verify=st.none() | read_steps,
    rollback=st.none() | read_steps,
    on_failure=st.sampled_from(OnFailure),
    risk=st.none() | st.sampled_from(Risk),
    approval=st.none() | st.builds(ApprovalTerms, by=raw, count=small, expires=spans, ask=raw),
)
runbooks = st.builds(
    Runbook,
    name=raw,
    title=raw,
    file=raw,
    hash=raw,
    steps=st.lists(steps, max_size=2).map(tuple),
    owner=raw,
    summary=raw,
    triggers=st.lists(
        st.builds(Trigger, matchers=st.lists(matchers, max_size=2).map(tuple), auto=st.none() | st.sampled_from(Risk)),
        max_size=2,
    ).map(tuple),
    inputs=st.lists(wanted_inputs, max_size=2).map(tuple),
    schedule_triggers=st.lists(st.builds(ScheduleTrigger, cron=raw, time_zone=raw, inputs=texts), max_size=1).map(
        tuple
    ),
    hook_triggers=st.lists(st.builds(HookTrigger, integration=raw, inputs=texts), max_size=1).map(tuple),
    concurrency=raw,
    freeze=st.lists(raw, max_size=1).map(tuple),
    tests=st.lists(tests_of_runbooks, max_size=1).map(tuple),
    timeout=spans,
    verify_within=spans,
)
runs = st.builds(
    RunbookRun,
    id=words.map(RunId),
    runbook=runbooks,
    incident=st.none() | words.map(IncidentId),
    inputs=texts,
    started_at=times,
    started_by=actors,
    status=st.sampled_from(RunStatus),
    source=words,
    rule=words,
    signal_expr=words,
    signal_labels=labels,
    wake_at=maybe_time,
    epoch=small,
    ended_at=maybe_time,
    trigger=words,
    service=words,
    environment=words,
    autonomy=st.sampled_from(Autonomy),
    does=words,
    lock=words,
    parent=st.none() | words.map(RunId),
    parent_step=words,
    depth=small,
    changed_at=maybe_time,
    verdict=st.sampled_from(RunVerdict),
    verdict_after=st.none() | spans,
)
outputs = st.fixed_dictionaries({"text": raw, "value": plain_object})
lines = st.builds(
    JournalEntry,
    run=st.just(RunId("RUN-1")),
    at=times,
    kind=st.sampled_from(sorted(set(JournalKind) - {JournalKind.FINISHED})),
    actor=actors,
    step=words,
    attempt=small,
    data=plain_object,
) | st.builds(
    JournalEntry,
    run=st.just(RunId("RUN-1")),
    at=times,
    kind=st.just(JournalKind.FINISHED),
    actor=actors,
    step=words,
    attempt=small,
    data=st.tuples(plain_object, outputs).map(lambda parts: {**parts[0], **parts[1]}),
)
plans = st.builds(
    Plan,
    action=raw,
    integration=raw,
    params=plain_object,
    targets=st.lists(raw, max_size=2).map(tuple),
    summary=raw,
    risk=st.sampled_from(Risk),
    repeatable=st.booleans(),
    can_probe=st.booleans(),
    diff=raw,
    undo=raw,
    preconditions=texts,
    places=st.lists(raw, max_size=2).map(tuple),
    can_undo=st.booleans(),
)
approvals = st.builds(
    Approval,
    id=words.map(ApprovalId),
    run=st.just(RunId("RUN-1")),
    step=words,
    incident=st.none() | words.map(IncidentId),
    question=st.sampled_from(Question),
    ask=words,
    plan=plans,
    by=words,
    count=small,
    asked_at=times,
    expires_at=times,
    requested_by=actors,
    status=st.sampled_from(ApprovalStatus),
    given_by=st.lists(raw, max_size=2).map(tuple),
    wants=st.lists(wanted_inputs, max_size=1).map(tuple),
    covers=st.lists(plans, max_size=1).map(tuple),
    answered_at=maybe_time,
    answered_by=words,
    reason=words,
)
attachments = st.builds(Attachment, name=words, media_type=words, content=st.binary(max_size=50), sha256=words)
evidence = st.builds(
    Evidence,
    id=words.map(EvidenceId),
    incident=st.just(IncidentId("INC-1")),
    kind=st.sampled_from(EvidenceKind),
    question=words,
    source=words,
    query=words,
    window=st.builds(Window, start=times, end=times),
    collected_at=times,
    summary=words,
    value=plain_object,
    link=words,
    alt_text=words,
    unavailable=words,
    attachments=st.lists(attachments, max_size=2, unique_by=lambda one: one.name).map(tuple),
)
acts = st.builds(AuditEntry, at=times, actor=actors, act=words, object=words, decision=words, details=texts)
errands = st.builds(
    Errand,
    kind=st.sampled_from(ErrandKind),
    dedup_key=words,
    due_at=times,
    payload=texts,
    lane=words,
    attempts=small,
)
sessions = st.builds(
    Session, secret_hash=words, person=words, csrf=words, created_at=times, seen_at=times, expires_at=times
)

RUN = RunbookRun(
    id=RunId("RUN-1"),
    runbook=Runbook(name="", title="", file="", hash="", steps=()),
    incident=None,
    inputs={},
    started_at=LAST,
    started_by=Actor(kind=ActorKind.TOCSIN, name=""),
)


def same(left: object, right: object) -> bool:
    """Equal, where NaN equals NaN."""
    return left == right or repr(left) == repr(right)


@both
@given(alert=alerts)
def test_alerts(channel: Channel, alert: Alert) -> None:
    def work(tx: Tx) -> object:
        tx.alerts.put([alert])
        return tx.alerts.get(alert.fingerprint)

    assert same(there_and_back(channel, work), alert)


@both
@given(batch=st.lists(alerts, max_size=3), at=times, kind=st.sampled_from(LogKind), writer=words, since=small)
def test_the_log(channel: Channel, batch: list[Alert], at: datetime, kind: LogKind, writer: str, since: int) -> None:
    body = encode([Received.of(alert) for alert in batch])

    def work(tx: Tx) -> object:
        seq = tx.log.append(kind, body, at, writer, since)
        return replace(tx.log.after(seq - 1, 1)[0], seq=0)

    assert there_and_back(channel, work) == LogRow(
        seq=0, received_at=at, kind=kind, writer=writer, since=since, body=body
    )


@both
@given(silence=silences)
def test_silences(channel: Channel, silence: Silence) -> None:
    assert there_and_back(channel, lambda tx: tx.silences.put(silence) or tx.silences.get(silence.id)) == silence


@both
@given(told=tellings)
def test_tellings(channel: Channel, told: Told) -> None:
    found = there_and_back(channel, lambda tx: tx.tellings.put(told) or tx.tellings.of_group(told.group))
    assert found == {told.way: told}


@both
@given(about=words, decision=decisions)
def test_decisions(channel: Channel, about: str, decision: Decision) -> None:
    found = there_and_back(channel, lambda tx: tx.decisions.add(about, decision) or tx.decisions.of([about], 1))
    assert found == [(about, decision)]


@both
@given(posted=bodies)
def test_posted_bodies(channel: Channel, posted: Posted) -> None:
    (found,) = there_and_back(channel, lambda tx: tx.posted.add(posted) and tx.posted.since(posted.received_at, 0, 1))
    assert replace(found, seq=0) == posted


@both
@given(heartbeat=heartbeats)
def test_heartbeats(channel: Channel, heartbeat: Heartbeat) -> None:
    assert there_and_back(channel, lambda tx: tx.heartbeats.put(heartbeat) or tx.heartbeats.all()) == [heartbeat]


@both
@given(status=statuses)
def test_rule_states(channel: Channel, status: GroupStatus) -> None:
    assert same(there_and_back(channel, lambda tx: tx.rules.save(status) or tx.rules.status(status.key)), status)


@both
@given(incident=incidents)
def test_incidents(channel: Channel, incident: Incident) -> None:
    assert there_and_back(channel, lambda tx: tx.incidents.put(incident) or tx.incidents.get(incident.id)) == incident


@both
@given(entry=entries)
def test_timelines(channel: Channel, entry: TimelineEntry) -> None:
    def work(tx: Tx) -> object:
        tx.incidents.put(INCIDENT)
        told = tx.incidents.tell(entry)
        assert told == replace(entry, seq=told.seq)
        return tx.incidents.timeline(INCIDENT.id) == [told]

    assert there_and_back(channel, work)


@both
@given(run=runs)
def test_runs(channel: Channel, run: RunbookRun) -> None:
    assert there_and_back(channel, lambda tx: tx.runs.create(run) or tx.runs.get(run.id)) == run


@both
@given(line=lines)
def test_journals(channel: Channel, line: JournalEntry) -> None:
    def work(tx: Tx) -> object:
        tx.runs.create(RUN)
        kept = tx.runs.append(line, epoch=None)
        assert kept == replace(line, seq=kept.seq)
        return tx.runs.journal(RUN.id) == [kept]

    assert there_and_back(channel, work)


@both
@given(approval=approvals)
def test_approvals(channel: Channel, approval: Approval) -> None:
    def work(tx: Tx) -> Approval:
        tx.runs.create(RUN)
        tx.approvals.put(approval)
        return tx.approvals.get(approval.id)

    found = there_and_back(channel, work)
    assert found == approval
    assert found.plan.hash == approval.plan.hash  # or no approval would ever be good


@both
@given(seen=evidence)
def test_evidence(channel: Channel, seen: Evidence) -> None:
    def work(tx: Tx) -> object:
        tx.incidents.put(INCIDENT)
        tx.evidence.put(seen)
        (listed,) = tx.evidence.of_incident(INCIDENT.id)
        names = tuple(attachment.name for attachment in seen.attachments)
        assert listed == replace(seen, attachments=(), attachment_names=names)
        return tuple(tx.evidence.attachment(seen.id, name) for name in names)

    assert there_and_back(channel, work) == seen.attachments


@both
@given(entries=st.lists(acts, min_size=1, max_size=3))
def test_the_audit_record(channel: Channel, entries: list[AuditEntry]) -> None:
    def work(tx: Tx) -> None:
        kept = [tx.audit.append(entry) for entry in entries]
        assert tx.audit.list() == kept[::-1]
        assert tx.audit.broken_at() is None
        assert [chain_hash(entry) for entry in kept] == [entry.hash for entry in kept]
        assert [replace(entry, seq=0, previous="0" * 64, hash="") for entry in kept] == entries

    there_and_back(channel, work)


@both
@given(errand=errands)
def test_errands(channel: Channel, errand: Errand) -> None:
    def work(tx: Tx) -> object:
        assert tx.outbox.add(errand)
        return tx.outbox.claim("us", LAST, timedelta(minutes=1))

    found = there_and_back(channel, work)
    assert found == replace(errand, attempts=errand.attempts + 1, seq=found.seq)


@both
@given(session=sessions)
def test_sessions(channel: Channel, session: Session) -> None:
    assert (
        there_and_back(channel, lambda tx: tx.sessions.put(session) or tx.sessions.get(session.secret_hash)) == session
    )


@both
@given(title=raw)
def test_text_that_no_database_takes_is_kept_readable(channel: Channel, title: str) -> None:
    incident = replace(INCIDENT, title=title)
    found = there_and_back(channel, lambda tx: tx.incidents.put(incident) or tx.incidents.get(incident.id))
    expected = "".join("\ufffd" if char == "\0" or "\ud800" <= char <= "\udfff" else char for char in title)
    assert found.title == expected
