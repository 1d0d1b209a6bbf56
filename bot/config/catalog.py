"""The integrations that are installed, found through the entry-point group `tocsin.integrations`.

Finding them reads the metadata of every installed distribution once; a manifest itself is imported only when a
document uses it.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points

from bot.documents import suggest
from bot.errors import NotFound, StartError
from bot.kit.plugin import GROUP, Integration


def names() -> tuple[str, ...]:
    """What `use:` can say, in alphabetical order."""
    return tuple(sorted(_entries()))


def find(name: str) -> Integration:
    """The manifest of this integration; NotFound when none is called so, StartError when it cannot be imported."""
    entry = _entries().get(name)
    if entry is None:
        known = ", ".join(names())
        raise NotFound(f"no integration is called {name!r}{suggest(name, names())}", hint=f"there are: {known}")
    try:
        found = entry.load()
    except Exception as error:  # it may be anybody's code
        raise StartError(f"the integration {name!r} cannot be loaded: {error}", hint=_reinstall(entry)) from error
    if not isinstance(found, Integration):
        raise StartError(f"the integration {name!r} is no Integration: {entry.value}", hint=_reinstall(entry))
    return found


def _reinstall(entry: EntryPoint) -> str:
    package = entry.dist.name if entry.dist else entry.value
    return f"install {package} anew, in a version for this Tocsin, or take the integration out of tocsin.yaml"


@lru_cache(maxsize=1)
def _entries() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}
