"""What calendars say: events that come again, exceptions, zones, whole days; and calendars that cannot be had."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from bot.errors import IntegrationError, Permanent
from bot.incidents import calendars
from bot.integrations.ical import integration
from bot.integrations.ical.config import IcalConfig
from bot.integrations.ical.reading import read
from bot.kit.http_out import HttpOut
from bot.kit.plugin import Tools
from bot.kit.redaction import Redactor
from bot.model.actor import Person
from bot.model.ids import OverrideId
from bot.model.schedule import Event, Override
from bot.ports.calendar import Calendar
from bot.testing.clock import FakeClock
from tests.integrations.http_server import HttpServer, says

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
BERLIN = "Europe/Berlin"
PEOPLE = {
    "ann": Person(name="ann", email="Ann@example.net"),
    "ben": Person(name="ben", email="ben@example.net"),
    "ben cook": Person(name="ben cook"),
}
ZONE = """\
BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:STANDARD
DTSTART:19701025T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19700329T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
END:VTIMEZONE
"""


def calendar(*events: str, zone: str = "") -> bytes:
    inside = "".join(f"BEGIN:VEVENT\nUID:{number}\n{event}\nEND:VEVENT\n" for number, event in enumerate(events))
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{zone}{inside}END:VCALENDAR\n".replace("\n", "\r\n").encode()


def found(content: bytes, since: str = "2027-03-22", until: str = "2027-04-12") -> list[tuple[str, str, str]]:
    start, end = (datetime.fromisoformat(at).replace(tzinfo=UTC) for at in (since, until))
    events = read(content, start, end, BERLIN)
    return [(one.title, f"{one.starts_at:%m-%d %H:%M}", f"{one.ends_at:%m-%d %H:%M}") for one in events]


def test_an_event_that_comes_again_keeps_its_local_time_and_has_exceptions() -> None:
    weekly = "\n".join(
        [
            "SUMMARY:ann", "DTSTART;TZID=Europe/Berlin:20270104T090000", "DTEND;TZID=Europe/Berlin:20270105T090000",
            "RRULE:FREQ=WEEKLY;BYDAY=MO", "EXDATE;TZID=Europe/Berlin:20270405T090000",
        ]
    )  # fmt: skip
    assert found(calendar(weekly, zone=ZONE)) == [
        ("ann", "03-22 08:00", "03-23 08:00"), ("ann", "03-29 07:00", "03-30 07:00"),
    ]  # fmt: skip


def test_whole_days_and_times_without_a_zone_are_the_schedules() -> None:
    day = "SUMMARY:ann\nDTSTART;VALUE=DATE:20270326\nDTEND;VALUE=DATE:20270329"
    floating = "SUMMARY:ben\nDTSTART:20270329T090000\nDURATION:PT8H"
    assert found(calendar(day, floating)) == [
        ("ann", "03-25 23:00", "03-28 22:00"), ("ben", "03-29 07:00", "03-29 15:00"),
    ]  # fmt: skip


def test_what_goes_on_already_counts_and_what_was_cancelled_does_not() -> None:
    long = "SUMMARY:ann\nDTSTART:20270301T000000Z\nDTEND:20270501T000000Z"
    off = "SUMMARY:ben\nSTATUS:CANCELLED\nDTSTART:20270325T000000Z\nDTEND:20270326T000000Z"
    over = "SUMMARY:ben\nDTSTART:20270301T000000Z\nDTEND:20270302T000000Z"
    assert found(calendar(long, off, over)) == [("ann", "03-01 00:00", "05-01 00:00")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<html>sign in</html>", "it cannot be read as an iCalendar"),
        (b"", "it cannot be read as an iCalendar"),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", "it cannot be read as an iCalendar"),
        (calendar("SUMMARY:x\nDTSTART:20270301T000000Z\nRRULE:FREQ=SECONDLY"), "every minute or second"),
        (calendar("SUMMARY:x\nDTSTART:20270301T000000Z\nRRULE:FREQ=DAILY;BYMINUTE=1,2"), "every minute or second"),
    ],
)
def test_what_is_no_calendar_to_go_by(content: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read(content, NOW, NOW + timedelta(weeks=27), BERLIN)


# ---- whom it means ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "attendees", "people"),
    [
        ("anything", ("ann@example.net", "stranger@example.net"), ("ann",)),
        ("ben", ("ann@example.net",), ("ann",)),
        ("Ben", (), ("ben",)),
        ("ben@example.net", (), ("ben",)),
        ("On call: ann & ben", (), ("ann", "ben")),
        ("hanna, benjamin", (), ()),
        ("", (), ()),
    ],
)
def test_whom_an_event_means(title: str, attendees: tuple[str, ...], people: tuple[str, ...]) -> None:
    event = Event(title=title, starts_at=NOW, ends_at=NOW + timedelta(hours=1), attendees=attendees)
    assert calendars.people_of(event, PEOPLE) == people


def test_attendees_who_declined_are_not_meant() -> None:
    event = (
        "SUMMARY:duty\nDTSTART:20270325T000000Z\nDTEND:20270326T000000Z\nATTENDEE;PARTSTAT=DECLINED:mailto:ann@example.net"
        "\nATTENDEE;PARTSTAT=ACCEPTED:mailto:Ben@Example.net"
    )
    (read_event,) = read(calendar(event), datetime(2027, 3, 1, tzinfo=UTC), datetime(2027, 4, 1, tzinfo=UTC), BERLIN)
    assert read_event.attendees == ("ben@example.net",)


def test_only_what_changed_is_changed() -> None:
    events = [Event(title=who, starts_at=NOW, ends_at=NOW + timedelta(hours=n)) for n, who in ((1, "ann"), (2, "ben"))]
    first = calendars.changes("shop", "team", events, [], PEOPLE)
    assert [(one.person, one.calendar) for one in first.fresh] == [("ann", "team"), ("ben", "team")]
    kept = [
        Override(
            id=OverrideId(f"OVR-{number}"), schedule="shop", person=one.person, starts_at=one.starts_at,
            ends_at=one.ends_at, calendar=calendar,
        )
        for number, (one, calendar) in enumerate([(first.fresh[0], "team"), (first.fresh[1], "old")])
    ]  # fmt: skip
    manual = Override(
        id=OverrideId("OVR-9"), schedule="shop", person="ann", starts_at=NOW, ends_at=NOW + timedelta(hours=9)
    )
    later = calendars.changes("shop", "team", events, [*kept, manual], PEOPLE)
    assert (later.gone, [one.person for one in later.fresh]) == (("OVR-1",), ["ben"])
    assert calendars.changes("shop", "team", [], [*kept, manual], PEOPLE).gone == ("OVR-1", "OVR-0")


# ---- where it stands -------------------------------------------------------------------------------------------------


async def asked(config: IcalConfig) -> list[str]:
    async with HttpOut() as http:
        tools = Tools(name="team", clock=FakeClock(NOW), http=http, redactor=Redactor())
        async with integration.open(config, tools) as open_now:
            assert open_now.calendar is not None
            one: Calendar = open_now.calendar
            events = await one.events(NOW, NOW + timedelta(weeks=4), BERLIN)
            (health,) = await open_now.examine()
            assert health.ok
            return [event.title for event in events]


SOON = calendar("SUMMARY:ann\nDTSTART:20261123T000000Z\nDTEND:20261124T000000Z")


async def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "team.ics").write_bytes(SOON)
    assert await asked(IcalConfig(file=tmp_path / "team.ics")) == ["ann"]


async def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="team: its file cannot be read: no such file"):
        await asked(IcalConfig(file=tmp_path / "team.ics"))


@pytest.mark.parametrize(
    "values", [{}, {"file": "a", "url": "https://a.example.net"}, {"url": "ftp://a"}, {"file": "a", "timeout": "2m"}]
)
def test_what_is_no_calendar(values: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        IcalConfig.model_validate(values)


def test_the_address_is_a_secret_and_may_be_webcals() -> None:
    config = IcalConfig(url=SecretStr("webcal://calendar.example.net/private-x/basic.ics"))
    assert config.url is not None
    assert config.url.get_secret_value() == "https://calendar.example.net/private-x/basic.ics"
    assert "private-x" not in repr(config)


async def test_an_address_is_fetched() -> None:
    async with HttpServer() as server:
        server.script = says(200, SOON)
        assert await asked(IcalConfig(url=SecretStr(f"{server.url}/private-x/basic.ics"))) == ["ann"]
        assert server.asked[0].path == "/private-x/basic.ics"


async def test_an_address_that_refuses_tells_no_secret() -> None:
    async with HttpServer() as server:
        server.script = says(404)
        with pytest.raises(IntegrationError) as caught:
            await asked(IcalConfig(url=SecretStr(f"{server.url}/private-x/basic.ics")))
    assert "private-x" not in f"{caught.value} {caught.value.hint}"
