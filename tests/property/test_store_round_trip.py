"""Every noun comes back from both databases as it went in: times to the microsecond, hostile text, NaN and all."""

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.model.actor import Actor, ActorKind
from bot.model.alert import Alert, AlertGroup
from bot.model.audit import AuditEntry, chain_hash
from bot.model.errand import Errand, ErrandKind
from bot.model.evidence import Attachment, Evidence, EvidenceKind
from bot.model.ids import ApprovalId, EvidenceId, IncidentId, RunId
from bot.model.incident import Incident, IncidentStatus, Severity, SignalState
from bot.model.labels import LabelSet, Matcher, MatchOp
from bot.model.plan import Plan
from bot.model.rule import GroupStatus, RuleAlert, RuleState, RuleStatus
from bot.model.run import Approval, ApprovalStatus, JournalEntry, JournalKind, Question, RunbookRun, RunStatus
from bot.model.runbook import ApprovalTerms, Input, OnFailure, Retry, Risk, Runbook, Step, Trigger
from bot.model.sample import Window
from bot.model.search import Remembered, SearchMemory, SearchRun
from bot.model.timeline import EntryKind, TimelineEntry
from bot.ports.store import Session, Tx
from bot.store.address import backend_for
from bot.store.channel import Channel
from bot.store.schema import open_prepared
from tests.servers import Postgres
from tests.soak import many


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def channel(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Channel]:
    """A connection to a database with our schema."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('store') / 'tocsin.db'}"
    else:
        server: Postgres = request.getfixturevalue("postgres")
        url = server.database()
    backend = backend_for(url)
    with backend.hold(), closing(open_prepared(backend)) as channel:
        yield channel


def there_and_back(channel: Channel, work: Callable[[Tx], object]) -> object:
    """What the work returns; nothing of it stays."""
    channel.say("BEGIN")
    try:
        return work(channel.tx)
    finally:
        channel.say("ROLLBACK")


# A database is slow to write to: what a thousand do not show, five thousand have not shown either.
both = settings(
    max_examples=many(100, 1000), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)

raw = st.text(st.characters(), max_size=20).filter(lambda text: not re.search("[\ud800-\udbff][\udc00-\udfff]", text))
"""Any string of Python's, NUL and lone surrogates too; but not two surrogates that JSON reads as one character."""
words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
"""What a column of text keeps as it is."""
times = st.timedeltas(timedelta(0), timedelta(days=2_900_000)).map(
    lambda since: datetime(1970, 1, 1, tzinfo=UTC) + since
)
maybe_time = st.none() | times
spans = st.timedeltas(timedelta(0), timedelta(days=4000))
utf8 = st.text(st.characters(codec="utf-8"), max_size=20)
labels = st.dictionaries(utf8, utf8, max_size=4).map(LabelSet)
texts = st.dictionaries(raw, raw, max_size=3)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False) | raw,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(raw, inner, max_size=3),
    max_leaves=5,
)
plain_object = st.dictionaries(raw, plain, max_size=3)
small = st.integers(0, 2**40)
fingerprints = st.lists(labels.map(lambda found: found.fingerprint), max_size=3).map(tuple)
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
groups = st.builds(AlertGroup, key=words, receiver=words, labels=labels, ready_at=times, alerts=fingerprints)
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
    signal=st.sampled_from(SignalState),
    group_key=words,
    receiver=words,
    service=words,
    commander=words,
    alerts=fingerprints.map(lambda found: tuple(dict.fromkeys(found))),
    firing=fingerprints,
    acknowledged_at=maybe_time,
    acknowledged_by=words,
    mitigated_at=maybe_time,
    resolved_at=maybe_time,
    closed_at=maybe_time,
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
)
matchers = st.builds(Matcher, name=raw, op=st.sampled_from(MatchOp), value=raw)
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
    inputs=st.lists(
        st.builds(Input, name=raw, source=raw, type=raw, pattern=raw, default=st.none() | raw), max_size=2
    ).map(tuple),
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
    Errand, kind=st.sampled_from(ErrandKind), dedup_key=words, due_at=times, payload=texts, attempts=small
)
sessions = st.builds(
    Session, secret_hash=words, person=words, csrf=words, created_at=times, seen_at=times, expires_at=times
)

LAST = datetime(9999, 12, 31, tzinfo=UTC)
INCIDENT = Incident(
    id=IncidentId("INC-1"), title="", severity=Severity.SEV1, status=IncidentStatus.TRIGGERED, opened_at=LAST
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
        tx.alerts.append([alert], LAST)
        return tx.alerts.get(alert.fingerprint)

    assert same(there_and_back(channel, work), alert)


@both
@given(group=groups)
def test_alert_groups(channel: Channel, group: AlertGroup) -> None:
    assert there_and_back(channel, lambda tx: tx.alerts.put_group(group) or tx.alerts.group(group.key)) == group


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
