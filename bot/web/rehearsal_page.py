"""The page on which a runbook is rehearsed: what each step would do, now, with these inputs; nothing is changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request

from bot.errors import NotAllowed, NotFound
from bot.model.actor import Actor
from bot.model.ids import IncidentId
from bot.model.plan import Rehearsal
from bot.model.runbook import Runbook
from bot.response import looked_up, run_wanted
from bot.response.world import World
from bot.web.pages import Page

_GIVEN = "input."
"""A field of the form for an input is called so, with the input's name after it."""
_MOST_FIELDS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRehearsal:
    """`given` are the inputs that were typed in; `why_not` says what keeps it from being rehearsed."""

    runbook: Runbook
    incident: str
    given: Mapping[str, str]
    rehearsal: Rehearsal | None
    why_not: str = ""

    @property
    def title(self) -> str:
        """What the browser's tab says."""
        return f"Rehearsal of {self.runbook.name}"

    @property
    def news(self) -> str:
        """The page does not change by itself."""
        return ""

    @property
    def refused(self) -> int:
        """At how many of its steps a run would be refused."""
        return sum(step.would == "refuse" for step in self.rehearsal.steps) if self.rehearsal is not None else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _RehearsalPage(Page[SeenRehearsal]):
    """The runbook stands in the path; the incident and the inputs in the query."""

    def key(self, request: Request) -> str:
        """All of it, as a query."""
        named = [("runbook", request.path_params["key"])]
        return urlencode(named + [(key, text) for key, text in request.query_params.multi_items() if key != "runbook"])


async def _see(world: World, actor: Actor, query: str) -> SeenRehearsal:
    try:
        asked = dict(parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError:
        raise NotFound("this address is too long to be read", hint="open the page again, from an incident") from None
    runbook = await looked_up.runbook(world, actor, asked["runbook"])
    given = {key.removeprefix(_GIVEN): text for key, text in asked.items() if key.startswith(_GIVEN) and text}
    incident = asked.get("incident", "")
    seen = SeenRehearsal(runbook=runbook, incident=incident, given=given, rehearsal=None)
    return await _rehearsed(world, actor, seen)


async def _rehearsed(world: World, actor: Actor, seen: SeenRehearsal) -> SeenRehearsal:
    why_not, rehearsal = "", None
    try:
        rehearsal = await run_wanted.rehearse(
            world,
            actor,
            seen.runbook.name,
            incident_id=IncidentId(seen.incident) if seen.incident else None,
            inputs=seen.given,
        )
    except NotAllowed as refusal:  # an input is missing, or does not fit: the form asks for it
        why_not = str(refusal)
    return SeenRehearsal(
        runbook=seen.runbook, incident=seen.incident, given=seen.given, rehearsal=rehearsal, why_not=why_not
    )


REHEARSAL = _RehearsalPage(
    template="rehearsal.html.jinja",
    nav="automation",
    parts={},
    see=_see,
    view=lambda seen, world, actor: seen,
)
