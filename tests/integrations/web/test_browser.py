"""Pages in a real browser: with its JavaScript and without, by keyboard, live, and with text that means harm."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from playwright.async_api import expect

from bot.model.actor import ON_CALL, TOCSIN
from bot.model.ids import ApprovalId
from bot.model.incident import SignalState
from bot.model.run import ApprovalStatus, Question
from bot.model.timeline import EntryKind, TimelineEntry
from bot.web import words
from tests.integrations.web import scene
from tests.integrations.web.site import FAINT, HOSTILE, LOST, Site


async def test_a_person_opens_a_link_sees_the_incident_and_approves_and_another_sees_it_live(site: Site) -> None:
    async with site.visit("ben", "/incidents/INC-1") as watching, site.visit("ann") as page:
        await page.get_by_role("link", name="More than 5 % of orders fail in cart").click()
        question = page.get_by_role("article", name="Roll cart back from 2.14.0 to 2.13.4?")
        await expect(question.get_by_text("rollback", exact=True)).to_be_visible()
        await question.get_by_label("Reason (optional)").fill("orders fail since 2.14.0")
        await question.get_by_role("button", name="Approve").click()
        await expect(page).to_have_url(f"{site.address}/incidents/INC-1")
        await expect(page.get_by_role("button", name="Approve")).to_have_count(0)
        await expect(watching.get_by_role("button", name="Approve")).to_have_count(0)
        await expect(watching.get_by_text("approved by ann: orders fail since 2.14.0")).to_be_visible()
        await expect(watching).to_have_title("INC-1 More than 5 % of orders fail in cart · Tocsin")
    given = await site.house.store.read(lambda tx: tx.approvals.get(scene.APR))
    assert (given.status, given.given_by) == (ApprovalStatus.APPROVED, ("ann",))


async def test_all_of_it_works_without_javascript(site: Site) -> None:
    async with site.visit("ann", "/incidents/INC-1", scripts=False) as page:
        await expect(page.get_by_role("img", name="The share of failed orders rises")).to_be_visible()
        await page.get_by_text("Output").click()
        await expect(page.get_by_text("2.13.4 cart 2026-11-18 09:02 dora")).to_be_visible()
        await page.get_by_label("A note for the timeline").fill("looking at it")
        await page.get_by_role("button", name="Add note").click()
        await expect(page.get_by_role("paragraph").filter(has_text="looking at it")).to_be_visible()
        await page.get_by_text("Resolve…").click()
        await page.get_by_label("Why it is over").fill("false alarm")
        await page.get_by_role("button", name="Resolve", exact=True).click()
        await expect(page.get_by_text("resolved", exact=True)).to_be_visible()
        await page.goto(site.address + "/incidents/INC-1")
        await page.get_by_role("button", name="Reject").click()
        await expect(page.get_by_role("button", name="Reject")).to_have_count(0)


async def test_what_somebody_types_stays_while_the_page_changes_around_it(site: Site) -> None:
    async with site.visit("ann", "/incidents/INC-1") as page:
        reason = page.get_by_role("region", name="Questions that wait").get_by_label("Reason (optional)")
        await reason.fill("half a thou")
        await page.get_by_text("Output").click()
        given = scene.approval(given_by=("ben",), count=2)
        await site.house.store.write(lambda tx: tx.approvals.put(given))
        await expect(page.get_by_text("Approved so far by ben")).to_be_visible()
        await expect(reason).to_have_value("half a thou")
        await page.keyboard.type("!")  # the summary was clicked last, so this goes nowhere
        await reason.focus()
        await site.house.store.write(lambda tx: tx.incidents.put(scene.incident(signal=SignalState.UNKNOWN)))
        await expect(page.get_by_text("Tocsin cannot see this incident's signal")).to_be_visible()
        await expect(reason).to_be_focused()


async def test_new_entries_arrive_and_are_said_aloud(site: Site) -> None:
    async with site.visit("vera", "/incidents/INC-1") as page:
        now = site.house.clock.now()
        entry = TimelineEntry(
            incident=scene.INC, at=now, recorded_at=now, actor=TOCSIN, kind=EntryKind.ACTION, text="rolled back"
        )
        await site.house.store.write(lambda tx: tx.incidents.tell(entry))
        await expect(page.locator("#timeline li").first).to_contain_text("rolled back")
        await expect(page.locator("#news")).to_have_text("rolled back")


async def test_time_goes_on_by_tocsins_clock_in_the_words_the_server_uses(site: Site) -> None:
    async with site.visit("ann", "/incidents/INC-1") as page:
        lasts = page.locator("#head time[data-said=for]")
        await expect(lasts).to_have_text(re.compile(r"4 min 1[2-9] s"))
        await expect(lasts).not_to_have_text("4 min 12 s")
        for seconds in (-5, 0, 59, 60, 61, 599, 600, 3599, 3600, 7500, 86_399, 86_400, 360_000):
            said = await page.evaluate("seconds => duration(seconds * 1000)", seconds)
            assert said == words.duration(timedelta(seconds=seconds))


async def test_who_signs_out_sees_no_more_anywhere(site: Site) -> None:
    async with site.visit("ann") as page:
        other = await page.context.new_page()
        await other.goto(site.address + "/incidents/INC-1")
        await expect(other.locator("#live")).to_have_text("Live")
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_role("heading", name="You are not signed in")).to_be_visible()
        await site.house.store.write(lambda tx: tx.incidents.put(scene.incident(title="something secret")))
        await expect(other.locator("#live")).to_have_text("Signed out")
        await expect(other.get_by_text("something secret")).to_have_count(0)
    site.said.clear()  # the browser's console notes the 401


async def test_a_question_whether_a_step_ran_is_answered_by_what_was_found(site: Site) -> None:
    asked = scene.approval(id=ApprovalId("APR-2"), question=Question.DID_IT_RUN, ask="Did it run?")
    await site.house.store.write(lambda tx: tx.approvals.put(asked))
    async with site.visit("ann", "/incidents/INC-1") as page:
        question = page.get_by_role("article", name="Did it run?")
        await expect(question.get_by_text("cannot tell whether it had its effect")).to_be_visible()
        await expect(question.get_by_role("button", name="It did not run")).to_be_visible()
        await expect(question.get_by_role("button", name="Approve")).to_have_count(0)
        await expect(question.get_by_text("left")).to_have_count(0)


async def test_everything_can_be_done_by_keyboard(site: Site) -> None:
    async with site.visit("ann", "/incidents/INC-1") as page:
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        await page.keyboard.press("Enter")
        for _ in range(30):
            await page.keyboard.press("Tab")
            if await page.get_by_role("button", name="Approve").evaluate("button => button === document.activeElement"):
                break
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    given = await site.house.store.read(lambda tx: tx.approvals.get(scene.APR))
    assert given.status is ApprovalStatus.APPROVED


PAGES = ("/", "/incidents/INC-1", "/runs/RUN-1", "/rules")


async def test_a_screen_reader_finds_its_way(site: Site) -> None:
    async with site.visit("ann") as page:
        for path in PAGES:
            await page.goto(site.address + path)
            assert await page.evaluate(LOST) == [], path


async def test_words_stand_out_from_what_is_behind_them(site: Site) -> None:
    async with site.visit("ann") as page:
        for path in PAGES:
            await page.goto(site.address + path)
            await page.emulate_media(color_scheme="light")
            assert await page.evaluate(FAINT) == [], path
            await page.emulate_media(color_scheme="dark")
            assert await page.evaluate(FAINT) == [], path


async def test_text_that_means_harm_is_shown_and_does_nothing(site: Site) -> None:
    nasty = " ".join(HOSTILE)

    def plant(tx: object) -> None:
        tx.incidents.put(scene.incident(title=nasty, service=nasty, acknowledged_by=nasty))  # type: ignore[attr-defined]
        for text in HOSTILE:
            entry = replace(scene.timeline()[0], text=text, why=text, links={text: text, "graph": text})
            tx.incidents.tell(entry)  # type: ignore[attr-defined]
        plan = replace(scene.PLAN, params={nasty: list(HOSTILE)}, targets=HOSTILE, diff=nasty, undo=nasty)
        tx.approvals.put(scene.approval(plan=plan, ask=nasty, by=ON_CALL, requested_by=replace(TOCSIN, name=nasty)))  # type: ignore[attr-defined]

    await site.house.store.write(plant)
    async with site.visit("ann", "/incidents/INC-1") as page:
        for path in ("/incidents/INC-1", "/", "/runs/RUN-1", "/nowhere/" + "%3Cscript%3E"):
            await page.goto(site.address + path)
            await page.wait_for_load_state("load")
            assert not (await page.title()).startswith("owned")
            assert await page.evaluate("document.scripts.length") == 1
            assert await page.evaluate("[...document.images].every((image) => new URL(image.src).origin === origin)")
            assert await page.evaluate("[...document.links].every((link) => /^https?:$/.test(link.protocol))")
            assert "\u202e" not in await page.content()
        await page.goto(site.address + "/incidents/INC-1")
        await expect(page.locator("#timeline").get_by_text("<U+202E>").first).to_be_visible()
        await expect(page.locator("#timeline").get_by_text("{{ 7 * 7 }}").first).to_be_visible()
        assert not (await page.title()).startswith("owned")
    site.said = [text for text in site.said if "404" not in text]  # the page that is nowhere
