"""What the app must be able to do in Slack, by what is set up here: the manifest says so, and the doctor asks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bot.integrations.slack.config import SlackConfig
from bot.integrations.slack.hearing import DECLARE
from bot.integrations.slack.letters import Json

_WRITING = {
    "chat:write": "write messages",
    "im:write": "open a conversation with whoever is woken",
    "im:history": "see whether a message arrived, and change it as its incident goes on",
}
_CHANNELS = {
    "channels:history": "find a message again whose outcome is unknown",
    "channels:read": "see whether a channel is archived, and whether the bot is in it",
    "files:write": "show the chart of the signal",
}
_HEARING = {"users:read": "see that whoever clicks is neither a guest nor gone"}
_TYPING = {"commands": "hear the slash command", "app_mentions:read": "hear who calls the app by its name"}
_KEEPING = {
    "reactions:read": "see which messages people mark for the timeline with an emoji",
    "pins:read": "see which they pin for it",
    "files:read": "keep the images of those messages with the incident",
}
_EMAILS = {"users:read.email": "know people by their e-mail address"}
_ROOMS = {
    "channels:manage": "make an incident's channel, and archive it",
    "bookmarks:write": "put links on top of it",
    "pins:write": "pin its brief",
}
_PRIVATE = {
    "groups:write": "make private channels",
    "groups:history": "find messages in them",
    "groups:read": "see them",
}
_GROUPS = {"usergroups:read": "invite user groups"}
_STAND_INS = {
    "bot_token": "xoxb-",
    "app_token": "xapp-",
    "signing_secret": "-",
    "configuration_token": "xoxe.xoxp-",
}
_EVENTS = ("app_home_opened", "app_mention")
_KEPT = ("message.channels", "pin_added", "reaction_added")
_JOINING = ("member_joined_channel",)
_PRIVATELY = ("message.groups",)


def scopes(config: SlackConfig) -> Mapping[str, str]:
    """Each scope that the bot needs, and what for."""
    hears = config.app_token is not None or config.signing_secret is not None
    own = config.incidents.channel_of_its_own if config.incidents is not None else None
    wanted = (
        (_WRITING, True),
        (_CHANNELS, bool(channels(config))),
        ({**_HEARING, **_TYPING}, hears),
        (_KEEPING, hears and config.incidents is not None),
        (_EMAILS, config.trust_emails),
        (_ROOMS, own is not None),
        (_PRIVATE, own is not None and own.private),
        (_GROUPS, own is not None and any(one.startswith("S") for one in own.invite)),
    )
    return {scope: why for needed, is_wanted in wanted if is_wanted for scope, why in needed.items()}


def events(config: SlackConfig) -> list[str]:
    """What Slack is to bring."""
    incidents = config.incidents
    own = incidents.channel_of_its_own if incidents is not None else None
    kept = _KEPT if incidents is not None else ()
    joining = _JOINING if own is not None else ()
    return [*_EVENTS, *kept, *joining, *(_PRIVATELY if own is not None and own.private else ())]


def channels(config: SlackConfig) -> Mapping[str, str]:
    """The channels that are written to, and what stands there."""
    found = {config.channel: "groups are told"}
    if config.incidents is not None:
        found |= {one: "incidents are shown" for one in (config.incidents.channel, *config.incidents.teams.values())}
    return {channel: what for channel, what in found.items() if channel}


# Any: what stands in tocsin.yaml before it is read.
def manifest(written: Mapping[str, Any], name: str, address: str) -> str:
    """JSON for *From a manifest*, of what is `written` under `integrations:` for `name`; `address`: where Tocsin is.

    Tokens need not be there yet: they come of the app. Over Socket Mode Slack needs no way in; with a signing secret
    and no app token it posts to `/hooks/NAME`. Raises pydantic's ValidationError.
    """
    kept = {key: _STAND_INS.get(key, value) for key, value in written.items()}
    config = SlackConfig.model_validate({"bot_token": _STAND_INS["bot_token"], **kept})
    return json.dumps(app(config, name, address), indent=2)


def app(config: SlackConfig, name: str, address: str) -> Json:
    """What Slack must know of it, as a manifest has it."""
    posts = config.signing_secret is not None and config.app_token is None
    hook = f"{address or 'https://tocsin.example.net'}/hooks/{name}"
    url = {"request_url": hook} if posts else {}
    command: Json = {
        "command": config.command,
        "description": "Ask Tocsin: incidents, silences, runbooks, who is on call",
        "usage_hint": "help",
        "should_escape": True,
    }
    if posts:
        command["url"] = hook
    shortcut = {
        "name": "Declare an incident",
        "type": "global",
        "callback_id": DECLARE,
        "description": "Say that something is wrong, from anywhere",
    }
    keeping = _KEEPING if config.incidents is not None else {}
    return {
        "display_information": {"name": "Tocsin", "description": "Incidents, evidence and runbooks that ask first"},
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": "tocsin", "always_online": True},
            "shortcuts": [shortcut],
            "slash_commands": [command],
        },
        "oauth_config": {"scopes": {"bot": sorted({**scopes(config), **_HEARING, **_TYPING, **keeping})}},
        "settings": {
            "event_subscriptions": {**url, "bot_events": events(config)},
            "interactivity": {"is_enabled": True, **url},
            "org_deploy_enabled": False,
            "socket_mode_enabled": not posts,
            "token_rotation_enabled": False,
        },
    }
