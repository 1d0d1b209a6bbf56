from dataclasses import replace

import pytest

from bot.incidents import timeline
from bot.model.evidence import EvidenceKind
from bot.model.incident import IncidentStatus, SignalState
from bot.model.reading import Spell
from bot.model.report import Case
from bot.model.run import JournalEntry, JournalKind, RunStatus
from bot.model.sample import Window
from bot.reports.gaps import questions
from bot.reports.times import times_of
from tests.unit.reports import cases
from tests.unit.reports.cases import INCIDENT, at, entry, finished, reading, signal

ALWAYS = (
    "What caused it? Tocsin shows what was seen and in which order, and establishes no cause.",
    "Who was affected, and how? Tocsin measured the signal of the rule, not what users met.",
)


def asked(case: Case) -> tuple[str, ...]:
    return questions(case, times_of(case, "UTC"), at(600))


def more(case: Case) -> list[str]:
    """What is asked beyond what is always asked."""
    found = asked(case)
    assert set(ALWAYS) <= set(found)
    return [question for question in found if question not in ALWAYS]


def ran(*journal: JournalEntry, **changes: object) -> Case:
    return cases.case(runs=[(cases.run(**changes), journal)])


def test_where_bad_events_were_counted_whose_they_were_is_still_asked() -> None:
    counted = replace(signal(9), kind=EvidenceKind.IMPACT, value={})
    told = cases.case(evidence=[*cases.case().evidence, counted])
    said = "Who was affected, and how? Tocsin counted bad events, and does not know whose they were."
    assert asked(told) == (ALWAYS[0], said)
    assert asked(cases.case(evidence=[*cases.case().evidence, replace(counted, unavailable="no data")]))[1] == ALWAYS[1]


def test_a_whole_story_leaves_only_the_questions_nobody_but_people_can_answer() -> None:
    assert asked(cases.case()) == ALWAYS


def test_an_incident_that_is_open_is_said_to_be() -> None:
    still = cases.incident(status=IncidentStatus.ACKNOWLEDGED, resolved_at=None)
    assert more(cases.case(incident_=still)) == [
        "The incident is still acknowledged. This draft knows nothing that happened after 14:10:00."
    ]


@pytest.mark.parametrize(
    ("changes", "question"),
    [
        ({"alerts": ()}, "No alert noticed this, a person did. Which rule should have?"),
        ({"acknowledged_at": None}, "Nobody acknowledged the incident. Did anybody see it in time?"),
        ({"roles": {}}, "No commander is recorded. Who led the response?"),
        ({"firing": ("a" * 16,)}, "It was resolved while one of its alerts still fired. Why was that right?"),
        ({"firing": ("a", "b")}, "It was resolved while 2 of its alerts still fired. Why was that right?"),
        (
            {"signal": SignalState.UNKNOWN},
            "The source of its alerts cannot be seen: whether the signal is clear is not known.",
        ),
    ],
)
def test_what_the_incident_does_not_say_is_asked(changes: dict[str, object], question: str) -> None:
    assert more(cases.case(incident_=cases.incident(**changes))) == [question]


def test_an_alert_without_a_charted_signal_is_asked_about() -> None:
    assert more(cases.case(evidence=[cases.step_evidence()])) == [
        "No signal was charted: either its alerts come from rules that are not Tocsin's, or the rules are gone. "
        "What did it look like?"
    ]
    assert not any(
        "charted" in question for question in more(cases.case(incident_=cases.incident(alerts=()), evidence=[]))
    )


def test_an_answer_that_did_not_come_is_asked_about() -> None:
    silent = signal(3, unavailable='"prom" did not answer within 15 s', collected_at=at(162))
    assert more(cases.case(evidence=[signal(), silent])) == [
        "EV-3, asked at 14:02:42, got no answer: What did the signal of ServiceFails do? "
        '("prom" did not answer within 15 s)'
    ]


def test_what_the_signal_did_not_show_is_asked_about() -> None:
    empty = reading(data_from=None, data_to=None, spells=())
    undrawn = signal(2, empty, attachments=(cases.CSV,), attachment_names=("signal.csv",))
    assert more(cases.case(evidence=[undrawn])) == [
        "EV-2: the source answered, and had no data for the signal of ServiceFails in this window. Why not?"
    ]
    once = reading(blind=(Window(start=at(120), end=at(150)),))
    assert more(cases.case(evidence=[signal(2, once)])) == [
        "EV-2: the signal of ServiceFails had no value from 14:02:00 to 14:02:30 (30 s). "
        "What happened then was not seen."
    ]
    twice = reading(blind=(Window(start=at(10), end=at(20)), Window(start=at(120), end=at(150))))
    assert more(cases.case(evidence=[signal(2, twice)])) == [
        "EV-2: the signal of ServiceFails had no value 2 times between 14:00:10 and 14:02:30, 40 s in all. "
        "What happened then was not seen."
    ]


def test_a_chart_that_was_not_drawn_is_said_not_to_have_been() -> None:
    undrawn = signal(2, attachments=(cases.CSV,), attachment_names=("signal.csv",))
    assert more(cases.case(evidence=[undrawn])) == ["EV-2: the chart could not be drawn. The data is attached."]
    assert more(cases.case(evidence=[signal(2, attachments=(), attachment_names=())])) == []


def test_a_time_in_which_the_source_was_not_seen_is_asked_about() -> None:
    blind = timeline.blind(INCIDENT, "prom", "connection refused", at(120), at(130))
    sighted = timeline.sighted(INCIDENT, "prom", at(150))
    assert more(cases.case(timeline_=[*cases.story(), blind, sighted])) == [
        "At 14:02:00: the signal is unknown: prom cannot be seen (connection refused). "
        "What happened in the meantime was not seen."
    ]


PLANNED = entry(JournalKind.PLANNED, 111, "roll_back", {"plan": cases.plan_json(cases.plan())})
INTENDED = entry(JournalKind.INTENDED, 112, "roll_back", attempt=1)
ALONE = "The signal recovered, and no change by a runbook came before. What ended it?"
TITLE = 'RUN-3, "Switch back to the release that ran before"'


@pytest.mark.parametrize(
    ("journal", "question"),
    [
        (
            (PLANNED, INTENDED, finished("roll_back", 113, "unknown")),
            f"{TITLE}: nobody saw how it ended. Did it have its effect?",
        ),
        ((PLANNED, INTENDED), f"{TITLE}: nobody saw how it ended. Did it have its effect?"),
        (
            (PLANNED, INTENDED, finished("roll_back", 113, "failed", summary="exit 1.")),
            f"{TITLE} failed: exit 1. Why, and what was left behind?",
        ),
        (
            (PLANNED, INTENDED, finished("roll_back", 113, "failed", summary="")),
            f"{TITLE} failed. Why, and what was left behind?",
        ),
        (
            (
                PLANNED,
                entry(JournalKind.ANSWERED, 113, "roll_back", {"answer": "expired", "reason": "nobody answered"}),
            ),
            f"{TITLE} was not carried out: nobody answered. What was done instead?",
        ),
        (
            (PLANNED, entry(JournalKind.ANSWERED, 113, "roll_back", {"answer": "reject"})),
            f"{TITLE} was not carried out: it was rejected. What was done instead?",
        ),
    ],
)
def test_a_step_that_did_not_go_well_is_asked_about(journal: tuple[JournalEntry, ...], question: str) -> None:
    assert more(ran(*journal)) == [question, ALONE]


def test_a_run_that_still_runs_is_said_to() -> None:
    assert more(ran(PLANNED, INTENDED, status=RunStatus.RUNNING)) == [
        "RUN-3 is still running: how it ends is not known.",
        ALONE,
    ]


def test_a_signal_that_did_not_recover_after_the_run_is_asked_about() -> None:
    done = [one for one in cases.journal() if one.kind is not JournalKind.CHECKED]
    firing = entry(JournalKind.CHECKED, 178, data={"signal": "firing"})
    unseen = replace(firing, data={"signal": "unknown"})
    assert more(ran(*done, firing)) == [
        "After RUN-3 the signal had not recovered when it was last looked at, 14:02:58. What was missing?"
    ]
    assert more(ran(*done, unseen)) == ["Whether the signal recovered after RUN-3 could not be seen."]


def test_a_recovery_without_a_change_before_it_is_asked_about() -> None:
    assert more(cases.case(runs=[])) == [ALONE]
    late = [replace(one, at=at(400)) if one.kind is JournalKind.FINISHED else one for one in cases.journal()]
    assert more(ran(*late)) == [ALONE]
    firing = cases.incident(signal=SignalState.FIRING)
    lasting = signal(2, reading(spells=(Spell(start=at(102), end=None),)))
    assert more(cases.case(runs=[], incident_=firing, evidence=[lasting])) == []
    unresolved = cases.incident(resolved_at=None)
    assert more(cases.case(runs=[], incident_=unresolved, evidence=[lasting])) == [ALONE]


def test_no_question_is_asked_twice() -> None:
    blind = timeline.blind(INCIDENT, "prom", "refused", at(120), at(130))
    assert len(more(cases.case(timeline_=[blind, blind]))) == 1
