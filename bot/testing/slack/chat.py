"""`chat.*`: messages, as an app writes, changes and removes them; and what is attached to them."""

from __future__ import annotations

import copy

from bot.testing.slack import blocks as kit
from bot.testing.slack import mrkdwn
from bot.testing.slack.words import Asked, Json, Refused
from bot.testing.slack.workspace import BOT, DOMAIN, Channel, Workspace

_MOST_TEXT = 40_000
_LINK = f"https://{DOMAIN}.slack.example/archives"


class Chat:
    """The handlers; each takes what was asked and answers what stands beside `ok`."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def post(self, asked: Asked) -> Json:
        """chat.postMessage."""
        channel = self._workspace.writable(asked.needed("channel", "channel_not_found"))
        content = _content(asked, must_say=True)
        self._files_are_there(content)
        thread = asked.text("thread_ts") or None
        message = self._workspace.add(channel, BOT, thread_ts=thread, **content)
        return {"channel": channel.id, "ts": message["ts"], "message": message}

    def _files_are_there(self, content: Json) -> None:
        """An image block shows a file that was uploaded, and that Slack has had the time to look at."""
        held = [content.get("blocks") or [], *(one["blocks"] for one in content.get("attachments") or ())]
        for block in (one for blocks in held for one in blocks):
            shown = block.get("slack_file")
            if shown is None:
                continue
            file = self._workspace.files.get(str(shown.get("id")))
            if file is None or file.get("ready", float("inf")) > self._workspace.clock():
                raise Refused("invalid_blocks", "[ERROR] invalid slack file [json-pointer:/blocks/0/slack_file]")

    def post_ephemeral(self, asked: Asked) -> Json:
        """chat.postEphemeral."""
        channel = self._workspace.writable(asked.needed("channel", "channel_not_found"))
        user = asked.needed("user", "user_not_found")
        if user not in channel.members:
            raise Refused("user_not_in_channel")
        ts = self._workspace.ts()
        channel.unseen.append((user, {"type": "message", "user": BOT, "ts": ts, **_content(asked, must_say=True)}))
        return {"message_ts": ts}

    def update(self, asked: Asked) -> Json:
        """chat.update. What is not said stays as it was, but a new text without blocks takes the old blocks away."""
        channel = self._workspace.writable(asked.needed("channel", "channel_not_found"), must_be_in=False)
        message = channel.message(asked.needed("ts", "message_not_found"))
        if message["user"] != BOT:
            raise Refused("cant_update_message")
        content = _content(asked, must_say=True)
        self._files_are_there(content)
        before = copy.deepcopy(message)
        message.update(content)
        if asked.has("text") and not asked.has("blocks"):
            message.pop("blocks", None)
        if not message.get("metadata"):
            message.pop("metadata", None)
        message["edited"] = {"user": BOT, "ts": self._workspace.ts()}
        self._workspace.changed(channel, message, before)
        return {"channel": channel.id, "ts": message["ts"], "text": message["text"], "message": message}

    def delete(self, asked: Asked) -> Json:
        """chat.delete."""
        channel = self._workspace.writable(asked.needed("channel", "channel_not_found"), must_be_in=False)
        message = channel.message(asked.needed("ts", "message_not_found"))
        if message["user"] != BOT:
            raise Refused("cant_delete_message")
        self._workspace.removed(channel, message)
        return {"channel": channel.id, "ts": message["ts"]}

    def permalink(self, asked: Asked) -> Json:
        """chat.getPermalink."""
        channel = self._workspace.channel(asked.needed("channel", "channel_not_found"))
        message = channel.message(asked.needed("message_ts", "message_not_found"))
        return {"channel": channel.id, "permalink": f"{_LINK}/{channel.id}/p{message['ts'].replace('.', '')}"}

    def react(self, asked: Asked) -> Json:
        """reactions.add."""
        channel = self._workspace.writable(asked.needed("channel", "channel_not_found"))
        message = channel.message(asked.needed("timestamp"))
        name = asked.needed("name", "invalid_name")
        self.reacted(channel, message, BOT, name)
        return {}

    def reacted(self, channel: Channel, message: Json, user: str, name: str) -> None:
        """Somebody puts an emoji to a message."""
        reactions: list[Json] = message.setdefault("reactions", [])
        found = next((one for one in reactions if one["name"] == name), None)
        if found is None:
            found = {"name": name, "users": [], "count": 0}
            reactions.append(found)
        if user in found["users"]:
            raise Refused("already_reacted")
        found["users"].append(user)
        found["count"] += 1
        item = {"type": "message", "channel": channel.id, "ts": message["ts"]}
        ts = self._workspace.ts()
        self._workspace.heard({"type": "reaction_added", "user": user, "reaction": name, "item": item, "event_ts": ts})

    def pin(self, asked: Asked) -> Json:
        """pins.add."""
        channel = self._workspace.writable(asked.needed("channel", "channel_not_found"))
        message = channel.message(asked.needed("timestamp", "no_item_specified"))
        if message["ts"] in channel.pins:
            raise Refused("already_pinned")
        self.pinned(channel, message, BOT)
        return {}

    def pinned(self, channel: Channel, message: Json, user: str) -> None:
        """Somebody pins a message."""
        ts = message["ts"]
        channel.pins.append(ts)
        channel.pinned_by[ts] = user
        item = {"type": "message", "channel": channel.id, "created_by": user, "message": message}
        said = {"type": "pin_added", "user": user, "channel_id": channel.id, "item": item}
        self._workspace.heard({**said, "event_ts": self._workspace.ts()})

    def pins(self, asked: Asked) -> Json:
        """pins.list."""
        channel = self._workspace.channel(asked.needed("channel", "channel_not_found"))
        if BOT not in channel.members:
            raise Refused("channel_not_found" if channel.kind == "private" else "not_in_channel")
        held = [one for one in channel.messages if one["ts"] in channel.pins]
        return {
            "items": [
                {"type": "message", "channel": channel.id, "created_by": channel.pinned_by[one["ts"]], "message": one}
                for one in held
            ]
        }

    def responded(self, id: str, said: Json) -> None:
        """An interaction is answered at the address that came with it."""
        at = self._workspace.responds.get(id)
        if at is None or at.left < 1 or self._workspace.clock() > at.ends:
            raise Refused("used_url" if at is not None else "invalid_url")
        at.left -= 1
        channel = self._workspace.channel(at.channel)
        asked = Asked("respond", said, "")
        if asked.flag("delete_original"):
            self._workspace.removed(channel, channel.message(at.ts))
            return
        content = _content(asked, must_say=True)
        if asked.flag("replace_original"):
            message = channel.message(at.ts)
            before = copy.deepcopy(message)
            message.update(content)
            self._workspace.changed(channel, message, before)
        elif asked.text("response_type") == "in_channel":
            self._workspace.add(channel, BOT, **content)
        else:
            channel.unseen.append((at.user, {"type": "message", "user": BOT, "ts": self._workspace.ts(), **content}))


def _content(asked: Asked, *, must_say: bool) -> Json:
    """Text, blocks and metadata as they are kept; refused where Slack would refuse them."""
    said: Json = {}
    if asked.has("text"):
        said["text"] = asked.text("text")
        if len(said["text"]) > _MOST_TEXT:
            raise Refused("msg_too_long")
    if asked.has("blocks"):
        said["blocks"] = kit.check_message(asked.value("blocks"))
        for number, block in enumerate(said["blocks"]):
            block.setdefault("block_id", f"b{number}")
    if asked.has("attachments"):
        said["attachments"] = _attachments(asked.value("attachments"))
    if asked.has("metadata"):
        metadata = asked.value("metadata")
        said["metadata"] = kit.check_metadata(metadata) if metadata else {}
    if must_say and not (said.get("text") or said.get("blocks") or said.get("attachments")):
        raise Refused("no_text")
    return said


def _attachments(given: object) -> list[Json]:
    """Blocks with a coloured bar beside them, and nothing else: the rest of them is legacy."""
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise Refused("invalid_attachments")
    for one in given:
        if set(one) - {"color", "blocks", "fallback"}:
            raise Refused("invalid_attachments")
        one["blocks"] = kit.check_message(one.get("blocks", []))
    return given


def calls(message: Json) -> list[str]:
    """Who is called by a message; where it has blocks, by those."""
    held = [message.get("blocks") or [], *(one["blocks"] for one in message.get("attachments") or ())]
    texts = [text for one in held for text in kit.mrkdwn_texts(one)] if any(held) else [message["text"]]
    return [who for text in texts for who in mrkdwn.called(text)]


def links(message: Json) -> list[str]:
    """Where a message leads: its links and its buttons."""
    held = [message.get("blocks") or [], *(one["blocks"] for one in message.get("attachments") or ())]
    texts = [message["text"], *(text for one in held for text in kit.mrkdwn_texts(one))]
    found = [link for text in texts for link in mrkdwn.links(text)]
    return found + [button["url"] for one in held for _, button in kit.elements(one) if "url" in button]
