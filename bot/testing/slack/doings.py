"""What people do in Slack: they write, type commands, click, fill in and close; each as the app hears of it."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence
from typing import Any, TypeAlias

from bot.testing.slack import blocks as kit
from bot.testing.slack.chat import Chat, calls, links
from bot.testing.slack.deliveries import CLICKS, COMMANDS, Deliveries, Delivery
from bot.testing.slack.words import Json, Refused
from bot.testing.slack.workspace import APP, BOT, DOMAIN, TEAM, Channel, User, Workspace

Posted: TypeAlias = str | Json
"""A file by its name alone, or with `mimetype` and `content` in Base64; its `size` or `url_private` may be untrue."""


class Doings:
    """Each waits until the app has answered, or has not in time. `url`: where we are."""

    def __init__(self, workspace: Workspace, chat: Chat, deliveries: Deliveries) -> None:
        self._workspace, self._chat, self._deliveries = workspace, chat, deliveries
        self.url = ""

    def says(
        self, user: str, channel: str, text: str, thread_ts: str | None = None, files: Sequence[Posted] = ()
    ) -> Json:
        """A message, with these files; where it calls the app, that is an event of its own."""
        where, who = self._workspace.named(channel), self._person(user)
        held = [self._file(who, one) for one in files] or None
        message = self._workspace.add(where, who.id, text=text, thread_ts=thread_ts, files=held)
        if f"<@{BOT}>" in text:
            self._workspace.heard({**message, "type": "app_mention", "channel": where.id, "event_ts": message["ts"]})
        return message

    async def commands(self, user: str, channel: str, command: str, text: str) -> Delivery:
        """A slash command. What the app answers with the acknowledgement only this person sees."""
        where, who = self._workspace.named(channel), self._person(user)
        respond = self._workspace.respond(who.id, where.id, "")
        delivery = self._deliveries.begin(
            COMMANDS,
            {
                "token": "verification",
                "team_id": TEAM,
                "team_domain": DOMAIN,
                "channel_id": where.id,
                "channel_name": "directmessage" if where.kind == "im" else where.name,
                "user_id": who.id,
                "user_name": who.name,
                "command": command,
                "text": text,
                "api_app_id": APP,
                "is_enterprise_install": "false",
                "response_url": f"{self.url}/respond/{respond}",
                "trigger_id": self._workspace.trigger(who.id),
            },
        )
        await delivery.done.wait()
        if delivery.acknowledged and isinstance(delivery.answer, dict):
            self._chat.responded(respond, delivery.answer)
        return delivery

    async def clicks(self, user: str, channel: str, ts: str, action_id: str, chosen: Json) -> Delivery:
        """A button, or whatever else has this `action_id` in the message; `chosen`: what was chosen there."""
        where, who = self._workspace.named(channel), self._person(user)
        message, unseen = _seen(where, who, ts)
        held = [message.get("blocks") or [], *(one["blocks"] for one in message.get("attachments") or ())]
        block, element = _element([one for blocks in held for one in blocks], action_id)
        container = {"type": "message", "message_ts": ts, "channel_id": where.id, "is_ephemeral": unseen}
        payload = {
            **self._interaction("block_actions", who),
            "container": container,
            "channel": {"id": where.id, "name": "directmessage" if where.kind == "im" else where.name},
            **({} if unseen else {"message": message}),
            "state": {"values": {}},
            "response_url": f"{self.url}/respond/{self._workspace.respond(who.id, where.id, ts)}",
            "actions": [self._action(block, element, chosen)],
        }
        return await self._bring(payload)

    async def clicks_in_view(self, user: str, view_id: str, action_id: str, chosen: Json) -> Delivery:
        """The same in a modal, or on the home tab."""
        who, view = self._person(user), self._view(view_id)
        block, element = _element(view["blocks"], action_id)
        payload = {
            **self._interaction("block_actions", who),
            "container": {"type": "view", "view_id": view_id},
            "view": view,
            "actions": [self._action(block, element, chosen)],
        }
        return await self._bring(payload)

    async def chooses(self, user: str, callback_id: str) -> Delivery:
        """A shortcut of the app, from the menu that is everywhere."""
        who = self._person(user)
        payload = {**self._interaction("shortcut", who), "callback_id": callback_id, "action_ts": self._workspace.ts()}
        return await self._bring(payload)

    async def submits(self, user: str, view_id: str, values: Json) -> Delivery:
        """A modal is filled in: `values` by the id of a block and of its element. It closes, unless the app objects."""
        view = self._view(view_id)
        view["state"] = {"values": values}
        payload = {**self._interaction("view_submission", self._person(user)), "view": view, "response_urls": []}
        delivery = await self._bring(payload)
        if delivery.acknowledged:
            self._follow(view, delivery.answer or {})
        return delivery

    def opens_home(self, user: str) -> Delivery | None:
        """Somebody looks at the app's home tab."""
        who = self._person(user)
        event = {
            "type": "app_home_opened",
            "user": who.id,
            "channel": self._workspace.direct([who.id]).id,
            "tab": "home",
        }
        return self._deliveries.event({**event, "event_ts": self._workspace.ts()})

    def reacts(self, user: str, channel: str, ts: str, name: str) -> None:
        """Somebody puts an emoji to a message."""
        where = self._workspace.named(channel)
        self._chat.reacted(where, where.message(ts), self._person(user).id, name)

    def pins(self, user: str, channel: str, ts: str) -> None:
        """Somebody pins a message."""
        where = self._workspace.named(channel)
        self._chat.pinned(where, where.message(ts), self._person(user).id)

    def edits(self, user: str, channel: str, ts: str, text: str) -> None:
        """Somebody changes what they said."""
        where = self._workspace.named(channel)
        message = where.message(ts)
        before = dict(message)
        message.update(text=text, edited={"user": self._person(user).id, "ts": self._workspace.ts()})
        self._workspace.changed(where, message, before)

    def deletes(self, channel: str, ts: str) -> None:
        """Somebody takes back what they said."""
        where = self._workspace.named(channel)
        self._workspace.removed(where, where.message(ts))

    def _file(self, who: User, posted: Posted) -> Json:
        """As a message shows it; its bytes are at an address of their own, for whoever has the right token."""
        about: Json = {"name": posted} if isinstance(posted, str) else posted
        content = b64decode(about.get("content", ""))
        kind, new, name = about.get("mimetype", "application/octet-stream"), self._workspace.id("F"), about["name"]
        self._workspace.files[new] = {"id": new, "name": name, "mimetype": kind, "content": content}
        private = f"{self.url}/files-pri/{TEAM}-{new}"
        return {
            "id": new,
            "name": name,
            "title": name,
            "user": who.id,
            "mimetype": kind,
            "size": about.get("size", len(content)),
            "url_private": about.get("url_private", f"{private}/file"),
            "url_private_download": about.get("url_private", f"{private}/download/file"),
            "permalink": f"https://{DOMAIN}.slack.example/files/{who.id}/{new}/{name}",
        }

    def _follow(self, view: Json, answer: Json) -> None:
        action = answer.get("response_action")
        if action == "errors":
            return
        if action in ("update", "push"):
            made = kit.check_view(answer.get("view"))
            which = view["id"] if action == "update" else self._workspace.id("V")
            self._workspace.views[which] = {**view, **made, "id": which, "state": {"values": {}}}
        elif action == "clear":
            left = (one for one in self._workspace.views.values() if one["user"] != view["user"])
            self._workspace.views = {one["id"]: one for one in left}
        else:
            self._workspace.views.pop(view["id"], None)

    async def _bring(self, payload: Json) -> Delivery:
        delivery = self._deliveries.begin(CLICKS, payload)
        await delivery.done.wait()
        return delivery

    def _interaction(self, kind: str, who: User) -> Json:
        return {
            "type": kind,
            "user": {"id": who.id, "username": who.name, "name": who.name, "team_id": who.team},
            "api_app_id": APP,
            "token": "verification",
            "trigger_id": self._workspace.trigger(who.id),
            "team": {"id": TEAM, "domain": DOMAIN},
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def _action(self, block: str, element: Json, chosen: Json) -> Json:
        said: Json = {
            name: element[name] for name in ("type", "action_id", "text", "value", "style") if name in element
        }
        return {**said, **chosen, "block_id": block, "action_ts": self._workspace.ts()}

    def _person(self, user: str) -> User:
        return next((one for one in self._workspace.users.values() if user in (one.id, one.name)), None) or (
            self._workspace.user(user)
        )

    def _view(self, id: str) -> Json:
        homes = {one["id"]: one for one in self._workspace.homes.values()}
        found = self._workspace.views.get(id) or homes.get(id)
        if found is None:
            raise Refused("not_found")
        return found


def _seen(where: Channel, who: User, ts: str) -> tuple[Json, bool]:
    """The message of that time, and whether nobody but them sees it."""
    unseen = [message for user, message in where.unseen if user == who.id and message["ts"] == ts]
    return (unseen[0], True) if unseen else (where.message(ts), False)


def _element(blocks: Any, action_id: str) -> tuple[str, Json]:  # Any: a list of blocks
    """Only what is there can be clicked."""
    for block, one in kit.elements(blocks):
        if one["action_id"] == action_id:
            return block, one
    raise Refused("no_such_element")


def shown(channel: Channel) -> Json:
    """A channel with all that was said in it, and of each message whom it `calls` and where its `links` lead."""
    messages = [{**one, "calls": calls(one), "links": links(one)} for one in channel.messages]
    return {
        **channel.shown(),
        "messages": messages,
        "unseen": [{"user": user, "message": message} for user, message in channel.unseen],
        "pins": channel.pins,
        "bookmarks": channel.bookmarks,
        "members": channel.members,
    }
