"""Who is on call, over the API."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import icalendar
import pytest

from bot.api.calendars import make_calendars
from tests.integrations.web import scene
from tests.integrations.web.house import ADDRESS, House

API = "/api/v1"


async def fetched(house: House, path: str, status: int = 200, **query: str) -> Any:
    async with house.program("vera") as client:
        answer = await client.get(f"{API}/{path}", params=query)
    assert answer.status_code == status, answer.text
    return answer.json()


async def covered(house: House, status: int = 201, **body: object) -> Any:
    async with house.program("rudi") as client:
        answer = await client.post(f"{API}/schedules/shop/overrides", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_who_is_on_call_now_and_next(house: House) -> None:
    found = await fetched(house, "oncall")
    assert found["at"] == "2026-11-20T13:35:52Z"
    (shop,) = found["schedules"]
    assert (shop["schedule"], shop["title"], shop["time_zone"]) == ("shop", "The shop, first line", "Europe/Berlin")
    assert shop["duty"] == {
        "schedule": "shop", "starts_at": "2026-11-16T08:00:00Z", "ends_at": "2026-11-23T08:00:00Z",
        "people": ["ann"], "because": "weeks",
    }  # fmt: skip
    assert (shop["next"]["people"], shop["next"]["ends_at"]) == (["ben"], "2026-11-30T08:00:00Z")


async def test_who_will_be_on_call(house: House) -> None:
    found = await fetched(house, "oncall", at="2027-03-29T09:00:00+02:00", schedule="shop")
    assert found["schedules"][0]["duty"]["starts_at"] == "2027-03-29T07:00:00Z", "an hour earlier in summer"


async def test_duties_of_the_weeks_ahead(house: House) -> None:
    found = (await fetched(house, "schedules/shop/duties"))["duties"]
    assert [one["people"] for one in found] == [["ann"], ["ben"], ["ann"], ["ben"], ["ann"]]
    assert (found[0]["starts_at"], found[-1]["ends_at"]) == ("2026-11-20T13:35:52Z", "2026-12-18T13:35:52Z")


async def test_somebody_covers_until_it_is_dropped(house: House) -> None:
    made = await covered(house, person="ben", ends_at="2026-11-21T08:00:00Z", reason="ann is ill")
    assert (made["id"], made["starts_at"], made["created_by"]) == ("OVR-1", "2026-11-20T13:35:52Z", "rudi")
    (shop,) = (await fetched(house, "oncall"))["schedules"]
    assert (shop["duty"]["people"], shop["duty"]["because"], shop["next"]["people"]) == (["ben"], "OVR-1", ["ann"])
    (listed,) = (await fetched(house, "overrides", schedule="shop"))["overrides"]
    assert listed == made
    async with house.program("ann") as client:
        assert (await client.post(f"{API}/overrides/OVR-1/drop")).json() == {"id": "OVR-1"}
        assert (await client.post(f"{API}/overrides/OVR-1/drop")).status_code == 404
    (shop,) = (await fetched(house, "oncall"))["schedules"]
    assert shop["duty"]["people"] == ["ann"]
    written = await house.store.read(lambda tx: tx.audit.list(object="OVR-1"))
    assert [(entry.actor.name, entry.act) for entry in written] == [
        ("ann", "change who is on call"), ("rudi", "change who is on call"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"person": "bne", "ends_at": "2026-11-21T08:00:00Z"}, 404, "nobody is called 'bne'"),
        ({"person": "ben", "ends_at": "2026-11-21T08:00:00Z", "instead": "x"}, 404, "nobody is called 'x'"),
        ({"person": "ben", "ends_at": "2026-11-20T08:00:00Z"}, 403, "it is over before it begins"),
        (
            {"person": "ben", "starts_at": "2026-11-01T08:00:00Z", "ends_at": "2026-11-02T08:00:00Z"}, 403,
            "that time is over already",
        ),
        ({"person": "ben", "ends_at": "2026-11-21T08:00:00"}, 422, "request"),
        ({"person": "ben", "ends_at": "9999-11-21T08:00:00Z"}, 422, "request"),
    ],
)  # fmt: skip
async def test_what_is_no_cover(house: House, body: dict[str, object], status: int, said: str) -> None:
    refused = await covered(house, status, **body)
    assert said in refused["error"] or refused["complaints"]
    assert refused["hint"]
    assert (await fetched(house, "overrides"))["overrides"] == []


async def test_a_schedule_that_is_not_there(house: House) -> None:
    query = {"schedule": "db"}
    for path, asked in (("schedules/db/duties", {}), ("schedules/db/calendar.ics", {}), ("oncall", query)):
        refused = await fetched(house, path, 404, **asked)
        assert (refused["error"], refused["hint"]) == ("no schedule is called 'db'", "there are shop")


@pytest.mark.parametrize("until", ["2026-11-20T13:35:52Z", "2028-01-01T00:00:00Z"])
async def test_a_list_without_an_end(house: House, until: str) -> None:
    refused = await fetched(house, "schedules/shop/duties", 403, until=until)
    assert refused["error"] == "that is no time to list"


async def test_a_schedule_is_a_calendar_that_others_read(house: House) -> None:
    await covered(house, person="ben", starts_at="2026-11-21T00:00:00Z", ends_at="2026-11-22T00:00:00Z")
    async with house.program("vera") as client:
        answer = await client.get(f"{API}/schedules/shop/calendar.ics")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert max(len(line) for line in answer.content.split(b"\r\n")) <= 75
    read = icalendar.Calendar.from_ical(answer.text)
    assert "X-WR-CALNAME:On call: The shop\\, first line" in answer.text
    events = [(one["SUMMARY"], one.decoded("DTSTART"), one.decoded("DTEND")) for one in read.walk("VEVENT")]
    assert len({one["UID"] for one in read.walk("VEVENT")}) == len(events)
    place = events.index(("ben", datetime(2026, 11, 21, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC)))
    assert [name for name, _, _ in events[place - 1 : place + 3]] == ["ann", "ben", "ann", "ben"]
    # the first turn began within the weeks behind, and before it nobody was on call
    assert events[0][1] == datetime(2026, 11, 16, 8, tzinfo=UTC)
    assert events[-1][2] == scene.NOW.replace(microsecond=0) + timedelta(weeks=26)


async def told(
    house: House, who: str = "vera", status: int = 200, *, anew: bool = False, schedule: str = "shop"
) -> Any:
    async with house.program(who) as client:
        answer = await client.post(f"{API}/schedules/{schedule}/address", json={"anew": anew})
    assert answer.status_code == status, answer.text
    return answer.json()


def reader(house: House) -> httpx.AsyncClient:
    """A calendar program: it has an address, and no token."""
    app = make_calendars(house.world, house.door)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=ADDRESS)


async def test_a_calendar_program_reads_a_schedule_at_an_address_that_nobody_guesses(house: House) -> None:
    path = (await told(house))["path"]
    assert re.fullmatch(r"/calendars/shop/[0-9a-f]{64}\.ics", path)
    assert (await told(house))["path"] == path, "the same each time"
    async with reader(house) as program, house.program("vera") as client:
        answer = await program.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
        assert answer.text == (await client.get(f"{API}/schedules/shop/calendar.ics")).text
        assert answer.headers["cache-control"] == "private, no-cache"
        assert (await program.head(path)).status_code == 200
        assert (await program.post(path)).status_code == 405


async def test_an_old_address_leads_nowhere_and_says_no_more_than_a_wrong_one(house: House) -> None:
    old = (await told(house))["path"]
    new = (await told(house, "rudi", anew=True))["path"]
    wrong = [old, "/calendars/shop/.ics", "/calendars/db/x.ics", "/calendars/shop", "/calendars/", f"{new}x", new[:-5]]
    async with reader(house) as program:
        answers = [await program.get(path) for path in wrong]
        assert (await program.get(new)).status_code == 200
    assert {(one.status_code, one.text) for one in answers} == {(404, answers[0].text)}
    assert (await told(house, schedule="db", status=404))["hint"] == "there are shop"
    assert (await told(house, status=403, anew=True))["error"]


async def test_an_address_of_a_schedule_that_is_gone_leads_nowhere(house: House) -> None:
    path = (await told(house))["path"]
    house.world.setup = replace(house.world.setup, schedules={})
    async with reader(house) as program:
        assert (await program.get(path)).status_code == 404
