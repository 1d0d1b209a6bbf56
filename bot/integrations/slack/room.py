"""Who tells a channel of groups: one message a group, edited in its place as the group changes."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass

from bot.errors import Permanent
from bot.integrations.slack import groups
from bot.integrations.slack.api import Refusal
from bot.integrations.slack.letters import Letter
from bot.integrations.slack.writing import Writing
from bot.model.alert import AlertStatus
from bot.model.telling import Reason
from bot.model.told_group import ToldGroup

_AT_ONCE = 2
_REMEMBERED = 10_000
_REMOVED = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})


@dataclass(frozen=True, slots=True)
class _Standing:
    """What a group's newest message says: of which telling it is, and whether anything fires."""

    ts: str
    id: str
    fires: bool


class Room:
    """A `Notifier`: one channel. A group that fires again after it was over gets a message of its own."""

    def __init__(self, writing: Writing, channel: str, *, hears: bool = False) -> None:
        """`hears`: what is clicked is heard, so that there are buttons to click."""
        self._writing, self._channel, self._hears = writing, channel, hears
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._standing: OrderedDict[str, _Standing] = OrderedDict()

    async def tell(self, telling: ToldGroup) -> None:
        """See `Notifier`."""
        if not self._channel:
            name = self._writing.name
            hint = f"write `channel` under `integrations: {name}:` in tocsin.yaml, and invite the bot there"
            raise Permanent(f"{name} names no channel to tell", integration=name, reason="client", hint=hint)
        async with self._places:
            key, letter = groups.key_of(telling), groups.of_group(telling, answered=self._hears)
            standing = self._standing.pop(key, None) or await self._found(key)
            if standing is None or standing.id != telling.id:
                ts = await self._said(standing, telling, letter)
                standing = _Standing(ts, telling.id, telling.status is AlertStatus.FIRING)
            self._remember(key, standing)

    async def _said(self, standing: _Standing | None, telling: ToldGroup, letter: Letter) -> str:
        """The time of the message that says it now."""
        if standing is not None and _goes_on(standing, telling):
            try:
                await self._writing.edit(self._channel, standing.ts, letter)
            except Refusal as refusal:
                if refusal.word not in _REMOVED:
                    raise
            else:
                return standing.ts
        return await self._writing.post(self._channel, letter)

    async def _found(self, key: str) -> _Standing | None:
        """What an earlier process wrote, or we did without being told so. Where the bot may not look: nothing."""
        try:
            one = groups.newest(await self._writing.newest(self._channel), key)
        except Refusal:
            return None
        payload = groups.written(one.get("metadata")) if one is not None else None
        if one is None or payload is None:
            return None
        return _Standing(self._writing.text(one, "ts"), payload["id"], bool(payload["fires"]))

    def _remember(self, key: str, standing: _Standing) -> None:
        self._standing[key] = standing
        while len(self._standing) > _REMEMBERED:
            self._standing.popitem(last=False)


def _goes_on(standing: _Standing, telling: ToldGroup) -> bool:
    """Whether it is the same story, so that its message is edited. What fires after it was over is another one."""
    if telling.reason is Reason.FIRST:
        return False
    return standing.fires or telling.status is AlertStatus.RESOLVED
