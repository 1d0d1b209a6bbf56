"""Who acts: a person, Tocsin itself, or a source that sent something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

ON_CALL = "on-call"
ADMIN = "admin"
VIEWER = "viewer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A way to reach a person: through an integration of ours, at an address that it understands."""

    integration: str
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody in `people:`. `chat` maps a chat platform to the person's id there.

    `contacts` are tried in this order until one takes the page; `time_zone` is where times are told to them.
    """

    name: str
    email: str = ""
    chat: Mapping[str, str] = field(default_factory=dict)
    roles: frozenset[str] = frozenset()
    contacts: tuple[Contact, ...] = ()
    time_zone: str = ""


class ActorKind(StrEnum):
    """What kind of somebody."""

    PERSON = "person"
    TOCSIN = "tocsin"
    SOURCE = "source"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody doing something now. `via` is the door: cli, page, api, slack, rule, runbook."""

    kind: ActorKind
    name: str
    via: str = ""
    roles: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return self.name


TOCSIN = Actor(kind=ActorKind.TOCSIN, name="tocsin")
"""Tocsin itself: evaluates, collects, carries runs; never approves."""


def person(who: Person, via: str) -> Actor:
    """The actor that a person is, at one of our doors."""
    return Actor(kind=ActorKind.PERSON, name=who.name, via=via, roles=who.roles)
