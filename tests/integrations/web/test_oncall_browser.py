"""Who is on call, and the services, in a real browser: on a phone, without anything that is cut or broken up."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from playwright.async_api import expect

from bot.model.schedule import Layer, Turn
from tests.integrations.web.site import Site

NARROW = {"width": 360, "height": 740}


@pytest.mark.parametrize("path", ["/oncall", "/services"])
async def test_nothing_is_wider_than_a_phone(site: Site, path: str) -> None:
    async with site.visit("ann", path) as page:
        await page.set_viewport_size(NARROW)
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth") == NARROW["width"]


async def test_of_many_turns_the_next_ones_are_shown_and_no_word_is_broken_up(site: Site) -> None:
    shop = site.house.world.setup.schedules["shop"]
    daily = Layer(name="days", people=(("ann",), ("ben",)), starts=datetime(2026, 1, 5, 9), turn=Turn.DAY)  # noqa: DTZ001 - local by meaning
    site.house.world.setup = replace(site.house.world.setup, schedules={"shop": replace(shop, layers=(daily,))})
    async with site.visit("ann", "/oncall") as page:
        await page.set_viewport_size(NARROW)
        rows = page.locator(".duties tbody tr")
        assert await rows.locator("visible=true").count() == 5
        heads = page.locator(".duties thead th").locator("visible=true")
        lines = """(head) => {
            const range = document.createRange();
            range.selectNodeContents(head);
            return new Set([...range.getClientRects()].map((one) => one.top)).size;
        }"""
        words = [await heads.nth(number).evaluate(lines) for number in range(3)]
        assert max(words) <= 2, "at most between its two words"
        await page.get_by_text("16 more").click()
        assert await rows.locator("visible=true").count() == 21
