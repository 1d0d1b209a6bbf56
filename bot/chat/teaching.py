"""Answers that teach: what can be typed, and what to type instead of what was."""

from __future__ import annotations

from collections.abc import Sequence

from bot.chat.asked import Asked, Deed
from bot.chat.filling import FILL
from bot.chat.grammar import HIDDEN, Grammar, Mistake, Slot, Verb, listed
from bot.chat.reading import Kind
from bot.model.answer import Answer, Press, Tone
from bot.model.wording import one_line

_MOST_PRESSES = 4

HELP = Verb(
    name="help",
    summary="all commands, or how one of them is written",
    examples=("help", "help declare"),
    slots=(Slot(name="command", kind=Kind.TEXT, help="a command", needed=False),),
    also=("?", "--help", "-h"),
)


def helping(verbs: Sequence[Verb]) -> Deed:
    """The command that explains all of them, itself among them."""
    grammar = Grammar([*verbs, HELP])

    async def help_(asked: Asked) -> Answer:
        name = asked.get("command")
        if not name:
            return _all(grammar)
        found = grammar.verb(name)
        return of_one(found, grammar) if found is not None else mistaken(_unknown(grammar, name))

    return Deed(verb=HELP, do=help_)


def _unknown(grammar: Grammar, name: str) -> Mistake:
    try:
        grammar.parse(name)
    except Mistake as mistake:
        return mistake
    return Mistake("that is no command alone", hint="`help` lists them all")


def _all(grammar: Grammar) -> Answer:
    verbs = list(listed(list(grammar.verbs.values())))
    return Answer(
        headline="What you can type",
        items=tuple(f"{one.name} — {one.summary}" for one in verbs),
        presses=(
            Press(label="What is on fire", says="list"),
            Press(label="Declare an incident", says="declare"),
            Press(label="Search …", says="fill search"),
            Press(label="Runbooks", says="runbook list"),
            Press(label="Statistics", says="stats"),
        ),
        hint="help COMMAND says how it is written; 7 and INC-7 are the same incident",
    )


def of_one(verb: Verb, grammar: Grammar) -> Answer:
    """How it is written, and what else begins with the same word."""
    family = [one for one in grammar.verbs.values() if one.name.startswith(f"{verb.name.split()[0]} ") and one != verb]
    facts = [(slot.name, _said(slot)) for slot in (*verb.slots, *verb.options) if slot.label != HIDDEN]
    return Answer(
        headline=f"{verb.name}: {verb.summary}",
        code=verb.usage,
        facts=tuple(facts),
        items=tuple(verb.examples),
        text="; ".join(f"{one.usage}: {one.summary}" for one in family),
        presses=() if verb in (HELP, FILL) else (_pressed(verb),),
    )


def _pressed(verb: Verb) -> Press:
    """What needs to know nothing is done at once."""
    if verb.slots or verb.options:
        return Press(label="Fill it in", says=f"fill {verb.name}")
    return Press(label="Do it", says=verb.name)


def _said(slot: Slot) -> str:
    words = f": {', '.join(slot.choices)}" if len(slot.choices) > 1 else ""
    return f"{slot.help}{words}{'' if slot.needed else ' (may be left out)'}"


def mistaken(mistake: Mistake, prefix: str = "") -> Answer:
    """A line that was not understood, and what to type instead."""
    before = f"{prefix} " if prefix else ""
    verb = mistake.verb
    return Answer(
        headline=one_line(mistake.message, 300),
        tone=Tone.CAREFUL,
        refused=True,
        facts=(("How it is written", f"{before}{verb.usage}"),) if verb is not None else (),
        items=tuple(f"{before}{one}" for one in verb.examples) if verb is not None else (),
        hint=one_line(mistake.hint, 300),
        presses=tuple(Press(label=one_line(one, 70), says=one) for one in mistake.near[:_MOST_PRESSES]),
    )
