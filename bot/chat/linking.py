"""Commands about who somebody is: here, and in another chat."""

from __future__ import annotations

import secrets

from bot.chat.asked import Asked, Deed
from bot.chat.grammar import Slot, Verb
from bot.chat.identity import code_hash
from bot.chat.reading import Kind
from bot.model.answer import Answer, Tone
from bot.response import chats_linked, looked_up

_ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
_LETTERS, _GROUP = 16, 4


def new_code() -> str:
    """Sixteen letters that nobody mistakes for others, in groups of four."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_LETTERS))
    return "-".join(letters[at : at + _GROUP] for at in range(0, _LETTERS, _GROUP))


async def _who(asked: Asked) -> Answer:
    setup, who = looked_up.documents(asked.world, asked.actor), asked.actor
    known = setup.people.get(who.name)
    return Answer(
        headline=f"You are {who.name}",
        facts=(
            ("Roles", ", ".join(sorted(who.roles)) or "none: you may do all that needs no role"),
            ("E-mail", known.email if known else ""),
            ("By", who.via),
        ),
    )


async def _link(asked: Asked) -> Answer:
    if asked.known_here:
        return Answer(headline=f"You are {asked.actor.name} here already", tone=Tone.GOOD)
    code = new_code()
    until = await chats_linked.code(asked.world, asked.actor, code_hash(code))
    return Answer(
        headline=f"In the chat, type this once, until {asked.at(until)}",
        code=f"/tocsin link {code}",
        hint=f"whoever types it is {asked.actor.name} there from then on: keep it to yourself",
    )


LINK = Verb(
    name="link",
    summary="say who you are in a chat: makes a code where you are signed in, and takes it in the chat",
    examples=("link", "link K7F3-9QMX-T2WD-H8PR"),
    slots=(Slot(name="code", kind=Kind.NAME, help="a code", needed=False),),
)

DEEDS = (
    Deed(verb=Verb(name="whoami", summary="who you are for Tocsin, and your roles", examples=("whoami",)), do=_who),
    Deed(verb=LINK, do=_link),
)
