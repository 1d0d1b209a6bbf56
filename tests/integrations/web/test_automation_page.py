"""The switch, trust, questions of a runbook's own, and what is taken back: on pages, and in a browser."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from playwright.async_api import expect

from bot.model.actor import TOCSIN, ActorKind
from bot.model.automation import Autonomy, Pause, Trust
from bot.model.ids import ApprovalId, RunId
from bot.model.plan import Plan
from bot.model.run import ApprovalStatus, JournalEntry, JournalKind, Question, RunbookRun, RunStatus, RunVerdict
from bot.model.runbook import Input, InputType, Risk, Step
from bot.ports.store import Tx
from bot.runbooks.planned import plan_to_json
from bot.runbooks.spec import read_runbook
from tests.integrations.web import scene
from tests.integrations.web.house import House
from tests.integrations.web.site import FAINT, LOST, Site
from tests.scenarios.hosts import Hosts
from tests.scenarios.runbooks import OFFERED

STEP = Step(
    id="undo", title="Take the last release back", uses="host.run",
    rollback=Step(id="undo.rollback", title="Put it on again", uses="undo"),
)  # fmt: skip
RUN, QUESTION = RunId("RUN-2"), ApprovalId("APR-2")
PLACED = replace(scene.PLAN, places=("host:cart-1", "service:cart"), can_undo=True)


def changed(tx: Tx) -> RunbookRun:
    """A run that recovered after a change that it could take back."""
    runbook = replace(scene.RUNBOOK, name="undo-release", title="Undo a release", steps=(STEP,))
    run = scene.run(
        id=RUN, runbook=runbook, started_at=scene.at(10), status=RunStatus.SUCCEEDED, ended_at=scene.at(90),
        autonomy=Autonomy.APPROVE, verdict=RunVerdict.RECOVERED, verdict_after=timedelta(seconds=42), wake_at=None,
    )  # fmt: skip
    tx.runs.create(run)
    for kind, data in (
        (JournalKind.PLANNED, {"plan": plan_to_json(PLACED)}),
        (JournalKind.INTENDED, {"plan_hash": PLACED.hash, "summary": PLACED.summary}),
        (JournalKind.FINISHED, {"outcome": "succeeded", "summary": "exit status 0", "value": {}, "text": ""}),
    ):
        entry = JournalEntry(run=RUN, at=scene.at(20), kind=kind, actor=TOCSIN, step="undo", attempt=1, data=data)
        tx.runs.append(entry, epoch=None)
    return run


def asked(tx: Tx) -> None:
    """A question of the runbook's own, and one whose answer covers a second change."""
    plan = Plan(
        action="ask", integration="tocsin", params={}, targets=(), summary="ask", risk=Risk.READ, repeatable=True
    )
    wants = (
        Input(name="replicas", type=InputType.INT, least=1, most=9, help="How many replicas?"),
        Input(name="how", type=InputType.ENUM, values=("slow", "fast"), default="fast"),
    )
    own = scene.approval(id=QUESTION, question=Question.WHAT, ask="How far shall it go?", plan=plan, wants=wants)
    tx.approvals.put(own)
    tx.approvals.put(scene.approval(plan=PLACED, covers=(replace(PLACED, summary="restart cart", diff=""),)))


async def test_the_switch_is_thrown_on_the_page_and_every_page_says_so(site: Site) -> None:
    async with site.visit("ann", "/alerts") as watching, site.visit("ben", "/automation") as page:
        await page.get_by_label("Reason").fill("strange things happen")
        await page.get_by_role("button", name="Pause all automation").click()
        await expect(page.get_by_role("heading", name="Paused")).to_be_visible()
        await expect(watching.get_by_role("alert")).to_contain_text("by ben")
        await expect(watching.get_by_role("alert")).to_contain_text("strange things happen")
        assert await page.evaluate(LOST) == []
        assert await page.evaluate(FAINT) == []
        await page.get_by_role("button", name="Let it go on").click()
        await expect(watching.get_by_role("alert")).to_have_count(0)
    assert site.said == []


async def test_a_question_shows_all_it_is_for_and_a_runbooks_own_gets_its_answers(site: Site) -> None:
    await site.house.store.write(asked)
    async with site.visit("ann", "/incidents/INC-1") as page:
        question = page.get_by_role("article", name="Roll cart back from 2.14.0 to 2.13.4?")
        await expect(question.get_by_text("host:cart-1").first).to_be_visible()
        await expect(question.get_by_text("The same answer holds for this")).to_be_visible()
        own = page.get_by_role("article", name="How far shall it go?")
        assert await page.evaluate(LOST) == []
        assert await page.evaluate(FAINT) == []
        await own.get_by_label("How many replicas?").fill("3")
        await own.get_by_role("button", name="Answer").click()
        await expect(page.get_by_role("article", name="How far shall it go?")).to_have_count(0)
    given = await site.house.store.read(lambda tx: tx.approvals.get(QUESTION))
    journal = await site.house.store.read(lambda tx: tx.runs.journal(scene.RUN))
    assert given.status is ApprovalStatus.APPROVED
    assert journal[-1].data["value"] == {"replicas": "3", "how": "fast"}


async def test_what_a_run_changed_is_taken_back_by_a_button(site: Site) -> None:
    await site.house.store.write(changed)
    async with site.visit("ben", f"/runs/{RUN}") as page:
        await expect(page.get_by_text("recovered").first).to_be_visible()
        await page.get_by_role("button", name="Take back what it changed").click()
        await expect(page.get_by_role("button", name="Take back what it changed")).to_have_count(0)
    run = await site.house.store.read(lambda tx: tx.runs.get(RUN))
    assert (run.status, run.ended_at) == (RunStatus.RUNNING, None)


async def test_a_run_is_cancelled_by_a_button(site: Site) -> None:
    async with site.visit("ben", f"/runs/{scene.RUN}") as page:
        await page.locator("form[action$='/cancel']").get_by_label("Reason (optional)").fill("by hand")
        await page.get_by_role("button", name="Cancel this run").click()
        await expect(page.get_by_role("button", name="Cancel this run")).to_have_count(0)
    journal = await site.house.store.read(lambda tx: tx.runs.journal(scene.RUN))
    question = await site.house.store.read(lambda tx: tx.approvals.get(scene.approval().id))
    cancelled = [entry for entry in journal if entry.kind is JournalKind.CANCELLED]
    assert [(entry.actor.name, entry.data["reason"]) for entry in cancelled] == [("ben", "by hand")]
    assert question.status is ApprovalStatus.VOID


async def test_a_runbook_is_rehearsed_on_a_page(site: Site) -> None:
    text = OFFERED.replace("from: alert.labels.service, ", "help: Which service, ").replace("[wipe,", "[mend,")
    text += '  - {id: never, uses: host.run, with: {argv: [sing, "{{ inputs.service }}"]}}\n'
    world, hosts = site.house.world, Hosts()
    world.setup = replace(world.setup, runbooks={"offered": read_runbook(text, "offered.yaml")})
    world.actions = {"host.run": {"hosts": hosts.action()}}
    async with site.visit("ann", "/automation") as page:
        await page.get_by_role("link", name="Rehearse offered").click()
        await expect(page.get_by_role("alert")).to_contain_text("input 'service' has no value")
        await page.get_by_label("Which service").fill("cart")
        await page.get_by_role("button", name="Rehearse").click()
        await expect(page.get_by_role("heading", name="A run would be refused at 1 of its steps")).to_be_visible()
        await expect(page.get_by_text("run mend cart on cart-1")).to_be_visible()
        await expect(page.get_by_text("asks 1 with the role on-call")).to_be_visible()
        await expect(page.get_by_text("no command is called 'sing cart'")).to_be_visible()
        await expect(page.get_by_label("Which service")).to_have_value("cart")
        assert await page.evaluate(LOST) == []
        assert await page.evaluate(FAINT) == []
        await page.goto(f"{page.url}&input.service=Cart%20%3Cb%3E")
        await expect(page.get_by_role("alert")).to_contain_text("input 'service' does not fit")
    assert hosts.ran == []
    assert site.said == []


async def test_trust_that_was_earned_is_given_by_an_admin(house: House) -> None:
    earned = {"runbook": scene.RUNBOOK.name, "environment": "", "autonomy": "approve", "reason": "five in a row"}
    async with house.browser("ben") as admin, house.browser("ann") as other:
        refused = await other.post("/automation/trust", data={**await house.csrf(other), **earned})
        unclear = await admin.post("/automation/trust", data={**await house.csrf(admin), **earned, "autonomy": "all"})
        given = await admin.post("/automation/trust", data={**await house.csrf(admin), **earned})
        page = (await admin.get("/automation")).text
    assert (refused.status_code, unclear.status_code, given.status_code) == (403, 403, 303)
    kept = await house.store.read(lambda tx: tx.automation.trust(scene.RUNBOOK.name, ""))
    assert kept is not None
    assert (kept.autonomy, kept.by) == (Autonomy.APPROVE, "ben")
    assert "it looks by itself, and asks once for all of its changes." in page
    assert "five in a row" in page


async def test_a_reason_is_asked_for_before_everything_stops(house: House) -> None:
    async with house.browser("ann") as browser:
        answer = await browser.post("/automation/pause", data=await house.csrf(browser))
    assert answer.status_code == 403
    assert "Nobody would know why" in answer.text
    assert await house.store.read(lambda tx: tx.automation.pause()) == Pause()


async def test_who_began_a_run_reads_who_else_may_approve_it(house: House) -> None:
    began = replace(TOCSIN, kind=ActorKind.PERSON, name="ann")
    await house.store.write(lambda tx: tx.approvals.put(scene.approval(requested_by=began)))
    await house.store.write(
        lambda tx: tx.automation.set_trust(
            Trust(runbook="gone", environment="", autonomy=Autonomy.AUTO, since=scene.NOW, by="ben")
        )
    )
    async with house.browser("ann") as browser:
        page = (await browser.get("/incidents/INC-1")).text
        automation = (await browser.get("/automation")).text
    assert "you began this run, so somebody else must approve it" in page
    assert "(ben)" in page
    assert "gone" not in automation
