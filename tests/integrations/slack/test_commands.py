"""What people type, click and fill in, by both doors: over a socket, and posted with a signature."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.integrations.slack import integration
from bot.model.actor import ON_CALL, TOCSIN, Person
from bot.model.answer import Press
from bot.model.incident import IncidentStatus, Severity
from bot.ports.store import Tx
from bot.response import messages
from bot.testing.slack.blocks import texts
from bot.testing.slack.deliveries import EVENTS, signed
from bot.testing.slack.settings import APP_TOKEN, SIGNING_SECRET
from tests.integrations.both_ways import Tocsin, at_work, contacts, until
from tests.integrations.slack_simulator.simulated import Slack

PEOPLE = (
    Person(name="ann", roles=frozenset({ON_CALL}), contacts=contacts(("pager", "U0ANN"))),
    Person(name="ben", contacts=contacts(("pager", "U0BEN"))),
)
DOORS = {"socket": {"app_token": APP_TOKEN}, "posted": {"signing_secret": SIGNING_SECRET}}


@pytest.fixture(params=list(DOORS))
def door(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def tocsin(slack: Slack, config: dict[str, object], door: str, tmp_path: Path) -> AsyncIterator[Tocsin]:
    async with at_work(
        tmp_path / "tocsin.db", integration, {**config, "timeout": "10s", **DOORS[door]}, PEOPLE
    ) as made:
        if door == "posted":
            urls = dict.fromkeys(("events", "interactivity", "commands"), made.hook)
            await asyncio.to_thread(lambda: slack.set(urls=urls))
        else:
            await until(lambda: _is_open(slack))
        yield made


async def _is_open(slack: Slack) -> bool:
    return bool((await asyncio.to_thread(slack.knob, "GET", "sockets"))["open"])


async def does(slack: Slack, what: str, **how: object) -> dict[str, Any]:
    """Somebody does something; Slack acknowledges it in time, always."""
    found = dict(await asyncio.to_thread(lambda: slack.does(what, **how)))
    assert found.get("acknowledged", True), found
    assert found.get("took_s", 0) < 1
    return found


async def types(slack: Slack, text: str, user: str = "ann", channel: str = "sre") -> str:
    """What they read who typed a command."""
    before = len(unseen(slack, channel))
    await does(slack, "command", user=user, channel=channel, text=text)
    return words(await answer(slack, before, channel))


def unseen(slack: Slack, channel: str = "sre") -> Sequence[dict[str, Any]]:
    return [one["message"] for one in slack.channel(channel)["unseen"]]


async def answer(slack: Slack, before: int, channel: str = "sre") -> dict[str, Any]:
    """The next that only they read."""

    async def is_there() -> bool:
        return len(await asyncio.to_thread(unseen, slack, channel)) > before

    await until(is_there)
    return unseen(slack, channel)[before]


async def opened(slack: Slack) -> dict[str, Any]:
    """The modal that stands before them."""

    def views() -> dict[str, Any]:
        return dict(slack.knob("GET", "workspace")["views"])

    async def is_there() -> bool:
        return bool(await asyncio.to_thread(views))

    await until(is_there)
    return dict(list(views().values())[-1])


def words(message: dict[str, Any]) -> str:
    """All that is read in it."""
    return "\n".join([message["text"], *texts(message.get("attachments", []))])


def button(message: dict[str, Any], label: str) -> dict[str, Any]:
    blocks = [block for bar in message["attachments"] for block in bar["blocks"] if block["type"] == "actions"]
    return next(one for block in blocks for one in block["elements"] if one["text"]["text"] == label)


def filled(values: dict[str, str], *, chosen: Sequence[str] = ()) -> dict[str, Any]:
    """As Slack tells of what was filled in."""
    return {
        name: {
            "value": {"type": "static_select", "selected_option": {"value": value}}
            if name in chosen
            else {"type": "plain_text_input", "value": value}
        }
        for name, value in values.items()
    }


async def test_a_command_is_done_and_only_they_read_the_answer(tocsin: Tocsin, slack: Slack) -> None:
    said = await types(slack, "declare sev2 customers cannot pay")
    assert "INC-1 is declared" in said
    assert "customers cannot pay" in said
    incident = await tocsin.incident((await tocsin.newest())[0])
    assert (incident.severity, incident.declared_by) == (Severity.SEV2, "ann")
    assert "1 open incident" in await types(slack, "list", user="ben")
    assert "INC-1 is yours, ann" in await types(slack, "ack 1")
    assert "INC-1 is ben's now" in await types(slack, "assign 1 <@U0BEN|ben>")
    assert "Noted in INC-1" in await types(slack, "note 1 if (a &lt; b) see <https://x.example/a|the graph>")
    notes = [entry.text for entry in await tocsin.timeline(incident.id)]
    assert "if (a < b) see https://x.example/a" in notes
    assert not [one for one in slack.said("sre") if one["user"] == "U0TOCSIN"], "the channel stays quiet"


async def test_who_mistypes_is_taught_and_clicks_what_was_meant(tocsin: Tocsin, slack: Slack) -> None:
    await types(slack, "declare sev3 x")
    await does(slack, "command", user="ann", channel="sre", text="akc 1")
    wrong = await answer(slack, 1)
    assert "there is no command 'akc'" in words(wrong)
    meant = button(wrong, "ack 1")
    await does(slack, "click", user="ann", channel="sre", ts=wrong["ts"], action_id=meant["action_id"])
    assert "INC-1 is yours, ann" in words(await answer(slack, 2))
    assert "/tocsin ack INC-7" in await types(slack, "ack")
    assert "What you can type" in await types(slack, "")


async def test_a_mention_is_a_command_too(tocsin: Tocsin, slack: Slack) -> None:
    await does(slack, "say", user="ann", channel="sre", text="<@U0TOCSIN> declare sev4 the lamp is broken")
    assert "INC-1 is declared" in words(await answer(slack, 0))
    said = await asyncio.to_thread(lambda: slack.does("say", user="ann", channel="sre", text="how is it?"))
    thread = said["ts"]
    await does(slack, "say", user="ben", channel="sre", text="hey <@U0TOCSIN> list", thread_ts=thread)
    assert "1 open incident" in words(await answer(slack, 1))
    assert slack.calls("chat.postEphemeral")[-1]["thread_ts"] == thread


async def test_a_form_is_filled_in(tocsin: Tocsin, slack: Slack) -> None:
    await does(slack, "command", user="ann", channel="sre", text="declare")
    form = await opened(slack)
    assert form["title"]["text"] == "Declare an incident"
    values = {"title": "customers cannot pay", "severity": "SEV1", "service": "a b", "text": "since 9"}
    wrong = await does(slack, "submit", user="ann", view_id=form["id"], values=filled(values, chosen=["severity"]))
    assert wrong["answer"]["response_action"] == "errors"
    assert set(wrong["answer"]["errors"]) == {"service"}
    right = filled({**values, "service": ""}, chosen=["severity"])
    await does(slack, "submit", user="ann", view_id=form["id"], values=right)
    assert "INC-1 is declared" in words(await answer(slack, 0))
    assert len(await tocsin.newest()) == 1
    incident = await tocsin.incident((await tocsin.newest())[0])
    assert (incident.title, incident.severity) == ("customers cannot pay", Severity.SEV1)


async def test_an_incident_is_declared_from_the_menu_of_shortcuts(tocsin: Tocsin, slack: Slack) -> None:
    await does(slack, "shortcut", user="ann", callback_id="declare")
    form = await opened(slack)
    assert form["title"]["text"] == "Declare an incident"
    values = filled({"title": "customers cannot pay", "severity": "SEV2"}, chosen=["severity"])
    await does(slack, "submit", user="ann", view_id=form["id"], values=values)
    await until(lambda: _was_said(slack, "@ann", "INC-1 is declared"))
    assert unseen(slack, "@ann") == [], "nobody would find it there"
    assert len(await tocsin.newest()) == 1


async def _was_said(slack: Slack, channel: str, text: str) -> bool:
    return any(text in words(one) for one in await asyncio.to_thread(slack.said, channel))


async def test_an_update_is_asked_for_by_a_button(tocsin: Tocsin, slack: Slack) -> None:
    await does(slack, "command", user="ann", channel="sre", text="declare sev3 x")
    declared = await answer(slack, 0)
    update = button(declared, "Update")
    await does(slack, "click", user="ann", channel="sre", ts=declared["ts"], action_id=update["action_id"])
    form = await opened(slack)
    values = filled({"text": "we roll back", "to": "responders", "next": "1h"}, chosen=["to"])
    await does(slack, "submit", user="ann", view_id=form["id"], values=values)
    assert "INC-1: wrote down for responders" in words(await answer(slack, 1))
    assert any("we roll back" in entry.text for entry in await tocsin.timeline((await tocsin.newest())[0]))


async def test_whatever_can_be_typed_is_a_few_clicks_away(tocsin: Tocsin, slack: Slack) -> None:
    await types(slack, "declare sev3 x")
    await does(slack, "command", user="ann", channel="sre", text="show 1")
    shown = await answer(slack, 1)
    how = {"user": "ann", "channel": "sre"}
    more = button(shown, "More")["action_id"]
    await does(slack, "click", **how, ts=shown["ts"], action_id=more)
    everything = await answer(slack, 2)
    note = button(everything, "Note …")["action_id"]
    await does(slack, "click", **how, ts=everything["ts"], action_id=note)
    form = await opened(slack)
    assert form["title"]["text"] == "Note"
    await does(slack, "submit", user="ann", view_id=form["id"], values=filled({"text": "the cache was cold"}))
    assert "Noted in INC-1" in words(await answer(slack, 3))
    await does(slack, "click", **how, ts=everything["ts"], action_id=button(everything, "Severity …")["action_id"])
    form = await opened(slack)
    wrong = filled({"severity": "SEV1", "reason": ""}, chosen=["severity"])
    await does(slack, "submit", user="ann", view_id=form["id"], values=wrong)
    assert "INC-1 is SEV1" in words(await answer(slack, 4))


async def test_a_reminder_is_put_off_by_a_click(tocsin: Tocsin, slack: Slack) -> None:
    await types(slack, "declare sev1 customers cannot pay")
    ours = (await tocsin.newest())[0]
    setup, now = tocsin.world.setup, tocsin.world.clock.now()
    later = Press(label="Snooze 4h", says=f"snooze {ours} 4h")

    def send(tx: Tx) -> bool:
        how = {"subject": "nobody leads", "text": "take it", "link": "", "id": "reminder 1"}
        return messages.send(tx, setup, TOCSIN, "ann", **how, now=now, presses=(later,))

    await tocsin.world.store.write(send)
    tocsin.world.nudge()

    def reminders() -> list[dict[str, Any]]:
        return [one for one in slack.said("@ann") if "nobody leads" in one["text"]]

    async def is_there() -> bool:
        return bool(await asyncio.to_thread(reminders))

    await until(is_there)
    [reminder] = reminders()
    snooze = button(reminder, "Snooze 4h")
    await does(slack, "click", user="ann", channel="@ann", ts=reminder["ts"], action_id=snooze["action_id"])
    await tocsin.says(ours, "no reminders until")


async def test_a_hundred_clicks_have_one_effect(tocsin: Tocsin, slack: Slack) -> None:
    await does(slack, "command", user="ann", channel="sre", text="declare sev3 x")
    declared = await answer(slack, 0)
    take = button(declared, "Acknowledge")
    how = {"user": "ann", "channel": "sre", "ts": declared["ts"], "action_id": take["action_id"], "times": 100}
    found = await asyncio.to_thread(lambda: slack.does("click", **how))
    assert all(one["acknowledged"] for one in found["all"])
    incident = await tocsin.becomes((await tocsin.newest())[0], IncidentStatus.ACKNOWLEDGED)

    async def all_answered() -> bool:
        return len(await asyncio.to_thread(unseen, slack)) == 101

    await until(all_answered)
    assert sum("is yours" in words(one) for one in unseen(slack)) == 1
    assert sum(one.text.startswith("acknowledged") for one in await tocsin.timeline(incident.id)) == 1


@pytest.mark.parametrize("user", ["U0GUEST", "U0ALIEN", "U0GONE"])
async def test_who_is_none_of_us_does_nothing(tocsin: Tocsin, slack: Slack, user: str) -> None:
    said = await types(slack, "declare sev1 x", user=user)
    assert "nothing" in said
    assert await tocsin.newest() == []


async def test_hostile_words_call_nobody(tocsin: Tocsin, slack: Slack) -> None:
    for text in (
        "<!channel> *x* <@U0BEN>",
        "<https://evil.example|https://good.example>",
        "```\n<!here>",
        "&lt;!here&gt;",
    ):
        said = await types(slack, f"declare sev5 {text}")
        assert "is declared" in said
        await types(slack, f"{text}")
        await types(slack, f"search {text}")
    for one in unseen(slack):
        assert "<!" not in words(one)
        assert "<@" not in words(one)
        assert "|https://good" not in words(one)


async def test_what_is_typed_twice_by_slack_itself_is_done_once(tocsin: Tocsin, slack: Slack) -> None:
    await does(slack, "say", user="ann", channel="sre", text="<@U0TOCSIN> declare sev4 x")
    await answer(slack, 0)
    deliveries = await asyncio.to_thread(slack.knob, "GET", "deliveries")
    brought = [one["envelope_id"] for one in deliveries if one["kind"] == EVENTS]
    assert brought
    for envelope in brought:
        await does(slack, "again", envelope_id=envelope)
    await types(slack, "list")
    assert len(await tocsin.newest()) == 1


async def test_an_address_that_is_not_slacks_is_never_posted_to(tocsin: Tocsin, slack: Slack, door: str) -> None:
    if door == "socket":
        return
    form = {"command": "/tocsin", "text": "list", "user_id": "U0ANN", "channel_id": slack.channel("sre")["id"],
            "response_url": tocsin.hook, "trigger_id": "1"}  # fmt: skip
    body = httpx.QueryParams(form).__str__().encode()
    headers = {"content-type": "application/x-www-form-urlencoded", **signed(body, time.time())}
    async with httpx.AsyncClient() as http:
        assert (await http.post(tocsin.hook, content=body, headers=headers)).status_code == 200
    assert "Nothing is on fire" in words(await answer(slack, 0))
    assert slack.calls("chat.postEphemeral")


POSTED = b"command=%2Ftocsin&text=declare+sev1+x&user_id=U0ANN&trigger_id=9"
FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("door", ["posted"], indirect=True)
async def test_what_is_posted_is_proven_first(tocsin: Tocsin, slack: Slack) -> None:
    now = time.time()
    good = signed(POSTED, now)
    late, early = signed(POSTED, now - 302), signed(POSTED, now + 302)
    stamp, proof = "x-slack-request-timestamp", "x-slack-signature"
    refused: list[tuple[bytes, dict[str, str]]] = [
        (POSTED, {}),
        (POSTED + b"x", good),
        (POSTED, late),
        (POSTED, early),
        (POSTED, {**good, stamp: "x"}),
        (POSTED, {**good, stamp: str(int(now) + 1)}),
        (POSTED, {**good, proof: ""}),
        (POSTED, {**good, proof: "v0="}),
        (POSTED, {**good, proof: good[proof].upper()}),
        (POSTED, {**good, proof: good[proof][:-1]}),
        (POSTED, {stamp: good[stamp]}),
        (b"\xff\xfe", good),
    ]
    async with httpx.AsyncClient() as http:
        for body, headers in refused:
            answer_ = await http.post(tocsin.hook, content=body, headers={"content-type": FORM, **headers})
            assert answer_.status_code == 401, headers
        twice = [("content-type", FORM), *good.items(), (proof, good[proof])]
        assert (await http.post(tocsin.hook, content=POSTED, headers=twice)).status_code == 401
        for body, kind in (
            (b"\xff", FORM),
            (b"{", "application/json"),
            (b"payload={", FORM),
            (b"[]", "application/json"),
        ):
            sent = await http.post(tocsin.hook, content=body, headers={"content-type": kind, **signed(body, now)})
            assert sent.status_code == 400, body
        hello = json.dumps({"type": "url_verification", "challenge": "abc"}).encode()
        sent = await http.post(
            tocsin.hook, content=hello, headers={"content-type": "application/json", **signed(hello, now)}
        )
        assert sent.json() == {"challenge": "abc"}
        assert await tocsin.newest() == []
        for _ in range(3):  # the same call again: it is believed, and has one effect
            sent = await http.post(tocsin.hook, content=POSTED, headers={"content-type": FORM, **good})
            assert (sent.status_code, sent.content) == (200, b"")

    async def is_declared() -> bool:
        return bool(await tocsin.newest())

    await until(is_declared)
    assert len(await tocsin.newest()) == 1


async def test_roles_are_those_of_the_moment(tocsin: Tocsin, slack: Slack) -> None:
    await types(slack, "declare sev3 x")
    people = dict(tocsin.world.setup.people)
    looks = replace(people["ann"], roles=frozenset({"viewer"}))
    tocsin.world.setup = replace(tocsin.world.setup, people={**people, "ann": looks})
    assert "ann may not acknowledge an incident" in await types(slack, "ack 1")
    assert "1 open incident" in await types(slack, "list")
