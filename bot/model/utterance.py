"""What somebody says to Tocsin in a chat, and who says it; free of any chat vendor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from bot.model.ids import IncidentId


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """Somebody in the chat of `integration`, where they are known as `user`: the chat says that it is they.

    Who of our people that is, and what they may do, is asked at the moment they speak. `email` is what the chat says
    of them; it makes them one of our people only where `trusted`: whoever set Tocsin up vouches for that workspace.
    """

    integration: str
    user: str
    email: str = ""
    trusted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """A line that somebody typed, or that stands behind a button they clicked: `ack INC-7`.

    `about`: the incident that the place is about in which it was said; `place` is the id of that place, and `thread` of
    the message there below which it was said, for whoever knows which incident is talked about there. `prefix` is what
    people type before a command there, such as `/tocsin`, for answers that say what to type.
    """

    text: str
    about: IncidentId | None = None
    place: str = ""
    thread: str = ""
    prefix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A form of ours that somebody filled in: which command, and each value by the name of its blank."""

    command: str
    values: Mapping[str, str] = field(default_factory=dict)
    prefix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """Why something that somebody said is not done: it is so old by now, or it was `begun` and nobody saw its end."""

    age: timedelta
    begun: bool = False
