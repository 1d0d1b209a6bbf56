"""What runbooks say of the rest: whose posts begin them, when they change nothing, who approves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.alerts import deadmen
from bot.config.content import Content, RunbookFile
from bot.config.document import ConfigDocument
from bot.config.findings import Findings
from bot.config.schema import Config
from bot.documents import Document, Path, suggest
from bot.errors import Gravity
from bot.kit.plugin import Integration
from bot.model.actor import ADMIN, ON_CALL
from bot.model.labels import MatchOp
from bot.model.rule import AlertRule
from bot.model.runbook import Runbook
from bot.rules import slo
from bot.runbooks.beginning import NESTING
from bot.runbooks.references import Offers, Part, check, parts

NOTIFY = "notify"
_OURS = frozenset({slo.NAME, deadmen.ALERT})
"""Alerts that Tocsin raises without a rule."""

Found = Iterator[tuple[Path, str]]


def in_runbook(file: RunbookFile, manifests: Mapping[str, Integration], offers: Offers, findings: Findings) -> None:
    """What is wrong between a runbook and the integrations that would carry its steps."""
    file.blame(check(file.runbook, offers), findings)
    for part in parts(file.runbook):
        message = _ambiguous(part, offers, manifests)
        if message:
            file.blame([((*part.path, "uses"), message)], findings)


def beside(
    file: RunbookFile,
    document: ConfigDocument,
    manifests: Mapping[str, Integration],
    content: Content,
    findings: Findings,
) -> None:
    """What is wrong between a runbook and the configuration beside it."""
    if "time_intervals" not in document.broken:
        file.blame(_freezes(file.runbook, document.config), findings)
    if "integrations" not in document.broken:
        file.blame(_hooks(file, document.config, manifests), findings)
    if "people" not in document.broken:
        file.blame(_roles(file.runbook, document.config), findings, gravity=Gravity.WARNING)
    if not {"people", "schedules", "receivers"} & document.broken:
        file.blame(_told(file.runbook, document.config), findings)
    if "runbooks" not in document.broken:
        file.blame(_nested(file.runbook, content), findings)
    file.blame(_alerts(file, content), findings, gravity=Gravity.WARNING)


def _ambiguous(part: Part, offers: Offers, manifests: Mapping[str, Integration]) -> str:
    """Of an action that several offer one must be named, except a question to the source an alert came from."""
    offered = offers.get(part.step.uses, {})
    asked = all(name in manifests and "metrics" in manifests[name].provides for name in offered)
    if part.step.integration or len(offered) < 2 or asked:
        return ""
    names = " | ".join(sorted(offered))
    return f"several integrations offer {part.step.uses}; say which: `integration: {names}`"


def _freezes(runbook: Runbook, config: Config) -> Found:
    names = [entry.name for entry in config.time_intervals]
    for index, name in enumerate(runbook.freeze):
        if name not in names:
            near = suggest(name, names) or "; name one under `time_intervals` in tocsin.yaml"
            yield ("freeze", index), f"no time interval is called {name!r}{near}"


def _hooks(file: RunbookFile, config: Config, manifests: Mapping[str, Integration]) -> Found:
    able = [name for name, manifest in manifests.items() if "hook" in manifest.provides]
    places = _triggers_with(file.document, "webhook")
    for trigger, place in zip(file.runbook.hook_triggers, places, strict=True):
        name = trigger.integration
        if name not in config.integrations:
            near = suggest(name, able) or _those(able)
            yield (*place, "integration"), f"no integration is called {name!r}{near}"
        elif name in manifests and name not in able:
            yield (*place, "integration"), f"{name!r} ({manifests[name].name}) posts nothing to Tocsin{_those(able)}"


def _those(names: Sequence[str]) -> str:
    return f"; these post to Tocsin: {', '.join(names)}" if names else "; add one that posts to `integrations`"


def _triggers_with(document: Document, key: str) -> Iterator[Path]:
    """Where the triggers of one kind stand in the file's list of all."""
    value = document.value
    triggers = value.get("triggers") if isinstance(value, dict) else None
    for index, trigger in enumerate(triggers or ()):
        if isinstance(trigger, dict) and trigger.get(key):
            yield "triggers", index, key


def _roles(runbook: Runbook, config: Config) -> Found:
    for part in parts(runbook):
        terms = part.step.approval
        if terms is None:
            continue
        holders = _holders(terms.by, config)
        place: Path = (*part.path, "approval", "by")
        if not holders:
            yield place, f"nobody in `people` has the role {terms.by!r}, so nobody can approve this step"
        elif holders < terms.count:
            yield place, f"{terms.count} people must approve, and only {holders} in `people` have the role {terms.by!r}"


def _told(runbook: Runbook, config: Config) -> Found:
    """Whom `notify` tells: somebody who is there. While nobody is listed, whoever runs Tocsin is."""
    able = [receiver.name for receiver in config.receivers if receiver.webhook_configs]
    names = [*(one.name for one in config.people), *(one.name for one in config.schedules), *able]
    for part, to in _literal(runbook, NOTIFY, "to"):
        if config.people and to not in names:
            near = suggest(to, names) or "; name one of `people`, of `schedules`, or a receiver with `webhook_configs`"
            yield (*part.params, "to"), f"nobody who can be told is called {to!r}{near}"


def _nested(runbook: Runbook, content: Content) -> Found:
    """A runbook that another one runs: it is there, and has the inputs that it is given."""
    known = content.by_name
    for part, name in _literal(runbook, NESTING, "runbook"):
        if name not in known and name not in content.unsound:
            near = suggest(name, known) or "; name its file under `runbooks` in tocsin.yaml"
            yield (*part.params, "runbook"), f"no runbook is called {name!r}{near}"
        given, inputs = (
            part.step.params.get("inputs"),
            [one.name for one in known[name].inputs] if name in known else [],
        )
        for key in given if isinstance(given, Mapping) and name in known else ():
            if key not in inputs:
                yield (*part.params, "inputs", key), f"{name} has no input {key!r}{suggest(key, inputs)}"


def _literal(runbook: Runbook, uses: str, param: str) -> Iterator[tuple[Part, str]]:
    """What a parameter of an action says, wherever it is used and is no template."""
    for part in parts(runbook):
        said = part.step.params.get(param)
        if part.step.uses == uses and isinstance(said, str) and "{{" not in said:
            yield part, said


def _holders(role: str, config: Config) -> int:
    """How many hold a role; whoever runs Tocsin is on call while nobody is listed."""
    if not config.people:
        return int(role in (ADMIN, ON_CALL))
    return sum(role in person.roles for person in config.people)


def _alerts(file: RunbookFile, content: Content) -> Found:
    """Triggers that name an alert no rule here raises; without rules, alerts come from somewhere else."""
    known = {rule.name for group in content.groups for rule in group.rules if isinstance(rule, AlertRule)}
    if not known:
        return
    places = (place for key in ("match", "matchers") for place in _triggers_with(file.document, key))
    of_alerts = sorted({place[:2] for place in places}, key=lambda place: place[1])
    for trigger, alert_place in zip(file.runbook.triggers, of_alerts, strict=True):
        for matcher in trigger.matchers:
            if matcher.name == "alertname" and matcher.op is MatchOp.EQUAL and matcher.value not in {*known, *_OURS}:
                near = suggest(matcher.value, known)
                yield alert_place, f"no rule here raises an alert called {matcher.value!r}{near}"
