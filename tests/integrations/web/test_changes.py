"""What people do on pages: plain forms, each committed before the browser is sent on."""

from bot.model.ids import ApprovalId, IncidentId
from bot.model.incident import IncidentStatus
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


async def test_a_change_that_is_refused_says_why_on_a_page(house: House) -> None:
    async with house.browser("vera") as browser:
        answer = await browser.post("/incidents/INC-1/notes", data={**await house.csrf(browser), "text": "hello"})
    assert answer.status_code == 403
    assert "vera may not write a note" in answer.text.lower()
