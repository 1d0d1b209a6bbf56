"""`tocsin replay`: what was posted, through the configuration as it is now, beside what it became then."""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.alerts.replaying import Replay, Replayed
from bot.cli.console import Console, Style
from bot.cli.options import add_config
from bot.config.examine import Loaded, examine
from bot.config.findings import Findings
from bot.config.outline import storage
from bot.config.places import default_path
from bot.documents import parse_duration
from bot.errors import DocumentError, StartError, StoreError
from bot.model.wording import moment
from bot.ports.alert_hook import Reader
from bot.ports.alert_store import Became, Posted
from bot.store import upkeep

_EPILOG = """\
examples:
  tocsin replay --since 2d                    before a reload: what would the last two days have become?
  tocsin replay --since 2d --source grafana   of one source alone
  tocsin -c new.yaml replay --since 6h        with another configuration, whose `store` is the same

A line with - is what a body became then, one with + what it becomes now. Everything is read again: what its source
posts, `mapping`, the routing tree and the groups. Nothing is kept, nobody is told, and Tocsin may run meanwhile.
Bodies come from /hooks; they are kept for as long as `retention: raw` says, without secrets. A source that Tocsin asks
for more when it posts, as Splunk, is read by its body alone.

exit status: 0 all become what they became, 1 some do not, 2 could not look"""
_SHOWN = 20


@dataclass(slots=True)
class _Tally:
    """What was seen on the way; `shown` holds the first that differ."""

    bodies: int = 0
    same: int = 0
    sources: Counter[str] = field(default_factory=Counter)
    shown: list[Replayed] = field(default_factory=list)

    @property
    def differ(self) -> int:
        """How many become something else."""
        return self.bodies - self.same


def configure(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.epilog = _EPILOG
    parser.add_argument("--since", metavar="DURATION", type=_ago, required=True, help="how far back, such as 2d or 90m")
    parser.add_argument("--source", metavar="NAME", default="", help="only what this integration posted")
    parser.add_argument(
        "--limit", metavar="N", type=_count, default=_SHOWN, help=f"show so many differences (default: {_SHOWN})"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to tell (default: text)")
    parser.set_defaults(act=replay)
    add_config(parser)


def replay(arguments: argparse.Namespace, console: Console) -> int:
    """Reads what was posted again, and tells what is different."""
    since = datetime.now(UTC) - arguments.since
    try:
        tally = _look(arguments, since)
    except DocumentError as error:
        for complaint in error.complaints:
            console.tell(str(complaint))
        console.trouble("the configuration has mistakes, so that nothing can be said", error.hint)
        return 2
    except (StartError, StoreError) as error:
        console.trouble(error.message, error.hint)
        return 2
    if arguments.format == "json":
        console.json(_as_json(tally, since))
    else:
        _tell(tally, since, console)
    return 1 if tally.differ else 0


def _look(arguments: argparse.Namespace, since: datetime) -> _Tally:
    path = arguments.config or default_path(Path.cwd())
    loaded = _loaded(path)
    with closing(upkeep.posted_since(storage(path, os.environ, Path.cwd()).url, since)) as bodies:
        wanted = (one for one in bodies if arguments.source in ("", one.source))
        return _tally(_replayed(wanted, loaded), arguments.limit)


def _ago(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"not a number: {text!r}")
    return int(text)


def _loaded(path: Path | None) -> Loaded:
    """The configuration, which has to be sound; its secrets need not be there."""
    findings = Findings()
    loaded = examine(path, os.environ, Path.cwd(), findings=findings, secrets_needed=False)
    if findings.errors:
        raise DocumentError(findings.errors)
    return loaded


def _replayed(bodies: Iterable[Posted], loaded: Loaded) -> Iterator[Replayed]:
    replaying = Replay(loaded.setup, _readers(loaded))
    return map(replaying.again, bodies)


def _readers(loaded: Loaded) -> Mapping[str, Reader]:
    found = {
        one.name: one.integration.reads(one.config, one.name) if one.integration.reads else None
        for one in loaded.integrations
    }
    return {name: reader for name, reader in found.items() if reader is not None}


def _tally(replayed: Iterable[Replayed], limit: int) -> _Tally:
    tally = _Tally()
    for one in replayed:
        tally.bodies += 1
        tally.sources[one.posted.source] += 1
        tally.same += not one.differs
        if one.differs and len(tally.shown) < limit:
            tally.shown.append(one)
    return tally


def _tell(tally: _Tally, since: datetime, console: Console) -> None:
    if not tally.bodies:
        console.say(f"nothing was posted since {moment(since)}")
        return
    for one in tally.shown:
        _tell_one(one, console)
    hidden = tally.differ - len(tally.shown)
    if hidden:
        console.say(f"... and {_bodies(hidden)} more; see --limit")
        console.say()
    of = ", ".join(f"{name} {count}" for name, count in sorted(tally.sources.items()))
    console.say(f"{_bodies(tally.bodies)} since {moment(since)}: {of}")
    style = Style.CAREFUL if tally.differ else Style.GOOD
    console.say(f"{tally.same} become what they became, {tally.differ} do not", style)


def _tell_one(one: Replayed, console: Console) -> None:
    posted = one.posted
    console.say(f"{moment(posted.received_at)}  {posted.source}  {posted.delivery[:40]}", Style.BOLD)
    if one.outcome is not posted.outcome:
        console.say(f"- {posted.outcome}{_because(posted.error)}", Style.BAD)
        console.say(f"+ {one.outcome}{_because(one.why)}", Style.GOOD)
    for then in one.no_more:
        console.say(f"- {_words(then)}", Style.BAD)
    for now in one.only_now:
        console.say(f"+ {_words(now)}", Style.GOOD)
    console.say()


def _bodies(count: int) -> str:
    return "1 body" if count == 1 else f"{count} bodies"


def _because(why: str) -> str:
    return f": {why}" if why else ""


def _words(one: Became) -> str:
    over = "over: " if one.over else ""
    return f"{over}{one.labels!r} to {', and to '.join(one.groups)}"


def _as_json(tally: _Tally, since: datetime) -> Mapping[str, object]:
    return {
        "since": since.isoformat(),
        "bodies": tally.bodies,
        "same": tally.same,
        "different": tally.differ,
        "sources": dict(sorted(tally.sources.items())),
        "differences": [
            {
                "source": one.posted.source,
                "delivery": one.posted.delivery,
                "receivedAt": one.posted.received_at.isoformat(),
                "then": {"outcome": str(one.posted.outcome), "why": one.posted.error, "alerts": _plain(one.no_more)},
                "now": {"outcome": str(one.outcome), "why": one.why, "alerts": _plain(one.only_now)},
            }
            for one in tally.shown
        ],
    }


def _plain(these: Sequence[Became]) -> Sequence[Mapping[str, object]]:
    return [{"labels": dict(one.labels), "over": one.over, "groups": list(one.groups)} for one in these]
