"""Every command by a button: what may be done with an incident, and a form for whatever a command needs to know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.chat.asked import Asked, Deed, line, presses, tone
from bot.chat.grammar import HIDDEN, Grammar, Slot, Verb
from bot.chat.incidents import INCIDENT
from bot.chat.reading import Kind
from bot.errors import NotFound
from bot.model.answer import Answer, Blank, BlankKind, Form, Press
from bot.model.incident import Severity
from bot.response import looked_up

_FILLED = ("assign", "severity", "status", "note", "task", "followup", "role", "page", "merge")
_ASKED = ("catchup", "evidence", "role list", "task list", "report")
"""Commands about one incident that need to know more, and those that do not."""
_KINDS = {Kind.TEXT: BlankKind.TEXT, Kind.CHOICE: BlankKind.CHOICE, Kind.SEVERITY: BlankKind.CHOICE}
FILL = Verb(
    name="fill",
    summary="a form for a command",
    examples=("fill note incident=INC-7", "fill search"),
    slots=(Slot(name="command", kind=Kind.TEXT, help="a command"),),
    options=(Slot(name="incident", kind=Kind.INCIDENT, help="the incident that it is about", needed=False),),
    aside=True,
)


def filling(deeds: Sequence[Deed]) -> Deed:
    """The command that shows the form of any of these: its own, or one made of what it takes."""
    grammar = Grammar([one.verb for one in deeds])
    forms = {one.verb.name: one.form for one in deeds}

    async def fill(asked: Asked) -> Answer:
        verb = grammar.verb(asked.get("command"))
        if verb is None:
            raise NotFound(f"there is no command {asked.get('command')[:40]!r}", hint="`help` lists them all")
        made = forms[verb.name]
        form = made(asked) if made is not None else form_of(verb, asked.values)
        usage = (("How it is written", verb.usage),)
        return Answer(headline=f"{verb.name}: {verb.summary}", facts=usage, items=verb.examples, form=form)

    return Deed(verb=FILL, do=fill)


def form_of(verb: Verb, values: Mapping[str, str]) -> Form:
    """A blank for each slot and option of the command, but for the incident that is known."""
    known = {name: value for name, value in values.items() if name == INCIDENT.name and value}
    asked = [slot for slot in (*verb.slots, *verb.options) if slot.label != HIDDEN and slot.name not in known]
    title = verb.name.capitalize()
    return Form(command=verb.name, title=title, submit="Do it", blanks=tuple(map(_blank, asked)), fixed=known)


def _blank(slot: Slot) -> Blank:
    return Blank(
        name=slot.name,
        label=slot.name.capitalize(),
        kind=_KINDS.get(slot.kind, BlankKind.LINE),
        choices=tuple(Severity) if slot.kind is Kind.SEVERITY else slot.choices,
        needed=slot.needed,
        hint=slot.help,
    )


async def _more(asked: Asked) -> Answer:
    incident = (await looked_up.case(asked.world, asked.actor, asked.incident)).incident
    first = tuple(one for one in presses(incident) if not one.says.startswith("silence"))
    name = incident.id
    return Answer(
        headline=f"What may be done with {name}",
        tone=tone(incident),
        text=line(incident),
        presses=(
            *first,
            *(Press(label=one.capitalize(), says=f"{one} {name}") for one in _ASKED),
            *(Press(label=f"{one.capitalize()} …", says=f"fill {one} incident={name}") for one in _FILLED),
        ),
        link=asked.page_of(name),
    )


MORE = Deed(
    verb=Verb(
        name="more", summary="all that may be done with an incident, by buttons", examples=("more INC-7",),
        slots=(INCIDENT,),
    ),
    do=_more,
)  # fmt: skip
