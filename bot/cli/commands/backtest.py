"""`tocsin backtest`: what rules would have done over the past, evaluated slot by slot as Tocsin would have."""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.charts.client import ChartWorker
from bot.cli.backtesting.asking import Asked, Wish, ask
from bot.cli.backtesting.machine import as_json
from bot.cli.backtesting.picture import HEIGHT, WIDTH, chart
from bot.cli.backtesting.result import Result, Tested
from bot.cli.backtesting.text import Teller
from bot.cli.client import connected
from bot.cli.console import Console
from bot.cli.options import add_client
from bot.cli.rulefiles import Chosen, choose
from bot.cli.sources import runner, testable, wanted
from bot.cli.times import Times
from bot.config.examine import Configured
from bot.documents import parse_duration
from bot.errors import DocumentError, IntegrationError, NotAllowed, NotFound, TocsinError
from bot.model.rule import AlertRule
from bot.model.sample import Window
from bot.ports.metrics import MetricSource
from bot.rules.backtest import AS_WRITTEN, Episode, Variant
from bot.rules.tally import Met, Night, PastIncident, met

_EPILOG = """\
Every slot at which the rules would have been evaluated is asked about, and what comes back goes through the same state
machine that `tocsin run` uses: `for`, `keep_firing_for`, `limit`. Nothing is written anywhere.

examples:
  tocsin backtest rules/shop.yml --source prom --since 14d    a rule file, on a source of tocsin.yaml
  tocsin backtest HighErrors --since 2d                       a rule that tocsin.yaml knows, on its own source
  tocsin backtest new.yml --source http://prometheus:9090     without any configuration
  tocsin backtest HighErrors --sweep for=1m,5m,15m --sweep threshold=0.02,0.05,0.1
  tocsin backtest HighErrors --since 7d -o errors.png         with a picture
  tocsin backtest "Too many failed logins" --since 2d         a saved search: each of its runs is asked of Splunk

exit status: 0 all of it was seen, 1 some of it was not, 2 there is nothing to test, 130 stopped by Ctrl-C"""
_MOST_VARIANTS = 50


def configure(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.epilog = _EPILOG
    parser.add_argument(
        "rules",
        nargs="*",
        metavar="RULES",
        help="rule files, or names of rules or groups (default: all of tocsin.yaml's)",
    )
    parser.add_argument(
        "--source",
        metavar="NAME",
        default="",
        help="whom to ask: a name of tocsin.yaml, or an address (default: the rules' own)",
    )
    parser.add_argument("--since", metavar="TIME", default="24h", help="14d, or 2026-11-08T06:00 (default: 24h)")
    parser.add_argument("--until", metavar="TIME", default="0s", help="up to when, in the same words (default: now)")
    parser.add_argument(
        "--sweep", metavar="WHAT=A,B", action="append", default=[], type=_sweep,
        help="try other settings too: for=1m,5m or threshold=0.8,0.9; may be given for both",
    )  # fmt: skip
    parser.add_argument(
        "--night",
        metavar="FROM-TO",
        type=_night,
        default="22:00-07:00",
        help="the hours of the night (default: 22:00-07:00)",
    )
    parser.add_argument(
        "--interval", metavar="LENGTH", type=_duration, default="1m",
        help="how often, for groups of files that tocsin.yaml does not name (default: 1m)",
    )  # fmt: skip
    parser.add_argument(
        "--concurrency", metavar="N", type=_count, default=2, help="the most questions at a time (default: 2)"
    )
    parser.add_argument("--no-incidents", action="store_true", help="do not compare with past incidents")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE.png", help="draw a picture into this file")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to tell (default: text)")
    add_client(parser)
    parser.set_defaults(act=backtest)


def backtest(arguments: argparse.Namespace, console: Console) -> int:
    """Asks, tells, and draws where that is wanted."""
    _refuse_output(arguments.output)
    try:
        chosen = choose(arguments.rules, arguments.config, os.environ, Path.cwd(), interval=arguments.interval)
        configured = _sources(chosen, arguments.source)
    except NotFound as error:
        console.trouble(error.message, error.hint)
        return 2
    if not configured:
        console.trouble(
            "there is no alert rule to test", "name rule files, or rules of the files that tocsin.yaml names"
        )
        return 2
    zone = ZoneInfo(chosen.loaded.setup.time_zone)
    window = _window(arguments.since, arguments.until, zone)
    wish = Wish(
        chosen=chosen,
        window=window,
        variants=_variants(arguments.sweep),
        sources={key: one.name for key, one in configured.items()},
        concurrency=arguments.concurrency,
    )
    return asyncio.run(_run(arguments, wish, {one.name: one for one in configured.values()}, console))


async def _run(arguments: argparse.Namespace, wish: Wish, needed: Mapping[str, Configured], console: Console) -> int:
    loaded = wish.chosen.loaded
    async with testable(list(needed.values()), loaded.secrets) as (sources, searches):
        tested, stopped = await ask(wish, Asked(metrics=sources, searches=searches), console)
        result = _result(arguments, wish, tested, stopped)
        if arguments.format == "json":
            console.json(as_json(result))
        else:
            Teller(result, Times(os.environ, loaded.setup.time_zone), console).tell()
        console.out.flush()
        if arguments.output is not None:
            await _draw(arguments.output, result, sources, loaded.setup.time_zone, console)
    if stopped:
        # What is still being asked runs in a thread that only its timeout ends; whoever pressed Ctrl-C is done waiting.
        console.err.flush()
        os._exit(130)
    return 0 if all(one.seen for one in tested) else 1


def _result(arguments: argparse.Namespace, wish: Wish, tested: Sequence[Tested], stopped: bool) -> Result:
    loaded = wish.chosen.loaded
    night = Night(start=arguments.night[0], end=arguments.night[1], zone=ZoneInfo(loaded.setup.time_zone))
    reached = [one.replay.seen_until or wish.window.start for one in tested if one.replay is not None]
    incidents, why_not = ([], "") if arguments.no_incidents else _incidents(arguments)
    compared: list[Met] | None = None
    if not why_not and not arguments.no_incidents:
        episodes: dict[str, list[Episode]] = {}
        for one in tested:  # several rules may have one name, a warning and a page
            episodes.setdefault(one.rule.name, []).extend(one.episodes)
        compared = list(met(incidents, episodes, wish.window))
    return Result(
        window=wish.window,
        night=night,
        night_text=f"{night.start:%H:%M} to {night.end:%H:%M} {loaded.setup.time_zone}",
        tested=tested,
        stopped_at=min(reached, default=wish.window.start) if stopped else None,
        met=compared,
        no_incidents=why_not,
    )


def _incidents(arguments: argparse.Namespace) -> tuple[list[PastIncident], str]:
    """What a running Tocsin knows, or why it cannot be asked: a backtest needs none."""
    try:
        with connected(arguments) as tocsin:
            found = tocsin.get("incidents")["incidents"]
    except TocsinError as error:
        return [], error.message
    return [
        PastIncident(
            name=one["id"],
            title=one["title"],
            start=datetime.fromisoformat(one["opened_at"]),
            end=_ended(one),
        )
        for one in found
    ], ""


def _ended(incident: Mapping[str, str | None]) -> datetime | None:
    at = incident["resolved_at"] or incident["closed_at"]
    return datetime.fromisoformat(at) if at else None


async def _draw(path: Path, result: Result, sources: Mapping[str, MetricSource], zone: str, console: Console) -> None:
    only = result.tested[0]
    try:
        what = await chart(result, sources.get(only.source) if only.replay else None, zone)
        async with ChartWorker() as worker:
            picture = await worker.draw(what, width=WIDTH, height=HEIGHT)
    except IntegrationError as error:
        console.trouble(f"no picture: {error.message}", error.hint)
        return
    _keep(path, picture)
    console.tell(f"drawn to {path}")


def _keep(path: Path, picture: bytes) -> None:
    try:
        path.write_bytes(picture)
    except OSError as error:
        reason = (error.strerror or "unknown").lower()
        raise NotAllowed(f"cannot write {path}: {reason}", hint="name another file with -o") from None


def _sources(chosen: Chosen, named: str) -> Mapping[str, Configured]:
    """Whom to ask for each group with a rule that is wanted. DocumentError: tocsin.yaml has a mistake there."""
    found: dict[str, Configured] = {}
    for group in chosen.groups:
        if not any(isinstance(rule, AlertRule) and chosen.wanted(group, rule.name) for rule in group.rules):
            continue
        name = named or group.source
        if name == "-":
            raise NotFound(f"nobody says whom to ask about {group.file}", hint="name a source: --source prom")
        wrong = [one for one in chosen.mistakes if one.path.startswith(f"integrations.{name}")]
        if wrong:
            raise DocumentError(wrong)
        found[group.key] = wanted(name, chosen.loaded) if group.search is None else runner(name, chosen.loaded)
    return found


def _variants(sweeps: list[tuple[str, tuple[object, ...]]]) -> tuple[Variant, ...]:
    """As written first, then every combination of what is swept."""
    holds: list[timedelta | None] = [None]
    thresholds: list[float | None] = [None]
    for what, values in sweeps:
        if what == "for":
            holds += [value for value in values if isinstance(value, timedelta)]
        else:
            thresholds += [value for value in values if isinstance(value, float)]
    made = tuple(
        dict.fromkeys([AS_WRITTEN, *(Variant(hold=hold, threshold=limit) for limit in thresholds for hold in holds)])
    )
    if len(made) > _MOST_VARIANTS:
        raise NotAllowed(f"{len(made)} combinations are too many to read", hint=f"sweep at most {_MOST_VARIANTS}")
    return made


def _window(since: str, until: str, zone: ZoneInfo) -> Window:
    now = datetime.now(UTC).replace(microsecond=0)
    window = Window(start=_moment(since, now, zone), end=_moment(until, now, zone))
    if window.start >= window.end or window.end > now:
        raise NotAllowed(
            "the time to test must lie in the past and last", hint="such as --since 14d, or --since 14d --until 7d"
        )
    return window


def _moment(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """`14d` before now, or a date with or without a time, on the clocks of the zone where it names none."""
    with suppress(ValueError):
        return now - (timedelta(0) if text in ("now", "0s") else parse_duration(text))
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise NotAllowed(f"not a time: {text!r}", hint="write it like 14d, 2026-11-08 or 2026-11-08T06:00") from None
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def _refuse_output(path: Path | None) -> None:
    """Before anything is asked, not after."""
    if path is not None and path.suffix.lower() != ".png":
        raise NotAllowed(f"cannot draw {path}", hint="a picture is a PNG: name a file that ends in .png")
    if path is not None and not path.absolute().parent.is_dir():
        raise NotAllowed(f"cannot write {path}: its folder is not there", hint="name another file with -o")


def _sweep(text: str) -> tuple[str, tuple[object, ...]]:
    what, _, values = text.partition("=")
    if what not in ("for", "threshold") or not values:
        raise argparse.ArgumentTypeError(f"cannot sweep {text!r}; write it like for=1m,5m or threshold=0.8,0.9")
    try:
        read = parse_duration if what == "for" else float
        return what, tuple(read(value.strip()) for value in values.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{error}") from None


def _duration(text: str) -> timedelta:
    try:
        length = parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{error}") from None
    if not length:
        raise argparse.ArgumentTypeError("it must be longer than 0")
    return length


def _count(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= 100:
        raise argparse.ArgumentTypeError(f"not a number from 1 to 100: {text!r}")
    return int(text)


def _night(text: str) -> tuple[time, time]:
    start, _, end = text.partition("-")
    try:
        return time.fromisoformat(start), time.fromisoformat(end)
    except ValueError:
        raise argparse.ArgumentTypeError(f"not the hours of a night: {text!r}; write it like 22:00-07:00") from None
