"""Every command there is and every button of their answers, by both doors: heard as it was said, and answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.chat.commands import Chat
from bot.integrations.slack import integration, replies
from bot.integrations.slack.presses import SAYS
from bot.kit.http_out import HttpOut
from bot.kit.plugin import Tools
from bot.kit.redaction import Redactor
from bot.model.actor import Actor
from bot.model.answer import Answer
from bot.model.utterance import Filled, Missed, Speaker, Utterance
from bot.ports.remarks import Remarks
from bot.testing.slack import blocks as kit
from bot.testing.slack.settings import APP_TOKEN, SIGNING_SECRET
from tests.integrations.both_ways import followed, hooks_of, until
from tests.integrations.chat.test_commands import LINES
from tests.integrations.slack_simulator.simulated import Slack
from tests.integrations.web import scene
from tests.integrations.web.conftest import house, played
from tests.integrations.web.house import House

__all__ = ["house", "played"]


@dataclass
class Overheard:
    """Tocsin's chat, and what was said to it and answered, in order."""

    chat: Chat
    told: list[tuple[str, Utterance | Filled, Answer]] = field(default_factory=list)

    @property
    def remarks(self) -> Remarks:
        return self.chat.remarks

    async def keep(self, integration: str, key: str, heard: Mapping[str, str]) -> bool:
        return await self.chat.keep(integration, key, heard)

    def asks(self, what: Utterance | Filled) -> bool:
        return self.chat.asks(what)

    def missed(self, what: Utterance | Filled, missed: Missed) -> Answer:
        return self.chat.missed(what, missed)

    async def said(self, speaker: Speaker, what: Utterance | Filled) -> Answer:
        answer = await self.chat.said(speaker, what)
        self.told.append((speaker.user, what, answer))
        return answer

    async def asked(self, actor: Actor, what: Utterance | Filled) -> Answer:
        return await self.chat.asked(actor, what)

    def objections(self, filled: Filled) -> Mapping[str, str]:
        return self.chat.objections(filled)

    async def have(self, count: int) -> None:
        """Waits until so many things were said."""

        async def has() -> bool:
            return len(self.told) >= count

        await until(has)


@dataclass(frozen=True, kw_only=True)
class Room:
    """#sre as Ann sees it, and what Tocsin hears of her."""

    slack: Slack
    heard: Overheard
    house: House
    place: str

    async def types(self, text: str) -> None:
        """A command, until it was done."""
        count = len(self.heard.told)
        taken = await self._does("command", text=text)
        assert taken["acknowledged"], text
        await self.heard.have(count + 1)

    async def clicks(self, ts: str, action_id: str, times: int = 1) -> None:
        """A button, until all that it says was done."""
        count = len(self.heard.told)
        taken = await self._does("click", ts=ts, action_id=action_id, times=times)
        assert all(one["acknowledged"] for one in (taken["all"] if times > 1 else [taken]))
        await self.heard.have(count + times)

    async def reads(self, count: int) -> list[dict[str, Any]]:
        """The first so many messages that only she sees, once they are there."""

        def unseen() -> list[dict[str, Any]]:
            return [one["message"] for one in self.slack.channel("sre")["unseen"]]

        async def has() -> bool:
            return len(await asyncio.to_thread(unseen)) >= count

        await until(has)
        return await asyncio.to_thread(unseen)

    async def _does(self, what: str, **how: object) -> dict[str, Any]:
        return dict(await asyncio.to_thread(lambda: self.slack.does(what, user="ann", channel="sre", **how)))


@pytest.fixture(params=["socket", "posted"])
async def room(
    request: pytest.FixtureRequest, slack: Slack, config: dict[str, object], house: House
) -> AsyncIterator[Room]:
    world, heard = house.world, Overheard(Chat(house.world))
    people = dict(world.setup.people)
    world.setup = replace(world.setup, people={**people, "ann": replace(people["ann"], chat={"slack": "U0ANN"})})
    doors = {"app_token": APP_TOKEN} if request.param == "socket" else {"signing_secret": SIGNING_SECRET}
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(HttpOut())
        tools = Tools(name="slack", clock=house.clock, http=http, redactor=Redactor(), commands=heard)
        read = integration.config.model_validate({**config, "timeout": "10s", **doors})
        opened = await stack.enter_async_context(integration.open(read, tools))
        assert opened.listener is not None
        world.listeners = {"slack": opened.listener}
        await stack.enter_async_context(followed(world))
        if opened.chat is not None:
            world.chats = {"slack": opened.chat}
            address = f"http://127.0.0.1:{await hooks_of(stack, world)}/hooks/slack"
            urls = dict.fromkeys(("events", "interactivity", "commands"), address)
            slack.set(urls=urls, skew_s=(house.clock.now() - datetime.now(UTC)).total_seconds())
        else:
            await until(lambda: _is_open(slack))
        yield Room(slack=slack, heard=heard, house=house, place=slack.channel("sre")["id"])


async def _is_open(slack: Slack) -> bool:
    return bool((await asyncio.to_thread(slack.knob, "GET", "sockets"))["open"])


async def test_every_command_is_heard_and_answered_and_so_is_every_button(room: Room) -> None:
    for line in LINES:
        await room.types(line.text)
    for line, (user, what, _) in zip(LINES, room.heard.told, strict=True):
        assert (user, what) == ("U0ANN", Utterance(text=line.text, place=room.place, prefix="/tocsin"))
    answers = [answer for _, _, answer in room.heard.told if answer.form is None]
    messages = await room.reads(len(answers))
    assert sorted(one["text"] for one in messages) == sorted(str(replies.drawn(one)["text"]) for one in answers)
    buttons: dict[str, tuple[str, dict[str, Any]]] = {}
    for message in messages:
        blocks = [block for bar in message["attachments"] for block in bar["blocks"]]
        pressed = [one for _, one in kit.elements(blocks) if one["action_id"].startswith(SAYS)]
        buttons.update({one["text"]["text"]: (message["ts"], one) for one in pressed})
    assert len(buttons) >= 15, "what there is to click on answers"
    for ts, one in buttons.values():
        await room.clicks(ts, one["action_id"])
    clicked = [what for _, what, _ in room.heard.told[len(LINES) :]]
    assert clicked == [Utterance(text=one["value"], prefix="/tocsin") for _, one in buttons.values()]


async def test_a_hundred_clicks_on_run_and_on_approve_count_once(room: Room) -> None:
    await room.types("runbook rehearse roll-back-release INC-1")
    await room.types("approve APR-1")
    messages = await room.reads(2)
    for label in ("Run it", "Approve"):
        [(ts, action)] = [
            (message["ts"], one["action_id"])
            for message in messages
            for _, one in kit.elements([block for bar in message["attachments"] for block in bar["blocks"]])
            if one["text"]["text"] == label
        ]
        count = len(room.heard.told)
        await room.clicks(ts, action, times=100)
        assert sum(not answer.refused for _, _, answer in room.heard.told[count:]) == 1, label
    runs, asked = await room.house.store.read(lambda tx: (tx.runs.list(), tx.approvals.get(scene.APR)))
    assert [one.id for one in runs] == ["RUN-2", "RUN-1"]
    assert asked.given_by == ("ann",)
