"""The page about our people: who they are in chats, and how they come to be known there."""

import re
from dataclasses import replace

import httpx

from bot.chat.identity import code_hash
from bot.model.actor import Actor, ActorKind
from bot.response import chats_linked
from tests.integrations.web.house import House


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


async def sent(house: House, browser: httpx.AsyncClient, path: str, **form: str) -> httpx.Response:
    return await browser.post(path, data={**await house.csrf(browser), **form})


async def links(house: House) -> list[tuple[str, str]]:
    found = await house.store.read(lambda tx: tx.chat_links.all())
    return [(one.person, one.user) for one in found]


async def test_somebody_links_their_chat_by_a_code_that_is_shown_once(house: House) -> None:
    async with house.browser("ann") as browser:
        assert "Link my chat" in (await browser.get("/people")).text
        made = await sent(house, browser, "/people/me/code")
        assert (made.status_code, made.headers["cache-control"]) == (200, "no-store")
        [code] = re.findall(r"/tocsin link ([A-Z0-9-]{19})", made.text)
        assert code not in (await browser.get("/people")).text
    slack = Actor(kind=ActorKind.SOURCE, name="slack", via="chat")
    await chats_linked.typed(house.world, slack, "slack", "U<1>", code_hash(code))
    async with house.browser("vera") as browser:
        other = (await browser.get("/people")).text
        assert "slack: U&lt;1&gt; , by ann" in words(other)
        assert "Unlink" not in other
        refused = await sent(house, browser, "/people/unlink", person="ann", chat="slack", user="U<1>")
        assert refused.status_code == 403
    async with house.browser("ann") as browser:
        dropped = await sent(house, browser, "/people/unlink", person="ann", chat="slack", user="U<1>")
    assert (dropped.status_code, dropped.headers["location"]) == (303, "/people")
    assert await links(house) == []


async def test_an_admin_says_who_somebody_is(house: House) -> None:
    async with house.browser("ann") as browser:
        assert "Say who somebody is" not in (await browser.get("/people")).text
    people = house.world.setup.people
    admin = replace(people["ann"], roles=frozenset({"admin"}))
    house.world.setup = replace(house.world.setup, people={**people, "ann": admin})
    async with house.browser("ann") as browser:
        assert "Say who somebody is" in (await browser.get("/people")).text
        linked = await sent(house, browser, "/people/links", person="ben", chat="slack", user=" U2 ")
        assert (linked.status_code, await links(house)) == (303, [("ben", "U2")])
        for wrong, said in (({"user": ""}, "one word each"), ({"user": "U 2"}, "one word each")):
            answer = await sent(house, browser, "/people/links", **{"person": "ben", "chat": "slack", **wrong})
            assert (answer.status_code, said in words(answer.text)) == (403, True)
        taken = await sent(house, browser, "/people/links", person="vera", chat="slack", user="U2")
        assert (taken.status_code, "u2 is ben in slack" in words(taken.text).lower()) == (409, True)
