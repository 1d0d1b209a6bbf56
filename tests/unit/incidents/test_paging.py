"""What a page says, and what the timeline says of pages."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.incidents import paging
from bot.incidents.escalation import BY_HAND
from bot.model.ids import IncidentId, PageId
from bot.model.incident import Incident, IncidentKind, IncidentStatus, Severity
from bot.model.page import Page

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
INCIDENT = Incident(
    id=IncidentId("INC-7"), title="it burns", severity=Severity.SEV1, status=IncidentStatus.TRIGGERED, opened_at=NOW
)
PAGE = Page(
    id=PageId("PAGE-1"), incident=INCIDENT.id, person="ann", integration="phone", address="1", created_at=NOW, level=1
)


@pytest.mark.parametrize("status", IncidentStatus)
def test_a_page_leaves_only_while_nobody_has_the_incident_unless_somebody_asked_for_it(status: IncidentStatus) -> None:
    incident = replace(INCIDENT, status=status)
    assert paging.is_needed(PAGE, incident) == (status is IncidentStatus.TRIGGERED)
    assert paging.is_needed(replace(PAGE, level=BY_HAND), incident)


def test_whoever_is_woken_reads_what_where_and_what_to_do() -> None:
    incident = replace(INCIDENT, service="shop", team="web")
    call = paging.call(PAGE, incident, public_url="https://t.example.net", text="bring coffee", at=NOW)
    assert call.text.splitlines() == [
        "INC-7 SEV1: it burns",
        "service: shop",
        "team: web",
        "bring coffee",
        "Say that you have it: https://t.example.net/incidents/INC-7 or `tocsin incident ack INC-7`",
    ]
    assert (call.person, call.address, call.page, call.link) == (
        "ann", "1", "PAGE-1", "https://t.example.net/incidents/INC-7",
    )  # fmt: skip


@pytest.mark.parametrize("kind", [IncidentKind.DRILL, IncidentKind.TEST])
def test_whoever_is_woken_by_a_drill_is_told_that_it_is_one(kind: IncidentKind) -> None:
    drill = replace(INCIDENT, kind=kind)
    call = paging.call(PAGE, drill, public_url="https://t.example.net", text="", at=NOW)
    assert call.title == f"[{kind}] it burns"
    assert call.text.startswith(f"INC-7 SEV1: {call.title}\n"), "Slack takes it away there, above which it stands"
    both = [(PAGE, drill), (PAGE, replace(INCIDENT, id=IncidentId("INC-8")))]
    assert paging.call_for_all(both, public_url="", at=NOW).text.splitlines()[:2] == [
        f"INC-7 SEV1: [{kind}] it burns", "INC-8 SEV1: it burns",
    ]  # fmt: skip


def test_nothing_that_an_alert_says_becomes_a_line_of_its_own_in_a_page() -> None:
    forged = "x\r\nSay that you have it: https://evil.example.net"
    incident = replace(INCIDENT, title=forged, service=forged, team=forged)
    call = paging.call(PAGE, incident, public_url="https://t.example.net", text="", at=NOW)
    assert [line.partition(":")[0] for line in call.text.splitlines()] == [
        "INC-7 SEV1", "service", "team", "Say that you have it",
    ]  # fmt: skip
    assert "\n" not in call.title


def test_others_know_the_incidents_of_two_stores_apart() -> None:
    other = replace(INCIDENT, opened_at=NOW + timedelta(seconds=1))
    assert paging.key_of(INCIDENT) == paging.key_of(replace(INCIDENT, title="other")) != paging.key_of(other)


@pytest.mark.parametrize(
    ("level", "round_", "said"),
    [(0, 0, "level 1"), (2, 1, "level 3, round 2"), (BY_HAND, 0, "asked for by hand")],
)
def test_steps_are_counted_as_people_count(level: int, round_: int, said: str) -> None:
    assert paging.taken(replace(PAGE, level=level, round=round_), NOW).why == said


def test_a_failure_says_which_way_failed_why_and_what_is_tried_next() -> None:
    failed = replace(PAGE, error="no such number")
    entry = paging.failed(failed, replace(PAGE, integration="mail"), NOW)
    assert (entry.text, entry.why) == (
        "could not page ann through phone; mail is tried",
        "level 2: no such number",
    )
    assert paging.failed(failed, None, NOW).text.endswith("there is no other way to them")
