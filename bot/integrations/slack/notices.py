"""What a workspace shows: of each incident a message in its team's channel, or a channel; of each question a card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.errors import IntegrationError, Permanent, Temporary
from bot.integrations.slack import briefs, questions
from bot.integrations.slack.api import Api, Refusal
from bot.integrations.slack.config import Incidents
from bot.integrations.slack.letters import Letter
from bot.integrations.slack.pace import Pace
from bot.integrations.slack.pictures import Pictures
from bot.integrations.slack.rooms import LOST, Rooms
from bot.integrations.slack.writing import Writing
from bot.model.board import GONE_ROOM, Asked, Brief, Card, CardKind, RoomPolicy, Shown
from bot.model.incident import Incident
from bot.ports.board import Load
from bot.ports.clock import Clock

_READY_S, _LATER_S = 3.0, 5.0
_REMOVED = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})


class Notices:
    """A `Board`: one bot in one workspace."""

    def __init__(self, api: Api, writing: Writing, incidents: Incidents, clock: Clock) -> None:
        self._writing, self._incidents = writing, incidents
        self._pace = Pace(api.name, clock)
        self._pictures = Pictures(api)
        self._rooms = Rooms(api, writing, self._pace, incidents)

    @property
    def rooms(self) -> RoomPolicy:
        """See `Board`."""
        return self._incidents.policy

    @property
    def threads(self) -> bool:
        """See `Board`."""
        return self._incidents.thread

    def place(self, incident: Incident | None) -> str:
        """See `Board`."""
        return self._incidents.place(incident)

    async def show(self, card: Card, view: Brief | Asked, load: Load) -> Shown:
        """See `Board`. A chart that Slack was just given it cannot show yet: it comes with an edit soon after."""
        if isinstance(view, Asked):
            return await self._ask(card, view)
        parts = await self._drawn(card, view, load)
        is_new = parts.get("file", "") != card.parts.get("file", "")
        file = "" if is_new else parts.get("file", "")
        if card.kind is CardKind.ROOM:
            shown = await self._rooms.show(card, view, parts, file)
        else:
            shown = await self._tell(card, view, parts, file)
        return replace(shown, again_in=_READY_S) if is_new and shown.again_in is None else shown

    async def put_away(self, card: Card) -> Shown:
        """See `Board`."""
        return await self._rooms.put_away(card)

    async def _tell(self, card: Card, brief: Brief, parts: Mapping[str, str], file: str) -> Shown:
        letter = briefs.message(brief, file=file)
        shown = replace(await self._write(card, card.place, letter, grave=brief.is_grave), parts=parts)
        return await self._follow_up(shown, brief) if shown.ref and brief.story and self.threads else shown

    async def _follow_up(self, shown: Shown, brief: Brief) -> Shown:
        """Below the message, which stands whatever comes of this; what is there already is not written again."""
        letter = briefs.told(brief.story, str(brief.incident.id))
        try:
            below = await self._writing.replies(shown.place, shown.ref)
            if not any(briefs.is_of(one.get("metadata"), letter) for one in below):
                self._pace.post(shown.place)
                await self._writing.post(shown.place, letter, thread=shown.ref)
        except Temporary as error:
            return replace(shown, again_in=error.retry_after or _LATER_S)
        except Permanent as error:
            return replace(shown, told=True, troubles=(("its thread was not told", f"{error.message}; {error.hint}"),))
        return replace(shown, told=True)

    async def _ask(self, card: Card, asked: Asked) -> Shown:
        """Where the incident's own channel is gone, nobody can click there: it is asked again where it is shown."""
        place = card.place if card.ref else asked.place
        try:
            shown = await self._write(card, place, questions.card(asked), asked.thread, grave=True)
        except Refusal as refusal:
            if refusal.word not in LOST or not asked.in_room:
                raise
            return Shown(place=place, ref="", parts={**card.parts, GONE_ROOM: place}, again_in=0.0)
        return replace(shown, parts=dict(card.parts))

    async def _write(self, card: Card, channel: str, letter: Letter, thread: str = "", *, grave: bool) -> Shown:
        """The message of a card: edited where it is, found again where it may be, else written.

        One that somebody removed is written anew with the next look, unless that would be one too many.
        """
        ref = card.ref or (await self._found(channel, letter, thread) if card.begun_at is not None else "")
        if ref:
            self._pace.edit(grave=grave)
            try:
                await self._writing.edit(channel, ref, letter)
            except Refusal as refusal:
                if refusal.word not in _REMOVED:
                    raise
                return Shown(place=channel, ref="", again_in=0.0)
            return Shown(place=channel, ref=ref)
        self._pace.post(channel)
        return Shown(place=channel, ref=await self._writing.post(channel, letter, thread=thread), posted=True)

    async def _found(self, channel: str, letter: Letter, thread: str) -> str:
        """One whose answer was lost. Where the bot may not look it is written again: doubled is better than lost."""
        try:
            written = await (self._writing.replies(channel, thread) if thread else self._writing.newest(channel))
        except Refusal:
            return ""
        return next((str(one["ts"]) for one in written if briefs.is_of(one.get("metadata"), letter)), "")

    async def _drawn(self, card: Card, brief: Brief, load: Load) -> Mapping[str, str]:
        """What is kept of the card, with the id of the chart as Slack has it. Without one it is told all the same."""
        picture, parts = brief.picture, dict(card.parts)
        if picture is None or parts.get("picture") == picture.evidence:
            return parts
        try:
            parts["file"] = await self._pictures.upload(picture, await load(picture))
        except Permanent as error:
            parts["picture_trouble"] = error.message
        except IntegrationError:
            return parts  # it comes with the next change
        parts["picture"] = str(picture.evidence)
        return parts
