"""How a team works, as nouns: what the document says, over what Tocsin has; and what is wrong in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.config.schema import Config
from bot.documents import Path
from bot.model.incident import COMMANDER, Severity
from bot.model.practice import ROLES, SEVERITIES, CustomField, Role, SeverityLevel

Found = Iterator[tuple[Path, str]]


def severities(config: Config) -> Mapping[Severity, SeverityLevel]:
    """All five, the gravest first."""
    said = {entry.name: entry for entry in config.severities}
    return {
        severity: said[severity].over(level) if severity in said else level for severity, level in SEVERITIES.items()
    }


def roles(config: Config) -> Mapping[str, Role]:
    """The document's roles, where it has any; there is always a commander."""
    if not config.roles:
        return ROLES
    return {COMMANDER: ROLES[COMMANDER], **{entry.name: entry.noun for entry in config.roles}}


def custom_fields(config: Config) -> Mapping[str, CustomField]:
    """By name, in the order of the file."""
    return {entry.name: entry.noun for entry in config.custom_fields}


def mistakes(config: Config) -> Found:
    """Names that are there twice."""
    named: Mapping[str, Sequence[str]] = {
        "severities": [entry.name for entry in config.severities],
        "roles": [entry.name for entry in config.roles],
        "custom_fields": [entry.name for entry in config.custom_fields],
    }
    for key, names in named.items():
        for index, name in enumerate(names):
            if name in names[:index]:
                yield (key, index, "name"), f"{name} is there already; keep one of them"
