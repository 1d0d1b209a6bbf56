"""How people work on an incident, on its page: roles, tasks, updates, reminders."""

from datetime import timedelta

from bot.model.ids import IncidentId
from bot.model.reminder import ReminderKind
from tests.integrations.web.house import House

HERE = "/incidents/INC-1"
INC = IncidentId("INC-1")


async def test_a_role_is_taken_and_left_on_the_page(house: House) -> None:
    async with house.browser("ann") as browser:
        csrf = await house.csrf(browser)
        assert "Nobody has taken a role." in (await browser.get(HERE)).text
        taken = await browser.post(f"{HERE}/role", data={**csrf, "role": "commander", "person": "ben"})
        page = (await browser.get(HERE)).text
        left = await browser.post(f"{HERE}/role", data={**csrf, "role": "commander", "person": ""})
    assert (taken.status_code, taken.headers["location"]) == (303, f"{HERE}#response")
    assert "<dt>Incident commander</dt><dd>ben</dd>" in page
    assert "<dt>Who has it</dt><dd>ann</dd>" in page, "who leads need not be who has it"
    assert left.status_code == 303
    assert (await house.store.read(lambda tx: tx.incidents.get(INC))).roles == {}


async def test_tasks_are_written_down_and_ended_on_the_page(house: House) -> None:
    async with house.browser("ann") as browser:
        csrf = await house.csrf(browser)
        await browser.post(f"{HERE}/task", data={**csrf, "text": "<i>restart</i>", "aim": "", "owner": "", "due": ""})
        follow_up = {"text": "alert on it", "aim": "detect", "owner": "ben", "due": "2127-01-31"}
        await browser.post(f"{HERE}/task", data={**csrf, **follow_up})
        page = (await browser.get(HERE)).text
        lacking = await browser.post(
            f"{HERE}/task", data={**csrf, "text": "x", "aim": "detect", "owner": "", "due": ""}
        )
        wrong = await browser.post(f"{HERE}/task", data={**csrf, "text": "x", "aim": "", "owner": "", "due": "soon"})
        await browser.post("/tasks/TASK-1/end", data={**csrf, "how": "done"})
        await browser.post("/tasks/TASK-2/end", data={**csrf, "how": "dropped"})
        after = (await browser.get(HERE)).text
    assert "&lt;i&gt;restart&lt;/i&gt;" in page
    assert "ben, until 2127-01-31, to detect" in page
    assert lacking.status_code == wrong.status_code == 403
    assert "follow-up needs an owner and a due date" in lacking.text
    assert "2 ended" in after
    assert "dropped by ann" in after


async def test_people_are_told_from_the_page(house: House) -> None:
    async with house.browser("ann") as browser:
        csrf = await house.csrf(browser)
        said = {"audience": "stakeholders", "text": "we roll back", "next": "30m"}
        told = await browser.post(f"{HERE}/update", data={**csrf, **said})
        nobody = await browser.post(f"{HERE}/update", data={**csrf, "audience": "all", "text": "x"})
        page = (await browser.get(HERE)).text
    assert told.status_code == 303
    assert nobody.status_code == 403
    assert "Last update for stakeholders" in page
    assert "we roll back" in page


async def test_a_reminder_waits_or_is_stopped_on_the_page(house: House) -> None:
    async with house.browser("ann") as browser:
        csrf = await house.csrf(browser)
        await browser.post(f"{HERE}/role", data={**csrf, "role": "commander", "person": "ann"})
        await browser.post(f"{HERE}/role", data={**csrf, "role": "commander", "person": ""})
        page = (await browser.get(HERE)).text
        waits = await browser.post(f"{HERE}/remind", data={**csrf, "kind": "no commander", "lasts": "2h"})
        stops = await browser.post(f"{HERE}/remind", data={**csrf, "kind": "no update", "how": "stop"})
        wrong = await browser.post(f"{HERE}/remind", data={**csrf, "kind": "nothing", "how": "stop"})
    kept = {one.kind: one for one in await house.store.read(lambda tx: tx.reminders.of_incident(INC))}
    assert "reminders to come" in page
    assert waits.status_code == stops.status_code == 303
    assert wrong.status_code == 403
    assert kept[ReminderKind.NO_COMMANDER].snoozed_until is not None
    assert kept[ReminderKind.NO_UPDATE].stopped_by == "ann"


async def test_a_viewer_sees_it_and_is_offered_nothing(house: House) -> None:
    async with house.browser("vera") as browser:
        csrf = await house.csrf(browser)
        page = (await browser.get(HERE)).text
        refused = await browser.post(f"{HERE}/role", data={**csrf, "role": "commander", "person": "vera"})
    assert "Response</h2>" in page
    assert 'action="/incidents/INC-1/role"' not in page
    assert refused.status_code == 403


async def test_whoever_joins_late_catches_up_on_a_page_of_its_own(house: House) -> None:
    house.clock.advance(timedelta(minutes=40))
    async with house.browser("ann") as browser:
        csrf = await house.csrf(browser)
        await browser.post(f"{HERE}/notes", data={**csrf, "text": "<b>the cache</b> was cold"})
        await browser.post(f"{HERE}/role", data={**csrf, "role": "commander", "person": "ben"})
        await browser.post(f"{HERE}/task", data={**csrf, "text": "warm it", "aim": "", "owner": "", "due": ""})
        await browser.post(f"{HERE}/update", data={**csrf, "audience": "responders", "text": "soon", "next": ""})
    async with house.browser("vera") as browser:
        there = f'href="{HERE}/catchup"' in (await browser.get(HERE)).text
        whole = (await browser.get(f"{HERE}/catchup")).text
        late = (await browser.get(f"{HERE}/catchup", params={"last": "30m"})).text
        never = await browser.get(f"{HERE}/catchup", params={"last": "<script>"})
        missing = await browser.get("/incidents/INC-99/catchup")
    assert there
    for page in (whole, late):
        assert "&lt;b&gt;the cache&lt;/b&gt; was cold" in page
        assert "ben leads it, ann has it." in page
        assert "To responders" in page
        assert "<strong>TASK-1</strong> warm it" in page
    assert ">all of it</a>" in whole
    assert f'href="{HERE}/catchup?last=30m" aria-current="true"' in late
    assert "opened as SEV" in whole
    assert "opened as SEV" not in late
    assert (never.status_code, missing.status_code) == (404, 404)
    assert "<script>" not in never.text.replace("<script src", "")
