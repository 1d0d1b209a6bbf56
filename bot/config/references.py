"""What documents say about each other: sources, receivers, actions, runbooks and roles that must exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.config import automation, deadmen, escalations, oncall, practice, routes, runbook_references, times, updates
from bot.config.content import Content, RuleFile, RunbookFile
from bot.config.document import ConfigDocument
from bot.config.findings import Findings
from bot.config.schema import Config, RuleFiles
from bot.documents import Path, suggest
from bot.errors import Gravity
from bot.kit.plugin import Integration
from bot.model.rule import AlertRule, Recordings
from bot.ports.actions import ActionSpec
from bot.response import own
from bot.rules.dependencies import sources_of
from bot.runbooks.matching import SCHEME

Found = Iterator[tuple[Path, str]]
_ASKED = frozenset({"metrics", "searches"})
"""What a source of rules provides: one of these."""
_AIDS = {"runbook_url", "runbook", "dashboard", "dashboard_url"}
"""Annotations that tell a person where to look."""
_SHOWN = 5

Offers = Mapping[str, Mapping[str, ActionSpec]]


def offers_of(manifests: Mapping[str, Integration]) -> Offers:
    """Who offers each action: the action's name to its spec, by the name of the integration in tocsin.yaml."""
    offers: dict[str, dict[str, ActionSpec]] = {spec.name: {own.NAME: spec} for spec in own.SPECS}
    for name, manifest in manifests.items():
        for spec in manifest.specs:
            offers.setdefault(spec.name, {})[name] = spec
    return offers


def in_config(document: ConfigDocument, manifests: Mapping[str, Integration]) -> Found:
    """What is wrong between the parts of the configuration. Parts with mistakes of their own are left out."""
    config = document.config
    if "integrations" not in document.broken:
        yield from _sources(config, manifests)
        yield from _logs(config, manifests)
        yield from _hooks(config, manifests)
        yield from routes.webhook_mistakes(config, manifests)
        yield from routes.mapping_mistakes(config)
        yield from deadmen.life_sign_mistakes(config, manifests)
        yield from oncall.calendar_mistakes(config, manifests)
        yield from escalations.contact_mistakes(config, manifests)
        yield from updates.place_mistakes(config, manifests)
    if not {"route", "receivers", "time_intervals"} & document.broken:
        yield from routes.mistakes(config)
    if "time_intervals" not in document.broken:
        yield from automation.mistakes(config)
    yield from times.mistakes(config)
    yield from practice.mistakes(config)
    yield from updates.mistakes(config)
    yield from deadmen.mistakes(config)
    if not {"people", "schedules"} & document.broken:
        yield from oncall.mistakes(config)
    if not {"people", "schedules", "time_intervals", "escalations"} & document.broken:
        yield from escalations.mistakes(config)
    yield from _people(config)


def in_content(
    document: ConfigDocument, manifests: Mapping[str, Integration], content: Content, findings: Findings
) -> None:
    """What is wrong between the configuration, the rules and the runbooks."""
    known = manifests if len(manifests) == len(document.config.integrations) else {}
    for runbook in (*content.runbooks, *content.partly):
        if known or not document.config.integrations:
            in_runbook(runbook, known, findings)
        runbook_references.beside(runbook, document, manifests, content, findings)
    if "runbooks" not in document.broken:
        for rules in content.rules:
            _askable(rules, document, manifests, findings)
            _runbook_urls(rules, content, findings)
            findings.blame(rules.document, _unaided(rules, content), gravity=Gravity.WARNING)
            findings.blame(rules.document, _unwritten(rules), gravity=Gravity.WARNING)


def in_runbook(file: RunbookFile, manifests: Mapping[str, Integration], findings: Findings) -> None:
    """What is wrong between a runbook and the integrations that would carry its steps."""
    runbook_references.in_runbook(file, manifests, offers_of(manifests), findings)


def _sources(config: Config, manifests: Mapping[str, Integration]) -> Found:
    able = [name for name, manifest in manifests.items() if _ASKED & manifest.provides]
    for index, entry in enumerate(config.rules):
        place: Path = ("rules", index, "source")
        if entry.source not in config.integrations:
            near = suggest(entry.source, able) or _those("can be asked", able)
            yield place, f"no integration is called {entry.source!r}{near}"
        elif entry.source in manifests and entry.source not in able:
            use = manifests[entry.source].name
            yield place, f"{entry.source!r} ({use}) cannot be asked{_those('can', able)}"
        elif entry.recordings is Recordings.WRITE and not _takes(entry.source, manifests, "recorder"):
            yield (
                ("rules", index, "recordings"),
                f"{entry.source!r} takes no series; write `assume-recorded` or `shadow`",
            )
        yield from _alertmanagers(index, entry, config, manifests)


def _alertmanagers(index: int, entry: RuleFiles, config: Config, manifests: Mapping[str, Integration]) -> Found:
    able = [name for name, manifest in manifests.items() if "alertmanager" in manifest.provides]
    for number, name in enumerate(entry.alertmanagers):
        place: Path = ("rules", index, "alertmanagers", number)
        if name not in config.integrations:
            yield place, f"no integration is called {name!r}{suggest(name, able) or _those('can be told', able)}"
        elif name in manifests and name not in able:
            yield place, f"{name!r} ({manifests[name].name}) is no Alertmanager{_those('can be told', able)}"


def _logs(config: Config, manifests: Mapping[str, Integration]) -> Found:
    able = [name for name, manifest in manifests.items() if "logs" in manifest.provides]
    for number, look in enumerate(config.evidence.logs):
        place: Path = ("evidence", "logs", number, "source")
        if look.source not in config.integrations:
            yield place, f"no integration is called {look.source!r}{suggest(look.source, able) or _those('can', able)}"
        elif look.source in manifests and look.source not in able:
            use = manifests[look.source].name
            yield place, f"{look.source!r} ({use}) cannot be searched for log lines{_those('can', able)}"


def _hooks(config: Config, manifests: Mapping[str, Integration]) -> Found:
    for name, entry in config.integrations.items():
        secrets = {"hook_secret": entry.hook_secret, "previous_hook_secret": entry.previous_hook_secret}
        for key, secret in secrets.items():
            if secret is not None and not (_takes(name, manifests, "hook") or _takes(name, manifests, "sends")):
                yield ("integrations", name, key), f"{entry.use} posts nothing to Tocsin; leave `{key}` out"


def _unwritten(file: RuleFile) -> Found:
    """Rules that read what, with `recordings: shadow`, nobody writes."""
    for number, group in enumerate(file.groups):
        if group.recordings is not Recordings.SHADOW or group.search is not None:
            continue
        for place, sources in enumerate(sources_of(group.rules)):
            if sources:
                names = ", ".join(sorted({group.rules[source].name for source in sources}))
                message = f"this may read what {names} makes, and `recordings: shadow` writes nothing; use `write`"
                yield file.place(number, "rules", place, "expr"), message


def _takes(name: str, manifests: Mapping[str, Integration], port: str) -> bool:
    return name not in manifests or port in manifests[name].provides


def _askable(
    file: RuleFile, document: ConfigDocument, manifests: Mapping[str, Integration], findings: Findings
) -> None:
    """Whether the source takes rules of this form. What takes none at all is told of already."""
    entry = document.config.rules[int(file.named[1])]
    port, form = ("searches", "saved searches") if file.searches else ("metrics", "rules in Prometheus' format")
    provides = manifests[entry.source].provides if entry.source in manifests else frozenset()
    if provides & _ASKED and port not in provides:
        able = [name for name, manifest in manifests.items() if port in manifest.provides]
        use = manifests[entry.source].name
        message = f"{file.document.file} holds {form}, which {entry.source!r} ({use}) cannot be asked"
        findings.add(document.complaint((*file.named[:2], "source"), f"{message}{_those('can', able)}"))


def _those(can: str, names: Sequence[str]) -> str:
    return f"; these {can}: {', '.join(names)}" if names else "; add one that can to `integrations`"


def _people(config: Config) -> Found:
    names: dict[str, int] = {}
    tokens: dict[str, str] = {}
    for index, person in enumerate(config.people):
        if names.setdefault(person.name, index) != index:
            yield (
                ("people", index, "name"),
                f"there is another {person.name!r}; names say who did what, keep them apart",
            )
        if person.token is None:
            continue
        owner = tokens.setdefault(person.token.get_secret_value(), person.name)
        if owner != person.name:
            yield ("people", index, "token"), f"{owner} has the same token; give everybody one of their own"


def _unaided(file: RuleFile, content: Content) -> Found:
    """Critical alerts that leave whoever is called with nothing to go by, in one line a file."""
    triggers = [trigger for runbook in content.runbooks for trigger in runbook.runbook.triggers]
    named = {one.value for trigger in triggers for one in trigger.matchers if one.name == "alertname"}
    bare = [
        rule.name
        for group in file.groups
        for rule in group.rules
        if isinstance(rule, AlertRule)
        and rule.labels.get("severity") == "critical"
        and not _AIDS & rule.annotations.keys()
        and rule.name not in named
    ]
    if bare:
        shown = ", ".join(bare[:_SHOWN]) + (f" and {len(bare) - _SHOWN} more" if len(bare) > _SHOWN else "")
        yield file.place(), f"critical, and with neither a runbook nor a dashboard: {shown}"


def _runbook_urls(file: RuleFile, content: Content, findings: Findings) -> None:
    runbooks = {*content.by_name, *content.unsound}
    for group_index, group in enumerate(file.groups):
        for rule_index, rule in enumerate(group.rules):
            url = rule.annotations.get("runbook_url", "") if isinstance(rule, AlertRule) else ""
            name = url.removeprefix(SCHEME)
            if name == url or "{{" in url or name in runbooks:
                continue
            place = file.place(group_index, "rules", rule_index, "annotations", "runbook_url")
            near = suggest(name, runbooks) or "; name its file under `runbooks` in tocsin.yaml"
            findings.blame(file.document, [(place, f"no runbook is called {name!r}{near}")])
