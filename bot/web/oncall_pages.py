"""The page about who is on call, and its forms: somebody covers, or does not any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.errors import NotAllowed
from bot.kit.who_asks import asker
from bot.model.actor import Actor
from bot.model.ids import OverrideId
from bot.model.moments import moment
from bot.response import oncall_asked, oncall_covered
from bot.response.oncall_asked import OnCallBoard
from bot.response.world import World
from bot.rights import Act, Yes, may
from bot.web import asked
from bot.web.forms import fields, text, to
from bot.web.pages import Page

_FIRST, _LAST = 2000, 2200
"""The years that somebody may cover in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCallView:
    """All schedules. `people` may cover, if whoever looks `may_cover` anybody."""

    board: OnCallBoard
    people: tuple[str, ...]
    may_cover: bool

    @property
    def title(self) -> str:
        """What the browser's tab says."""
        return "On call"

    @property
    def news(self) -> str:
        """What a screen reader says when something has changed."""
        said = [f"{one.schedule.name}: {', '.join(one.duty.people) or 'nobody'}" for one in self.board.standing]
        return f"on call now: {'; '.join(said)}" if said else "no schedules"


async def _see(world: World, actor: Actor, _key: str) -> OnCallBoard:
    return await oncall_asked.board(world, actor)


def _view(seen: OnCallBoard, world: World, actor: Actor) -> OnCallView:
    may_cover = isinstance(may(actor, Act.COVER, "schedules", world.clock.now()), Yes)
    return OnCallView(board=seen, people=tuple(world.setup.people), may_cover=may_cover)


ONCALL = Page(template="oncall.html.jinja", nav="oncall", parts={"oncall": "_oncall.html.jinja"}, see=_see, view=_view)


class OnCallChanges:
    """The forms' endpoints. The door has checked session, token, Origin and Host before any of them is asked."""

    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def routes(self) -> list[Route]:
        """Their paths."""
        return [
            Route("/schedules/{key}/overrides", self.cover, methods=["POST"]),
            Route("/overrides/{key}/drop", self.drop, methods=["POST"]),
        ]

    async def cover(self, request: Request) -> Response:
        """Somebody covers, from now or from the time of the page's zone that was written."""
        form, schedule = await fields(request), request.path_params["key"]
        try:
            since = self._moment(text(form, "starts"))
            until = (since or self._world.clock.now()) + asked.length(text(form, "lasts"))
        except (ValueError, OverflowError) as error:
            raise NotAllowed(str(error), hint="go back, correct it and send it again") from None
        await oncall_covered.cover(
            self._world, asker(request.scope).actor, schedule, text(form, "person"), since, until,
            instead=text(form, "instead"), reason=text(form, "reason"),
        )  # fmt: skip
        return to("/oncall")

    async def drop(self, request: Request) -> Response:
        """Whoever would be on call without it is again."""
        await oncall_covered.drop(self._world, asker(request.scope).actor, OverrideId(request.path_params["key"]))
        return to("/oncall")

    def _moment(self, written: str) -> datetime | None:
        if not written:
            return None
        try:
            read = datetime.fromisoformat(written)
        except ValueError:
            read = datetime.min  # noqa: DTZ901 - what clocks show has no zone
        if not _FIRST <= read.year < _LAST or read.tzinfo:
            raise ValueError(f"not a time of this page's zone: {written!r}; write it like 2027-12-24 09:00")
        return moment(read, self._world.setup.time_zone)
