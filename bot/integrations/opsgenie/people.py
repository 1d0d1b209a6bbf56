"""Who did something at Opsgenie, and what we did there ourselves."""

from __future__ import annotations

MARK = "[tocsin] "
"""Every note that we write begins with it, and none that does is taken from there."""
SOURCE = "tocsin"
"""What we are called there, as a user and as a source."""


def signed(by: str, text: str) -> str:
    """A note as it is written there."""
    return f"{MARK}{by}: {text}"


def is_ours(note: str) -> bool:
    """Whether we wrote it."""
    return note.startswith(MARK)


def by_whom(user: str) -> tuple[str, tuple[str, ...]]:
    """Name and ids of a person, who is an e-mail address there; nothing for policies, integrations, and ourselves."""
    return (user, (user,)) if "@" in user else ("", ())
