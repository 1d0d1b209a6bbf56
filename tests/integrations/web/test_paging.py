"""Who was paged about an incident, on its page."""

from dataclasses import replace
from datetime import timedelta

from bot.model.escalation import Escalation
from bot.model.ids import PageId
from bot.model.page import Page, PageStatus
from tests.integrations.web import scene
from tests.integrations.web.house import ADDRESS, House

PAGE = Page(
    id=PageId("PAGE-1"), incident=scene.INC, person="rudi", integration="phone", address="+47 900",
    created_at=scene.NOW, status=PageStatus.TAKEN, ended_at=scene.NOW, level=0, round=1,
)  # fmt: skip
FAILED = replace(PAGE, id=PageId("PAGE-2"), person="<b>ann", status=PageStatus.FAILED, error="<script>no such number")
GOES_ON = Escalation(
    incident=scene.INC, policy="shop", started_at=scene.NOW, due_at=scene.NOW + timedelta(minutes=5), level=1
)


async def test_the_page_says_who_was_paged_and_who_is_next(house: House) -> None:
    for one in (PAGE, FAILED):
        await house.store.write(lambda tx, one=one: tx.pages.put(one))
    await house.store.write(lambda tx: tx.escalations.put(GOES_ON))
    async with house.browser("vera") as browser:
        page = (await browser.get("/incidents/INC-1")).text
    assert "<strong>rudi</strong> through phone, level 1, round 2: taken" in page
    assert "&lt;script&gt;no such number" in page
    assert "<script>no" not in page
    assert "shop goes on at" in page
    assert "+47 900" not in page, "whoever looks need not know somebody's number"
    assert "Page somebody" not in page, "who only looks pages nobody"


async def test_somebody_is_paged_from_the_page(house: House) -> None:
    async with house.browser("rudi") as browser:
        browser.headers["origin"] = ADDRESS
        shown = (await browser.get("/incidents/INC-1")).text
        assert "<option>rudi</option><option>shop</option>" in shown
        form = {**await house.csrf(browser), "whom": "rudi", "text": "please look"}
        answer = await browser.post("/incidents/INC-1/pages", data=form)
        assert answer.status_code == 303
        page = (await browser.get("/incidents/INC-1")).text
    assert "<strong>rudi</strong> through phone, by hand: waiting" in page
    assert "asks for rudi" in page


async def test_where_nobody_was_paged_and_an_escalation_is_over_it_says_why(house: House) -> None:
    over = replace(GOES_ON, due_at=None, why="acknowledged by ann")
    await house.store.write(lambda tx: tx.escalations.put(over))
    async with house.browser("vera") as browser:
        page = (await browser.get("/incidents/INC-1")).text
    assert "Nobody else is paged: acknowledged by ann." in page
