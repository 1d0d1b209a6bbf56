"""Every method that there is: what it may be asked, which scopes it needs, how often it may be called, who answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, auto

from bot.testing.slack.chat import Chat
from bot.testing.slack.conversations import Conversations
from bot.testing.slack.people import People
from bot.testing.slack.words import Asked, Json

Handler = Callable[[Asked], Json]
TIERS = {1: 1, 2: 20, 3: 50, 4: 100}
"""Calls a minute."""
POSTING = 0
"""A tier of its own: one a second in each channel."""


class Token(StrEnum):
    """The bot's, the app's for Socket Mode, and that of a person who sets apps up."""

    BOT = auto()
    APP = auto()
    CONFIGURATION = auto()


@dataclass(frozen=True, slots=True)
class Method:
    """One method. `arguments` are all that it takes; `json`: whether it reads a JSON body; `token`: whose it wants.

    Of `scopes` one is enough.
    """

    handler: Handler
    tier: int
    scopes: Sequence[str]
    arguments: frozenset[str]
    json: bool = True
    token: Token = Token.BOT


_OF_ALL = "team_id"  # which workspace, for tokens of several
_MESSAGE = "text blocks attachments metadata parse link_names markdown_text"
_READING = ("channels:read", "groups:read", "im:read", "mpim:read")
_MANAGING = ("channels:manage", "channels:write", "groups:write", "im:write", "mpim:write")
_HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")


def methods(
    chat: Chat, talks: Conversations, people: People, auth: Handler, connect: Handler, export: Handler
) -> Mapping[str, Method]:
    """By name."""
    return {
        "auth.test": _method(auth, 4, (), ""),
        "apps.connections.open": _method(connect, 1, ("connections:write",), "", token=Token.APP),
        "apps.manifest.export": _method(export, 3, (), "app_id", token=Token.CONFIGURATION),
        **_of_chat(chat),
        **_of_conversations(talks),
        **_of_people(people),
    }


def _method(
    handler: Handler, tier: int, scopes: Sequence[str], arguments: str, *, json: bool = True, token: Token = Token.BOT
) -> Method:
    return Method(handler, tier, scopes, frozenset([*arguments.split(), _OF_ALL]), json, token)


def _of_chat(chat: Chat) -> Mapping[str, Method]:
    write = ("chat:write",)
    posting = (
        f"channel {_MESSAGE} thread_ts mrkdwn unfurl_links unfurl_media reply_broadcast username icon_emoji icon_url"
    )
    return {
        "chat.postMessage": _method(chat.post, POSTING, write, posting),
        "chat.postEphemeral": _method(chat.post_ephemeral, 4, write, f"channel user thread_ts {_MESSAGE}"),
        "chat.update": _method(chat.update, 3, write, f"channel ts reply_broadcast file_ids {_MESSAGE}"),
        "chat.delete": _method(chat.delete, 3, write, "channel ts"),
        "chat.getPermalink": _method(chat.permalink, 4, (), "channel message_ts", json=False),
        "reactions.add": _method(chat.react, 3, ("reactions:write",), "channel timestamp name"),
        "pins.add": _method(chat.pin, 2, ("pins:write",), "channel timestamp"),
        "pins.list": _method(chat.pins, 2, ("pins:read",), "channel", json=False),
    }


def _of_conversations(talks: Conversations) -> Mapping[str, Method]:
    page = "channel limit cursor"
    window = f"{page} oldest latest inclusive include_all_metadata"
    return {
        "conversations.open": _method(talks.open, 3, _MANAGING, "users return_im prevent_creation"),
        "conversations.create": _method(talks.create, 2, _MANAGING, "name is_private"),
        "conversations.rename": _method(talks.rename, 2, _MANAGING, "channel name"),
        "conversations.setTopic": _method(talks.topic, 2, _MANAGING, "channel topic"),
        "conversations.setPurpose": _method(talks.purpose, 2, _MANAGING, "channel purpose"),
        "conversations.invite": _method(talks.invite, 3, _MANAGING, "channel users force"),
        "conversations.archive": _method(talks.archive, 2, _MANAGING, "channel"),
        "conversations.unarchive": _method(talks.unarchive, 2, _MANAGING, "channel"),
        "conversations.join": _method(talks.join, 3, ("channels:join", "channels:manage"), "channel"),
        "conversations.info": _method(talks.info, 3, _READING, "channel include_num_members", json=False),
        "conversations.list": _method(talks.list, 2, _READING, "types limit cursor exclude_archived", json=False),
        "conversations.members": _method(talks.members, 4, _READING, page, json=False),
        "conversations.history": _method(talks.history, 3, _HISTORY, window, json=False),
        "conversations.replies": _method(talks.replies, 3, _HISTORY, f"{window} ts", json=False),
        "conversations.canvases.create": _method(
            talks.make_canvas, 2, ("canvases:write",), "channel_id document_content title"
        ),
        "canvases.edit": _method(talks.edit_canvas, 3, ("canvases:write",), "canvas_id changes"),
        "bookmarks.add": _method(
            talks.bookmark, 2, ("bookmarks:write",), "channel_id title type link emoji entity_id parent_id"
        ),
    }


def _of_people(people: People) -> Mapping[str, Method]:
    read = ("users:read",)
    finishing = "files channel_id channels thread_ts initial_comment blocks"
    return {
        "bots.info": _method(people.bot, 3, read, "bot", json=False),
        "users.info": _method(people.info, 4, read, "user include_locale", json=False),
        "users.list": _method(people.list, 2, read, "limit cursor include_locale", json=False),
        "users.lookupByEmail": _method(people.by_email, 3, ("users:read.email",), "email", json=False),
        "usergroups.list": _method(
            people.groups, 2, ("usergroups:read",), "include_users include_count include_disabled", json=False
        ),
        "usergroups.users.list": _method(
            people.group_users, 2, ("usergroups:read",), "usergroup include_disabled", json=False
        ),
        "views.open": _method(people.open_view, 4, (), "trigger_id view"),
        "views.push": _method(people.push_view, 4, (), "trigger_id view"),
        "views.update": _method(people.update_view, 4, (), "view_id external_id hash view"),
        "views.publish": _method(people.publish_view, 4, (), "user_id hash view"),
        "files.getUploadURLExternal": _method(
            people.upload_url, 4, ("files:write",), "filename length alt_txt alt_text snippet_type", json=False
        ),
        "files.completeUploadExternal": _method(people.complete, 4, ("files:write",), finishing),
    }
