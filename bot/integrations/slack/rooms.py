"""A channel of an incident's own: made, named, filled with those who work on it, and put away when it is over."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TypeAlias

from bot.errors import Permanent, Temporary
from bot.integrations.slack import briefs, mrkdwn
from bot.integrations.slack.api import Api, Refusal
from bot.integrations.slack.config import Incidents
from bot.integrations.slack.letters import Letter
from bot.integrations.slack.pace import Pace
from bot.integrations.slack.writing import Writing
from bot.kit.posted import web_link
from bot.model.board import Brief, Card, Shown

_LONGEST_NAME, _MOST_NAMES, _LONGEST_TOPIC = 80, 5, 250
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")
_DONE = frozenset({"already_in_channel", "already_pinned", "already_archived"})
LOST = frozenset({"is_archived", "channel_not_found", "not_in_channel"})
"""How Slack says that nobody can be told anything there any more."""
_USER_GROUP = "S"
_LATER_S = 5.0
_Step: TypeAlias = tuple[str, str, Callable[[], Awaitable[object]]]
"""What it is called, what is wanted, as a text that changes when it has to be done again, and how it is done."""


class Rooms:
    """Channels that one bot makes."""

    def __init__(self, api: Api, writing: Writing, pace: Pace, incidents: Incidents) -> None:
        self._api, self._writing, self._pace, self._incidents = api, writing, pace, incidents

    async def show(self, card: Card, brief: Brief, parts: Mapping[str, str], file: str) -> Shown:
        """The channel, with its brief. What can be done of it is done, and what cannot is told once."""
        if "closed" in card.parts:
            return Shown(place=card.place, ref=card.ref, parts=card.parts)
        kept, troubles = dict(parts), list[tuple[str, str]]()
        place = card.place or kept.get("channel") or await self._made(brief)
        kept["channel"] = place
        letter = briefs.message(brief, kind=briefs.ROOM, file=file)
        try:
            ref, posted = await self._brief(card, place, letter, grave=brief.is_grave)
        except Refusal as refusal:
            if refusal.word not in LOST:
                raise
            kept["closed"] = refusal.word
            why = f"{refusal.message}; from now on its thread in the team's channel tells how it goes on"
            return Shown(place=place, ref=card.ref, parts=kept, troubles=(("its channel is gone", why),))
        later = await self._furnish(self._steps(place, ref, brief), kept, troubles)
        return Shown(place=place, ref=ref, posted=posted, parts=kept, troubles=tuple(troubles), again_in=later)

    async def put_away(self, card: Card) -> Shown:
        """Archives it. One that somebody archived is archived."""
        try:
            await self._api.call("conversations.archive", repeatable=True, channel=card.place)
        except Refusal as refusal:
            if refusal.word not in _DONE | LOST:
                raise
        return Shown(place=card.place, ref=card.ref, parts={**card.parts, "closed": "archived"})

    async def _made(self, brief: Brief) -> str:
        """A new channel. A name that is taken is tried with a number behind it."""
        own = self._incidents.channel_of_its_own
        wanted = name_of(own.name if own is not None else "", brief)
        for number in range(1, _MOST_NAMES + 1):
            name = wanted if number == 1 else f"{wanted[: _LONGEST_NAME - 2]}-{number}"
            try:
                said = await self._api.call(
                    "conversations.create",
                    repeatable=False,
                    name=name,
                    is_private=own is not None and own.private,
                )
            except Refusal as refusal:
                if refusal.word != "name_taken":
                    raise
                found = await self._ours(name, brief)
                if found:
                    return found
            else:
                return self._writing.text(said.get("channel"), "id")
        hint = "set `name` of `channel_of_its_own` in tocsin.yaml so that names differ, as `{id}` makes them"
        raise Permanent(f"every name like {wanted} is taken", integration=self._api.name, reason="client", hint=hint)

    async def _ours(self, name: str, brief: Brief) -> str:
        """The channel of this name where we made it for this incident, and the answer was lost; else nothing."""
        cursor = ""
        while True:
            said = await self._api.call(
                "conversations.list", repeatable=True, limit=1000, cursor=cursor, exclude_archived=True,
                types="public_channel,private_channel",
            )  # fmt: skip
            for one in said.get("channels") or ():
                if one.get("name") == name:
                    opened = brief.incident.opened_at.timestamp()
                    is_ours = bool(one.get("is_member")) and float(one.get("created", 0)) >= opened - 60
                    empty = is_ours and not any("metadata" in one for one in await self._writing.newest(str(one["id"])))
                    return str(one["id"]) if empty else ""
            cursor = str((said.get("response_metadata") or {}).get("next_cursor", ""))
            if not cursor:
                return ""

    async def _brief(self, card: Card, place: str, letter: Letter, *, grave: bool) -> tuple[str, bool]:
        ref = card.ref
        if not ref and card.begun_at is not None:
            written = await self._writing.newest(place)
            ref = next((str(one["ts"]) for one in written if briefs.is_of(one.get("metadata"), letter)), "")
        if ref:
            self._pace.edit(grave=grave)
            await self._writing.edit(place, ref, letter)
            return ref, False
        self._pace.post(place)
        return await self._writing.post(place, letter), True

    def _steps(self, place: str, ref: str, brief: Brief) -> list[_Step]:
        incident = brief.incident
        topic = mrkdwn.line(f"{incident.severity} {incident.status}: {incident.headline}")[:_LONGEST_TOPIC]
        return [
            ("topic", topic, partial(self._call, "conversations.setTopic", channel=place, topic=topic)),
            ("pinned brief", ref, partial(self._call, "pins.add", channel=place, timestamp=ref)),
            *(
                (f"bookmark {title}", link, partial(self._bookmark, place, title, link))
                for title, link in self._bookmarks(brief)
            ),
            *((f"invitation of {who}", "yes", partial(self._invite, place, who)) for who in self._invited(brief)),
        ]

    async def _furnish(self, steps: list[_Step], kept: dict[str, str], troubles: list[tuple[str, str]]) -> float | None:
        """Does what is not done yet; seconds after which the rest is to be tried."""
        for name, wanted, do in steps:
            if kept.get(name, "") == wanted:
                continue
            try:
                await self._step(name, do, troubles)
            except Temporary as error:
                return error.retry_after or _LATER_S
            kept[name] = wanted
        return None

    async def _step(self, name: str, do: Callable[[], Awaitable[object]], troubles: list[tuple[str, str]]) -> None:
        """What Slack refuses for good is told, once; what may pass is raised."""
        try:
            await do()
        except Permanent as error:
            if not (isinstance(error, Refusal) and error.word in _DONE):
                why = f"{error.message}; {error.hint}" if error.hint else error.message
                troubles.append((f"its channel has no {name}", why))

    def _bookmarks(self, brief: Brief) -> list[tuple[str, str]]:
        found = [("Incident", brief.link), ("Dashboard", brief.dashboard), *brief.pages]
        return [(title, link) for title, address in found if (link := web_link(address))]

    def _invited(self, brief: Brief) -> list[str]:
        own = self._incidents.channel_of_its_own
        return list(dict.fromkeys([*brief.invited, *(own.invite if own is not None else ())]))

    async def _bookmark(self, place: str, title: str, link: str) -> None:
        await self._call("bookmarks.add", channel_id=place, title=title, type="link", link=link)

    async def _invite(self, place: str, who: str) -> None:
        """A person; or all of a user group, one after the other, so that one who cannot come keeps nobody out."""
        if not who.startswith(_USER_GROUP):
            await self._call("conversations.invite", channel=place, users=who)
            return
        said = await self._api.call("usergroups.users.list", repeatable=True, usergroup=who)
        for one in said.get("users") or ():
            try:
                await self._call("conversations.invite", channel=place, users=str(one))
            except Refusal as refusal:
                if refusal.word not in _DONE | {"cant_invite_self"}:
                    raise

    async def _call(self, method: str, **arguments: object) -> None:
        await self._api.call(method, repeatable=True, **arguments)


def name_of(template: str, brief: Brief) -> str:
    """What the channel is called: lower case, digits and hyphens, 80 of them at most."""
    incident = brief.incident
    filled = template.format(
        id=incident.id, title=incident.title, service=incident.service, date=f"{incident.opened_at:%Y-%m-%d}"
    )
    return _NOT_IN_A_NAME.sub("-", filled.lower()).strip("-")[:_LONGEST_NAME].strip("-") or str(incident.id).lower()
