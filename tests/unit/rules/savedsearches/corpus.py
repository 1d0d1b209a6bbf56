"""Stanzas in the manner of public apps, made of parts: each part brings its lines and what must come of them.

Every trigger goes with every way to tell and every way to run; then each single key has its turn, also with values that
leave the search out or are mistakes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import product

from bot.errors import Gravity
from bot.model.search import Condition, Counted, Dispatch, Relation, Schedule, Suppression

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Lines, and the fields of the saved search that they decide."""

    lines: tuple[str, ...]
    comes_to: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One stanza. Of `left` (why it is not evaluated), `mistake` and `comes_to` only one says something."""

    name: str
    lines: tuple[str, ...]
    comes_to: dict[str, object] = field(default_factory=dict)
    left: str = ""
    mistake: str = ""
    warns: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return "\n".join((f"[{self.name}]", *self.lines, "", ""))


def counted(what: Counted, relation: Relation, quantity: str, *, percent: bool = False) -> Part:
    number = float(quantity.rstrip("%"))
    return Part(
        lines=(f"counttype = {what}", f"relation = {relation}", f"quantity = {quantity}"),
        comes_to={
            "condition": Condition(counted=what, relation=relation, quantity=number, in_percent=percent),
        },
    )


TRIGGERS = {
    "more than none": counted(Counted.EVENTS, Relation.GREATER, "0"),
    "more than ten": counted(Counted.EVENTS, Relation.GREATER, "10"),
    "fewer than one": counted(Counted.EVENTS, Relation.LESS, "1"),
    "none": counted(Counted.EVENTS, Relation.EQUAL, "0"),
    "not three": counted(Counted.EVENTS, Relation.NOT_EQUAL, "3"),
    "rises by five": counted(Counted.EVENTS, Relation.RISES, "5"),
    "rises by a half": counted(Counted.EVENTS, Relation.RISES, "50%", percent=True),
    "drops by a tenth": counted(Counted.EVENTS, Relation.DROPS, "10%", percent=True),
    "hosts": counted(Counted.HOSTS, Relation.LESS, "5"),
    "sources": counted(Counted.SOURCES, Relation.GREATER, "2"),
    "custom": Part(
        lines=("counttype = custom", "alert_condition = search count > 10"),
        comes_to={"condition": Condition(counted=Counted.CUSTOM, search="search count > 10")},
    ),
    "tracked": Part(lines=("alert.track = 1",), comes_to={"condition": Condition()}),
}
TELLINGS = {
    "digest": Part(lines=("alert.digest_mode = 1",), comes_to={"digest": True, "suppression": None}),
    "digest, an hour quiet": Part(
        lines=("alert.digest_mode = true", "alert.suppress = 1", "alert.suppress.period = 60m"),
        comes_to={"digest": True, "suppression": Suppression(period=HOUR)},
    ),
    "each row": Part(lines=("alert.digest_mode = 0",), comes_to={"digest": False, "suppression": None}),
    "each host, an hour quiet": Part(
        lines=(
            "alert.digest_mode = false",
            "alert.suppress = true",
            "alert.suppress.period = 1h",
            "alert.suppress.fields = host,source",
        ),
        comes_to={"digest": False, "suppression": Suppression(period=HOUR, fields=("host", "source"))},
    ),
    "with its group": Part(
        lines=("alert.suppress = 1", "alert.suppress.period = 3600", "alert.suppress.group_name = web"),
        comes_to={"digest": True, "suppression": Suppression(period=HOUR, group="web")},
    ),
}
TIMES = {
    "every five minutes": Part(
        lines=("cron_schedule = */5 * * * *", "dispatch.earliest_time = -5m@m", "dispatch.latest_time = @m"),
        comes_to={"schedule": Schedule(cron="*/5 * * * *"), "dispatch": Dispatch(earliest="-5m@m", latest="@m")},
    ),
    "every hour, no gap": Part(
        lines=("cron_schedule = 7 * * * *", "realtime_schedule = 0", "dispatch.earliest_time = -1h@h"),
        comes_to={"schedule": Schedule(cron="7 * * * *", continuous=True), "dispatch": Dispatch(earliest="-1h@h")},
    ),
    "working days, all time": Part(
        lines=("cron_schedule = 0 8-18 * * 1-5",),
        comes_to={"schedule": Schedule(cron="0 8-18 * * 1-5"), "dispatch": Dispatch()},
    ),
    "monday, last week": Part(
        lines=(
            "cron_schedule = 30 6 * * 1",
            "dispatch.earliest_time = -7d@w1",
            "dispatch.latest_time = @w1",
            "dispatch.index_earliest = -8d",
            "dispatch.max_count = 1000",
            "dispatch.max_time = 300",
            "dispatch.allow_partial_results = 0",
        ),
        comes_to={
            "schedule": Schedule(cron="30 6 * * 1"),
            "dispatch": Dispatch(
                earliest="-7d@w1",
                latest="@w1",
                index_earliest="-8d",
                max_count=1000,
                max_time=timedelta(minutes=5),
                allow_partial=False,
            ),
        },
    ),
}
SOUND = (
    "search = index=web",
    "enableSched = 1",
    "cron_schedule = */10 * * * *",
    "counttype = number of events",
    "relation = greater than",
    "quantity = 0",
)


def combined() -> Iterator[Case]:
    """Every trigger, told in every way, run in every way."""
    for trigger, telling, times in product(TRIGGERS, TELLINGS, TIMES):
        parts = (TRIGGERS[trigger], TELLINGS[telling], TIMES[times])
        yield Case(
            name=f"{trigger} - {telling} - {times}",
            lines=(*SOUND[:2], *(line for part in parts for line in part.lines)),
            comes_to={key: value for part in parts for key, value in part.comes_to.items()},
        )


def taken() -> Iterator[Case]:
    """Single keys as apps set them: what they come to, and whether they are remarked upon."""
    quiet: dict[str, dict[str, object]] = {
        "description = Too many errors": {"description": "Too many errors"},
        "alert.severity = 6": {"severity": 6},
        "alert.expires = 2d": {"expires": timedelta(days=2)},
        "action.email = 1": {"actions": ("email",)},
        "action.webhook = 1": {"actions": ("webhook",)},
        "action.email.to = ops@example.net, dev@example.net": {"actions": ()},
        "action.webhook.param.url = https://hooks.example.net/x?a=b": {"actions": ()},
        "disabled = 0": {},
        "alert.track = auto": {},
        "dispatch.ttl = 2p": {},
        "dispatch.latest_time = now()": {"dispatch": Dispatch(latest="now()")},
        "dispatch.earliest_time = 1668801600": {"dispatch": Dispatch(earliest="1668801600")},
        "dispatch.earliest_time = 2026-01-01T00:00:00.000+00:00": {},
        "display.general.type = statistics": {},
        "request.ui_dispatch_app = search": {},
        "vsid = x": {},
        "auto_summarize = 1": {},
        "action.summary_index = 0": {"actions": ()},
        "schedule_window = auto": {},
        "is_visible = false": {},
    }
    remarked = (
        "schedule_window = 15", "schedule_priority = highest", "allow_skew = 100%", "max_concurrent = 3",
        "run_on_startup = true", "run_n_times = 1", "dispatch.lookups = 0", "dispatch.sample_ratio = 10",
        "action.script = 1", "action.notable = 1", "action.summary_index = 1", "action.jira = true",
        "durable.track_time_type = _time", "alert.suppress.field = host", "cron_shedule = * * * * *",
    )  # fmt: skip
    for line, comes_to in quiet.items():
        yield Case(name=line.replace("]", ")"), lines=(*SOUND, line), comes_to=comes_to)
    for line in remarked:
        yield Case(name=f"remark on {line}", lines=(*SOUND, line), warns=(line.partition(" = ")[0],))


def left_out() -> Iterator[Case]:
    """What is not evaluated."""
    silently = {
        "disabled = 1": "it is disabled",
        "enableSched = 0": "it has no schedule: enableSched is not 1",
    }
    aloud = {
        "search =": "it has no search",
        "cron_schedule =": "it has no cron_schedule",
        "dispatch.earliest_time = rt": "real-time window",
        "dispatch.earliest_time = rt-1m@m": "real-time window",
        "dispatch.latest_time = rt": "real-time window",
    }
    for line, why in silently.items():
        yield Case(name=f"left: {line}", lines=(*without(line), line), left=why)
    for line, why in aloud.items():
        yield Case(name=f"left: {line}", lines=(*without(line), line), left=why, warns=("not evaluated",))
    always = (*SOUND[:3], "counttype = always")
    yield Case(name="a report", lines=always, left="it tells nobody")
    yield Case(name="a report to a summary", lines=(*always, "action.summary_index = 1"), left="tells nobody")
    yield Case(
        name="a report by email", lines=(*always, "action.email = 1"), left="it is a report", warns=("not evaluated",)
    )


def mistaken() -> Iterator[Case]:
    """Values that mean nothing, each with what is said of it."""
    for line, mistake in {
        "cron_schedule = */5 * * *": "is no schedule",
        "cron_schedule = 0 0 * * SUN": "Splunk takes no names of months or days",
        "cron_schedule = 0 25 * * *": "it goes from 0 to 23",
        "counttype = number of event": "did you mean 'number of events'?",
        "relation = greater": "did you mean 'greater than'?",
        "relation = >": "cannot stand here",
        "quantity = ten": "is no number",
        "quantity = 10%": "goes with `rises by` or `drops by` only",
        "alert.severity = critical": "a whole number from 1 to 6 is needed",
        "alert.severity = 0": "a whole number from 1 to 6 is needed",
        "alert.expires = tomorrow": "is no length of time",
        "alert.digest_mode = digest": "neither true nor false",
        "alert.suppress = 1": "suppression needs `alert.suppress.period`",
        "dispatch.earliest_time = -5minuts": "is no unit",
        "dispatch.latest_time = tomorrow": "is no time",
        "dispatch.max_count = all": "cannot stand here",
        "enableSched = 5": "neither true nor false",
    }.items():
        yield Case(name=f"mistake: {line}", lines=(*without(line), line), mistake=mistake)


def without(line: str) -> tuple[str, ...]:
    """The sound lines, but for the one that sets the same key."""
    key = line.partition("=")[0].strip()
    return tuple(sound for sound in SOUND if sound.partition("=")[0].strip() != key)


CASES = (*combined(), *taken(), *left_out(), *mistaken())
ERROR, WARNING = Gravity.ERROR, Gravity.WARNING
