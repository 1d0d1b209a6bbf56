"""How incidents have to do with each other."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.model.incident import Incident


class Link(StrEnum):
    """What people say that one incident is of another."""

    DUPLICATE = "duplicate"
    CHILD = "child"


class Relation(StrEnum):
    """What another incident is to the one that is looked at."""

    MERGED_INTO = "merged into"
    PART = "part of this"
    DUPLICATE_OF = "duplicate of"
    DUPLICATE = "has duplicate"
    PARENT = "child of"
    CHILD = "parent of"


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """Another incident, and what it is to this one."""

    relation: Relation
    incident: Incident
