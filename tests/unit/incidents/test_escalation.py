"""Which policy is for an incident, when an escalation begins anew, and when it is over."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.incidents import escalation
from bot.incidents.escalation import Around
from bot.model.escalation import Escalation, EscalationPolicy, Level, Target, TargetKind
from bot.model.ids import IncidentId, PageId
from bot.model.incident import Incident, IncidentStatus, Severity
from bot.model.page import Page, PageStatus
from bot.model.service import Service
from bot.model.setup import Setup

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ANN = Target(kind=TargetKind.PERSON, name="ann")
SHOP = EscalationPolicy(name="shop", levels=(Level(targets=(ANN,), wait=MINUTE),))
DATABASE = replace(SHOP, name="database")
INCIDENT = Incident(
    id=IncidentId("INC-7"), title="it burns", severity=Severity.SEV1, status=IncidentStatus.TRIGGERED, opened_at=NOW
)
STANDING = Escalation(incident=INCIDENT.id, policy="shop", started_at=NOW, due_at=NOW + MINUTE, level=1)
PAGE = Page(id=PageId("PAGE-1"), incident=INCIDENT.id, person="ann", integration="i", address="", created_at=NOW)
AROUND = Around(on_duty=lambda _: (), opens=lambda at: at, reachable=("ann",))


def test_the_service_says_which_policy_and_the_default_is_for_all_others() -> None:
    setup = Setup(
        escalations={"shop": SHOP, "database": DATABASE},
        default_escalation="shop",
        services={"db": Service(name="db", escalation="database"), "web": Service(name="web")},
    )
    for service, policy in (("db", DATABASE), ("web", SHOP), ("unlisted", SHOP), ("", SHOP)):
        assert escalation.policy_for(setup, replace(INCIDENT, service=service)) == policy
    assert escalation.policy_for(setup, replace(INCIDENT, severity=Severity.SEV4)) is None
    assert escalation.policy_for(replace(setup, default_escalation=""), INCIDENT) is None


def test_it_begins_once_in_the_life_of_an_incident_and_anew_when_that_goes_on() -> None:
    assert escalation.is_wanted("shop", INCIDENT, None)
    assert not escalation.is_wanted("shop", INCIDENT, STANDING)
    assert escalation.is_wanted("database", INCIDENT, STANDING), "other people are to be woken now"
    exhausted = escalation.over(STANDING, escalation.EXHAUSTED)
    assert not escalation.is_wanted("shop", INCIDENT, exhausted)
    assert escalation.is_wanted("shop", INCIDENT, escalation.over(exhausted, "merged")), "and taken out again"
    assert escalation.is_wanted("shop", replace(INCIDENT, reopened_at=NOW + MINUTE), exhausted)


def test_what_ended_it_first_stays_the_reason() -> None:
    acknowledged = escalation.over(STANDING, "acknowledged by ann")
    assert escalation.over(acknowledged, "resolved by ben") == acknowledged


def test_a_failed_page_hastens_only_the_level_that_it_was_the_last_hope_of() -> None:
    failed = replace(PAGE, status=PageStatus.FAILED)
    later = NOW + timedelta(seconds=5)

    def hastened(*pages: Page, page: Page = failed, standing: Escalation = STANDING) -> bool:
        return escalation.hurried(standing, page, [page, *pages], later).due_at == later

    assert hastened()
    assert hastened(replace(failed, id=PageId("PAGE-2")))
    assert not hastened(replace(PAGE, id=PageId("PAGE-2"))), "another one of the level may still arrive"
    assert not hastened(replace(PAGE, id=PageId("PAGE-2"), status=PageStatus.TAKEN))
    assert not hastened(page=replace(failed, level=escalation.BY_HAND))
    assert not hastened(page=replace(failed, round=1))
    assert not hastened(page=replace(failed, created_at=NOW - MINUTE)), "of an escalation before this one"
    assert not hastened(standing=escalation.over(STANDING, "acknowledged by ann"))
    assert hastened(replace(PAGE, id=PageId("PAGE-2"), level=escalation.BY_HAND)), "by hand is no level's hope"


def test_a_policy_with_fewer_levels_than_it_had_ends_its_round() -> None:
    standing = replace(STANDING, level=7, due_at=NOW)
    [step] = escalation.due(SHOP, standing, AROUND, reached=True, now=NOW)
    assert (step.people, step.after.why) == ((), escalation.EXHAUSTED)


def test_hours_that_never_come_again_end_it_and_say_so() -> None:
    around = replace(AROUND, opens=lambda _: None)
    [step] = escalation.due(replace(SHOP, during="1999"), replace(STANDING, due_at=NOW), around, reached=True, now=NOW)
    assert step.after.due_at is None
    assert step.said == "nobody else is paged: 1999 never comes again"
