"""Slack's own client against the simulated Web API: what it reads back, what it is refused, and in which words."""

import asyncio
import json
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.testing.slack.settings import APP_TOKEN, BOT_TOKEN, CONFIGURATION_TOKEN, EVENTS, SCOPES
from tests.integrations.slack_simulator.simulated import Slack

FORM = "application/x-www-form-urlencoded"


async def refused(call: Any) -> SlackApiError:
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value


async def sre(web: AsyncWebClient) -> str:
    """The id of #sre."""
    found = await web.conversations_list(types="public_channel")
    return next(str(one["id"]) for one in found["channels"] if one["name"] == "sre")


async def test_who_the_bot_is(web: AsyncWebClient) -> None:
    found = await web.auth_test()
    assert (found["user"], found["team"], found["bot_id"]) == ("tocsin", "Shop", "B0TOCSIN")
    assert set(found.headers["x-oauth-scopes"].split(",")) == set(SCOPES.split())


async def test_a_message_is_posted_read_changed_and_removed(web: AsyncWebClient) -> None:
    channel = await sre(web)
    metadata = {"event_type": "tocsin_page", "event_payload": {"page": "PAGE-1"}}
    posted = await web.chat_postMessage(channel=channel, text="it burns", metadata=metadata)
    ts = str(posted["ts"])
    [read] = (await web.conversations_history(channel=channel, include_all_metadata=True))["messages"]
    assert (read["ts"], read["text"], read["metadata"]) == (ts, "it burns", metadata)
    [bare] = (await web.conversations_history(channel=channel))["messages"]
    assert bare["metadata"] == {"event_type": "tocsin_page"}
    await web.chat_update(channel=channel, ts=ts, text="it does not")
    [read] = (await web.conversations_history(channel=channel, include_all_metadata=True))["messages"]
    assert (read["text"], read["metadata"]) == ("it does not", metadata)
    assert "p" + ts.replace(".", "") in str((await web.chat_getPermalink(channel=channel, message_ts=ts))["permalink"])
    await web.reactions_add(channel=channel, timestamp=ts, name="eyes")
    assert (await refused(web.reactions_add(channel=channel, timestamp=ts, name="eyes"))).response["error"] == (
        "already_reacted"
    )
    await web.pins_add(channel=channel, timestamp=ts)
    await web.chat_delete(channel=channel, ts=ts)
    assert (await web.conversations_history(channel=channel))["messages"] == []
    assert (await refused(web.chat_update(channel=channel, ts=ts, text="x"))).response["error"] == "message_not_found"


async def test_a_thread_has_replies_and_the_channel_does_not_show_them(web: AsyncWebClient) -> None:
    channel = await sre(web)
    ts = str((await web.chat_postMessage(channel=channel, text="it burns"))["ts"])
    for number in range(5):
        await web.chat_postMessage(channel=channel, text=f"{number}", thread_ts=ts)
    [root] = (await web.conversations_history(channel=channel))["messages"]
    assert root["reply_count"] == 5
    seen, cursor = [], ""
    while True:
        page = await web.conversations_replies(channel=channel, ts=ts, limit=2, cursor=cursor or None)
        seen += [one["text"] for one in page["messages"]]
        cursor = page["response_metadata"]["next_cursor"]
        if not cursor:
            break
    assert seen == ["it burns", *map(str, range(5))]
    wrong = await refused(web.chat_postMessage(channel=channel, text="x", thread_ts="1.000001"))
    assert wrong.response["error"] == "thread_not_found"


async def test_the_life_of_a_channel(web: AsyncWebClient) -> None:
    made = (await web.conversations_create(name="inc-7-shop"))["channel"]
    where = made["id"]
    assert (await refused(web.conversations_create(name="inc-7-shop"))).response["error"] == "name_taken"
    assert (await refused(web.conversations_create(name="Inc 7"))).response["error"] == "invalid_name_specials"
    await web.conversations_setTopic(channel=where, topic="SEV1")
    await web.conversations_setPurpose(channel=where, purpose="the shop is slow")
    await web.conversations_invite(channel=where, users=["U0ANN", "U0BEN"])
    twice = await refused(web.conversations_invite(channel=where, users="U0ANN"))
    assert twice.response["error"] == "already_in_channel"
    assert (await refused(web.conversations_invite(channel=where, users="U0GONE"))).response[
        "error"
    ] == "user_not_found"
    assert set((await web.conversations_members(channel=where))["members"]) == {"U0TOCSIN", "U0ANN", "U0BEN"}
    await web.bookmarks_add(
        channel_id=where, title="the page", type="link", link="https://tocsin.example.net/incidents/7"
    )
    content = {"type": "markdown", "markdown": "# brief"}
    canvas = str((await web.conversations_canvases_create(channel_id=where, document_content=content))["canvas_id"])
    again = await refused(web.conversations_canvases_create(channel_id=where, document_content=content))
    assert again.response["error"] == "channel_canvas_already_exists"
    await web.canvases_edit(canvas_id=canvas, changes=[{"operation": "insert_at_end", "document_content": content}])
    await web.conversations_rename(channel=where, name="inc-7-closed")
    info = (await web.conversations_info(channel=where))["channel"]
    assert (info["name"], info["topic"]["value"], info["is_archived"]) == ("inc-7-closed", "SEV1", False)
    await web.conversations_archive(channel=where)
    assert (await refused(web.chat_postMessage(channel=where, text="x"))).response["error"] == "is_archived"
    assert (await refused(web.conversations_archive(channel=where))).response["error"] == "already_archived"
    await web.conversations_unarchive(channel=where)
    await web.chat_postMessage(channel=where, text="x")


async def test_a_direct_message_is_one_conversation(web: AsyncWebClient) -> None:
    first = (await web.conversations_open(users="U0ANN"))["channel"]["id"]
    assert (await web.conversations_open(users=["U0ANN"], return_im=True))["channel"] == {
        **(await web.conversations_info(channel=first))["channel"]
    }
    assert (await web.chat_postMessage(channel="U0ANN", text="hi"))["channel"] == first
    assert (await refused(web.conversations_open(users="U0GONE"))).response["error"] == "user_disabled"
    assert (await refused(web.conversations_open(users="U0NOBODY"))).response["error"] == "user_not_found"


async def test_people_and_groups(web: AsyncWebClient) -> None:
    assert (await web.users_info(user="U0GUEST"))["user"]["is_restricted"] is True
    assert (await web.users_info(user="U0ALIEN"))["user"]["team_id"] != (await web.auth_test())["team_id"]
    assert (await web.users_lookupByEmail(email="ann@example.net"))["user"]["id"] == "U0ANN"
    assert (await refused(web.users_lookupByEmail(email="gone@example.net"))).response["error"] == "users_not_found"
    assert len((await web.users_list(limit=3))["members"]) == 3
    assert (await web.usergroups_list())["usergroups"][0]["handle"] == "sre"
    assert (await web.usergroups_users_list(usergroup="S0SRE"))["users"] == ["U0ANN", "U0BEN"]


async def test_a_file_is_uploaded_and_shared(slack: Slack, web: AsyncWebClient) -> None:
    channel = await sre(web)
    await web.files_upload_v2(channel=channel, filename="cpu.png", content=b"\x89PNG..", initial_comment="the chart")
    [message] = slack.said("sre")
    assert (message["text"], message["files"][0]["name"]) == ("the chart", "cpu.png")


async def test_a_form_and_json_say_the_same_where_both_are_read(slack: Slack, web: AsyncWebClient) -> None:
    block = {"type": "section", "text": {"type": "mrkdwn", "text": "*it burns*"}}
    said = {"channel": await sre(web), "text": "it burns", "blocks": [block]}
    form = urlencode({**said, "blocks": json.dumps([block])}).encode()
    for body, kind in ((form, FORM), (json.dumps(said).encode(), "application/json; charset=utf-8")):
        status, answer = await asyncio.to_thread(slack.raw, "chat.postMessage", body, kind)
        assert (status, answer["ok"], answer["message"]["text"]) == (200, True, "it burns")
    body = json.dumps({"email": "ann@example.net"}).encode()
    _, answer = await asyncio.to_thread(slack.raw, "users.lookupByEmail", body, "application/json")
    assert answer == {"ok": False, "error": "users_not_found", "response_metadata": answer["response_metadata"]}


@pytest.mark.parametrize(
    ("settings", "token", "error"),
    [
        ({}, "", "not_authed"),
        ({}, "xoxb-of-somebody-else", "invalid_auth"),
        ({}, APP_TOKEN, "not_allowed_token_type"),
        ({"revoked": True}, BOT_TOKEN, "token_revoked"),
        ({"inactive": True}, BOT_TOKEN, "account_inactive"),
        ({"scopes": "users:read"}, BOT_TOKEN, "missing_scope"),
    ],
)
async def test_who_may_not_is_told_why(slack: Slack, settings: dict[str, Any], token: str, error: str) -> None:
    await asyncio.to_thread(lambda: slack.set(**settings))
    body = urlencode({"channel": "#sre", "text": "x"}).encode()
    status, answer = await asyncio.to_thread(slack.raw, "chat.postMessage", body, FORM, token)
    assert (status, answer["ok"], answer["error"]) == (200, False, error)
    assert ("needed" in answer) == (error == "missing_scope")


async def test_what_is_unknown_does_not_pass_unseen(slack: Slack) -> None:
    _, method = await asyncio.to_thread(slack.raw, "chat.postMesage", b"", FORM)
    assert method["error"] == "unknown_method"
    body = urlencode({"channel": "#sre", "txt": "x"}).encode()
    _, argument = await asyncio.to_thread(slack.raw, "chat.postMessage", body, FORM)
    assert argument["response_metadata"]["messages"] == ["[ERROR] unknown argument: txt"]


async def test_too_many_calls_are_answered_429_and_a_patient_client_waits(slack: Slack, web: AsyncWebClient) -> None:
    channel = await sre(web)
    await asyncio.to_thread(lambda: slack.set(limits=True, channel_s=0.6, tiers={1: 1, 2: 2, 3: 50, 4: 100}))
    await web.chat_postMessage(channel=channel, text="first")
    hasty = await refused(web.chat_postMessage(channel=channel, text="second"))
    assert (hasty.response.status_code, hasty.response["error"]) == (429, "ratelimited")
    assert int(hasty.response.headers["retry-after"]) == 1
    web.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=2))
    await web.chat_postMessage(channel=channel, text="second")
    assert [one["text"] for one in await asyncio.to_thread(slack.said, "sre")] == ["first", "second"]
    web.retry_handlers.clear()
    for _ in range(2):
        await web.users_list()
    assert 1 < int((await refused(web.users_list())).response.headers["retry-after"]) <= 60


async def test_faults_before_and_after_the_effect(slack: Slack, web: AsyncWebClient) -> None:
    channel, path = await sre(web), "/api/chat.postMessage"
    web.retry_handlers.clear()
    for fault, arrives in (
        ({"status": 503}, 0),
        ({"status": 500, "effect": True}, 1),
        ({"garbage": True}, 0),
        ({"error": "fatal_error"}, 0),
        ({"cut": True}, 0),
        ({"cut": True, "effect": True}, 1),
    ):
        before = len(await asyncio.to_thread(slack.said, "sre"))
        await asyncio.to_thread(slack.breaks, {"path": path, "times": 1, **fault})
        with pytest.raises((SlackApiError, aiohttp.ClientError)):
            await web.chat_postMessage(channel=channel, text="x")
        assert len(await asyncio.to_thread(slack.said, "sre")) == before + arrives, fault
    assert (await web.chat_postMessage(channel=channel, text="mended"))["ok"]


async def test_whoever_sets_the_app_up_may_read_its_manifest(slack: Slack, web: AsyncWebClient) -> None:
    app = str((await web.bots_info(bot=str((await web.auth_test())["bot_id"])))["bot"]["app_id"])
    assert (await refused(web.bots_info(bot="B0NOBODY"))).response["error"] == "bot_not_found"
    owner = AsyncWebClient(CONFIGURATION_TOKEN, base_url=slack.api)
    found = (await owner.apps_manifest_export(app_id=app))["manifest"]
    assert found["settings"]["event_subscriptions"] == {"bot_events": list(EVENTS)}
    assert found["settings"]["socket_mode_enabled"]
    assert found["oauth_config"]["scopes"]["bot"] == SCOPES.split()
    posts = {name: "https://tocsin.example.net/hooks/slack" for name in ("events", "interactivity", "commands")}
    await asyncio.to_thread(lambda: slack.set(urls=posts, interactivity=False))
    found = (await owner.apps_manifest_export(app_id=app))["manifest"]
    assert not found["settings"]["socket_mode_enabled"]
    assert found["settings"]["interactivity"] == {"is_enabled": False, "request_url": posts["interactivity"]}
    assert found["features"]["slash_commands"][0]["url"] == posts["commands"]


async def test_a_manifest_is_shown_to_nobody_else(slack: Slack, web: AsyncWebClient) -> None:
    owner = AsyncWebClient(CONFIGURATION_TOKEN, base_url=slack.api)
    for client, app, error in (
        (web, "A0TOCSIN", "not_allowed_token_type"),
        (AsyncWebClient("xoxe.xoxp-1-of-nobody", base_url=slack.api), "A0TOCSIN", "invalid_auth"),
        (owner, "tocsin", "invalid_app_id"),
        (owner, "A0OTHER", "app_not_found"),
    ):
        assert (await refused(client.apps_manifest_export(app_id=app))).response["error"] == error
    assert (await refused(owner.auth_test())).response["error"] == "not_allowed_token_type"
    await asyncio.to_thread(lambda: slack.set(expired=True))
    assert (await refused(owner.apps_manifest_export(app_id="A0TOCSIN"))).response["error"] == "token_expired"
    assert (await web.auth_test())["ok"]
