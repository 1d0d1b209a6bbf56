"""An incident's forms in a real browser: what is typed stays, all works without JavaScript, and on a phone."""

from __future__ import annotations

import re
from dataclasses import replace

from playwright.async_api import expect

from bot.model.ids import IncidentId
from bot.model.incident import IncidentStatus, Severity, SignalState
from bot.model.practice import CustomField
from tests.integrations.web import scene
from tests.integrations.web.site import HOSTILE, Site


async def test_what_is_typed_into_a_form_stays_while_the_incident_changes(site: Site) -> None:
    async with site.visit("ann", "/incidents/INC-1") as page:
        await page.get_by_text("Change…").click()
        title = page.get_by_label("What is wrong")
        await title.fill("Nobody can pay")
        await site.house.store.write(lambda tx: tx.incidents.put(scene.incident(signal=SignalState.UNKNOWN)))
        await expect(page.get_by_text("Tocsin cannot see this incident's signal")).to_be_visible()
        await expect(title).to_have_value("Nobody can pay")
        await page.get_by_role("button", name="Change", exact=True).click()
        await expect(page.get_by_role("heading", name="Nobody can pay")).to_be_visible()
    incident = await site.house.store.read(lambda tx: tx.incidents.get(scene.INC))
    assert (incident.title, incident.severity) == ("Nobody can pay", Severity.SEV2)


async def test_the_whole_life_goes_without_javascript(site: Site) -> None:
    async with site.visit("ann", "/incidents/INC-1", scripts=False) as page:
        await page.get_by_text("Mitigate…").click()
        await page.get_by_label("What made it bearable").fill("orders go elsewhere")
        await page.get_by_role("button", name="Mitigate", exact=True).click()
        await expect(page.get_by_text("orders go elsewhere")).to_be_visible()
        await page.get_by_text("Change…").click()
        await page.get_by_label("How grave it is").select_option("SEV1")
        await page.get_by_role("button", name="Change", exact=True).click()
        await expect(page.get_by_text("severity changed from SEV2 to SEV1")).to_be_visible()
        for what, said in (("Resolve", "resolved"), ("Close", "closed"), ("Reopen", "triggered")):
            await page.get_by_text(f"{what}…").click()
            await page.get_by_role("button", name=what, exact=True).click()
            await expect(page.locator(".chips").get_by_text(said, exact=True)).to_be_visible()
    incident = await site.house.store.read(lambda tx: tx.incidents.get(scene.INC))
    assert (incident.status, incident.reopened) == (IncidentStatus.TRIGGERED, 1)


async def test_a_merge_is_undone_where_it_is_seen(site: Site) -> None:
    other = scene.incident(
        id="INC-7", title="Orders are lost", alerts=(), firing=(), group_key="", signal=SignalState.NONE
    )
    await site.house.store.write(lambda tx: tx.incidents.put(other))
    async with site.visit("ann", "/incidents/INC-7") as page:
        await page.get_by_text("Merge or link…").click()
        await page.get_by_label("Make it part of").fill("INC-1")
        await page.get_by_role("button", name="Merge", exact=True).click()
        await expect(page).to_have_url(f"{site.address}/incidents/INC-1")
        await page.get_by_role("link", name="INC-7").click()
        await expect(page.get_by_text(re.compile("(10 min|9 min 5. s) left"))).to_be_visible()
        await page.get_by_role("button", name="Undo").click()
        await expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    assert await site.house.store.read(lambda tx: tx.incidents.get(IncidentId("INC-7"))) == other


async def test_on_a_phone_every_form_fits(site: Site) -> None:
    async with site.visit("ann", "/incidents/INC-1") as page:
        await page.set_viewport_size({"width": 360, "height": 800})
        for name in ("Assign…", "Mitigate…", "Resolve…", "Change…", "Merge or link…"):
            await page.get_by_text(name).click()
            wide = await page.evaluate("document.documentElement.scrollWidth")
            assert wide <= 360, f"{name} makes the page {wide} wide"
            await page.get_by_text(name).click()


async def test_fields_that_mean_harm_are_shown_and_do_nothing(site: Site) -> None:
    names = [f"f{number}" for number in range(len(HOSTILE))]
    site.house.world.setup = replace(
        site.house.world.setup,
        custom_fields={name: CustomField(name=name, title=text) for name, text in zip(names, HOSTILE, strict=True)},
    )
    harmed = scene.incident(fields=dict(zip(names, HOSTILE, strict=True)), team=HOSTILE[0], title=HOSTILE[1])
    await site.house.store.write(lambda tx: tx.incidents.put(harmed))
    async with site.visit("ann", "/incidents/INC-1") as page:
        await expect(page.get_by_role("heading", level=1)).to_have_text(HOSTILE[1])
        await page.get_by_text("Change…").click()
        assert "owned" not in (await page.title()).replace(HOSTILE[1], "")
        await expect(page.get_by_label("Team")).to_have_value(HOSTILE[0])
