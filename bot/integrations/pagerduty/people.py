"""Who did something at PagerDuty, for whom it is now, and which notes are our own."""

from __future__ import annotations

from collections.abc import Sequence

from bot.kit.posted import Part

MARK = "[tocsin] "
"""Every note that we write begins with it, and none that does is taken from there."""


def signed(by: str, text: str) -> str:
    """A note as it is written there."""
    return f"{MARK}{by}: {text}"


def is_ours(note: str) -> bool:
    """Whether we wrote it."""
    return note.startswith(MARK)


def by_whom(agent: Part) -> tuple[str, tuple[str, ...]]:
    """Name and ids of a person; nothing for services, integrations and timeouts."""
    if not agent.text("type").startswith("user"):
        return "", ()
    return agent.text("summary") or agent.text("id"), tuple(filter(None, (agent.text("id"), agent.text("email"))))


def for_whom(people: Sequence[Part]) -> tuple[tuple[str, ...], ...]:
    """Of each their ids, and what they are called last."""
    return tuple((one.text("id"), one.text("summary") or one.text("id")) for one in people)
