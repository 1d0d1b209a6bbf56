"""Commands about people: who is on call, and waking somebody."""

from __future__ import annotations

from bot.chat.asked import Asked, Deed, count, cut
from bot.chat.grammar import Slot, Verb
from bot.chat.incidents import INCIDENT
from bot.chat.reading import Kind
from bot.model.answer import Answer, Tone
from bot.response import oncall_asked, person_paged


async def _on_call(asked: Asked) -> Answer:
    standing = await oncall_asked.at(asked.world, asked.actor, schedule=asked.get("schedule"))
    lines = [
        f"{one.schedule.name}: {', '.join(one.duty.people) or 'nobody'} until {asked.at(one.duty.ends_at)},"
        f" then {', '.join(one.next.people) or 'nobody'}"
        for one in standing
    ]
    gaps = any(not one.duty.people for one in standing)
    return Answer(
        headline="On call now" if standing else "There are no schedules",
        tone=Tone.CAREFUL if gaps else Tone.PLAIN,
        items=cut(lines),
        hint="" if standing else "write one under `schedules:` in tocsin.yaml",
        link=asked.page("oncall"),
    )


async def _page(asked: Asked) -> Answer:
    whom = asked.get("person")
    if whom.removeprefix("@") not in asked.world.setup.schedules:
        whom = asked.person()
    pages = await person_paged.page(asked.world, asked.actor, asked.incident, whom.removeprefix("@"), asked.get("text"))
    people = ", ".join(dict.fromkeys(one.person for one in pages))
    return Answer(
        headline=f"{asked.incident}: {people} {'is' if len(pages) == 1 else 'are'} being woken",
        tone=Tone.GOOD,
        text=f"{count(len(pages), 'page')} through {', '.join(dict.fromkeys(one.integration for one in pages))}",
        link=asked.page_of(asked.incident),
    )


DEEDS = (
    Deed(
        verb=Verb(
            name="oncall",
            summary="who is on call, and who is next",
            examples=("oncall", "oncall platform"),
            slots=(Slot(name="schedule", kind=Kind.NAME, help="a schedule", needed=False),),
            also=("on-call",),
        ),
        do=_on_call,
    ),
    Deed(
        verb=Verb(
            name="page",
            summary="wake somebody about an incident: a person, or whoever is on call",
            examples=("page INC-7 ann we need somebody who knows the queue", "page INC-7 platform"),
            slots=(
                INCIDENT,
                Slot(name="person", kind=Kind.PERSON, help="a person or a schedule"),
                Slot(name="text", kind=Kind.TEXT, help="what they read", needed=False),
            ),
        ),
        do=_page,
    ),
)
