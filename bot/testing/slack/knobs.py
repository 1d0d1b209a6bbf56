"""What no Slack has: `/simulator/...`, for tests to be people, to break things, and to read what was asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace

from aiohttp import web
from pydantic import ValidationError

from bot.testing.slack.api import Api
from bot.testing.slack.deliveries import Deliveries, Delivery
from bot.testing.slack.doings import Doings, shown
from bot.testing.slack.page import page
from bot.testing.slack.settings import Limits, Settings, SlackFaults
from bot.testing.slack.words import Json, Refused
from bot.testing.slack.workspace import User, Workspace

KNOBS = "/simulator"
_Knob = Callable[[Json], Awaitable[object]]


class Knobs:
    """The handlers."""

    def __init__(self, workspace: Workspace, api: Api, deliveries: Deliveries, doings: Doings) -> None:
        self._workspace, self._api, self._deliveries, self._doings = workspace, api, deliveries, doings
        self.faults = SlackFaults(faults=[])
        self.journal: list[Json] = []

    def routes(self) -> list[web.RouteDef]:
        """All of them."""
        posts: dict[str, _Knob] = {
            "say": self._say,
            "command": self._command,
            "click": self._click,
            "submit": self._submit,
            "shortcut": self._shortcut,
            "react": self._react,
            "pin": self._pin,
            "edit": self._edit,
            "delete": self._delete,
            "home": self._home,
            "event": self._event,
            "again": self._again,
            "disconnect": self._disconnect,
            "channels": self._channel,
            "users": self._user,
        }
        puts: dict[str, _Knob] = {"settings": self._set, "faults": self._break}
        return [
            *(web.post(f"{KNOBS}/{name}", _json(knob)) for name, knob in posts.items()),
            *(web.put(f"{KNOBS}/{name}", _json(knob)) for name, knob in puts.items()),
            web.delete(f"{KNOBS}/faults", _json(self._mend)),
            web.delete(f"{KNOBS}/workspace", _json(self._forget)),
            web.get(f"{KNOBS}/journal", self._read),
            web.get(f"{KNOBS}/deliveries", _json(self._delivered)),
            web.get(f"{KNOBS}/sockets", _json(self._sockets)),
            web.get(f"{KNOBS}/workspace", _json(self._whole)),
            web.get(f"{KNOBS}/channels/{{name}}", self._page),
        ]

    # ---- to be somebody -------------------------------------------------------------------------------------------

    async def _say(self, said: Json) -> Json:
        files = said.get("files", ())
        return self._doings.says(said["user"], said["channel"], said["text"], said.get("thread_ts"), files)

    async def _command(self, said: Json) -> Json:
        command = said.get("command", "/tocsin")
        return (await self._doings.commands(said["user"], said["channel"], command, said.get("text", ""))).shown()

    async def _click(self, said: Json) -> Json:
        """In a message, or in the view `view_id`; `times` at once."""
        chosen = said.get("chosen", {})

        async def once() -> Delivery:
            if "view_id" in said:
                return await self._doings.clicks_in_view(said["user"], said["view_id"], said["action_id"], chosen)
            return await self._doings.clicks(said["user"], said["channel"], said["ts"], said["action_id"], chosen)

        found = await asyncio.gather(*(once() for _ in range(said.get("times", 1))))
        return {**found[0].shown(), "all": [one.shown() for one in found]}

    async def _submit(self, said: Json) -> Json:
        return (await self._doings.submits(said["user"], said["view_id"], said.get("values", {}))).shown()

    async def _shortcut(self, said: Json) -> Json:
        return (await self._doings.chooses(said["user"], said["callback_id"])).shown()

    async def _react(self, said: Json) -> Json:
        self._doings.reacts(said["user"], said["channel"], said["ts"], said["name"])
        return {}

    async def _pin(self, said: Json) -> Json:
        self._doings.pins(said["user"], said["channel"], said["ts"])
        return {}

    async def _edit(self, said: Json) -> Json:
        self._doings.edits(said["user"], said["channel"], said["ts"], said["text"])
        return {}

    async def _delete(self, said: Json) -> Json:
        self._doings.deletes(said["channel"], said["ts"])
        return {}

    async def _home(self, said: Json) -> Json:
        return await _told(self._doings.opens_home(said["user"]))

    async def _event(self, said: Json) -> Json:
        return await _told(self._deliveries.event({"event_ts": self._workspace.ts(), **said}))

    async def _again(self, said: Json) -> Json:
        return (await self._deliveries.again(said["envelope_id"])).shown()

    # ---- to change things -----------------------------------------------------------------------------------------

    async def _disconnect(self, said: Json) -> Json:
        await self._deliveries.sockets.disconnect(said.get("reason", ""), close=said.get("close", True))
        return {}

    async def _channel(self, said: Json) -> Json:
        """Makes one, or does with it what somebody might."""
        name = said["name"]
        known = any(one.name == name for one in self._workspace.channels.values())
        channel = (
            self._workspace.named(name) if known else self._workspace.make(name, private=said.get("private", False))
        )
        if "members" in said:
            channel.members = list(said["members"])
        if "archived" in said:
            self._api.talks.archived(channel, archived=said["archived"])
        return channel.shown()

    async def _user(self, said: Json) -> Json:
        """Somebody joins, leaves, or becomes a guest."""
        known = self._workspace.users.get(said["id"])
        made = (
            replace(known, **said) if known else User(**{"name": said["id"].lower(), "real_name": said["id"], **said})
        )
        self._workspace.users[made.id] = made
        return made.shown()

    async def _set(self, said: Json) -> Json:
        self._api.settings = Settings.model_validate(said)
        self._api.limits = Limits()
        return self._api.settings.model_dump()

    async def _break(self, said: Json) -> Json:
        self.faults = SlackFaults.model_validate(said)
        return {}

    async def _mend(self, said: Json) -> Json:
        self.faults = SlackFaults(faults=[])
        return {}

    async def _forget(self, said: Json) -> Json:
        """As it was at the beginning; the journal stays."""
        await self._deliveries.end()
        self._deliveries.journal.clear()
        self._workspace.forget()
        await self._mend({})
        return await self._set({})

    # ---- to look --------------------------------------------------------------------------------------------------

    async def _read(self, request: web.Request) -> web.Response:
        return web.json_response(self.journal[int(request.query.get("since", "0")) :])

    async def _delivered(self, said: Json) -> object:
        return [one.shown() for one in self._deliveries.journal]

    async def _sockets(self, said: Json) -> Json:
        sockets = self._deliveries.sockets
        return {"open": sockets.count, "opened": sockets.opened}

    async def _whole(self, said: Json) -> Json:
        return {
            "channels": {one.name: shown(one) for one in self._workspace.channels.values()},
            "views": self._workspace.views,
            "homes": self._workspace.homes,
            "canvases": self._workspace.canvases,
            "files": {one["id"]: one["name"] for one in self._workspace.files.values() if one["content"]},
        }

    async def _page(self, request: web.Request) -> web.Response:
        try:
            channel = self._workspace.named(request.match_info["name"])
        except Refused as refused:
            return web.Response(status=404, text=refused.error)
        return web.Response(text=page(self._workspace, channel), content_type="text/html")


def _json(knob: _Knob) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        try:
            body = await request.read()
            return web.json_response(await knob(json.loads(body) if body else {}))
        except Refused as refused:
            return web.Response(status=400, text=refused.error)
        except (ValidationError, KeyError, TypeError) as error:
            return web.Response(status=400, text=str(error))

    return handle


async def _told(delivery: Delivery | None) -> Json:
    if delivery is None:
        return {}
    await delivery.done.wait()
    return delivery.shown()
