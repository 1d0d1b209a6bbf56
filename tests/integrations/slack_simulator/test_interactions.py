"""What people do reaches an app of slack-bolt: over a socket that breaks and comes back, and as signed posts."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web as serving
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from bot.testing.slack.deliveries import signed
from bot.testing.slack.settings import APP_TOKEN, SIGNING_SECRET
from tests.integrations.both_ways import until
from tests.integrations.slack_simulator.simulated import Slack

MODAL: dict[str, Any] = {
    "type": "modal",
    "callback_id": "declare",
    "title": {"type": "plain_text", "text": "Declare"},
    "submit": {"type": "plain_text", "text": "Declare"},
    "blocks": [
        {
            "type": "input",
            "block_id": "title",
            "label": {"type": "plain_text", "text": "Title"},
            "element": {"type": "plain_text_input", "action_id": "text"},
        }
    ],
}
BUTTON = {
    "type": "actions",
    "elements": [
        {"type": "button", "action_id": "ack", "text": {"type": "plain_text", "text": "Acknowledge"}, "value": "INC-7"}
    ],
}


class Heard:
    """An app that writes down what it hears, and answers."""

    def __init__(self, web: AsyncWebClient) -> None:
        self.log: list[tuple[str, str]] = []
        self.app = AsyncApp(client=web, signing_secret=SIGNING_SECRET)
        self.app.command("/tocsin")(self.commanded)
        self.app.action("ack")(self.clicked)
        self.app.view("declare")(self.submitted)
        self.app.event("message")(self.told)
        self.app.event("app_mention")(self.called)
        self.app.event("app_home_opened")(self.home)

    async def commanded(self, ack: Any, command: Any, client: Any) -> None:
        await ack(f"you said {command['text']}")
        self.log.append(("command", command["text"]))
        await client.views_open(trigger_id=command["trigger_id"], view=MODAL)

    async def clicked(self, ack: Any, body: Any, respond: Any) -> None:
        await ack()
        self.log.append(("click", f"{body['user']['id']} {body['actions'][0]['value']}"))
        await respond(text="somebody has it", replace_original=True)

    async def submitted(self, ack: Any, view: Any) -> None:
        title = view["state"]["values"]["title"]["text"]["value"]
        if title:
            await ack()
        else:
            await ack(response_action="errors", errors={"title": "say what burns"})
        self.log.append(("submit", title))

    async def told(self, event: Any) -> None:
        self.log.append(("message", event.get("text", "")))

    async def called(self, event: Any) -> None:
        self.log.append(("mention", event["text"]))

    async def home(self, event: Any, client: Any) -> None:
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [{"type": "divider"}]})
        self.log.append(("home", event["user"]))


@pytest.fixture
async def heard(web: AsyncWebClient) -> Heard:
    return Heard(web)


@pytest.fixture
async def socket(slack: Slack, web: AsyncWebClient, heard: Heard) -> AsyncIterator[AsyncSocketModeHandler]:
    handler = AsyncSocketModeHandler(heard.app, APP_TOKEN, web_client=AsyncWebClient(base_url=slack.api))
    await handler.connect_async()
    yield handler
    await handler.close_async()


async def do(slack: Slack, what: str, **how: object) -> Any:
    return await asyncio.to_thread(lambda: slack.does(what, **how))


async def goes_round(slack: Slack, web: AsyncWebClient, heard: Heard) -> None:
    """A command that opens a modal, its submission, a click that is answered, a mention, a look at the home tab."""
    command = await do(slack, "command", user="ann", channel="sre", text="declare")
    assert command["acknowledged"]
    assert command["took_s"] < 1
    await until(lambda: _has(slack, "views"))
    [view] = (await asyncio.to_thread(slack.knob, "GET", "workspace"))["views"]
    empty = await do(slack, "submit", user="ann", view_id=view, values={"title": {"text": {"value": ""}}})
    assert empty["answer"]["response_action"] == "errors"
    values = {"title": {"text": {"value": "the shop is slow"}}}
    assert (await do(slack, "submit", user="ann", view_id=view, values=values))["acknowledged"]
    assert not (await asyncio.to_thread(slack.knob, "GET", "workspace"))["views"]
    channel = next(one for one in (await web.conversations_list())["channels"] if one["name"] == "sre")["id"]
    ts = (await web.chat_postMessage(channel=channel, text="it burns", blocks=[BUTTON]))["ts"]
    assert (await do(slack, "click", user="ben", channel="sre", ts=ts, action_id="ack"))["acknowledged"]
    await until(lambda: _says(slack, "somebody has it"))
    brought = await asyncio.to_thread(slack.knob, "GET", "deliveries")
    assert [one["kind"] for one in brought if one["answered_s"] is not None] == ["interactive"], "of those the click"
    await do(slack, "say", user="ann", channel="sre", text="<@U0TOCSIN> why")
    assert (await do(slack, "home", user="ann"))["acknowledged"]
    for one in (
        ("command", "declare"),
        ("submit", ""),
        ("submit", "the shop is slow"),
        ("click", "U0BEN INC-7"),
        ("mention", "<@U0TOCSIN> why"),
        ("home", "U0ANN"),
    ):
        await until(lambda one=one: _is_in(heard, one))


async def _has(slack: Slack, what: str) -> bool:
    return bool((await asyncio.to_thread(slack.knob, "GET", "workspace"))[what])


async def _says(slack: Slack, text: str) -> bool:
    return any(one["text"] == text for one in await asyncio.to_thread(slack.said, "sre"))


async def _is_in(heard: Heard, one: tuple[str, str]) -> bool:
    return one in heard.log


async def test_over_a_socket(slack: Slack, web: AsyncWebClient, heard: Heard, socket: AsyncSocketModeHandler) -> None:
    await goes_round(slack, web, heard)


async def test_as_signed_posts(slack: Slack, web: AsyncWebClient, heard: Heard) -> None:
    async with posted(heard.app) as url:
        await asyncio.to_thread(
            lambda: slack.set(urls={"events": url, "interactivity": url, "commands": url}),
        )
        await goes_round(slack, web, heard)
        await asyncio.to_thread(slack.set)


async def test_a_socket_that_is_ended_is_opened_again(
    slack: Slack, heard: Heard, socket: AsyncSocketModeHandler
) -> None:
    await do(slack, "disconnect", reason="refresh_requested", close=True)

    async def is_open() -> bool:
        return bool((await asyncio.to_thread(slack.knob, "GET", "sockets"))["open"])

    await until(is_open)

    async def is_heard() -> bool:
        return bool((await do(slack, "command", user="ann", channel="sre", text="again"))["acknowledged"])

    await until(is_heard)


async def test_what_nobody_acknowledges_comes_again_if_it_is_an_event(slack: Slack) -> None:
    await asyncio.to_thread(lambda: slack.set(acknowledge_s=0.1))
    async with aiohttp.ClientSession() as session:
        _, opened = await asyncio.to_thread(slack.raw, "apps.connections.open", b"", "text/plain", APP_TOKEN)
        async with session.ws_connect(opened["url"]) as ws:
            assert (await ws.receive_json())["type"] == "hello"
            asking = asyncio.create_task(do(slack, "event", type="reaction_added", user="U0ANN"))
            seen = [await ws.receive_json() for _ in range(3)]
            await ws.send_json({"envelope_id": seen[-1]["envelope_id"]})
            found = await asking
            assert (found["acknowledged"], found["attempts"]) == (True, 3)
            assert [one["retry_attempt"] for one in seen] == [0, 1, 2]
            assert len({one["payload"]["event_id"] for one in seen}) == 1
            command = asyncio.create_task(do(slack, "command", user="ann", channel="sre", text="x"))
            await ws.receive_json()
            assert (await command)["attempts"] == 1
            again = asyncio.create_task(do(slack, "again", envelope_id=seen[0]["envelope_id"]))
            assert (await ws.receive_json())["envelope_id"] == seen[0]["envelope_id"]
            assert (await again)["attempts"] == 4
    used = opened["url"]
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(used)


async def test_only_what_is_there_can_be_clicked(slack: Slack, web: AsyncWebClient) -> None:
    channel = (await web.conversations_open(users="U0ANN"))["channel"]["id"]
    ts = (await web.chat_postMessage(channel=channel, text="no button"))["ts"]
    with pytest.raises(Exception, match="400"):
        await do(slack, "click", user="ann", channel="@ann", ts=ts, action_id="ack")


async def test_a_trigger_is_good_once(slack: Slack, web: AsyncWebClient) -> None:
    async with posted(None) as url:
        await asyncio.to_thread(lambda: slack.set(urls={"commands": url}))
        delivery = await do(slack, "command", user="ann", channel="sre", text="x")
        await asyncio.to_thread(slack.set)
    assert delivery["status"] == 200
    trigger = delivery["answer"]["text"]
    await web.views_open(trigger_id=trigger, view=MODAL)
    with pytest.raises(Exception, match="exchanged_trigger_id"):
        await web.views_open(trigger_id=trigger, view=MODAL)


def posted(app: AsyncApp | None) -> Any:
    """Takes what Slack posts, if it is well signed: an app of bolt, or whoever says only the trigger."""
    verifier = SignatureVerifier(SIGNING_SECRET)

    async def handle(request: serving.Request) -> serving.Response:
        body = (await request.read()).decode()
        if not verifier.is_valid_request(body, dict(request.headers)):
            return serving.Response(status=401)
        if app is None:
            trigger = (await request.post())["trigger_id"]
            return serving.json_response({"text": trigger})
        answer = await app.async_dispatch(AsyncBoltRequest(body=body, headers=dict(request.headers)))
        kind = answer.headers.get("content-type", ["text/plain"])[0].partition(";")[0]
        return serving.Response(status=answer.status, text=answer.body, content_type=kind)

    @asynccontextmanager
    async def run() -> AsyncIterator[str]:
        application = serving.Application()
        application.add_routes([serving.post("/slack", handle)])
        runner = serving.AppRunner(application, access_log=None)
        await runner.setup()
        site = serving.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}/slack"
        finally:
            await runner.cleanup()

    return run()


def test_a_signature_is_that_of_slacks_own_example() -> None:
    body = json.dumps({"a": 1}).encode()
    headers = signed(body, 1531420618.0)
    assert SignatureVerifier(SIGNING_SECRET, clock=_At(1531420618.0)).is_valid_request(body, headers)
    assert not SignatureVerifier(SIGNING_SECRET, clock=_At(1531420618.0 + 301)).is_valid_request(body, headers)
    assert not SignatureVerifier(SIGNING_SECRET, clock=_At(1531420618.0)).is_valid_request(body + b" ", headers)


class _At:
    def __init__(self, now: float) -> None:
        self._now = now

    def now(self) -> float:
        return self._now
