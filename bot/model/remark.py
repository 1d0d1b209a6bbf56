"""A message that somebody wrote in a chat where people talk about an incident."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One message. `link` leads to it, and tells it from every other.

    It stands in `place`, below `thread` where that is not empty, as the chat of `integration` calls them. `author` is
    the id of whoever wrote it there, `called` their name. `text` is plain, and never empty. `files` says where each
    file is that came with it, by its name.
    """

    integration: str
    place: str
    at: datetime
    link: str
    text: str
    author: str = ""
    called: str = ""
    thread: str = ""
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An image that came with a message, by the name that somebody gave it; or `missed`: why it could not be had."""

    name: str
    media_type: str = ""
    content: bytes = b""
    missed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where people talk about an incident: a channel of its own, or the `thread` below its message."""

    place: str
    thread: str = ""
