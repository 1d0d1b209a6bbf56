"""How an incident stands, worded for those who read it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import NotAllowed
from bot.incidents import updates
from bot.incidents.updates import NAMES, Wording
from bot.model.ids import IncidentId
from bot.model.incident import Incident, IncidentKind, IncidentStatus, Severity
from bot.model.practice import SEVERITIES
from bot.model.status_update import READERS, Audience

NOW = datetime(2026, 11, 22, 22, 30, tzinfo=UTC)
LEVEL = SEVERITIES[Severity.SEV1]
INC = Incident(
    id=IncidentId("INC-1"), title="it burns", severity=Severity.SEV1, status=IncidentStatus.TRIGGERED,
    opened_at=NOW - timedelta(minutes=95), service="cart",
)  # fmt: skip


def worded(template: str, incident: Incident = INC, text: str = "", next_at: datetime | None = None) -> str:
    readers = replace(READERS[Audience.STAKEHOLDERS], template=template)
    wording = Wording(readers=readers, level=LEVEL, zone=ZoneInfo("Europe/Berlin"), link="https://t/x", by="ann")
    return updates.draft(incident, wording, text, next_at, NOW).text


def test_the_words_we_bring_are_in_order() -> None:
    assert set(READERS) == set(Audience)
    assert [updates.mistakes(readers.template) for readers in READERS.values()] == [[], [], []]


def test_a_line_with_an_empty_word_is_left_out() -> None:
    template = "$severity\nled by $commander\n$text\nNext update by $next."
    assert worded(template, text=" we look ") == "SEV1\nwe look"
    led = replace(INC, roles={"commander": "ben"})
    assert worded(template, led, next_at=NOW + timedelta(minutes=20)) == "SEV1\nled by ben\nNext update by 23:50 CET."


def test_times_are_the_readers_and_say_their_day_when_it_is_another() -> None:
    assert worded("$next", next_at=NOW + timedelta(hours=1)) == "2026-11-23 00:30 CET"
    assert worded("$began, for $lasts") == "21:55 CET, for 1h35m"


@pytest.mark.parametrize(
    ("template", "mistake"),
    [("$", "without a name"), ("$5", "without a name"), ("$titel", "did you mean 'title'"), ("$xyzzy", "there is $id")],
)
def test_a_template_that_cannot_be_filled_is_named(template: str, mistake: str) -> None:
    (found,) = updates.mistakes(template)
    assert mistake in found


def test_an_update_in_which_nothing_stands_is_refused() -> None:
    with pytest.raises(NotAllowed, match="nothing would be in this update for stakeholders"):
        worded("$commander")
    with pytest.raises(NotAllowed, match="merged into INC-2"):
        worded("x", replace(INC, merged_into=IncidentId("INC-2")))


@given(text=st.text(min_size=1), title=st.text(min_size=1))
def test_what_people_and_alerts_write_is_never_a_template(text: str, title: str) -> None:
    said = worded("a$title|${text}b", replace(INC, title=f"$id{title}"), text=f"$by{text}")
    assert said == f"a$id{title}|$by{text}b".replace(f"$by{text}", f"$by{text}".strip()).strip()


def test_the_next_update_is_promised_as_somebody_wants_or_as_the_severity_asks() -> None:
    assert updates.promised(INC, LEVEL, None, NOW) == NOW + timedelta(minutes=30)
    assert updates.promised(INC, LEVEL, timedelta(hours=2), NOW) == NOW + timedelta(hours=2)
    assert updates.promised(INC, replace(LEVEL, update_every=None), None, NOW) is None
    assert updates.promised(replace(INC, status=IncidentStatus.RESOLVED), LEVEL, timedelta(hours=2), NOW) is None


def test_the_public_reads_no_title() -> None:
    assert updates.subject(INC, Audience.PUBLIC) == "cart: we are looking into a problem"
    assert updates.subject(replace(INC, service=""), Audience.PUBLIC) == "we are looking into a problem"
    assert updates.subject(INC, Audience.STAKEHOLDERS) == "INC-1 SEV1 it burns: triggered"
    drill = replace(INC, kind=IncidentKind.DRILL)
    assert updates.subject(drill, Audience.PUBLIC) == "[drill] cart: we are looking into a problem"
    assert updates.subject(drill, Audience.STAKEHOLDERS) == "INC-1 SEV1 [drill] it burns: triggered"
    assert not {"title", "id"} & {name for name in NAMES if f"${name}" in READERS[Audience.PUBLIC].template}
