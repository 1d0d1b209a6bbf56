"""The pages about alerts in a real browser: live, by keyboard, on a phone, and with text that means harm."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from playwright.async_api import expect

from bot.model.ids import SilenceId
from bot.model.labels import Matcher, MatchOp
from bot.model.route import Receiver, Route
from bot.model.silence import Silence
from tests.integrations.web import alert_scene, scene
from tests.integrations.web.site import FAINT, HOSTILE, LOST, Site

PATHS = ("/alerts", f"/alerts/{alert_scene.CART.fingerprint}", f"/alerts/{alert_scene.DISK.fingerprint}")


async def test_an_alert_appears_while_somebody_watches_and_what_was_opened_and_typed_stays(site: Site) -> None:
    alert_scene.stage(site.house.world)
    async with site.visit("ann", "/alerts") as page:
        await page.get_by_text("Silence alerts…").click()
        await page.get_by_label("Why they are not told").fill("we know")
        await page.get_by_label("Only alerts that match").fill("half typed")
        alert_scene.fire(site.house.world, {"alertname": "MailStops", "service": "mail", "severity": "page"}, 240)
        await expect(page.get_by_role("link", name="MailStops")).to_be_visible()
        await expect(page.get_by_role("heading", name="8 alerts fire, in 6 groups")).to_be_visible()
        await expect(page.locator("#news")).to_have_text("8 alerts fire in 6 groups")
        await expect(page.get_by_label("Only alerts that match")).to_have_value("half typed")
        await expect(page.get_by_label("Only alerts that match")).to_be_focused()
        await expect(page.get_by_label("Why they are not told")).to_have_value("we know")


async def test_a_storm_is_folded_and_what_is_unfolded_stays_so(site: Site) -> None:
    alert_scene.stage(site.house.world)
    alert_scene.storm(site.house.world, groups=19, alerts=30)
    async with site.visit("ann", "/alerts") as page:
        card = page.get_by_role("article", name="critical service=cart")
        await expect(card.get_by_role("listitem")).to_have_count(2)
        other = page.get_by_role("article", name="critical service=service-017")
        await other.get_by_text("17 more").click()
        await expect(other.get_by_role("listitem")).to_have_count(20)
        alert_scene.fire(site.house.world, {"alertname": "MailStops", "service": "mail"}, 240)
        await expect(page.get_by_role("heading", name="578 alerts fire, in 25 groups")).to_be_visible()
        await expect(other.get_by_role("listitem")).to_have_count(20)
        await other.get_by_role("link", name="more of this group").click()
        await expect(page.get_by_role("heading", name="30 alerts fire, in 1 group")).to_be_visible()
        await expect(page.locator("#live")).to_have_text("Live")
        labels = {"alertname": "QueueGrows", "service": "service-017", "severity": "warning"}
        alert_scene.fire(site.house.world, labels, 240)
        await expect(page.get_by_role("heading", name="31 alerts fire, in 1 group")).to_be_visible()


async def test_an_alert_is_silenced_from_its_own_page_and_the_silence_is_ended_without_javascript(site: Site) -> None:
    alert_scene.stage(site.house.world)
    async with site.visit("ann", "/alerts", scripts=False) as page:
        await page.get_by_role("link", name="OrdersFail").first.click()
        await page.get_by_text("Silence this alert…").click()
        await page.get_by_label("Why they are not told").fill("we roll it back")
        await page.get_by_role("button", name="Silence", exact=True).click()
        await expect(page).to_have_url(f"{site.address}/alerts#silences")
        card = page.get_by_role("article", name="critical service=cart")
        await expect(card.get_by_text("by ann: we roll it back")).to_be_visible()
        await page.get_by_role("button", name="End it now: we roll it back").click()
    ended = [one for one in site.house.world.alerts.silences.all() if one.comment == "we roll it back"]
    assert [one.ends_at for one in ended] == [scene.NOW]


async def test_a_silence_is_ended_by_keyboard(site: Site) -> None:
    alert_scene.stage(site.house.world)
    await alert_scene.tell(site.house.world)
    async with site.visit("ann", "/alerts") as page:
        button = page.get_by_role("button", name="End it now: switch to the other data centre")
        for _ in range(60):
            await page.keyboard.press("Tab")
            if await button.evaluate("button => button === document.activeElement"):
                break
        await page.keyboard.press("Enter")
        await expect(page).to_have_url(f"{site.address}/alerts#silences")
        site.house.clock.advance(timedelta(seconds=1))
        await expect(page.get_by_text("switch to the other data centre")).to_have_count(0)
    (ended,) = [one for one in site.house.world.alerts.silences.all() if one.id == alert_scene.TO_COME]
    assert ended.ends_at <= site.house.clock.now()


async def test_a_screen_reader_finds_its_way_and_words_stand_out(site: Site) -> None:
    alert_scene.stage(site.house.world)
    await alert_scene.tell(site.house.world)
    async with site.visit("ann") as page:
        for path in (*PATHS, "/alerts?filter=nothing", "/incidents/INC-1"):
            await page.goto(site.address + path)
            await page.evaluate("document.querySelectorAll('details').forEach((details) => (details.open = true))")
            assert await page.evaluate(LOST) == [], path
            for scheme in ("light", "dark"):
                await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of two words
                assert await page.evaluate(FAINT) == [], (path, scheme)


async def test_nothing_is_cut_off_on_a_phone(site: Site) -> None:
    alert_scene.stage(site.house.world)
    alert_scene.storm(site.house.world, groups=3, alerts=5)
    alert_scene.fire(site.house.world, {"alertname": "A" * 300, "service": "b" * 300}, 0, summary="c" * 900)
    async with site.visit("ann") as page:
        await page.set_viewport_size({"width": 360, "height": 740})
        for path in PATHS:
            await page.goto(site.address + path)
            assert await page.evaluate("document.documentElement.scrollWidth") == 360, path


async def test_text_that_means_harm_is_shown_and_does_nothing(site: Site) -> None:
    world, nasty = site.house.world, " ".join(HOSTILE)
    alert_scene.stage(world)
    root = Route(receiver=nasty, group_by=("service", "x<img src=y>"))
    world.setup = replace(world.setup, route=root, receivers=(Receiver(name=nasty),))
    world.alerts.become(world.setup, scene.NOW.timestamp())
    fingerprints = []
    for text in (*HOSTILE, nasty, " "):
        labels = {"alertname": text, "service": text, "severity": text, "x<img src=y>": text}
        said = {"summary": text, "runbook_url": text, "dashboard": f"https://ok.example/{text}"}
        fingerprints.append(alert_scene.fire(world, labels, 0, source=text, **said))
    for number, text in enumerate(HOSTILE):
        silence = Silence(
            id=SilenceId(f"6f3a1c2e-9a41-4f0b-8a77-0000000000{number:02d}"),
            matchers=(Matcher(name="service", op=MatchOp.EQUAL, value=text),),
            starts_at=scene.at(-60),
            ends_at=scene.at(9000),
            updated_at=scene.at(-60),
            created_by=text,
            comment=text,
        )
        world.alerts.silences.put(silence)
    async with site.visit("ann") as page:
        asked = [f"/alerts?filter={text}" for text in ("%3Cscript%3E", "%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E")]
        for path in ("/alerts", *asked, *(f"/alerts/{one}" for one in fingerprints)):
            await page.goto(site.address + path)
            await page.wait_for_load_state("load")
            assert not (await page.title()).startswith("owned"), path
            assert await page.evaluate("document.scripts.length") == 1, path
            assert await page.evaluate("[...document.images].every((image) => new URL(image.src).origin === origin)")
            assert await page.evaluate("[...document.links].every((link) => /^https?:$/.test(link.protocol))"), path
            assert "\u202e" not in await page.content(), path
        await page.goto(site.address + "/alerts")
        assert await page.evaluate(LOST) == []
        await expect(page.locator("#firing").get_by_text("<U+202E>").first).to_be_visible()
        await expect(page.locator("#silences").get_by_text("{{ 7 * 7 }}").first).to_be_visible()
