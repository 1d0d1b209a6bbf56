"""Stanzas of `savedsearches.conf`: what each key comes to, what is left out and why, and what is a mistake."""

from datetime import timedelta

import pytest

from bot.errors import Complaint, Gravity
from bot.model.rule import AlertRule, RuleGroup
from bot.model.search import (
    Compared,
    Comparison,
    Condition,
    Counted,
    Direction,
    Dispatch,
    Relation,
    SavedSearch,
    Schedule,
    Suppression,
)
from bot.rules.savedsearches.conf import parse
from bot.rules.savedsearches.keys import KEYS, OURS, is_known, meant, table
from bot.rules.savedsearches.stanza import Home, Left, Reading, of_mapping, read

HOME = Home(file="savedsearches.conf", source="splunk", app="shop")
SOUND = {
    "search": "index=web status>=500",
    "enableSched": "1",
    "cron_schedule": "*/5 * * * *",
    "counttype": "number of events",
    "relation": "greater than",
    "quantity": "10",
}
COMPARED = {f"{OURS}compare": "change", f"{OURS}keys": "host", f"{OURS}value": "version"}
REAL_TIME = {"dispatch.earliest_time": "rt-5m", "dispatch.latest_time": "rt"}
ROWS = {"alert.digest_mode": "0", "alert.suppress": "1", "alert.suppress.period": "1h", "alert.suppress.fields": "host"}
REPORT = {"counttype": "always", "relation": "", "quantity": ""}


def reading(*changes: dict[str, str], home: Home = HOME) -> Reading:
    settings = SOUND
    for change in changes:
        settings = settings | change
    text = "[S]\n" + "".join(f"{key} = {value}\n" for key, value in settings.items())
    return read(parse(text, home.file), home)


def group(*changes: dict[str, str], home: Home = HOME) -> RuleGroup:
    (found,) = reading(*changes, home=home).groups
    return found


def search(*changes: dict[str, str], home: Home = HOME) -> SavedSearch:
    found = group(*changes, home=home).search
    assert found is not None
    return found


def rule(*changes: dict[str, str], home: Home = HOME) -> AlertRule:
    (found,) = group(*changes, home=home).rules
    assert isinstance(found, AlertRule)
    return found


def why_left(*changes: dict[str, str]) -> tuple[str, bool]:
    """Why it is not evaluated, and whether that is said."""
    found = reading(*changes)
    (left,) = found.left
    assert not found.groups
    return left.why, any("not evaluated" in complaint.message for complaint in found.complaints)


def of(gravity: Gravity, *changes: dict[str, str]) -> list[str]:
    return [f"{one.path}: {one.message}" for one in reading(*changes).complaints if one.gravity is gravity]


def test_a_search_is_a_group_of_its_own() -> None:
    found = group()
    assert (found.file, found.name, found.source) == ("savedsearches.conf", "S", "splunk")
    assert found.interval == timedelta(minutes=5)
    assert found.search == SavedSearch(
        name="S",
        search="index=web status>=500",
        schedule=Schedule(cron="*/5 * * * *"),
        app="shop",
        condition=Condition(counted=Counted.EVENTS, relation=Relation.GREATER, quantity=10),
    )
    assert rule() == AlertRule(
        name="S", expr="index=web status>=500", signal=rule().signal, labels={"severity": "warning", "app": "shop"}
    )
    assert rule().signal.expr == "index=web status>=500"
    assert not reading().complaints


def test_it_lives_where_its_file_does() -> None:
    home = Home(file="f", source="s", app="a", owner="ann", time_zone="Asia/Kolkata")
    assert (search(home=home).app, search(home=home).owner) == ("a", "ann")
    assert search(home=home).schedule.time_zone == "Asia/Kolkata"
    assert rule(home=home).labels == {"severity": "warning", "app": "a", "owner": "ann"}


@pytest.mark.parametrize(
    ("change", "condition"),
    [
        ({"relation": "less than"}, Condition(counted=Counted.EVENTS, relation=Relation.LESS, quantity=10)),
        ({"relation": "Equal  To"}, Condition(counted=Counted.EVENTS, relation=Relation.EQUAL, quantity=10)),
        ({"relation": "not equal to"}, Condition(counted=Counted.EVENTS, relation=Relation.NOT_EQUAL, quantity=10)),
        ({"relation": "drops by"}, Condition(counted=Counted.EVENTS, relation=Relation.DROPS, quantity=10)),
        ({"counttype": "number of hosts"}, Condition(counted=Counted.HOSTS, relation=Relation.GREATER, quantity=10)),
        (
            {"counttype": "number of sources"},
            Condition(counted=Counted.SOURCES, relation=Relation.GREATER, quantity=10),
        ),
        (
            {"relation": "rises by", "quantity": "20%"},
            Condition(counted=Counted.EVENTS, relation=Relation.RISES, quantity=20, in_percent=True),
        ),
        (
            {"relation": "drops by perc", "quantity": "20"},
            Condition(counted=Counted.EVENTS, relation=Relation.DROPS, quantity=20, in_percent=True),
        ),
        (
            {"relation": "rises by perc", "quantity": "2.5 %"},
            Condition(counted=Counted.EVENTS, relation=Relation.RISES, quantity=2.5, in_percent=True),
        ),
        ({"quantity": "-1"}, Condition(counted=Counted.EVENTS, relation=Relation.GREATER, quantity=-1)),
        (
            {"relation": "", "quantity": "", "action.email": "1"},
            Condition(counted=Counted.EVENTS, relation=Relation.GREATER, quantity=0),
        ),
        (
            {"counttype": "custom", "alert_condition": "search n > 1"},
            Condition(counted=Counted.CUSTOM, search="search n > 1"),
        ),
        ({"counttype": "", "alert_condition": "where a>5"}, Condition(counted=Counted.CUSTOM, search="where a>5")),
        ({"alert_condition": "where a>5"}, Condition(counted=Counted.CUSTOM, search="where a>5")),
        ({**REPORT, "alert.track": "1"}, Condition()),
    ],
)
def test_when_it_triggers(change: dict[str, str], condition: Condition) -> None:
    assert search(change).condition == condition


@pytest.mark.parametrize("word", ["1", "true", "TRUE", "t", "yes", "Y", "on"])
def test_every_way_to_write_true(word: str) -> None:
    assert search({"enableSched": word, "disabled": "0"})
    assert why_left({"disabled": word}) == ("it is disabled", False)


@pytest.mark.parametrize("word", ["0", "false", "False", "f", "no", "N", "off"])
def test_every_way_to_write_false(word: str) -> None:
    assert search({"disabled": word})
    assert why_left({"enableSched": word}) == ("it has no schedule: enableSched is not 1", False)


def test_when_it_runs() -> None:
    assert search({"cron_schedule": "  0  6 * *  1-5 "}).schedule == Schedule(cron="0 6 * * 1-5")
    assert search({"realtime_schedule": "0"}).schedule.continuous
    assert not search({"realtime_schedule": "1"}).schedule.continuous


def test_what_fills_a_summary_index_leaves_no_gaps() -> None:
    assert search({"action.summary_index": "1"}).schedule.continuous
    assert not search({"action.summary_index": "1", "realtime_schedule": "1"}).schedule.continuous
    forced = {"action.summary_index": "1", "action.summary_index.force_realtime_schedule": "1"}
    assert not search(forced).schedule.continuous


def test_what_it_looks_at() -> None:
    found = search(
        {
            "dispatch.earliest_time": "-5m@m",
            "dispatch.latest_time": "now",
            "dispatch.index_earliest": "-1h",
            "dispatch.index_latest": "@h",
            "dispatch.max_count": "100",
            "dispatch.max_time": "60",
            "dispatch.allow_partial_results": "0",
        }
    )
    assert found.dispatch == Dispatch(
        earliest="-5m@m",
        latest="now",
        index_earliest="-1h",
        index_latest="@h",
        max_count=100,
        max_time=timedelta(minutes=1),
        allow_partial=False,
    )


def test_suppression() -> None:
    quiet = {"alert.suppress": "1", "alert.suppress.period": "90"}
    assert search(quiet).suppression == Suppression(period=timedelta(seconds=90))
    assert search({"alert.suppress.period": "1h"}).suppression is None
    found = search(ROWS, {"alert.suppress.fields": 'host, "service" ,host,', "alert.suppress.group_name": "web"})
    assert not found.digest
    assert found.suppression == Suppression(period=timedelta(hours=1), fields=("host", "service"), group="web")
    assert not search({"alert.digest_mode": "0"}).digest


@pytest.mark.parametrize(
    ("severity", "label"),
    [
        ("1", "info"),
        ("2", "info"),
        ("", "warning"),
        ("3", "warning"),
        ("4", "error"),
        ("5", "critical"),
        ("6", "critical"),
    ],
)
def test_severities(severity: str, label: str) -> None:
    assert rule({"alert.severity": severity}).labels["severity"] == label
    assert search({"alert.severity": severity}).severity == int(severity or 3)


def test_actions_are_named_and_their_words_are_annotations() -> None:
    mail = {
        "action.email": "1",
        "action.webhook": "true",
        "action.script": "0",
        "action.email.to": "a@example.net",
        "action.email.subject": "Splunk Alert: $name$",
        "action.email.message.alert": "See $results_link$",
        "description": "Too many errors",
    }
    assert search(mail).actions == ("email", "webhook")
    assert search(mail).description == "Too many errors"
    assert rule(mail).annotations == {
        "summary": "Splunk Alert: $name$",
        "description": "Too many errors\n\nSee $results_link$",
    }
    assert rule({"description": "Too many"}).annotations == {"summary": "Too many", "description": "Too many"}
    assert search({"actions": "email, rss"}).actions == ("email", "rss")
    assert reading(mail).complaints == ()


def test_labels_and_annotations_of_ours() -> None:
    found = rule({f"{OURS}label.team": "shop", f"{OURS}annotation.runbook_url": "tocsin:web", "action.tocsin": "1"})
    assert found.labels == {"severity": "warning", "app": "shop", "team": "shop"}
    assert found.annotations == {"runbook_url": "tocsin:web"}
    assert search({"action.tocsin": "1"}).actions == ()


@pytest.mark.parametrize(
    ("change", "comparison"),
    [
        ({}, Comparison(kind=Compared.CHANGE, keys=("host",), value="version")),
        (
            {f"{OURS}compare": "new_term", f"{OURS}keys": "user, host", f"{OURS}value": "", f"{OURS}span": "7d"},
            Comparison(kind=Compared.NEW_TERM, keys=("user", "host"), span=timedelta(days=7)),
        ),
        (
            {f"{OURS}compare": "new term", f"{OURS}value": ""},
            Comparison(kind=Compared.NEW_TERM, keys=("host",)),
        ),
        (
            {f"{OURS}compare": "flatline", f"{OURS}value": "count", f"{OURS}threshold": "5"},
            Comparison(kind=Compared.FLATLINE, keys=("host",), value="count", threshold=5),
        ),
        (
            {f"{OURS}compare": "flatline", f"{OURS}value": ""},
            Comparison(kind=Compared.FLATLINE, keys=("host",)),
        ),
        (
            {f"{OURS}compare": "spike", f"{OURS}threshold": "2.5", f"{OURS}direction": "up"},
            Comparison(kind=Compared.SPIKE, keys=("host",), value="version", threshold=2.5, direction=Direction.UP),
        ),
    ],
)
def test_comparisons_with_earlier_runs(change: dict[str, str], comparison: Comparison) -> None:
    assert search(COMPARED, change).comparison == comparison
    assert search(REPORT, COMPARED, change).comparison == comparison


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"search": ""}, "it has no search"),
        ({"cron_schedule": ""}, "it has no cron_schedule"),
        (
            REAL_TIME,
            "dispatch.earliest_time = rt-5m is a real-time window; look at it every minute instead:"
            " cron_schedule = * * * * * with dispatch.earliest_time = -5m@m",
        ),
        (
            {"dispatch.earliest_time": "rt", "dispatch.latest_time": "rt"},
            "dispatch.earliest_time = rt is a real-time window; look at it every minute instead:"
            " cron_schedule = * * * * * with dispatch.earliest_time = -1m@m",
        ),
        (
            REPORT | {"action.email": "1"},
            "it is a report: counttype is always, and it would fire at every run; say when it is to be an alert",
        ),
    ],
)
def test_what_cannot_be_evaluated_is_left_out_and_told(change: dict[str, str], why: str) -> None:
    assert why_left(change) == (why, True)


@pytest.mark.parametrize(
    "change",
    [
        REPORT,
        REPORT | {"action.summary_index": "1"},
        REPORT | {"action.populate_lookup": "1", "action.email": "0"},
        {"relation": "", "quantity": ""},
        {"relation": "", "quantity": "", "alert.track": "0", "action.lookup": "1"},
    ],
)
def test_what_tells_nobody_is_left_out_without_a_word(change: dict[str, str]) -> None:
    assert why_left(change) == ("it tells nobody: it has no action that does, and alert.track is not 1", False)


@pytest.mark.parametrize("change", [{"alert.track": "0"}, {"alert.track": "auto"}, {}])
def test_what_is_compared_is_an_alert(change: dict[str, str]) -> None:
    assert search(change).condition.quantity == 10


@pytest.mark.parametrize("relation", ["greater than", "not equal to", "rises by"])
def test_suppression_by_fields_makes_alerts_of_rows_in_digest_mode_too(relation: str) -> None:
    found = search(ROWS, {"alert.digest_mode": "1", "relation": relation})
    assert not found.digest
    assert found.suppression == Suppression(period=timedelta(hours=1), fields=("host",))


@pytest.mark.parametrize("relation", ["less than", "equal to", "drops by"])
def test_what_may_trigger_without_rows_stays_one_alert(relation: str) -> None:
    found = search(ROWS, {"alert.digest_mode": "1", "relation": relation})
    assert found.digest
    assert found.suppression == Suppression(period=timedelta(hours=1))


@pytest.mark.parametrize(
    "change", [{"alert.track": "true"}, {"action.tocsin": "1"}, ROWS, {"alert.digest_mode": "0"}, COMPARED]
)
def test_what_always_triggers_is_an_alert_where_it_is_treated_as_one(change: dict[str, str]) -> None:
    assert search(REPORT, change).condition == Condition()


def test_what_is_disabled_may_hold_any_mistake() -> None:
    assert reading({"disabled": "1", "cron_schedule": "x", "alert.severity": "9"}).complaints == ()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"cron_schedule": "61 * * * *"}, "cron_schedule: '61' cannot stand for the minute: it goes from 0 to 59"),
        (
            {"counttype": "number of evnts"},
            "counttype: 'number of evnts' cannot stand here; did you mean 'number of events'?",
        ),
        ({"counttype": "42"}, "counttype: '42' cannot stand here; there are: always, number of events"),
        ({"counttype": "custom"}, "counttype: `custom` needs an `alert_condition`, a search over the rows"),
        ({"relation": "bigger"}, "relation: 'bigger' cannot stand here"),
        (
            {"relation": "greater than perc"},
            "relation: 'greater than perc' cannot stand here; did you mean 'greater than'?",
        ),
        ({"quantity": "many"}, "quantity: 'many' is no number; write it like 10, or 20%"),
        (
            {"quantity": "10%"},
            "quantity: a percentage is of the run before, and goes with `rises by` or `drops by` only",
        ),
        ({"enableSched": "maybe"}, "enableSched: 'maybe' is neither true nor false; write 1 or 0"),
        ({"disabled": "2"}, "disabled: '2' is neither true nor false; write 1 or 0"),
        ({"alert.severity": "7"}, "alert.severity: '7' cannot stand here: a whole number from 1 to 6 is needed"),
        ({"alert.severity": "high"}, "alert.severity: 'high' cannot stand here"),
        ({"alert.expires": "1mon"}, "alert.expires: '1mon' is no length of time; write it like 60, 5m, 24h or 2d"),
        ({"alert.track": "perhaps"}, "alert.track: 'perhaps' is neither true nor false"),
        ({"alert.suppress": "1"}, "alert.suppress: suppression needs `alert.suppress.period`, such as 1h"),
        (ROWS | {"alert.suppress.period": "0"}, "alert.suppress.period: '0' is no time at all; it must be longer"),
        (ROWS | {"alert.suppress.period": "soon"}, "alert.suppress.period: 'soon' is no length of time"),
        (
            ROWS | {"alert.suppress.fields": ""},
            "alert.suppress: with alert.digest_mode = 0, suppression needs `alert.suppress.fields`",
        ),
        ({"dispatch.earliest_time": "-5x"}, "dispatch.earliest_time: '-5x' is no time: 'x' is no unit"),
        ({"dispatch.index_latest": "later"}, "dispatch.index_latest: 'later' is no time"),
        ({"dispatch.max_count": "-1"}, "dispatch.max_count: '-1' cannot stand here: a whole number that is 0 or more"),
        ({"dispatch.max_time": "1m"}, "dispatch.max_time: '1m' cannot stand here"),
        ({"realtime_schedule": "continuous"}, "realtime_schedule: 'continuous' is neither true nor false"),
        ({"action.email": "x"}, "action.email: 'x' is neither true nor false"),
        (COMPARED | {f"{OURS}compare": "spik"}, f"{OURS}compare: 'spik' cannot stand here; did you mean 'spike'?"),
        (COMPARED | {f"{OURS}value": ""}, f"{OURS}compare: `change` needs `{OURS}value`"),
        (COMPARED | {f"{OURS}keys": " , "}, f"{OURS}compare: `change` needs `{OURS}keys`"),
        (COMPARED | {f"{OURS}compare": "spike"}, f"{OURS}compare: `spike` needs `{OURS}threshold`, a number above 1"),
        (COMPARED | {f"{OURS}threshold": "x"}, f"{OURS}threshold: 'x' is no number"),
        (COMPARED | {f"{OURS}direction": "sideways"}, f"{OURS}direction: 'sideways' cannot stand here"),
        (COMPARED | {f"{OURS}span": "forever"}, f"{OURS}span: 'forever' is no length of time"),
        ({f"{OURS}fields": "a"}, f"{OURS}fields: no parameter of Tocsin's: 'fields'; there are: compare, keys, value"),
        ({f"{OURS}label.a-b": "a"}, f"{OURS}label.a-b: no parameter of Tocsin's: 'label.a-b'"),
    ],
)
def test_a_value_that_means_nothing_is_a_mistake(change: dict[str, str], told: str) -> None:
    errors = of(Gravity.ERROR, change)
    assert any(error.startswith(f"[S] {told}") for error in errors), errors
    assert not reading(change).groups


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"schedule_window": "5"}, "schedule_window: no effect: it runs when it is due"),
        ({"allow_skew": "50%"}, "allow_skew: no effect: it runs when it is due"),
        ({"schedule_priority": "highest"}, "schedule_priority: no effect"),
        ({"max_concurrent": "2"}, "max_concurrent: no effect: a search never overtakes itself"),
        ({"run_on_startup": "1"}, "run_on_startup: no effect"),
        ({"run_n_times": "3"}, "run_n_times: no effect"),
        ({"dispatch.sample_ratio": "100"}, "dispatch.sample_ratio: no effect: every event is looked at"),
        ({"dispatch.lookups": "0"}, "dispatch.lookups: no effect: lookups are always used"),
        (
            {"action.notable": "1"},
            "action.notable: Tocsin does not run notable: the routes in tocsin.yaml say who hears",
        ),
        ({"action.script": "1", "action.logevent": "1"}, "action.logevent: Tocsin does not run logevent, script"),
        ({"relation": ""}, "counttype: there is no `relation`; taken as `greater than`"),
        ({"quantity": ""}, "counttype: there is no `quantity`; taken as 0"),
        ({"alert_condition": "search a"}, "counttype: no effect: there is an `alert_condition`, and it decides"),
        (
            REPORT | {"alert.track": "1", "quantity": "5"},
            "quantity: no effect: counttype is always; say what is counted",
        ),
        (
            ROWS | {"alert.digest_mode": "1"},
            "alert.suppress.fields: one alert for each value of these, as with alert.digest_mode = 0",
        ),
        (
            ROWS | {"alert.digest_mode": "1", "relation": "less than"},
            "alert.suppress.fields: no effect: it may trigger without rows, so there is one alert for all",
        ),
        ({f"{OURS}keys": "host"}, f"{OURS}keys: no effect without `{OURS}compare`"),
        ({"quantiy": "5"}, "quantiy: no key of saved searches; did you mean 'quantity'?"),
        (
            {"dispatch.earliest": "-5m"},
            "dispatch.earliest: no key of saved searches; did you mean 'dispatch.earliest_time'?",
        ),
    ],
)
def test_what_has_no_effect_is_remarked_upon(change: dict[str, str], told: str) -> None:
    remarks = of(Gravity.WARNING, change)
    assert any(remark.startswith(f"[S] {told}") for remark in remarks), remarks
    assert reading(change).groups


@pytest.mark.parametrize(
    "change",
    [
        {"schedule_window": "0"},
        {"schedule_window": "auto"},
        {"allow_skew": "0"},
        {"max_concurrent": "1"},
        {"dispatch.ttl": "2p"},
        {"dispatchAs": "user"},
        {"alert.track": "auto"},
        {"display.visualizations.charting.chart": "line"},
        {"action.email.include.results_link": "0"},
        {"action.my_app.param.url": "x"},
        {"request.ui_dispatch_app": "search"},
        {"something_of_an_app": "1"},
        {"args.host": "a"},
    ],
)
def test_what_is_usual_or_of_others_is_taken_without_a_word(change: dict[str, str]) -> None:
    found = reading(change)
    assert found.complaints == ()
    assert found.groups


def test_a_misspelt_switch_is_told_although_nothing_is_evaluated() -> None:
    (told,) = of(Gravity.WARNING, {"enableSched": "", "enablesched": "1"})
    assert told == "[S] enablesched: no key of saved searches; did you mean 'enableSched'?"


def test_what_all_stanzas_have_is_told_once_and_where_it_is() -> None:
    text = "[default]\nenableSched = 1\nschedule_window = 5\n" + "".join(
        f"[{name}]\nsearch = a\ncron_schedule = 0 * * * *\nalert_condition = search a\n" for name in "ABC"
    )
    found = read(parse(text, "f.conf"), HOME)
    assert [group.name for group in found.groups] == ["A", "B", "C"]
    assert [str(one) for one in found.complaints] == [
        "f.conf:3:1: warning: [default] schedule_window: no effect: it runs when it is due"
    ]


def test_places_of_complaints() -> None:
    text = "[S]\nsearch = a\nenableSched = 1\ncron_schedule =  61 * * * *\nalert_condition = a\nallow_skew = 5m\n"
    text += "[T]\nenableSched = 1\nalert_condition = a\n"
    assert [(one.line, one.column) for one in read(parse(text, "f.conf"), HOME).complaints] == [(4, 18), (7, 1)]


def test_one_mistake_leaves_the_other_searches_as_they_are() -> None:
    sound = "search = a\nenableSched = 1\ncron_schedule = 0 * * * *\nalert_condition = search a\n"
    found = read(parse(f"[A]\n{sound}[B]\n{sound}alert.severity = 9\n[C]\n{sound}disabled = 1\n", "f.conf"), HOME)
    assert [group.name for group in found.groups] == ["A"]
    assert found.left == (Left(name="C", why="it is disabled"),)
    assert len(found.complaints) == 1


def test_what_rest_says_is_read_by_the_same_rules() -> None:
    rest = {
        "search": " index=web ",
        "is_scheduled": "1",
        "disabled": "0",
        "cron_schedule": "*/5 * * * *",
        "alert_type": "number of events",
        "alert_comparator": "drops by perc",
        "alert_threshold": "20",
        "alert.suppress": "0",
        "alert.suppress.period": "60s",
        "alert_condition": "",
        "actions": "email",
        "eai:acl.app": "shop",
    }
    found = of_mapping("S", rest, HOME)
    (made,) = found.groups
    assert made == group({"search": "index=web", "relation": "drops by", "quantity": "20%", "action.email": "1"})
    assert found.complaints == ()
    assert of_mapping("S", rest | {"disabled": "1"}, HOME).left == (Left(name="S", why="it is disabled"),)
    (wrong,) = of_mapping("S", rest | {"cron_schedule": "x"}, HOME).complaints
    assert isinstance(wrong, Complaint)
    assert str(wrong).startswith("savedsearches.conf: [S] cron_schedule: 'x' is no schedule")


def test_the_name_in_the_file_goes_before_that_of_rest() -> None:
    assert search({"alert_threshold": "99"}).condition.quantity == 10


def test_keys_that_are_known() -> None:
    assert all(is_known(key.name) and not meant(key.name) for key in KEYS)
    assert is_known("alert_type")
    assert not is_known("index")
    assert all(f"| `{key.name}`" in table() for key in KEYS)
