from datetime import timedelta

from bot.model.incident import IncidentStatus, SignalState
from bot.model.report import Case, Postmortem
from bot.model.run import JournalKind
from bot.reports.postmortem import draft
from tests.unit.reports import cases
from tests.unit.reports.cases import at, entry, finished, reading, signal, step_evidence


def drafted(case: Case) -> Postmortem:
    return draft(case, time_zone="UTC", now=at(600))


def test_the_summary_tells_the_whole_in_a_few_sentences() -> None:
    one = drafted(cases.case())
    assert one.summary == (
        "INC-7 (SEV1) was opened at 14:01:47 on Sunday 22 November 2026 by one alert: "
        "checkout fails 41 % of its requests. "
        "ann acknowledged it after 12 s; it was resolved after 1 min 11 s. "
        "One change was carried out (RUN-3: Switch back to the release that ran before), approved by ann. "
        "The signal has recovered."
    )
    assert one.duration == timedelta(seconds=71)
    assert one.drafted_at == at(600)
    assert len(one.impact) == 1
    assert len(one.findings) == 4


def test_what_did_not_happen_is_not_told_as_if_it_had() -> None:
    bare = cases.incident(
        alerts=(),
        acknowledged_at=None,
        resolved_at=None,
        status=IncidentStatus.TRIGGERED,
        signal=SignalState.NONE,
    )
    one = drafted(cases.case(incident_=bare, evidence=[], runs=[], timeline_=[], approvals=[]))
    assert one.summary == (
        "INC-7 (SEV1) was declared by a person at 14:01:47 on Sunday 22 November 2026: "
        "checkout fails 41 % of its requests. "
        "Nobody acknowledged it; it is still triggered. No change was carried out by a runbook."
    )
    assert (one.duration, one.impact, one.findings, one.links) == (None, (), (), ())


def test_several_changes_are_counted_and_their_approvers_named_once() -> None:
    again = tuple(
        (
            cases.run(id=name),
            (
                entry(JournalKind.PLANNED, 1, "roll_back", {"plan": cases.plan_json(cases.plan())}),
                entry(JournalKind.INTENDED, 2, "roll_back"),
                finished("roll_back", 3),
            ),
        )
        for name in ("RUN-3", "RUN-4")
    )
    firing = cases.incident(alerts=("a", "b"), acknowledged_by="", signal=SignalState.FIRING)
    one = drafted(cases.case(runs=again, incident_=firing))
    assert "by 2 alerts:" in one.summary
    assert "Somebody acknowledged it" in one.summary
    assert "2 changes were carried out (RUN-3, RUN-4), approved by ann. The signal still fires." in one.summary
    unseen = cases.incident(signal=SignalState.UNKNOWN)
    assert drafted(cases.case(incident_=unseen)).summary.endswith("Whether the signal has recovered cannot be seen.")
    alone = drafted(cases.case(approvals=[]))
    assert "(RUN-3: Switch back to the release that ran before). The signal" in alone.summary


def test_links_lead_to_the_source_the_dashboard_and_what_steps_name() -> None:
    linked = step_evidence(1, link="https://shop.example/releases")
    assert drafted(cases.case(evidence=[linked, signal()])).links == (
        (
            "ServiceFails: the expression in prom",
            "https://prom.example/graph?g0.expr=up&g0.end_input=2026-11-22+14%3A04%3A00&g0.range_input=240s",
        ),
        ("ServiceFails: dashboard", "https://grafana.example/d/shop?from=1795356000000&to=1795356240000"),
        ("Compare the share of failed requests by release", "https://shop.example/releases"),
    )


def test_an_address_is_linked_once_and_only_if_it_may_be_followed() -> None:
    same = "https://prom.example/graph"
    seen = signal(2, reading(dashboard="javascript:alert(1)"), link=same)
    links = drafted(cases.case(evidence=[seen, step_evidence(1, link=same), step_evidence(3)])).links
    assert links == (("ServiceFails: the expression in prom", same),)
