from dataclasses import replace
from datetime import timedelta

from bot.model.evidence import Evidence
from bot.model.reading import SignalReading, Spell
from bot.model.report import Case
from bot.model.run import JournalEntry, JournalKind
from bot.reports.findings import SPELLS, dashboards, findings, impact, signals_seen
from bot.reports.times import times_of
from tests.unit.reports import cases
from tests.unit.reports.cases import at, reading, signal, step_evidence


def told(case: Case) -> list[str]:
    return [finding.claim for finding in findings(case, times_of(case, "UTC"))]


def of(seen: SignalReading, **parts: object) -> Case:
    return cases.case(evidence=[signal(seen=seen)], **parts)  # type: ignore[arg-type]


def measured(seen: SignalReading) -> list[str]:
    case = of(seen)
    return [finding.claim for finding in impact(case, times_of(case, "UTC"))]


def rolled_back_at(seconds: float) -> list[tuple[object, tuple[JournalEntry, ...]]]:
    changed = [
        replace(entry, at=at(seconds)) if entry.step == "roll_back" and entry.kind is JournalKind.FINISHED else entry
        for entry in cases.journal()
    ]
    return [(cases.run(), tuple(changed))]


def test_the_impact_is_how_long_and_how_far() -> None:
    assert measured(reading()) == [
        "ServiceFails: service=checkout stood above 5 % for 1 min 13 s; its highest value was 44 %, at 14:01:58."
    ]
    assert measured(reading(own=False)) == [
        "ServiceFails: the signal stood above 5 % for 1 min 13 s; its highest value was 44 %, at 14:01:58."
    ]
    assert measured(reading(labels={"__name__": "up"}))[0].startswith("ServiceFails: the signal stood")


def test_trouble_that_lasts_or_comes_back_is_said_to() -> None:
    lasting = reading(spells=(Spell(start=at(0), end=at(10)), Spell(start=at(200), end=None)))
    assert measured(lasting)[0].startswith(
        "ServiceFails: service=checkout stood above 5 % for 50 s in all, 2 times, and still did when last looked at;"
    )


def test_the_lowest_value_counts_where_low_is_bad() -> None:
    low = reading(op="<", unit="", threshold=3.0, worst=0.0)
    assert measured(low) == [
        "ServiceFails: service=checkout stood below 3 for 1 min 13 s; its lowest value was 0, at 14:01:58."
    ]
    assert measured(reading(op="==", unit="", threshold=0.0)) == [
        "ServiceFails: service=checkout stood at 0 for 1 min 13 s."
    ]
    assert measured(reading(worst=None)) == ["ServiceFails: service=checkout stood above 5 % for 1 min 13 s."]


def test_a_rule_that_compares_nothing_was_there() -> None:
    absent = reading(op="", threshold=None, unit="", labels={"job": "batch"})
    assert measured(absent) == ["ServiceFails: job=batch was returned by the rule's expression for 1 min 13 s."]
    assert told(of(absent)) == []


def test_no_trouble_seen_is_no_impact() -> None:
    assert measured(reading(spells=())) == []
    assert measured(reading(spells=(), data_from=None, data_to=None)) == []


def test_what_followed_what_is_told_and_what_caused_what_is_not() -> None:
    assert told(of(reading())) == [
        "ServiceFails: above 5 % from 14:01:42 to 14:02:55 (1 min 13 s).",
        "ServiceFails: the signal crossed its threshold at 14:01:42, and the alert fired at 14:01:46, 4 s later.",
        '"Switch back to the release that ran before" ended successfully at 14:02:40; the signal was back on its good '
        "side at 14:02:55, 15 s later. That is the order in which it happened, not proof that one led to the other.",
    ]


def test_a_change_after_the_recovery_did_not_come_before_it() -> None:
    (last,) = told(of(reading(), runs=rolled_back_at(176)))[2:]
    assert last == (
        '"Switch back to the release that ran before" ended successfully at 14:02:56; '
        "the signal had been back on its good side since 14:02:55."
    )


def test_without_a_change_or_a_recovery_there_is_no_sequence() -> None:
    assert len(told(of(reading(), runs=[]))) == 2
    assert len(told(of(reading(spells=(Spell(start=at(102), end=None),))))) == 2


def test_when_the_alert_fired_is_told_only_where_the_crossing_was_seen() -> None:
    from_the_start = reading(spells=(Spell(start=at(0), end=at(175)),))
    twice = reading(spells=(Spell(start=at(10), end=at(20)), Spell(start=at(102), end=at(175))))
    later = reading(spells=(Spell(start=at(120), end=at(175)),))
    coarse = reading(step=timedelta(seconds=30))
    for seen in (from_the_start, twice, later, coarse):
        assert not any("the alert fired" in claim for claim in told(of(seen)))
    assert not any("the alert fired" in claim for claim in told(of(reading(), timeline_=[])))


def test_many_times_of_trouble_are_not_all_told() -> None:
    many = tuple(Spell(start=at(20 * place), end=at(20 * place + 5)) for place in range(SPELLS + 2))
    claims = told(of(reading(spells=many), runs=[]))
    assert len(claims) == SPELLS + 1
    assert claims[-1] == "ServiceFails: 2 more such times are in the data."


def test_a_signal_that_never_crossed_its_threshold_is_a_finding_too() -> None:
    assert told(of(reading(spells=()))) == [
        "ServiceFails: service=checkout was not seen above 5 % between 14:00:00 and 14:04:00."
    ]
    lasting = reading(spells=(Spell(start=at(102), end=None),))
    assert told(of(lasting))[0] == "ServiceFails: above 5 % from 14:01:42 on, without an end that was seen."


def test_what_steps_saw_is_a_finding_with_its_evidence() -> None:
    unanswered = step_evidence(3, unavailable="timeout")
    asked = step_evidence(4, question="Is it up?", summary="yes")
    silent = step_evidence(5, summary="")
    case = cases.case(evidence=[step_evidence(1), unanswered, asked, silent])
    found = findings(case, times_of(case, "UTC"))
    assert [(finding.claim, finding.evidence) for finding in found] == [
        (
            'Compare the share of failed requests by release: 2 series: {release="v2"} 0.41, {release="v1"} 0.002',
            ("EV-1",),
        ),
        ("Is it up? yes", ("EV-4",)),
    ]


def test_the_last_answer_about_a_signal_counts() -> None:
    early = signal(2, reading(spells=()), collected_at=at(110))
    failed = signal(5, collected_at=at(300), unavailable="timeout")
    other = signal(3, reading(name="ServiceSlow", rule="shop.yml;shop;ServiceSlow"), collected_at=at(120))
    foreign = replace(signal(6), value={"series": 3})
    evidence: list[Evidence] = [failed, signal(4, collected_at=at(240)), other, early, foreign]
    seen = signals_seen(cases.case(evidence=evidence))
    assert [one.evidence.id for one in seen] == ["EV-4", "EV-3"]
    assert seen[0].total == timedelta(seconds=73)
    assert seen[0].back_at == at(175)


def test_dashboards_are_those_the_rules_name() -> None:
    seen = signals_seen(cases.case(evidence=[signal(1), signal(2, reading(rule="b", name="B", dashboard=""))]))
    assert list(dashboards(seen)) == ["ServiceFails"]
