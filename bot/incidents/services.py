"""Whose alerts these are, by the service catalogue; and which services cannot do without each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.model.alert import Alert
from bot.model.service import Service

Catalogue = Mapping[str, Service]
Chain = tuple[str, ...]
"""Services, each of which depends on the one after it."""
_LOOKED_AT = 200
"""Alerts of one group that are asked whose they are."""


def of_alerts(alerts: Sequence[Alert], catalogue: Catalogue) -> Service:
    """The service that all of these alerts are of; one without a name when they are not all of one.

    What the catalogue does not say, the alerts may: the name of a service it does not know, a team as the `owner`.
    """
    looked_at = alerts[:_LOOKED_AT]
    name = _only({_name_of(alert, catalogue) for alert in looked_at})
    known = catalogue.get(name, Service(name=name))
    return known if known.owner else replace(known, owner=_only({alert.labels.get("team", "") for alert in looked_at}))


def related(name: str, catalogue: Catalogue, hops: int | None) -> Mapping[str, Chain]:
    """The services that this one depends on, and those that depend on it, in so many steps at most; itself too.

    Each with the chain between the two, whoever depends first. None: nobody is related to anybody. A service that is
    not in the catalogue is related to none.
    """
    if hops is None or name not in catalogue:
        return {}
    dependents: dict[str, list[str]] = {}
    for service in catalogue.values():
        for one in service.dependencies:
            dependents.setdefault(one, []).append(service.name)
    down = _walk(name, {one.name: one.dependencies for one in catalogue.values()}, hops)
    up = {far: chain[::-1] for far, chain in _walk(name, dependents, hops).items()}
    return {far: min((way[far] for way in (down, up) if far in way), key=len) for far in {**down, **up}}


def _name_of(alert: Alert, catalogue: Catalogue) -> str:
    """A service that names this alert by its matchers comes before what the alert itself says."""
    for service in catalogue.values():
        if service.matchers and all(one.matches(alert.labels) for one in service.matchers):
            return service.name
    return alert.labels.get("service", "") or alert.labels.get("job", "")


def _only(values: set[str]) -> str:
    """The one value there is."""
    return values.pop() if len(values) == 1 else ""


def _walk(start: str, steps: Mapping[str, Sequence[str]], hops: int) -> dict[str, Chain]:
    """Everything that can be reached, each by a shortest chain."""
    found: dict[str, Chain] = {start: (start,)}
    edge = [start]
    for _ in range(hops):
        edge = [far for near in edge for far in steps.get(near, ()) if _is_new(far, near, found)]
    return found


def _is_new(far: str, near: str, found: dict[str, Chain]) -> bool:
    if far in found:
        return False
    found[far] = (*found[near], far)
    return True
