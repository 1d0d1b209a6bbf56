"""Asks the sources for a backtest: first which recorded series they hold, then every rule over its slots."""

from __future__ import annotations

import asyncio
import json
import math
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.cli.backtesting.result import Tested
from bot.cli.console import Console
from bot.cli.progress import Progress
from bot.cli.rulefiles import Chosen
from bot.documents import format_duration
from bot.errors import IntegrationError
from bot.model.rule import AlertRule
from bot.model.sample import Window
from bot.ports.metrics import MetricSource
from bot.ports.searches import SearchSource
from bot.rules.backtest import AS_WRITTEN, Variant, can_sweep_threshold
from bot.rules.dependencies import ALERTS, FOR_STATE
from bot.rules.inlining import inlined, reads_recorded
from bot.rules.replay import Past, Replay, replay_all
from bot.rules.savedsearches.backtest import SearchReplay
from bot.rules.selectors import metrics

_LOOKS = 100
"""Parts of the window in which we see whether a recorded series is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be tested. `sources` names the integration for each group's key."""

    chosen: Chosen
    window: Window
    variants: tuple[Variant, ...]
    sources: Mapping[str, str]
    concurrency: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who is asked, by name: those that answer PromQL, and those that run saved searches."""

    metrics: Mapping[str, MetricSource]
    searches: Mapping[str, SearchSource]


async def ask(wish: Wish, sources: Asked, console: Console) -> tuple[Sequence[Tested], bool]:
    """Every rule that is wanted, and whether Ctrl-C stopped it before the end: then with what there is.

    Raises Permanent when a source refuses our credentials.
    """
    tested = [
        Tested(group=group, rule=rule, source=wish.sources[group.key])
        for group in wish.chosen.groups
        for rule in group.rules
        if isinstance(rule, AlertRule) and wish.chosen.wanted(group, rule.name)
    ]
    work = asyncio.ensure_future(_all(tested, wish, sources, console))
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, work.cancel)
    try:
        await asyncio.wait([work])
    finally:
        loop.remove_signal_handler(signal.SIGINT)
    if not work.cancelled() and (error := work.exception()) is not None:
        raise error
    return tested, work.cancelled()


async def _all(tested: Sequence[Tested], wish: Wish, sources: Asked, console: Console) -> None:
    absent = await _absent([one for one in tested if one.group.search is None], wish, sources.metrics)
    for one in tested:
        if one.group.search is not None:
            _prepare_search(one, wish)
        else:
            _prepare(one, wish, absent.get(one.source, frozenset()))
    replays = [one.replay for one in tested if one.replay is not None]
    total = sum(replay.slots.count for replay in replays)
    progress = Progress(console, total, "slots")
    asked = " and ".join(sorted({one.source for one in tested}))
    questions = "1 question" if wish.concurrency == 1 else f"{wish.concurrency} questions"
    rules = "1 rule" if len(replays) == 1 else f"{len(replays)} rules"
    progress.begin(
        f"asking {asked} about {rules} over {total:,} slots, {questions} at a time; Ctrl-C shows what there is"
    )
    promql = [(one.replay, sources.metrics[one.source]) for one in tested if isinstance(one.replay, Replay)]
    try:
        await replay_all(promql, progress.add, concurrency=wish.concurrency)
        for one in tested:
            if isinstance(one.replay, SearchReplay):
                await one.replay.run(sources.searches[one.source], progress.add, concurrency=wish.concurrency)
    finally:
        progress.end()
        for one in tested:
            _note_told(one)


def _prepare_search(one: Tested, wish: Wish) -> None:
    if len(wish.variants) > 1:
        one.notes.append("a saved search is tested as it is written: nothing of it is swept")
    one.replay = SearchReplay.of(one.group, one.rule, wish.window)


def _note_told(one: Tested) -> None:
    """What suppression makes of it: firing is one thing, being told another."""
    if isinstance(one.replay, SearchReplay) and one.group.search is not None and one.group.search.suppression:
        times = "once" if one.replay.told == 1 else f"{one.replay.told:,} times"
        one.notes.append(f"with its suppression somebody would have been told anew {times} within this time")


def _prepare(one: Tested, wish: Wish, absent: frozenset[str]) -> None:
    """Which expression to ask, in which variants, and what to say about it."""
    place = next(at for at, rule in enumerate(one.group.rules) if rule is one.rule)
    made = inlined(one.rule, place, one.group, absent)
    if made.missing:
        one.unanswered = f"{one.source} does not hold {', '.join(made.missing)}, which it reads"
        return
    if made.put_in:
        one.notes.append(f"{one.source} does not hold {', '.join(made.put_in)}: asked as what it is made of")
    if metrics(one.rule.expr) & {ALERTS, FOR_STATE}:
        one.notes.append("it reads ALERTS: as the server recorded it then, not as this backtest finds it")
    if any("query" in text and "{{" in text for text in one.rule.labels.values()):
        one.notes.append("labels that ask a query of their own are left as they are written")
    variants = wish.variants
    if any(variant.threshold is not None for variant in variants) and not can_sweep_threshold(made.rule):
        one.notes.append("it compares its signal with no single number: its threshold is not swept")
        variants = tuple(dict.fromkeys(Variant(hold=variant.hold) for variant in variants))
    one.replay = Replay.of(
        Past(group=one.group, rule=made.rule, window=wish.window, variants=variants or (AS_WRITTEN,))
    )


async def _absent(
    tested: Sequence[Tested], wish: Wish, sources: Mapping[str, MetricSource]
) -> Mapping[str, frozenset[str]]:
    """For each source the recorded names that rules read and that it does not hold in the window."""
    groups = wish.chosen.groups
    wanted = sorted({(one.source, name) for one in tested for name in reads_recorded(one.rule, groups)})
    gate = asyncio.Semaphore(wish.concurrency)

    async def held(source: str, name: str) -> bool:
        async with gate:
            return await _holds(sources[source], name, wish.window)

    there = await asyncio.gather(*(held(source, name) for source, name in wanted))
    absent: dict[str, set[str]] = {}
    for (source, name), is_there in zip(wanted, there, strict=True):
        if not is_there:
            absent.setdefault(source, set()).add(name)
    return {source: frozenset(names) for source, names in absent.items()}


async def _holds(source: MetricSource, name: str, window: Window) -> bool:
    """Whether the series was ever there in the window. Where that cannot be asked, the rule's own question tells."""
    step = timedelta(seconds=max(1, math.ceil(window.length.total_seconds() / _LOOKS)))
    expr = f"count(count_over_time({{__name__={json.dumps(name)}}}[{format_duration(step)}]))"
    try:
        return bool(await source.query_range(expr, {}, Window(start=window.start, end=window.end + step), step))
    except IntegrationError:
        return True
