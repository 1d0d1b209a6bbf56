"""What Tocsin does with each key of a saved search: the one table that its reader and its README share."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import lru_cache

OURS = "action.tocsin.param."


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key that means something to Tocsin, or that one would expect to.

    `without_effect` are the usual values of a key that changes nothing here; any other is remarked upon in the words of
    `does`.
    """

    name: str
    does: str
    rest: str = ""
    """What Splunk's REST calls it, where that is another name; it is taken too."""
    without_effect: frozenset[str] | None = None


def _ignored(name: str, does: str, *usual: str) -> Key:
    return Key(name=name, does=does, without_effect=frozenset(usual))


KEYS = (
    Key(name="search", does="what is run, as it is written, in the search's own app and as its owner"),
    Key(name="disabled", does="not evaluated"),
    Key(name="enableSched", rest="is_scheduled", does="not evaluated unless it is 1"),
    Key(name="cron_schedule", does="when it runs, in the time zone of its files (`time_zone` of the entry)"),
    Key(name="realtime_schedule", does="1: a run that was missed is skipped; 0: every one is made up for, in order"),
    Key(
        name="dispatch.earliest_time",
        does="where its window begins, seen from the time it was due; `rt` is not evaluated",
    ),
    Key(name="dispatch.latest_time", does="where its window ends; empty is the time it was due"),
    Key(name="dispatch.index_earliest", does="the same for when events were indexed"),
    Key(name="dispatch.index_latest", does="the same for when events were indexed"),
    Key(name="dispatch.max_count", does="passed on"),
    Key(name="dispatch.max_time", does="passed on, in seconds"),
    Key(name="dispatch.allow_partial_results", does="0: an answer that lacks data is a failed run"),
    Key(name="counttype", rest="alert_type", does="what is compared; `custom` needs `alert_condition`"),
    Key(
        name="relation", rest="alert_comparator", does="how; also `rises by perc` and `drops by perc`, as REST has them"
    ),
    Key(name="quantity", rest="alert_threshold", does="with what; `20%` goes with `rises by` and `drops by`"),
    Key(
        name="alert_condition", does="a search over the rows; where there is one it decides, whatever `counttype` says"
    ),
    Key(name="alert.digest_mode", does="1: one alert for a run; 0: one for each row"),
    Key(
        name="alert.suppress",
        does="an alert that was told is not told again within the period; it is still seen to fire",
    ),
    Key(name="alert.suppress.period", does="for how long; needed with `alert.suppress`"),
    Key(
        name="alert.suppress.fields",
        does="by which fields of a row; one alert for each value of them, in either digest mode",
    ),
    Key(name="alert.suppress.group_name", does="what fired mutes the searches of the same group and owner too"),
    Key(name="alert.severity", does="the label `severity`: 1, 2 info; 3 warning; 4 error; 5, 6 critical"),
    Key(name="alert.expires", does="kept as `$alert.expires$`"),
    Key(name="alert.track", does="1 makes an alert of what otherwise is a report; so does `action.tocsin = 1`"),
    Key(name="description", does="the annotation `description`"),
    Key(name="actions", does="the actions that are on, as REST lists them"),
    Key(name="action.email.subject", does="the annotation `summary`"),
    Key(name="action.email.message.alert", does="added to the annotation `description`"),
    Key(
        name=f"{OURS}compare", does="rows are compared with those of earlier runs: change, new_term, flatline or spike"
    ),
    Key(name=f"{OURS}keys", does="the fields that tell rows apart, separated by commas"),
    Key(name=f"{OURS}value", does="the field whose value is compared"),
    Key(name=f"{OURS}threshold", does="flatline: below this; spike: this many times the run before"),
    Key(name=f"{OURS}direction", does="of a spike: up, down or both"),
    Key(name=f"{OURS}span", does="how long what was seen is remembered, such as 30d"),
    _ignored("allow_skew", "no effect: it runs when it is due", "0"),
    _ignored("schedule_window", "no effect: it runs when it is due", "0", "auto", "default"),
    _ignored(
        "schedule_priority", "no effect: alerts go before evidence, and otherwise first come, first served", "default"
    ),
    _ignored("max_concurrent", "no effect: a search never overtakes itself", "1"),
    _ignored("run_on_startup", "no effect: it runs when it is due", "0", "false"),
    _ignored("run_n_times", "no effect: it runs every time it is due", "0"),
    _ignored("dispatch.lookups", "no effect: lookups are always used", "1", "true"),
    _ignored("dispatch.sample_ratio", "no effect: every event is looked at", "1"),
    _ignored("durable.track_time_type", "no effect: `realtime_schedule = 0` makes up for missed runs", "none"),
)
BY_NAME = {name: key for key in KEYS for name in (key.name, key.rest) if name}

_ACCEPTED = (
    "dispatchAs", "schedule", "schedule_as", "workload_pool", "dispatch.ttl", "dispatch.buckets",
    "dispatch.time_format", "dispatch.spawn_process", "dispatch.auto_cancel", "dispatch.auto_pause",
    "dispatch.reduce_freq", "dispatch.rt_backfill", "dispatch.indexedRealtime", "dispatch.rate_limit_retry",
    "restart_on_searchpeer_add", "displayview", "vsid", "is_visible", "request.ui_dispatch_app",
    "request.ui_dispatch_view", "alert.display_view", "alert.managedBy", "action.email", "action.email.to",
    "action.email.message.report", "action.webhook", "action.webhook.param.url", "action.script",
    "action.script.filename", "action.summary_index", "action.summary_index._name", "action.populate_lookup",
    "action.lookup", "auto_summarize", "embed.enabled",
)  # fmt: skip
"""Keys of Splunk's own that are taken without a word, so that nobody is told that one of them looks misspelt."""
_FAMILIES = re.compile(r"(action|display|auto_summarize|durable|dispatch|request|embed|args|eai|federated)\.")
_KNOWN = frozenset((*BY_NAME, *_ACCEPTED))


def is_known(key: str) -> bool:
    """Whether it is a key of saved searches, ours or any of Splunk's."""
    return key in _KNOWN or _FAMILIES.match(key) is not None


@lru_cache(maxsize=1024)
def meant(key: str) -> str:
    """The key that this unknown one was probably meant to be; empty where none is near."""
    if key in _KNOWN or key.startswith(("action.", "display.")):
        return ""
    return next(iter(difflib.get_close_matches(key, _KNOWN, n=1, cutoff=0.85)), "")


def table() -> str:
    """The table of keys for the README."""
    rows = (f"| `{key.name}`{f' (REST: `{key.rest}`)' if key.rest else ''} | {key.does} |" for key in KEYS)
    return "\n".join(("| Key | What Tocsin does |", "|---|---|", *rows))
