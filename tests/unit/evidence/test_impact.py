"""What an incident took of a promise, counted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import Permanent
from bot.evidence import impact
from bot.evidence.impact import Impact, ImpactQuestion
from bot.model.alert import Alert
from bot.model.evidence import Evidence, EvidenceKind
from bot.model.ids import EvidenceId, IncidentId
from bot.model.incident import Incident, IncidentStatus, Severity
from bot.model.labels import LabelSet
from bot.model.reading import SignalReading, Spell
from bot.model.sample import Window
from bot.model.service import Service, Slo
from bot.testing.metrics import FakeMetricSource

END = datetime(2026, 11, 22, 3, 30, tzinfo=UTC)
START = END - timedelta(minutes=25)
GOOD, TOTAL = 'sum(rate(x_total{code!~"5.."}[$window]))', "sum(rate(x_total[$window]))"
SLO = Slo(name="availability", objective=0.999, good=GOOD, total=TOTAL, source="prom")
COUNTED = replace(SLO, good="sum(increase(good[$window]))", total="sum(increase(all[$window]))", counted=True)
ASKED = ImpactQuestion(incident=IncidentId("INC-1"), service="cart", slo=SLO, window=Window(start=START, end=END))
INCIDENT = Incident(
    id=IncidentId("INC-1"), title="x", severity=Severity.SEV2, status=IncidentStatus.RESOLVED, service="cart",
    opened_at=START + timedelta(minutes=1), detected_at=START, resolved_at=END,
)  # fmt: skip
SERVICES = {"cart": Service(name="cart", slos=(SLO,)), "mail": Service(name="mail", slos=(COUNTED,))}


def source(question: ImpactQuestion, *values: float | None) -> FakeMetricSource:
    prom = FakeMetricSource("prom")
    for expr, value in zip(question.exprs, values, strict=True):
        if value is not None:
            prom.shows(expr, {LabelSet(): value})
    return prom


async def measured(question: ImpactQuestion, prom: FakeMetricSource) -> Impact:
    [found] = await impact.measure([question], {"prom": prom})
    return found


def summary(found: Impact) -> str:
    evidence = impact.impact_evidence(found, evidence_id=EvidenceId("EV-1"), collected_at=END)
    assert (evidence.kind, bool(evidence.summary)) == (EvidenceKind.IMPACT, not evidence.unavailable)
    return evidence.summary or evidence.unavailable


def test_each_promise_of_each_service_that_is_named_is_asked_about_over_the_whole_time() -> None:
    alert = Alert(labels=LabelSet({"alertname": "a", "service": "mail"}), annotations={}, starts_at=START)
    asked = impact.impact_questions(INCIDENT, [alert], SERVICES, END)
    assert [(one.service, one.slo.name, one.window.start, one.window.end) for one in asked] == [
        ("cart", "availability", START, END),
        ("mail", "availability", START, END),
    ]
    brief = replace(INCIDENT, detected_at=END - timedelta(seconds=20), service="")
    assert impact.impact_questions(brief, [], SERVICES, END) == ()
    [short] = impact.impact_questions(replace(brief, service="cart"), [], SERVICES, END)
    assert short.window.length == impact.SHORTEST


def signal(*spells: Spell) -> Evidence:
    window = Window(start=START - timedelta(hours=1), end=END)
    reading = SignalReading(name="a", rule="r", window=window, step=timedelta(seconds=15), spells=spells)
    return Evidence(
        id=EvidenceId("EV-1"), incident=INCIDENT.id, kind=EvidenceKind.SIGNAL, question="?", source="prom", query="",
        window=window, collected_at=END, summary="", value=reading.as_json(),
    )  # fmt: skip


def test_what_went_bad_before_a_rule_noticed_counts_too() -> None:
    def ago(minutes: int) -> datetime:
        return START - timedelta(minutes=minutes)

    def began(*spells: Spell) -> datetime:
        [asked] = impact.impact_questions(INCIDENT, [], SERVICES, END, [signal(*spells), signal()])
        return asked.window.start

    was_over = Spell(start=ago(50), end=ago(40))
    assert began(was_over, Spell(start=ago(12), end=None)) == ago(12)
    assert began(was_over, Spell(start=ago(12), end=END)) == ago(12)
    assert began(was_over, Spell(start=START + timedelta(minutes=3), end=None)) == START
    assert began() == START


async def test_rates_are_counted_over_the_time_they_stand_for() -> None:
    prom = source(ASKED, 9.5, 10.0, 8.0)
    found = await measured(ASKED, prom)
    assert {expr for expr, _ in prom.asked} == {
        'sum(rate(x_total{code!~"5.."}[25m]))', "sum(rate(x_total[25m]))", "sum(rate(x_total[30d]))",
    }  # fmt: skip
    assert {at for _, at in prom.asked} == {END}
    assert (round(found.bad), round(found.total)) == (750, 15_000)
    assert found.spent == pytest.approx(750 / (8.0 * 30 * 86_400 * 0.001))
    assert summary(found) == (
        "cart, availability: 750 of 15,000 events were bad (5 %) in 25 min; that is 3.62 % of the error budget of"
        " 99.9 % over 30 d"
    )


async def test_counts_are_counts() -> None:
    asked = replace(ASKED, slo=COUNTED)
    found = await measured(asked, source(asked, 90, 100, 1000))
    assert (found.bad, found.total, found.spent) == (10, 100, pytest.approx(10))


async def test_more_than_the_whole_budget_is_so_many_times_the_budget() -> None:
    found = summary(await measured(ASKED, source(ASKED, 5.0, 10.0, 0.0115)))
    assert "; that is 252 times the error budget of 99.9 % over 30 d; hardly any events of before are known" in found
    long_known = summary(await measured(ASKED, source(ASKED, 0.0, 10.0, 5.0)))
    assert long_known.endswith("that is 116 % of the error budget of 99.9 % over 30 d")


async def test_where_nothing_was_good_all_were_bad() -> None:
    found = await measured(ASKED, source(ASKED, None, 2.0, None))
    assert (found.bad, found.total, found.spent) == (3000, 3000, None)
    assert "budget" not in summary(found)


async def test_what_cannot_be_counted_is_said() -> None:
    assert summary(await measured(ASKED, source(ASKED, None, None, 5.0))) == '"prom" counted no events in this time'
    assert summary(await measured(ASKED, source(ASKED, 1.0, float("nan"), 5.0))) == (
        '"prom" counted no events in this time'
    )
    [nobody] = await impact.measure([ASKED], {})
    assert summary(nobody) == 'there is no metric source "prom"'
    broken = source(ASKED, 1.0, 1.0, 1.0)
    broken.breaks(Permanent("token=hunter2 is refused", integration="prom", reason="auth"))
    assert "hunter2" not in summary(await measured(ASKED, broken))
    partial = source(ASKED, 1.0, 1.0, 1.0)
    partial.warns("store gateway is away")
    assert summary(await measured(ASKED, partial)).endswith("; data is missing: store gateway is away")
