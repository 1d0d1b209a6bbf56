"""Whoever is woken clicks, and has the incident: over real sockets that break, once, and only if they may."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.integrations.slack import integration
from bot.integrations.slack.answers import Answers
from bot.integrations.slack.api import Api
from bot.integrations.slack.config import SlackConfig
from bot.integrations.slack.listeners import Listeners
from bot.integrations.slack.responding import Responding
from bot.kit.plugin import Tools
from bot.model.actor import VIEWER, Actor, Person
from bot.model.answer import Answer
from bot.model.ids import IncidentId
from bot.model.incident import IncidentStatus
from bot.model.utterance import Filled, Missed, Speaker, Utterance
from bot.ports.alert_hook import Call
from bot.ports.remarks import Remarks
from bot.testing.slack.blocks import texts
from bot.testing.slack.settings import APP_TOKEN, BOT_TOKEN, SCOPES
from tests.integrations.both_ways import Tocsin, at_work, contacts, until
from tests.integrations.slack.conftest import page
from tests.integrations.slack_simulator.simulated import Slack

NOW = datetime(2026, 11, 23, tzinfo=UTC)
PEOPLE = (
    Person(name="ann", contacts=contacts(("pager", "U0ANN"))),
    Person(name="ben", contacts=contacts(("pager", "U0BEN"))),
)


@pytest.fixture
def config(slack: Slack, config: dict[str, object]) -> dict[str, object]:
    return {**config, "app_token": APP_TOKEN}


@pytest.fixture
async def tocsin(slack: Slack, config: dict[str, object], tmp_path: Path) -> AsyncIterator[Tocsin]:
    async with at_work(tmp_path / "tocsin.db", integration, config, PEOPLE) as made:
        await hears(slack)
        yield made


async def hears(slack: Slack) -> None:
    """Waits until a socket is open."""

    async def does() -> bool:
        return bool((await sockets(slack))["open"])

    await until(does)


async def sockets(slack: Slack) -> dict[str, int]:
    return dict(await asyncio.to_thread(slack.knob, "GET", "sockets"))


async def page_of(tocsin: Tocsin, slack: Slack, who: str = "@ann") -> tuple[IncidentId, str]:
    """An incident that somebody is woken for, and the time of their message."""
    ours = await tocsin.declares("The cart is empty", by="ben")
    await tocsin.says(ours, "paged ann through pager")
    return ours, str(slack.said(who)[-1]["ts"])


async def click(slack: Slack, user: str, channel: str, ts: str, **how: object) -> dict[str, Any]:
    what = {"user": user, "channel": channel, "ts": ts, "action_id": "acknowledge", **how}
    return dict(await asyncio.to_thread(lambda: slack.does("click", **what)))


async def whispered(slack: Slack, channel: str, user: str) -> str:
    """What only this person reads."""

    def found() -> list[str]:
        return [words(one["message"]) for one in slack.channel(channel)["unseen"] if one["user"] == user]

    async def is_there() -> bool:
        return bool(await asyncio.to_thread(found))

    await until(is_there)
    return found()[-1]


def words(message: dict[str, Any]) -> str:
    """All that is read in it."""
    return "\n".join([message["text"], *texts(message.get("attachments", []))])


async def acknowledgements(tocsin: Tocsin, id: IncidentId) -> int:
    return sum(entry.text.startswith("acknowledged") for entry in await tocsin.timeline(id))


async def test_a_click_acknowledges_and_the_message_says_so(tocsin: Tocsin, slack: Slack) -> None:
    ours, ts = await page_of(tocsin, slack)
    taken = await click(slack, "ann", "@ann", ts)
    assert taken["acknowledged"]
    assert taken["took_s"] < 1
    incident = await tocsin.becomes(ours, IncidentStatus.ACKNOWLEDGED)
    assert incident.acknowledged_by == "ann"
    [entry] = [one for one in await tocsin.timeline(ours) if one.text.startswith("acknowledged")]
    assert (entry.actor.name, entry.actor.via) == ("ann", "chat in pager")

    async def says_so() -> bool:
        return bool(slack.said("@ann")[-1]["text"].startswith("Acknowledged: "))

    await until(says_so)
    buttons = [element for bar in slack.said("@ann")[-1]["attachments"] for element in bar["blocks"][-1]["elements"]]
    assert [button["action_id"] for button in buttons] == ["say:more", "open"]
    assert slack.channel("@ann")["unseen"] == []


async def test_from_a_page_everything_is_a_click_away(tocsin: Tocsin, slack: Slack) -> None:
    ours, ts = await page_of(tocsin, slack)
    await click(slack, "ann", "@ann", ts, action_id="say:more")
    assert f"What may be done with {ours}" in await whispered(slack, "@ann", "U0ANN")
    await tocsin.resolves(ours)

    async def is_over() -> bool:
        return "say:more" not in str(slack.said("@ann")[-1])

    await until(is_over)


async def test_a_hundred_clicks_have_one_effect(tocsin: Tocsin, slack: Slack) -> None:
    ours, ts = await page_of(tocsin, slack)
    found = await click(slack, "ann", "@ann", ts, times=100)
    assert all(one["acknowledged"] for one in found["all"])
    await tocsin.becomes(ours, IncidentStatus.ACKNOWLEDGED)
    assert "it is acknowledged" in await whispered(slack, "@ann", "U0ANN")
    assert await acknowledgements(tocsin, ours) == 1


async def test_an_envelope_that_comes_twice_is_followed_once(tocsin: Tocsin, slack: Slack) -> None:
    ours, ts = await page_of(tocsin, slack)
    envelope = (await click(slack, "ann", "@ann", ts))["envelope_id"]
    await tocsin.becomes(ours, IncidentStatus.ACKNOWLEDGED)
    asked = len(slack.calls("users.info"))
    again = await asyncio.to_thread(lambda: slack.does("again", envelope_id=envelope))
    assert again["attempts"] == 2
    assert again["acknowledged"]
    await tocsin.all_told()
    assert len(slack.calls("users.info")) == asked
    assert slack.channel("@ann")["unseen"] == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"deleted": True}, "no account of a person"),
        ({"is_bot": True}, "no account of a person"),
        ({"is_restricted": True}, "Guests"),
        ({"is_ultra_restricted": True}, "Guests"),
        ({"team": "T0OTHER"}, "another workspace"),
    ],
    ids=["left", "bot", "guest", "guest of one channel", "other company"],
)
async def test_who_slack_does_not_vouch_for_any_more_can_do_nothing(
    tocsin: Tocsin, slack: Slack, change: dict[str, object], why: str
) -> None:
    ours, ts = await page_of(tocsin, slack)
    slack.does("users", id="U0ANN", **change)
    await click(slack, "U0ANN", slack.channel("@ann")["id"], ts)
    assert why in await whispered(slack, "@ann", "U0ANN")
    assert (await tocsin.incident(ours)).status is IncidentStatus.TRIGGERED


async def test_whoever_is_linked_to_nobody_reads_what_to_do(tocsin: Tocsin, slack: Slack) -> None:
    ours, ts = await page_of(tocsin, slack)
    people = dict(tocsin.world.setup.people)
    lost = replace(people["ann"], contacts=(), email="ann@example.net")
    tocsin.world.setup = replace(tocsin.world.setup, people={**people, "ann": lost})
    await click(slack, "ann", "@ann", ts)
    assert "`chat: {pager: U0ANN}`" in await whispered(slack, "@ann", "U0ANN")
    twins = {name: replace(one, contacts=people["ann"].contacts) for name, one in people.items()}
    tocsin.world.setup = replace(tocsin.world.setup, people=twins)
    await click(slack, "ann", "@ann", ts)

    async def says_so() -> bool:
        return "several people for Tocsin (ann, ben)" in await whispered(slack, "@ann", "U0ANN")

    await until(says_so)
    assert (await tocsin.incident(ours)).status is IncidentStatus.TRIGGERED
    named = replace(lost, chat={"pager": "U0ANN", "other": "U0BEN"})
    tocsin.world.setup = replace(tocsin.world.setup, people={**people, "ann": named})
    await click(slack, "ann", "@ann", ts)
    assert (await tocsin.becomes(ours, IncidentStatus.ACKNOWLEDGED)).acknowledged_by == "ann"


async def test_a_role_that_was_taken_away_counts_at_the_click(tocsin: Tocsin, slack: Slack) -> None:
    ours, ts = await page_of(tocsin, slack)
    people = dict(tocsin.world.setup.people)
    only_looks = replace(people["ann"], roles=frozenset({VIEWER}))
    tocsin.world.setup = replace(tocsin.world.setup, people={**people, "ann": only_looks})
    await click(slack, "ann", "@ann", ts)
    assert "ann may not acknowledge an incident" in await whispered(slack, "@ann", "U0ANN")
    assert (await tocsin.incident(ours)).status is IncidentStatus.TRIGGERED


async def test_where_slack_does_not_say_who_it_was_nothing_is_done(tocsin: Tocsin, slack: Slack) -> None:
    ours, ts = await page_of(tocsin, slack)
    slack.breaks({"path": "/api/users.info", "status": 503})
    await click(slack, "ann", "@ann", ts)
    assert "Click again" in await whispered(slack, "@ann", "U0ANN")
    assert (await tocsin.incident(ours)).status is IncidentStatus.TRIGGERED
    slack.mended()
    await asyncio.to_thread(lambda: slack.set(scopes=SCOPES.replace("users:read ", "")))
    await click(slack, "ann", "@ann", ts)

    async def says_which() -> bool:
        return "`users:read`" in await whispered(slack, "@ann", "U0ANN")

    await until(says_which)
    assert (await tocsin.incident(ours)).status is IncidentStatus.TRIGGERED
    await asyncio.to_thread(slack.set)
    await click(slack, "ann", "@ann", ts)
    await tocsin.becomes(ours, IncidentStatus.ACKNOWLEDGED)


@pytest.mark.parametrize("reason", ["refresh_requested", "warning", ""])
async def test_a_socket_that_ends_is_replaced(tocsin: Tocsin, slack: Slack, reason: str) -> None:
    ours, ts = await page_of(tocsin, slack)
    before = (await sockets(slack))["opened"]
    await asyncio.to_thread(lambda: slack.does("disconnect", reason=reason, close=True))

    async def is_replaced() -> bool:
        found = await sockets(slack)
        return found["opened"] > before and found["open"] > 0

    await until(is_replaced)

    async def is_heard() -> bool:
        return bool((await click(slack, "ann", "@ann", ts))["acknowledged"])

    await until(is_heard)
    await tocsin.becomes(ours, IncidentStatus.ACKNOWLEDGED)
    assert await acknowledgements(tocsin, ours) == 1


WITHOUT = """
import asyncio, os, sys
from dataclasses import replace
from bot.integrations.slack import integration
assert not {"slack_bolt", "slack_sdk"} & sys.modules.keys()
sys.modules["slack_bolt"] = None
from bot.kit.http_out import HttpOut
from bot.kit.plugin import Tools
from bot.kit.redaction import Redactor
from bot.testing.clock import FakeClock
from bot.testing.pager_contract import call
from bot.testing.slack.settings import APP_TOKEN, BOT_TOKEN

async def main():
    config = integration.config(bot_token=BOT_TOKEN, app_token=APP_TOKEN, url=os.environ["URL"])
    async with HttpOut() as http:
        tools = Tools(name="slack", clock=FakeClock(), http=http, redactor=Redactor(), commands=object())
        async with integration.open(config, tools) as opened:
            await opened.pager.page(replace(call(0), address="U0ANN"))
            print([one.hint for one in await opened.examine() if one.what == "socket"])

asyncio.run(main())
"""


class Never:
    """Nobody should ask it anything."""

    @property
    def remarks(self) -> Remarks:
        raise AssertionError("nothing is kept here")

    async def keep(self, integration: str, key: str, heard: Mapping[str, str]) -> bool:
        raise AssertionError(heard)

    def asks(self, what: Utterance | Filled) -> bool:
        raise AssertionError(what)

    def missed(self, what: Utterance | Filled, missed: Missed) -> Answer:
        raise AssertionError(what)

    async def said(self, speaker: Speaker, what: Utterance | Filled) -> Answer:
        raise AssertionError(what)

    async def asked(self, actor: Actor, what: Utterance | Filled) -> Answer:
        raise AssertionError(what)

    def objections(self, filled: Filled) -> Mapping[str, str]:
        raise AssertionError(filled)


async def test_without_an_app_token_nobody_listens_and_there_is_no_button(
    slack: Slack, config: dict[str, object], tools: Tools
) -> None:
    quiet = {name: value for name, value in config.items() if name != "app_token"}
    for given, lent in ((quiet, replace(tools, commands=Never())), (config, tools)):
        async with integration.open(SlackConfig.model_validate(given), lent) as opened:
            assert "socket" not in {one.what for one in await opened.examine()}
            assert "apps.connections.open" not in [line["method"] for line in slack.asked()]
            assert opened.pager is not None
            await opened.pager.page(page())
            assert "acknowledge" not in str(slack.said("@ann")[-1])


async def test_the_doctor_says_whether_clicks_are_heard(slack: Slack, config: dict[str, object], tools: Tools) -> None:
    lent = replace(tools, commands=Never())
    async with integration.open(SlackConfig.model_validate(config), lent) as opened:

        async def is_well() -> bool:
            return {one.what: one.ok for one in await opened.examine()}["socket"]

        await until(is_well)
        slack.set(scopes=SCOPES.replace("users:read ", ""))
        found = {one.what: one for one in await opened.examine()}
        assert "users:read" in found["permission"].hint
    wrong = {**config, "app_token": "xapp-of-somebody-else"}
    slack.set()
    async with integration.open(SlackConfig.model_validate(wrong), lent) as opened:

        async def says_why() -> bool:
            found = {one.what: one for one in await opened.examine()}["socket"]
            return not found.ok and "invalid_auth" in found.detail

        await until(says_why)
        assert "xapp-of" not in str(await opened.examine())


def test_where_slacks_library_is_not_installed_people_are_woken_all_the_same(slack: Slack) -> None:
    env = {**os.environ, "URL": f"{slack.url}/api"}
    found = subprocess.run([sys.executable, "-c", WITHOUT], env=env, capture_output=True, text=True, timeout=30)
    assert found.returncode == 0, found.stderr
    assert "pip install 'tocsin[slack]'" in found.stdout
    [message] = slack.said("@ann")
    assert "acknowledge" not in str(message)


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"type": "block_actions", "user": {"id": "U1"}},
        {"type": "block_actions", "actions": [], "user": {"id": "U1"}},
        {"type": "block_actions", "actions": ["x"], "user": {"id": "U1"}},
        {"type": "block_actions", "actions": [{"action_id": "open", "value": "INC-1"}], "user": {"id": "U1"}},
        {"type": "block_actions", "actions": [{"action_id": "acknowledge"}], "user": {"id": "U1"}},
        {"type": "block_actions", "actions": [{"action_id": "acknowledge", "value": 7}], "user": {"id": "U1"}},
        {"type": "block_actions", "actions": [{"action_id": "acknowledge", "value": "INC-1"}], "user": "U1"},
        {"type": "block_actions", "actions": [{"action_id": "xsay:", "value": "list"}], "user": {"id": "U1"}},
        {"type": "view_submission", "view": {"callback_id": "another"}, "user": {"id": "U1"}},
        {"type": "view_submission", "view": {"callback_id": "tocsin_form"}, "user": {"id": "U1"}},
        {"type": "event_callback", "event": {"type": "channel_archive", "channel": "C1"}},
        {"type": "event_callback", "event": {"type": "app_mention", "text": "<@U0TOCSIN> list", "bot_id": "B1"}},
        {"type": "event_callback", "event": {"type": "message", "text": "list", "user": "U1"}},
        {"command": "/tocsin", "text": "list"},
    ],
    ids=range(15),
)
async def test_what_says_nothing_to_us_is_left_alone(
    slack: Slack, config: dict[str, object], tools: Tools, said: dict[str, object]
) -> None:
    api = Api(SlackConfig.model_validate(config), tools, SecretStr(BOT_TOKEN))
    listeners = Listeners(Answers(api, Responding(SlackConfig.model_validate(config), tools), Never()))
    call = Call(headers=(("content-type", "application/json"),), body=json.dumps(said).encode(), received_at=NOW)
    assert (await listeners.take(call)).body is None
    await listeners.close()
    assert slack.asked() == []
