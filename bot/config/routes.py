"""Routing as the document says it, as the nouns the stages walk: what a node leaves out comes from the node above."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from bot.config.routing_schema import InhibitEntry, RouteNode, occurrences_of
from bot.config.schema import Config
from bot.documents import Path, format_duration, suggest
from bot.kit.plugin import Integration
from bot.model.route import Receiver, Route

DEFAULT_RECEIVER = "default"
DEFAULT_WAIT = timedelta(0)
"""An incident opens at once. Alertmanager waits 30 s, but there the wait is for a message, not for the work."""
DEFAULT_ROUTE = Route(receiver=DEFAULT_RECEIVER, group_by=("alertname", "cluster", "service"), group_wait=DEFAULT_WAIT)
"""What counts when a document has no `route`: one incident for an alert's name, cluster and service."""

_BY_ALL = "..."
Found = Iterator[tuple[Path, str]]


def receivers(config: Config) -> tuple[Receiver, ...]:
    """Those declared, or the default one when nothing is said about routing."""
    return tuple(entry.noun for entry in config.receivers) or (Receiver(name=DEFAULT_RECEIVER),)


def tree(config: Config) -> Route:
    """The whole tree, every node complete."""
    if config.route is not None:
        return _node(config.route, Route(receiver=DEFAULT_RECEIVER, group_wait=DEFAULT_WAIT))
    return replace(DEFAULT_ROUTE, receiver=receivers(config)[0].name)


def mistakes(config: Config) -> Found:
    """What is wrong with the tree beyond its form: names nobody declared, conditions on the top node."""
    names = [entry.name for entry in config.receivers]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield ("receivers", index, "name"), f"there is another receiver {name!r}; give one of them another name"
    top = config.route
    if top is None:
        if len(names) > 1:
            yield ("receivers",), "without a `route` only one receiver can be told; say with `route` who hears of what"
        return
    yield from _top_mistakes(top)
    intervals = [entry.name for entry in config.time_intervals]
    for path, node in _nodes(top, ("route",)):
        yield from _receiver_mistakes(node, path, names)
        yield from _group_by_mistakes(node, path)
        yield from _interval_mistakes(node, path, intervals)


def unwise(config: Config) -> Found:
    """What is valid, and will hardly be what was meant."""
    if config.route is not None:
        for path, node in _nodes(config.route, ("route",)):
            yield from _shadowed(node, path)
        yield from _slow_repeats(config.route, tree(config), ("route",))
    for index, rule in enumerate(config.inhibit_rules):
        yield from _wide(rule, ("inhibit_rules", index))


def webhook_mistakes(config: Config, manifests: Mapping[str, Integration]) -> Found:
    """Webhooks that lead to no integration, or to one that cannot be told."""
    able = [name for name, manifest in manifests.items() if "notifier" in manifest.provides]
    for number, entry in enumerate(config.receivers):
        for index, webhook in enumerate(entry.webhook_configs):
            name = webhook.integration
            place: Path = ("receivers", number, "webhook_configs", index, "integration")
            if name not in config.integrations:
                near = suggest(name, able) or f"; add `{name}: {{use: webhook, url: ...}}` to `integrations`"
                yield place, f"no integration is called {name!r}{near}"
            elif name in manifests and name not in able:
                yield (
                    place,
                    f"{name!r} ({manifests[name].name}) takes no webhooks of ours; name one that uses `webhook`",
                )


def mapping_mistakes(config: Config) -> Found:
    """Maps for sources that there are not."""
    for index, entry in enumerate(config.mapping):
        if entry.source and entry.source not in config.integrations:
            near = suggest(entry.source, config.integrations) or "; leave it out for alerts of every source"
            yield ("mapping", index, "source"), f"no integration is called {entry.source!r}{near}"


def _top_mistakes(top: RouteNode) -> Found:
    if top.receiver is None:
        yield ("route",), "the top of the tree needs a receiver; add `receiver: NAME`"
    for key in ("matchers", "match", "match_re"):
        if getattr(top, key):
            yield ("route", key), "the top of the tree takes every alert; move the matchers to a node under `routes`"
    for key in ("mute_time_intervals", "active_time_intervals"):
        if getattr(top, key):
            yield ("route", key), "the top of the tree always tells; move the names to a node under `routes`"
    if top.continue_:
        yield ("route", "continue"), "the top of the tree has no siblings to go on to; remove it"


def _nodes(node: RouteNode, path: Path) -> Iterator[tuple[Path, RouteNode]]:
    """The node and all below it, each with its place."""
    yield path, node
    for index, child in enumerate(node.routes):
        yield from _nodes(child, (*path, "routes", index))


def _receiver_mistakes(node: RouteNode, path: Path, names: Sequence[str]) -> Found:
    if node.receiver is not None and node.receiver not in names:
        near = suggest(node.receiver, names) or f"; add {{name: {node.receiver}}} to `receivers`"
        yield (*path, "receiver"), f"no receiver is called {node.receiver!r}{near}"


def _group_by_mistakes(node: RouteNode, path: Path) -> Found:
    if node.group_by and _BY_ALL in node.group_by and len(node.group_by) > 1:
        yield (*path, "group_by"), "'...' stands for all labels, so it stands alone"
        return
    for name, count in Counter(node.group_by or ()).items():
        if count > 1:
            yield (*path, "group_by"), f"{name!r} is there twice; keep one"


def _interval_mistakes(node: RouteNode, path: Path, names: Sequence[str]) -> Found:
    for key in ("mute_time_intervals", "active_time_intervals"):
        for index, name in enumerate(getattr(node, key)):
            if name not in names:
                near = suggest(name, names) or "; name one under `time_intervals`"
                yield (*path, key, index), f"no time interval is called {name!r}{near}"


def _shadowed(node: RouteNode, path: Path) -> Found:
    for index, child in enumerate(node.routes[:-1]):
        if not child.conditions and not child.continue_:
            yield (*path, "routes", index), "this takes every alert, so the nodes after it are never reached"


def _slow_repeats(node: RouteNode, made: Route, path: Path) -> Found:
    """Only where it is written: those below inherit it."""
    if made.repeat_interval < made.group_interval and (node.repeat_interval or node.group_interval):
        key = "repeat_interval" if node.repeat_interval else "group_interval"
        yield (
            (*path, key),
            f"a group is looked at every {format_duration(made.group_interval)} (`group_interval`), so it cannot repeat"
            f" every {format_duration(made.repeat_interval)}",
        )
    for index, (child, below) in enumerate(zip(node.routes, made.routes, strict=True)):
        yield from _slow_repeats(child, below, (*path, "routes", index))


def _wide(rule: InhibitEntry, path: Path) -> Found:
    noun = rule.noun
    if not noun.source:
        yield path, "it has no `source_matchers`: while any alert fires, its targets are not told"
    if not noun.target:
        yield path, "it has no `target_matchers`: while its source fires, no other alert is told"


def _node(node: RouteNode, above: Route) -> Route:
    own = Route(
        receiver=node.receiver if node.receiver is not None else above.receiver,
        matchers=node.conditions,
        group_by=node.group_by if node.group_by is not None else above.group_by,
        group_wait=node.group_wait if node.group_wait is not None else above.group_wait,
        group_interval=node.group_interval or above.group_interval,
        repeat_interval=node.repeat_interval or above.repeat_interval,
        mute_time_intervals=node.mute_time_intervals,
        active_time_intervals=node.active_time_intervals,
        hold=node.hold if node.hold is not None else above.hold,
        occurrences=occurrences_of(node.occurrences) if node.occurrences is not None else above.occurrences,
        shadow=node.shadow if node.shadow is not None else above.shadow,
        continue_=node.continue_,
    )
    return replace(own, routes=tuple(_node(child, own) for child in node.routes))
