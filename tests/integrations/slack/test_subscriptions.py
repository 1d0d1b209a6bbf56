"""The doctor compares the app in Slack with its manifest, where somebody gives it a token that may read it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import ValidationError

from bot.integrations.slack import integration
from bot.integrations.slack.config import SlackConfig
from bot.integrations.slack.manifest import manifest
from bot.kit.plugin import Tools
from bot.ports.actions import Health
from bot.testing.slack.settings import APP_TOKEN, CONFIGURATION_TOKEN, SIGNING_SECRET
from tests.integrations.slack_simulator.simulated import Slack

HOOK = "https://tocsin.example.net/hooks/slack"
POSTS = {"events": HOOK, "interactivity": HOOK, "commands": HOOK}


@pytest.fixture
def config(slack: Slack, config: dict[str, object]) -> dict[str, object]:
    return {
        **config,
        "app_token": APP_TOKEN,
        "configuration_token": CONFIGURATION_TOKEN,
        "incidents": {"channel": slack.channel("sre")["id"], "channel_of_its_own": {"private": True}},
    }


def posted(config: Mapping[str, object]) -> dict[str, object]:
    """The same, where Slack posts what people do."""
    kept = {name: value for name, value in config.items() if name != "app_token"}
    return {**kept, "signing_secret": SIGNING_SECRET}


def pasted(slack: Slack, config: Mapping[str, object], *without: str, **otherwise: object) -> None:
    """Somebody set the app up as our manifest says, `without` these events and scopes."""
    app = json.loads(manifest(config, "slack", "https://tocsin.example.net"))
    events, scopes = app["settings"]["event_subscriptions"]["bot_events"], app["oauth_config"]["scopes"]["bot"]
    made: dict[str, Any] = {
        "events": [one for one in events if one not in without],
        "scopes": " ".join(one for one in scopes if one not in without),
        "urls": {} if app["settings"]["socket_mode_enabled"] else POSTS,
    }
    slack.set(**{**made, **otherwise})


async def examined(config: Mapping[str, object], tools: Tools) -> Health | None:
    async with integration.open(SlackConfig.model_validate(config), tools) as opened:
        return next((one for one in await opened.examine() if one.what == "subscriptions"), None)


async def ill(config: Mapping[str, object], tools: Tools) -> Health:
    found = await examined(config, tools)
    assert found is not None
    assert not found.ok
    return found


async def test_an_app_that_is_as_its_manifest_says_is_well(
    slack: Slack, config: dict[str, object], tools: Tools
) -> None:
    for given in (config, posted(config)):
        pasted(slack, given)
        found = await examined(given, tools)
        assert found is not None
        assert (found.ok, found.hint) == (True, "")
        for event in ("app_mention", "message.channels", "message.groups", "member_joined_channel", "pin_added"):
            assert event in found.detail
    assert slack.calls("apps.manifest.export") == [{"app_id": "A0TOCSIN"}] * 2


async def test_an_event_that_is_missing_is_named_with_what_to_do(
    slack: Slack, config: dict[str, object], tools: Tools
) -> None:
    pasted(slack, config, "message.channels")
    found = await ill(config, tools)
    assert found.detail == "the app is not subscribed to message.channels"
    assert found.hint.startswith("add message.channels under *Event Subscriptions*, *Subscribe to bot events*")
    assert "`tocsin slack manifest`" in found.hint


@pytest.mark.parametrize(
    ("without", "otherwise", "detail", "hint"),
    [
        ("pins:write", {}, "does not ask for pins:write", "install it again"),
        ("", {"urls": POSTS}, "has Socket Mode off", "turn on *Socket Mode*"),
        ("", {"interactivity": False}, "has interactivity off", "turn on *Interactivity & Shortcuts*"),
        ("", {"command": "/other"}, "has no /tocsin", "add /tocsin under *Slash Commands*"),
    ],
)
async def test_so_is_all_else_that_is_not_as_the_manifest_says(
    slack: Slack,
    config: dict[str, object],
    tools: Tools,
    without: str,
    otherwise: dict[str, object],
    detail: str,
    hint: str,
) -> None:
    pasted(slack, config, without, **otherwise)
    found = await ill(config, tools)
    assert found.detail == f"the app {detail}"
    assert hint in found.hint


async def test_where_slack_posts_it_must_post_to_us(slack: Slack, config: dict[str, object], tools: Tools) -> None:
    given = posted(config)
    pasted(slack, given, urls={**POSTS, "events": "https://old.example.net/hooks/chat\u202e", "commands": ""})
    found = await ill(given, tools)
    assert "posts events to https://old.example.net/hooks/chat" in found.detail
    assert "\u202e" not in found.detail
    assert "posts /tocsin to nowhere" in found.detail
    assert "posts clicks" not in found.detail
    assert "/hooks/slack as its *Request URL*" in found.hint
    pasted(slack, given, urls={})
    assert "has Socket Mode on" in (await ill(given, tools)).detail


async def test_without_a_configuration_token_it_says_so_and_fails_nothing(
    slack: Slack, config: dict[str, object], tools: Tools
) -> None:
    del config["configuration_token"]
    found = await examined(config, tools)
    assert found is not None
    assert found.ok
    assert "were not checked" in found.detail
    assert "*Your App Configuration Tokens* at api.slack.com/apps" in found.hint
    del config["app_token"]
    assert await examined(config, tools) is None, "nobody hears anything there"
    assert not slack.calls("apps.manifest.export")


async def test_a_token_that_is_over_or_of_another_is_not_taken_for_a_look(
    slack: Slack, config: dict[str, object], tools: Tools
) -> None:
    pasted(slack, config, expired=True)
    found = await ill(config, tools)
    assert "were not checked" in found.detail
    assert "token_expired" in found.detail
    assert "*Your App Configuration Tokens*" in found.hint
    assert "leave `configuration_token` out" in found.hint
    pasted(slack, config)
    wrong = "xoxe.xoxp-of-somebody-else"
    found = await ill({**config, "configuration_token": wrong}, tools)
    assert "invalid_auth" in found.detail
    assert wrong not in f"{found}"
    slack.breaks({"path": "/api/apps.manifest.export", "error": "app_not_found"})
    assert "collaborator" in (await ill(config, tools)).hint


async def test_what_slack_leaves_out_of_a_manifest_is_missing(
    slack: Slack, config: dict[str, object], tools: Tools
) -> None:
    pasted(slack, config, "users:read")
    assert "add the scope `users:read`" in (await ill(config, tools)).hint, "as bots.info needs it"
    pasted(slack, config, events=[], scopes="users:read", command="", interactivity=False)
    found = await ill(config, tools)
    for said in ("app_home_opened", "chat:write", "interactivity", "/tocsin"):
        assert said in found.detail


def test_another_kind_of_token_is_refused_at_the_start() -> None:
    with pytest.raises(ValidationError, match="Your App Configuration Tokens") as caught:
        SlackConfig.model_validate({"bot_token": "xoxb-", "configuration_token": "xoxe-1-refresh"})
    assert "xoxe-1" not in str(caught.value.errors(include_input=False))
