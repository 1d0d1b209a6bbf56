"""A stanza of `savedsearches.conf` -> a rule group of one saved search, or why it is not evaluated.

What Splunk accepts is taken. What cannot be had here, such as a real-time window, leaves that one search out and says
so; a value that means nothing is a mistake. A search that is disabled or has no schedule is left out without a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.documents import Place
from bot.errors import Complaint
from bot.model.rule import AlertRule, RuleGroup, Signal
from bot.model.search import Condition, Counted, Dispatch, Relation, SavedSearch, Schedule, Suppression
from bot.rules import cron
from bot.rules.savedsearches import moments
from bot.rules.savedsearches.additions import comparison
from bot.rules.savedsearches.conf import SPACE, Conf, Setting
from bot.rules.savedsearches.keys import KEYS, OURS, meant
from bot.rules.savedsearches.settings import Settings

SEVERITIES = {1: "info", 2: "info", 3: "warning", 4: "error", 5: "critical", 6: "critical"}
"""`alert.severity` as the label that everything else goes by."""
_TOLD_BY_ROUTES = frozenset({"email", "webhook", "tocsin"})
"""Actions that tell somebody, as our routes do, and our own, which is no action at all."""
_FILES_AWAY = frozenset({"summary_index", "populate_lookup", "lookup"})
"""Actions that keep results and tell nobody."""
_NEEDS_NO_ROWS = frozenset({Relation.LESS, Relation.EQUAL, Relation.DROPS})
_ACTION = re.compile(r"action\.([^.]+)")
_QUANTITY = re.compile(r"(-?\d{1,15}(?:\.\d{1,9})?)\s*(%?)", re.ASCII)
_PERCENT = re.compile(r"\s+perc(ent)?$")
_ANY_DAY = datetime(2026, 1, 1, tzinfo=UTC)
_DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What a file does not say of its searches: how it is called, who is asked, and where they live in Splunk."""

    file: str
    source: str
    app: str = "search"
    owner: str = "nobody"
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A search that is not evaluated, and why."""

    name: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a file comes to. A search with a mistake is in neither `groups` nor `left`, but in `complaints`."""

    groups: tuple[RuleGroup, ...] = ()
    left: tuple[Left, ...] = ()
    complaints: tuple[Complaint, ...] = ()


def read(conf: Conf, home: Home) -> Reading:
    """Every search of a file, or of the layers of one."""
    groups: list[RuleGroup] = []
    left: list[Left] = []
    complaints = list(conf.complaints)
    for stanza in conf.stanzas:
        settings = Settings(stanza.name, conf.settings(stanza), file=stanza.file, place=stanza.place)
        found = _search(settings, home)
        if isinstance(found, RuleGroup):
            groups.append(found)
        elif found is not None:
            left.append(found)
        _note_misspelt(settings)
        complaints.extend(settings.complaints)
    return Reading(groups=tuple(groups), left=tuple(left), complaints=tuple(sorted(set(complaints))))


def of_mapping(name: str, values: Mapping[str, str], home: Home) -> Reading:
    """One search as REST describes it, under the same rules; its complaints stand at no place in `home.file`."""
    nowhere = Place(0, 0)
    given = {
        key: Setting(stanza=name, key=key, value=value.strip(SPACE), file=home.file, place=nowhere, value_place=nowhere)
        for key, value in values.items()
    }
    settings = Settings(name, given, file=home.file, place=nowhere)
    found = _search(settings, home)
    return Reading(
        groups=(found,) if isinstance(found, RuleGroup) else (),
        left=(found,) if isinstance(found, Left) else (),
        complaints=settings.complaints,
    )


def _search(settings: Settings, home: Home) -> RuleGroup | Left | None:
    """The search as a group, or why it is left out; None when it has mistakes."""
    idle = _idle(settings)
    barred = "" if idle else _barred(settings)
    if barred:
        settings.remark("", f"not evaluated: {barred}")
    if idle or barred:
        return None if settings.mistaken else Left(name=settings.name, why=idle or barred)
    search = _saved_search(settings, home)
    if settings.mistaken:
        return None
    _note_without_effect(settings)
    return _group(search, settings, home)


def _idle(settings: Settings) -> str:
    """Why nobody expects this search to be evaluated; empty when somebody may."""
    if settings.flag("disabled", default=False):
        return "it is disabled"
    if not settings.flag("enableSched", default=False):
        return "it has no schedule: enableSched is not 1"
    if _tells_nobody(settings):
        return "it tells nobody: it has no action that does, and alert.track is not 1"
    return ""


def _barred(settings: Settings) -> str:
    """Why a search that was meant to run cannot be evaluated here; empty when it can."""
    if not settings.text("search"):
        return "it has no search"
    for key in ("dispatch.earliest_time", "dispatch.latest_time"):
        if moments.is_real_time(settings.text(key)):
            return f"{key} = {settings.text(key)} is a real-time window; {_instead(settings)}"
    if not settings.text("cron_schedule"):
        return "it has no cron_schedule"
    if _is_report(settings):
        return "it is a report: counttype is always, and it would fire at every run; say when it is to be an alert"
    return ""


def _instead(settings: Settings) -> str:
    earliest = settings.text("dispatch.earliest_time").removeprefix("rt")
    window = earliest if earliest.startswith("-") else "-1m"
    return f"look at it every minute instead: cron_schedule = * * * * * with dispatch.earliest_time = {window}@m"


def _is_report(settings: Settings) -> bool:
    """As Splunk's own pages tell reports from alerts: whatever always triggers, and is not tracked, is a report."""
    return (
        settings.text("counttype").lower() in ("", "always")
        and not settings.text("alert_condition")
        and not _is_marked(settings)
        and settings.flag("alert.digest_mode", default=True)
        and not settings.flag("alert.suppress", default=False)
    )


def _tells_nobody(settings: Settings) -> bool:
    """Whether nothing would come of it in Splunk: no action tells anybody, and it is not meant to be an alert."""
    if _is_marked(settings) or _actions(settings) - _FILES_AWAY:
        return False
    always = settings.text("counttype").lower() in ("", "always")
    compares = always or any(settings.text(key) for key in ("relation", "quantity", "alert_condition"))
    return _is_report(settings) or not compares


def _is_marked(settings: Settings) -> bool:
    """Whether somebody said that it is an alert."""
    tracked = settings.text("alert.track").lower() != "auto" and settings.flag("alert.track", default=False)
    return tracked or settings.flag("action.tocsin", default=False) or bool(settings.text(f"{OURS}compare"))


def _saved_search(settings: Settings, home: Home) -> SavedSearch:
    condition = _condition(settings)
    digest = settings.flag("alert.digest_mode", default=True) and not _parts_rows(settings, condition)
    return SavedSearch(
        name=settings.name,
        search=settings.text("search"),
        description=settings.text("description"),
        schedule=_schedule(settings, home),
        app=home.app,
        owner=home.owner,
        dispatch=_dispatch(settings, home),
        condition=condition,
        digest=digest,
        suppression=_suppression(settings, digest=digest),
        comparison=comparison(settings),
        severity=settings.whole("alert.severity", 3, low=1, high=6),
        expires=settings.length("alert.expires", _DAY),
        actions=tuple(sorted(_actions(settings) - {"tocsin"})),
    )


def _schedule(settings: Settings, home: Home) -> Schedule:
    written = settings.text("cron_schedule")
    try:
        cron.validate(written)
    except cron.CronError as error:
        settings.wrong("cron_schedule", str(error))
    # what fills a summary index must not leave gaps: Splunk makes it continuous unless it is told otherwise
    summary = settings.flag("action.summary_index", default=False)
    skips = settings.flag("action.summary_index.force_realtime_schedule", default=not summary)
    continuous = not settings.flag("realtime_schedule", default=skips)
    return Schedule(cron=" ".join(written.split()), time_zone=home.time_zone, continuous=continuous)


def _dispatch(settings: Settings, home: Home) -> Dispatch:
    return Dispatch(
        earliest=_modifier(settings, "dispatch.earliest_time", home),
        latest=_modifier(settings, "dispatch.latest_time", home),
        index_earliest=_modifier(settings, "dispatch.index_earliest", home),
        index_latest=_modifier(settings, "dispatch.index_latest", home),
        max_count=settings.whole("dispatch.max_count", 500_000),
        max_time=timedelta(seconds=settings.whole("dispatch.max_time", 0)),
        allow_partial=settings.flag("dispatch.allow_partial_results", default=True),
    )


def _modifier(settings: Settings, key: str, home: Home) -> str:
    written = settings.text(key)
    try:
        moments.resolve(written, _ANY_DAY, home.time_zone)
    except moments.ModifierError as error:
        settings.wrong(key, str(error))
    return written


def _condition(settings: Settings) -> Condition:
    counted = settings.choice("counttype", Counted, Counted.ALWAYS)
    search = settings.text("alert_condition")
    if search:
        if counted not in (Counted.ALWAYS, Counted.CUSTOM):
            settings.remark("counttype", "no effect: there is an `alert_condition`, and it decides")
        return Condition(counted=Counted.CUSTOM, search=search)
    if not settings.is_sound("counttype"):
        return Condition()
    if counted is Counted.CUSTOM:
        settings.wrong("counttype", "`custom` needs an `alert_condition`, a search over the rows")
        return Condition()
    if counted is Counted.ALWAYS:
        for key in ("relation", "quantity"):
            if settings.find(key):
                settings.remark(key, "no effect: counttype is always; say what is counted")
        return Condition()
    relation, in_percent = _relation(settings)
    quantity, percent_written = _quantity(settings)
    moves = relation in (Relation.DROPS, Relation.RISES)
    if percent_written and not moves:
        settings.wrong("quantity", "a percentage is of the run before, and goes with `rises by` or `drops by` only")
    return Condition(
        counted=counted, relation=relation, quantity=quantity, in_percent=moves and (in_percent or percent_written)
    )


def _relation(settings: Settings) -> tuple[Relation, bool]:
    written = settings.find("relation")
    if written is None:
        settings.remark("counttype", "there is no `relation`; taken as `greater than`")
        return Relation.GREATER, False
    words = " ".join(written.value.lower().split())
    bare = _PERCENT.sub("", words)
    if bare != words and bare in (Relation.DROPS, Relation.RISES):
        return Relation(bare), True
    return settings.choice("relation", Relation, Relation.GREATER), False


def _quantity(settings: Settings) -> tuple[float, bool]:
    written = settings.text("quantity")
    if not written:
        settings.remark("counttype", "there is no `quantity`; taken as 0")
        return 0, False
    match = _QUANTITY.fullmatch(written)
    if match is None:
        settings.wrong("quantity", f"{written!r} is no number; write it like 10, or 20% with `rises by` and `drops by`")
        return 0, False
    return float(match[1]), bool(match[2])


def _parts_rows(settings: Settings, condition: Condition) -> bool:
    """Whether suppression by fields makes alerts of rows in digest mode too: else what is new would not be heard of."""
    needs_rows = condition.counted in (Counted.ALWAYS, Counted.CUSTOM) or condition.relation not in _NEEDS_NO_ROWS
    by_fields = settings.flag("alert.suppress", default=False) and bool(settings.fields("alert.suppress.fields"))
    if by_fields and needs_rows and settings.flag("alert.digest_mode", default=True):
        settings.remark("alert.suppress.fields", "one alert for each value of these, as with alert.digest_mode = 0")
        return True
    return False


def _suppression(settings: Settings, *, digest: bool) -> Suppression | None:
    if not settings.flag("alert.suppress", default=False):
        return None
    fields = settings.fields("alert.suppress.fields")
    if not settings.text("alert.suppress.period"):
        settings.wrong("alert.suppress", "suppression needs `alert.suppress.period`, such as 1h")
    if digest and fields:
        settings.remark(
            "alert.suppress.fields", "no effect: it may trigger without rows, so there is one alert for all"
        )
    if not digest and not fields:
        settings.wrong("alert.suppress", "with alert.digest_mode = 0, suppression needs `alert.suppress.fields`")
    return Suppression(
        period=settings.length("alert.suppress.period", _DAY),
        fields=() if digest else fields,
        group=settings.text("alert.suppress.group_name"),
    )


def _actions(settings: Settings) -> frozenset[str]:
    """The actions that are on, by their names."""
    listed = settings.fields("actions")
    keys = (match[1] for key in settings.values if (match := _ACTION.fullmatch(key)))
    return frozenset((*listed, *(name for name in keys if settings.flag(f"action.{name}", default=False))))


def _group(search: SavedSearch, settings: Settings, home: Home) -> RuleGroup:
    rule = AlertRule(
        name=search.name,
        expr=search.search,
        signal=Signal(expr=search.search),
        labels=dict(_labels(search, settings)),
        annotations=dict(_annotations(search, settings)),
    )
    return RuleGroup(
        file=home.file,
        name=search.name,
        source=home.source,
        interval=cron.longest_gap(search.schedule),
        rules=(rule,),
        search=search,
    )


def _labels(search: SavedSearch, settings: Settings) -> Iterator[tuple[str, str]]:
    yield "severity", SEVERITIES[search.severity]
    yield "app", search.app
    if search.owner != "nobody":
        yield "owner", search.owner
    for name, setting in settings.below(f"{OURS}label.").items():
        yield name, setting.value


def _annotations(search: SavedSearch, settings: Settings) -> Iterator[tuple[str, str]]:
    subject = settings.text("action.email.subject.alert") or settings.text("action.email.subject")
    message = settings.text("action.email.message.alert") or settings.text("action.email.message")
    if subject or search.description:
        yield "summary", subject or search.description
    if search.description or message:
        yield "description", "\n\n".join(part for part in (search.description, message) if part)
    for name, setting in settings.below(f"{OURS}annotation.").items():
        yield name, setting.value


def _note_without_effect(settings: Settings) -> None:
    for key in KEYS:
        setting = settings.find(key.name)
        if setting and key.without_effect is not None and setting.value.lower() not in key.without_effect:
            settings.remark(key.name, key.does)
    others = sorted(_actions(settings) - _TOLD_BY_ROUTES)
    if others:
        place = next((f"action.{name}" for name in others if settings.find(f"action.{name}")), "")
        settings.remark(place, f"Tocsin does not run {', '.join(others)}: the routes in tocsin.yaml say who hears")


def _note_misspelt(settings: Settings) -> None:
    for key in settings.values:
        likely = meant(key)
        if likely:
            settings.remark(key, f"no key of saved searches; did you mean {likely!r}?")
