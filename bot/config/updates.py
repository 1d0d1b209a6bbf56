"""Status updates as the document says them, and what is wrong between them and the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.config.schema import Config
from bot.documents import Path, suggest
from bot.kit.plugin import Integration
from bot.model.status_update import READERS, Audience, Readers

Found = Iterator[tuple[Path, str]]


def readers(config: Config) -> Mapping[Audience, Readers]:
    """By audience: what the document says, over what Tocsin has."""
    return {**READERS, **{entry.audience: entry.over(READERS[entry.audience]) for entry in config.status_updates}}


def mistakes(config: Config) -> Found:
    """Audiences that are there twice, and people who are not there."""
    audiences = [entry.audience for entry in config.status_updates]
    people = [person.name for person in config.people]
    for index, entry in enumerate(config.status_updates):
        if entry.audience in audiences[:index]:
            yield ("status_updates", index, "audience"), f"{entry.audience} is there already; write both as one"
        for number, name in enumerate(entry.people):
            if name not in people:
                near = suggest(name, people) or "; add them there"
                yield ("status_updates", index, "people", number), f"nobody in `people` is called {name!r}{near}"


def place_mistakes(config: Config, manifests: Mapping[str, Integration]) -> Found:
    """Places through what is no integration, or one that brings nobody anything to read."""
    able = [name for name, manifest in manifests.items() if "messenger" in manifest.provides]
    for index, entry in enumerate(config.status_updates):
        for number, one in enumerate(entry.places):
            place: Path = ("status_updates", index, "places", number, "integration")
            if one.integration not in config.integrations:
                near = suggest(one.integration, able) or "; add it, such as `mail: {use: smtp, ...}`"
                yield place, f"no integration is called {one.integration!r}{near}"
            elif one.integration in manifests and one.integration not in able:
                yield place, f"{one.integration!r} ({manifests[one.integration].name}) takes no messages"
