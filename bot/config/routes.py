"""The routing tree of the document as the nouns the stages walk: what a node leaves out comes from the node above."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from bot.config.schema import Config, RouteNode
from bot.documents import Path, suggest
from bot.model.alert import Receiver, Route
from bot.model.labels import parse_matcher

DEFAULT_RECEIVER = "default"
DEFAULT_WAIT = timedelta(0)
"""An incident opens at once. Alertmanager waits 30 s, but there the wait is for a message, not for the work."""
DEFAULT_ROUTE = Route(receiver=DEFAULT_RECEIVER, group_by=("alertname", "cluster", "service"), group_wait=DEFAULT_WAIT)
"""What counts when a document has no `route`: one incident for an alert's name, cluster and service."""

_BY_ALL = "..."


def receivers(config: Config) -> tuple[Receiver, ...]:
    """Those declared, or the default one when nothing is said about routing."""
    declared = tuple(Receiver(name=entry.name) for entry in config.receivers)
    return declared or (Receiver(name=DEFAULT_RECEIVER),)


def tree(config: Config) -> Route:
    """The whole tree, every node complete."""
    if config.route is not None:
        return _node(config.route, Route(receiver=DEFAULT_RECEIVER, group_wait=DEFAULT_WAIT))
    names = [receiver.name for receiver in receivers(config)]
    return Route(receiver=names[0], group_by=DEFAULT_ROUTE.group_by, group_wait=DEFAULT_ROUTE.group_wait)


def mistakes(config: Config) -> Iterator[tuple[Path, str]]:
    """What is wrong with the tree beyond its form: receivers nobody declared, conditions on the top node."""
    names = [entry.name for entry in config.receivers]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield ("receivers", index, "name"), f"there is another receiver {name!r}; give one of them another name"
    top = config.route
    if top is None:
        if len(names) > 1:
            yield ("receivers",), "without a `route` only one receiver can be told; say with `route` who hears of what"
        return
    if top.receiver is None:
        yield ("route",), "the top of the tree needs a receiver; add `receiver: NAME`"
    if top.matchers:
        yield ("route", "matchers"), "the top of the tree takes every alert; move the matchers to a node under `routes`"
    if top.continue_:
        yield ("route", "continue"), "the top of the tree has no siblings to go on to; remove it"
    yield from _node_mistakes(top, ("route",), names)


def _node_mistakes(node: RouteNode, path: Path, names: list[str]) -> Iterator[tuple[Path, str]]:
    if node.receiver is not None and node.receiver not in names:
        near = suggest(node.receiver, names) or f"; add {{name: {node.receiver}}} to `receivers`"
        yield (*path, "receiver"), f"no receiver is called {node.receiver!r}{near}"
    if node.group_by and _BY_ALL in node.group_by and len(node.group_by) > 1:
        yield (*path, "group_by"), "'...' stands for all labels, so it stands alone"
    for index, child in enumerate(node.routes):
        yield from _node_mistakes(child, (*path, "routes", index), names)


def _node(node: RouteNode, above: Route) -> Route:
    own = Route(
        receiver=node.receiver if node.receiver is not None else above.receiver,
        matchers=tuple(parse_matcher(text) for text in node.matchers),
        group_by=node.group_by if node.group_by is not None else above.group_by,
        group_wait=node.group_wait if node.group_wait is not None else above.group_wait,
        continue_=node.continue_,
    )
    return replace(own, routes=tuple(_node(child, own) for child in node.routes))
