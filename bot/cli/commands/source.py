"""`tocsin source`: what a body that a vendor posts becomes here, and why; without a server."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.alerts.mapping import mapped
from bot.alerts.routing import destinations
from bot.cli.console import Console, Style
from bot.cli.options import Family, add_config
from bot.config import catalog
from bot.config.examine import examine
from bot.config.findings import Findings
from bot.config.places import default_path
from bot.errors import DocumentError, NotFound, Permanent, StartError
from bot.kit.http_in import MAX_BODY
from bot.model.alert import Alert, AlertStatus
from bot.model.setup import Setup
from bot.ports.alert_hook import Call, Heard, Reader

_EXAMPLES = """\
  tocsin source test body.json --as grafana      what a body becomes that Grafana posts
  tocsin source test body.json --as checks       the same for an integration of tocsin.yaml, with its `mapping`
  curl -s https://example.net/x | tocsin source test - --as alertmanager
  tocsin source test event.json --as pagerduty --path /v2/enqueue
  tocsin source test hook.json --as sentry --header sentry-hook-resource:issue

Who sent it is not looked at. Nothing is kept, and nobody is told.

exit status: 0 it can be read, 1 it would be kept for people to look at, 2 could not look"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Became:
    """One alert as it would be taken, and what was done to it on the way."""

    alert: Alert
    known_by: tuple[str, ...]
    done: tuple[str, ...]
    routes: Sequence[tuple[str, str]]


def configure(parser: argparse.ArgumentParser) -> None:
    """Its sub-commands."""
    test = Family(parser).add("test", test_body, "show what a body becomes, and why", examples=_EXAMPLES)
    test.add_argument("file", metavar="FILE", help="the body as it was posted; - reads it from a pipe")
    test.add_argument(
        "--as", dest="source", metavar="KIND|NAME", required=True, help="a kind of source, or one of tocsin.yaml"
    )
    test.add_argument("--path", metavar="PATH", default="", help="where it was posted, if not at /hooks/NAME")
    test.add_argument(
        "--header",
        metavar="NAME:VALUE",
        action="append",
        default=[],
        help="a header that came with it; may be repeated",
    )
    test.add_argument("--format", choices=("text", "json"), default="text", help="how to tell (default: text)")
    add_config(test)


def test_body(arguments: argparse.Namespace, console: Console) -> int:
    """Reads the body, and tells."""
    try:
        reader, setup = _reader(arguments.source, arguments.config or default_path(Path.cwd()))
        body = _body(arguments.file, console)
        headers = [_header(text) for text in arguments.header]
    except DocumentError:
        raise
    except (NotFound, StartError) as error:
        console.trouble(error.message, error.hint)
        return 2
    path = arguments.path or f"/hooks/{arguments.source}"
    call = Call(path=path, headers=tuple(headers), body=body, received_at=datetime.now(UTC))
    try:
        heard = reader.read(call)
    except Permanent as error:
        heard = Heard(flaw=error.message)
    became = [_became(alert, heard, setup) for alert in heard.alerts]
    if arguments.format == "json":
        console.json(_as_json(heard, became, call.received_at))
    else:
        _tell(heard, became, call.received_at, console)
    return 1 if heard.flaw else 0


def _reader(source: str, config: Path | None) -> tuple[Reader, Setup]:
    """What reads this source's posts: an integration of the configuration, else any of this kind."""
    findings = Findings()
    loaded = examine(config, os.environ, Path.cwd(), findings=findings, secrets_needed=False)
    configured = next((one for one in loaded.integrations if one.name == source), None)
    if configured is None and source in loaded.config.integrations:
        raise DocumentError(findings.errors)
    integration = configured.integration if configured else catalog.find(source)
    reader = integration.reads(configured.config if configured else None, source) if integration.reads else None
    if reader is None:
        why = "is read as tocsin.yaml says" if integration.reads else "posts nothing to Tocsin"
        hint = "name one of `integrations:` in tocsin.yaml, or a kind that posts in a form of its own"
        raise NotFound(f"{source!r} {why}", hint=hint)
    return reader, loaded.setup


def _body(name: str, console: Console) -> bytes:
    try:
        body = console.read().encode(errors="surrogateescape") if name == "-" else Path(name).read_bytes()
    except OSError as error:
        reason = (error.strerror or "unknown").lower()
        raise NotFound(f"cannot read {name}: {reason}", hint="name the file that holds the body") from None
    if len(body) > MAX_BODY:
        hint = "`/hooks` takes no more than that at once"
        raise NotFound(f"the body is larger than {MAX_BODY // 1024} KiB", hint=hint)
    return body


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise NotFound(f"{text!r} is no header", hint="write it as NAME:VALUE")
    return name.strip().lower(), value.strip()


def _became(alert: Alert, heard: Heard, setup: Setup) -> Became:
    ours = mapped(setup.field_maps, alert.source, alert.labels)
    routes = destinations(setup.route, ours.labels)
    taken = Alert(
        labels=ours.labels,
        annotations={**ours.aside, **alert.annotations},
        starts_at=alert.starts_at,
        ends_at=alert.ends_at,
        generator_url=alert.generator_url,
        source=alert.source,
        value=alert.value,
    )
    receivers = [(route.receiver, name) for name, route in routes]
    return Became(alert=taken, known_by=heard.known_by, done=ours.done, routes=receivers)


def _outcome(heard: Heard) -> tuple[str, Style]:
    if heard.flaw:
        return "kept for people to look at, and no alert", Style.BAD
    if not heard.alerts:
        return "understood, and no alert", Style.CAREFUL
    count = len(heard.alerts)
    return f"{count} alert{'' if count == 1 else 's'}", Style.GOOD


def _tell(heard: Heard, became: Sequence[Became], now: datetime, console: Console) -> None:
    words, style = _outcome(heard)
    console.say(words, style)
    delivery = "" if heard.flaw else heard.delivery or "no id: saying the same again changes nothing"
    answer = json.dumps(heard.reply) if heard.reply else ""
    console.fields([("why", heard.flaw or heard.note), ("delivery", delivery), ("answer", answer)])
    for one in became:
        _tell_one(one, now, console)


def _tell_one(one: Became, now: datetime, console: Console) -> None:
    alert = one.alert
    console.say()
    console.say(alert.name, Style.BOLD)
    console.fields(
        [
            ("state", _state(alert, now)),
            ("labels", "\n".join(f"{name}={value}" for name, value in alert.labels.items())),
            ("known by", ", ".join(one.known_by) or "all of its labels"),
            ("mapped", "\n".join(one.done)),
            ("annotations", "\n".join(f"{name}: {text}" for name, text in sorted(alert.annotations.items()))),
            ("link", alert.generator_url),
            ("fingerprint", alert.fingerprint),
            ("goes to", "\n".join(f"{receiver}, by the route {name}" for receiver, name in one.routes)),
        ]
    )


def _state(alert: Alert, now: datetime) -> str:
    began = f"{alert.starts_at:%Y-%m-%d %H:%M:%S} UTC"
    if alert.status(now) is AlertStatus.RESOLVED:
        return f"over since {alert.ends_at:%Y-%m-%d %H:%M:%S} UTC, began {began}"
    until = f", until {alert.ends_at:%Y-%m-%d %H:%M:%S} UTC" if alert.ends_at else ""
    return f"fires since {began}{until}"


def _as_json(heard: Heard, became: Sequence[Became], now: datetime) -> Mapping[str, object]:
    return {
        "outcome": "quarantined" if heard.flaw else "taken" if became else "ignored",
        "why": heard.flaw or heard.note,
        "delivery": heard.delivery,
        "reply": dict(heard.reply),
        "alerts": [
            {
                "labels": dict(one.alert.labels),
                "annotations": dict(one.alert.annotations),
                "status": str(one.alert.status(now)),
                "startsAt": one.alert.starts_at.isoformat(),
                "endsAt": one.alert.ends_at.isoformat() if one.alert.ends_at else None,
                "fingerprint": one.alert.fingerprint,
                "knownBy": list(one.known_by),
                "mapped": list(one.done),
                "receivers": [{"receiver": receiver, "route": name} for receiver, name in one.routes],
            }
            for one in became
        ],
    }
