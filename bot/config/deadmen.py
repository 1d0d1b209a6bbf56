"""What is wrong between signs of life and the rest of the document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.config.schema import Config
from bot.documents import Path, suggest
from bot.kit.plugin import Integration

Found = Iterator[tuple[Path, str]]


def mistakes(config: Config) -> Found:
    """Names that are there twice."""
    names = [entry.name for entry in config.deadmen]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield ("deadmen", index, "name"), f"there is another deadman {name!r}; give one of them another name"


def life_sign_mistakes(config: Config, manifests: Mapping[str, Integration]) -> Found:
    """A sign of life that leads to no integration, or to one that does not wait for any."""
    if config.deadman is None:
        return
    name, place = config.deadman.integration, ("deadman", "integration")
    able = [name for name, manifest in manifests.items() if "watcher" in manifest.provides]
    if name not in config.integrations:
        near = suggest(name, able) or f"; add `{name}: {{use: webhook, url: ...}}` to `integrations`"
        yield place, f"no integration is called {name!r}{near}"
    elif name in manifests and name not in able:
        yield place, f"{name!r} ({manifests[name].name}) waits for no sign of life; name one that uses `webhook`"
