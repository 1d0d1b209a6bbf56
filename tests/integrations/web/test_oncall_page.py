"""The page about who is on call."""

import re
from dataclasses import replace

import pytest

from tests.integrations.web.house import House


async def page(house: House, name: str = "vera") -> str:
    async with house.browser(name) as browser:
        answer = await browser.get("/oncall")
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


async def covers(house: House, name: str, status: int = 303, **form: str) -> str:
    async with house.browser(name) as browser:
        answer = await browser.post("/schedules/shop/overrides", data={**await house.csrf(browser), **form})
    assert answer.status_code == status, answer.text
    return answer.text


async def test_who_is_on_call_and_who_comes_next(house: House) -> None:
    shown = await page(house)
    assert "The shop, first line" in shown
    assert "ann until 23 Nov 09:00:00 , then ben" in shown
    assert "7 Dec 09:00:00 ben weeks" in shown
    assert "Cover" not in shown, "a viewer only looks"


async def test_somebody_covers_and_does_not_any_more(house: House) -> None:
    await covers(house, "rudi", person="rudi", lasts="1d", starts="2026-11-21T09:00", reason="a <b>wedding</b>")
    shown = await page(house, "rudi")
    assert "ann until 21 Nov 09:00:00 , then rudi" in shown
    assert "rudi in shop instead of whoever it would be a &lt;b&gt;wedding&lt;/b&gt; from 21 Nov 09:00:00" in shown
    async with house.browser("rudi") as browser:
        dropped = await browser.post("/overrides/OVR-1/drop", data=await house.csrf(browser))
    assert (dropped.status_code, dropped.headers["location"]) == (303, "/oncall")
    assert "rudi in shop" not in await page(house, "rudi")


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"person": "rudi", "lasts": "soon"}, "not a duration"),
        ({"person": "rudi", "lasts": "1h", "starts": "soon"}, "not a time of this page"),
        ({"person": "rudi", "lasts": "1h", "starts": "0001-01-01"}, "not a time of this page"),
        ({"person": "rudi", "lasts": "99999y"}, "out of range"),
    ],
)
async def test_what_cannot_be_is_said(house: House, form: dict[str, str], said: str) -> None:
    assert said in (await covers(house, "rudi", 403, **form)).lower()


async def test_without_schedules_the_page_says_where_they_are_written(house: House) -> None:
    house.world.setup = replace(house.world.setup, schedules={})
    assert "No schedules. They are written under schedules: in tocsin.yaml." in await page(house)


async def test_a_gap_is_told(house: House) -> None:
    shop = house.world.setup.schedules["shop"]
    house.world.setup = replace(house.world.setup, schedules={"shop": replace(shop, layers=())})
    assert "Nobody is on call" in await page(house)
