"""What people do on pages: plain forms, each committed before the browser is sent on."""

import re
from dataclasses import replace

from bot.model.ids import ApprovalId, IncidentId
from bot.model.incident import IncidentKind, IncidentStatus, Severity
from bot.model.practice import CustomField
from bot.model.run import ApprovalStatus
from tests.integrations.web import scene
from tests.integrations.web.house import House


async def test_an_approval_is_given_for_the_plan_that_was_shown(house: House) -> None:
    async with house.browser("ann") as browser:
        form = {**await house.csrf(browser), "answer": "approve", "plan_hash": scene.PLAN.hash, "reason": "orders fail"}
        answer = await browser.post("/approvals/APR-1", data=form)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/incidents/INC-1"
    given = await house.store.read(lambda tx: tx.approvals.get(ApprovalId("APR-1")))
    assert given.status is ApprovalStatus.APPROVED
    assert given.given_by == ("ann",)


async def test_an_answer_to_another_plan_than_the_one_shown_changes_nothing(house: House) -> None:
    async with house.browser("ann") as browser:
        form = {**await house.csrf(browser), "answer": "approve", "plan_hash": "0" * 64}
        answer = await browser.post("/approvals/APR-1", data=form)
        without = await browser.post("/approvals/APR-1", data={**await house.csrf(browser), "answer": "approve"})
    assert answer.status_code == without.status_code == 409
    assert "another plan" in answer.text
    standing = await house.store.read(lambda tx: tx.approvals.get(ApprovalId("APR-1")))
    assert standing.status is ApprovalStatus.OPEN


async def test_a_rejection_keeps_its_reason(house: House) -> None:
    async with house.browser("ben") as browser:
        form = {**await house.csrf(browser), "answer": "reject", "plan_hash": scene.PLAN.hash, "reason": "not that one"}
        await browser.post("/approvals/APR-1", data=form)
    given = await house.store.read(lambda tx: tx.approvals.get(ApprovalId("APR-1")))
    assert (given.status, given.reason) == (ApprovalStatus.REJECTED, "not that one")


async def test_an_incident_is_declared_acknowledged_noted_and_resolved(house: House) -> None:
    async with house.browser("ann") as browser:
        csrf = await house.csrf(browser)
        made = await browser.post("/incidents", data={**csrf, "title": "Mail is slow", "severity": "SEV4", "text": ""})
        place = made.headers["location"]
        await browser.post(f"{place}/acknowledge", data=csrf)
        await browser.post(f"{place}/notes", data={**csrf, "text": "queue is\r\nlong"})
        await browser.post(f"{place}/resolve", data={**csrf, "reason": "queue drained"})
        page = (await browser.get(place)).text
    incident = await house.store.read(lambda tx: tx.incidents.get(IncidentId(place.rpartition("/")[2])))
    assert incident.status is IncidentStatus.RESOLVED
    assert "queue is\nlong" in page
    assert "queue drained" in page
    assert "Acknowledge</button>" not in page


async def test_an_incident_is_moved_and_corrected_on_its_page(house: House) -> None:
    house.world.setup = replace(
        house.world.setup, custom_fields={"region": CustomField(name="region", title="Region", choices=("eu", "us"))}
    )
    async with house.browser("ann") as browser:
        csrf = await house.csrf(browser)
        drill = {"title": "Mail is slow", "severity": "SEV4", "kind": "drill", "field.region": "eu"}
        place = (await browser.post("/incidents", data={**csrf, **drill})).headers["location"]
        assert " · drill" in (await browser.get("/")).text
        form = form_of((await browser.get(place)).text, f"{place}/change")
        assert (form["was.severity"], form["was.kind"], form["was.field.region"]) == ("SEV4", "drill", "eu")
        changed = {**form, "title": "Mail <b>stands</b>", "field.region": "", "team": "post", "reason": "it grew"}
        assert (await browser.post(f"{place}/change", data=changed)).status_code == 303
        await browser.post(f"{place}/assign", data={**csrf, "person": "ben"})
        await browser.post(f"{place}/mitigate", data={**csrf, "reason": "by hand"})
        await browser.post(f"{place}/resolve", data={**csrf, "reason": ""})
        await browser.post(f"{place}/close", data={**csrf, "reason": "a full disk"})
        await browser.post(f"{place}/reopen", data={**csrf, "reason": "again"})
        page = (await browser.get(place)).text
    incident = await house.store.read(lambda tx: tx.incidents.get(IncidentId(place.rpartition("/")[2])))
    assert (incident.status, incident.kind, incident.reopened) == (IncidentStatus.TRIGGERED, IncidentKind.DRILL, 1)
    assert (incident.title, incident.team, dict(incident.fields)) == ("Mail <b>stands</b>", "post", {})
    assert incident.severity is Severity.SEV4, "nobody touched it"
    assert "Mail &lt;b&gt;stands&lt;/b&gt;" in page
    for said in ("assigned to ben", "by hand", "closed", "region is no longer eu", '<span class="kind">drill</span>'):
        assert said in page


async def test_incidents_are_merged_parted_and_linked_on_their_pages(house: House) -> None:
    async with house.browser("ann") as browser:
        csrf = await house.csrf(browser)
        made = await browser.post("/incidents", data={**csrf, "title": "Mail is slow", "severity": "SEV4"})
        place = made.headers["location"]
        new = place.rpartition("/")[2]
        merged = await browser.post(f"{place}/merge", data={**csrf, "into": "inc-1", "reason": "same disk"})
        assert merged.headers["location"] == "/incidents/INC-1"
        whole, part = (await browser.get("/incidents/INC-1")).text, (await browser.get(place)).text
        assert f'Part of this <a href="{place}">{new}</a>' in whole
        assert "Resolve</button>" not in part
        assert f'action="{place}/unmerge"' in part
        await browser.post(f"{place}/unmerge", data=csrf)
        await browser.post(f"{place}/link", data={**csrf, "kind": "child", "to": "INC-1"})
        assert 'Child of <a href="/incidents/INC-1">' in (await browser.get(place)).text
        refused = await browser.post("/incidents/INC-1/link", data={**csrf, "kind": "child", "to": new})
        assert (refused.status_code, "leads back to INC-1" in refused.text) == (403, True)
        await browser.post(f"{place}/unlink", data={**csrf, "kind": "child"})
        assert "Child of" not in (await browser.get(place)).text
        assert (await browser.post(f"{place}/link", data={**csrf, "kind": "x", "to": "INC-1"})).status_code == 403


def form_of(page: str, action: str) -> dict[str, str]:
    """What a browser would send of this form if nobody touched it."""
    form = page.partition(f'action="{action}"')[2].partition("</form>")[0]
    inputs = dict(re.findall(r'<input [^>]*name="([^"]*)" value="([^"]*)"', form))
    selects = re.findall(r'<select id="[^"]*" name="([^"]*)".*?</select>', form, re.S)
    for name in selects:
        inside = form.partition(f'name="{name}"')[2].partition("</select>")[0]
        chosen = re.search(r'<option(?: value="([^"]*)")? selected>([^<]*)', inside)
        assert chosen is not None
        inputs[name] = chosen[1] or chosen[2]
    return inputs


async def test_a_change_that_is_refused_says_why_on_a_page(house: House) -> None:
    async with house.browser("vera") as browser:
        answer = await browser.post("/incidents/INC-1/notes", data={**await house.csrf(browser), "text": "hello"})
    assert answer.status_code == 403
    assert "vera may not write a note" in answer.text.lower()
