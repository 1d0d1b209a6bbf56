"""The page of statistics: what it says, in a real browser, by text that means harm, and for want of anything to say."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import expect

from bot.model.actor import person
from bot.model.incident import Severity
from bot.model.schedule import Layer, Schedule
from bot.model.statistics import Began
from bot.response import incident_declared
from bot.response.world import World
from tests.integrations.web import scene
from tests.integrations.web.house import House
from tests.integrations.web.site import FAINT, HOSTILE, LOST, Site
from tests.past import RULES, lived_through

PLAYED = 300
TURNS = Schedule(
    name="primary",
    time_zone="Europe/Berlin",
    layers=(Layer(name="week", people=(("ann",), ("ben",)), starts=datetime(2026, 1, 5, 9)),),  # noqa: DTZ001  # local time
)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with a past in it, up to the moment at which houses stand."""
    database = tmp_path_factory.mktemp("past") / "tocsin.db"
    lived_through(f"sqlite:///{database}", scene.NOW, incidents=PLAYED, days=60)
    return database


def on_duty(world: World) -> None:
    world.setup = replace(world.setup, schedules={"primary": TURNS})


async def test_plots_tables_and_advice_in_a_browser(site: Site) -> None:
    on_duty(site.house.world)
    async with site.visit("vera") as page:
        await page.goto(site.address + "/stats?days=90&by=severity")
        await expect(page.get_by_role("heading", name="Statistics")).to_be_visible()
        await expect(page.locator("#live")).to_be_hidden()
        for plot in ("Incidents a week", "Until somebody had it", "Until it was resolved"):
            await expect(page.get_by_role("img", name=re.compile(f"^{plot}"))).to_be_visible()
        await expect(page.get_by_role("img").first.locator("rect.bar")).to_have_count(9)
        times = page.get_by_role("region", name="How long it takes").get_by_role("row")
        await expect(times).to_have_count(len(Severity) + 2)
        await expect(times.last).to_contain_text(re.compile(r"all\s+294"))
        advice = page.get_by_text("ended without anybody, half of them within")
        await expect(advice.first).to_be_visible()
        hours = page.get_by_role("row", name=re.compile("^ann")).get_by_role("cell").last
        await expect(hours).to_have_text(re.compile(r"^[1-9][\d,]+ h$"))
        await page.get_by_role("link", name="by week").click()
        await expect(page.get_by_role("rowheader", name="2026-W47")).to_be_visible()
        await page.get_by_role("link", name="7 days").click()
        await expect(page.get_by_role("link", name="by week")).to_have_attribute("aria-current", "true")


async def test_a_screen_reader_finds_its_way_on_any_screen(site: Site) -> None:
    async with site.visit("vera") as page:
        await page.goto(site.address + "/stats?days=90")
        assert await page.evaluate(LOST) == []
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of two words
            assert await page.evaluate(FAINT) == [], scheme
        await page.set_viewport_size({"width": 360, "height": 800})
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360


async def test_names_that_mean_harm_are_only_text(site: Site) -> None:
    world = site.house.world
    ann = person(scene.PEOPLE["ann"], "cli")
    for number, text in enumerate(HOSTILE):
        made = await incident_declared.declare(world, ann, title="x", severity=Severity.SEV1)
        await world.store.write(
            lambda tx, made=made, text=text, number=number: (
                tx.incidents.put(replace(made, service=text, team=text)),
                tx.statistics.fired(made.id, {f"{number:02}{text}": Began(900, 900, True)}),
            )
        )
    async with site.visit("vera") as page:
        for by in ("service", "team"):
            await page.goto(f"{site.address}/stats?by={by}")
            assert not (await page.title()).startswith("owned")
            assert await page.evaluate("document.scripts.length") == 1
            assert "\u202e" not in await page.content()
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_a_quiet_time_is_said_to_be_one(house: House) -> None:
    house.world.setup = replace(house.world.setup, schedules={})
    house.clock.advance(timedelta(days=400))
    async with house.browser("vera") as browser:
        said = (await browser.get("/stats")).text
    for quiet in (
        "0 incidents opened since",
        "No incident opened",
        "No rule fired",
        "No run ended",
        "Nobody was paged",
    ):
        assert quiet in said


@pytest.mark.parametrize(
    "query", ["by=moon", "days=0", "days=732", "days=-1", "days=x", "days=1000", f"days={'9' * 5000}", "days=\u0663"]
)
async def test_what_cannot_be_answered_is_refused_with_how_to_ask(house: House, query: str) -> None:
    async with house.browser("vera") as browser:
        answer = await browser.get(f"/stats?{query}")
    assert answer.status_code == 404
    assert "/stats?by=team&amp;days=90" in answer.text


async def test_programs_get_the_same(house: House) -> None:
    on_duty(house.world)
    async with house.program("vera") as program:
        found = (await program.get("/api/v1/stats", params={"by": "team", "seconds": 90 * 86400})).json()
        refused = await program.get("/api/v1/stats", params={"seconds": 60})
    assert found["whole"]["incidents"] == PLAYED * 49 // 50
    assert sum(one["incidents"] for one in found["groups"]) == sum(one["incidents"] for one in found["weeks"]) == 294
    assert {one["of"] for one in found["groups"]} == {"shop", "money", "find", "-"}
    assert found["whole"]["resolve"]["p90"] >= found["whole"]["resolve"]["median"] > 0
    assert {one["rule"] for one in found["noise"]} == set(RULES)
    assert [bool(one["suggestion"]) for one in found["noise"]].count(True) <= 10
    assert sum(one["pages"] for one in found["noise"]) == sum(one["pages"] for one in found["load"]) > 0
    assert {one["person"]: one["on_duty"] is not None for one in found["load"]}["ann"]
    assert refused.status_code == 422
