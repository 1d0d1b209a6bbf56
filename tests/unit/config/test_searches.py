"""Saved searches that a configuration names: where they live, how they are layered, and who can be asked."""

import json
from pathlib import Path

import pytest

from bot.config.checking import check_paths
from bot.config.findings import Findings
from bot.config.kinds import Kind, kind_of_text
from bot.config.loading import load
from bot.config.searches import app_of, layers_of, owner_of
from bot.errors import DocumentError
from bot.model.rule import RuleGroup

CONFIG = """\
time_zone: Europe/Berlin
integrations:
  splunk: {use: splunk, url: "https://127.0.0.1:8089", basic_auth: {username: a, password: {env: SECRET}}}
  prom: {use: prometheus, url: "http://127.0.0.1:9090"}
rules:
  - {files: [apps/*/*/savedsearches.conf], source: splunk}
"""
ERRORS = """\
[Errors]
search = index=web status>=500
enableSched = 1
cron_schedule = */5 * * * *
counttype = number of events
relation = greater than
quantity = 10
"""
DEFAULT, LOCAL = "apps/shop/default/savedsearches.conf", "apps/shop/local/savedsearches.conf"


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def groups(folder: Path, files: dict[str, str], config: str = CONFIG) -> dict[str, RuleGroup]:
    write(folder, files | {"tocsin.yaml": config})
    loaded = load(folder / "tocsin.yaml", {"SECRET": "s3cret"}, folder)
    return {group.name: group for group in loaded.setup.groups}


def mistakes(folder: Path, files: dict[str, str], config: str = CONFIG) -> list[str]:
    with pytest.raises(DocumentError) as raised:
        groups(folder, files, config)
    return [str(complaint) for complaint in raised.value.complaints]


def told(findings: Findings) -> list[str]:
    return [str(complaint) for complaint in findings.complaints]


def test_a_file_is_named_beside_prometheus_rules(tmp_path: Path) -> None:
    rules = "  - {files: [a.yml], source: prom}\n"
    text = "groups: [{name: g, rules: [{alert: A, expr: up == 0}]}]"
    found = groups(tmp_path, {DEFAULT: ERRORS, "a.yml": text}, CONFIG + rules)
    assert set(found) == {"Errors", "g"}
    errors = found["Errors"]
    assert (errors.file, errors.source) == (DEFAULT, "splunk")
    assert errors.search is not None
    assert (errors.search.app, errors.search.owner) == ("shop", "nobody")
    assert errors.search.schedule.time_zone == "Europe/Berlin"
    assert found["g"].search is None


def test_the_entry_says_more_than_the_path(tmp_path: Path) -> None:
    entry = "source: splunk, app: search, owner: ann, time_zone: Asia/Kolkata, alertmanagers: [], resend_delay: 5m}"
    found = groups(tmp_path, {DEFAULT: ERRORS}, CONFIG.replace("source: splunk}", entry))["Errors"]
    assert found.search is not None
    assert (found.search.app, found.search.owner) == ("search", "ann")
    assert found.search.schedule.time_zone == "Asia/Kolkata"
    assert found.resend_delay.total_seconds() == 300


@pytest.mark.parametrize("named", ["apps/*/*/savedsearches.conf", DEFAULT, LOCAL])
def test_local_lies_over_default_whichever_is_named(tmp_path: Path, named: str) -> None:
    local = "[Errors]\nquantity = 20\n[Own]\n" + ERRORS.partition("\n")[2]
    config = CONFIG.replace("apps/*/*/savedsearches.conf", named)
    found = groups(tmp_path, {DEFAULT: ERRORS, LOCAL: local}, config)
    assert [(group.key, group.search and group.search.condition.quantity) for group in found.values()] == [
        (f"{DEFAULT};Errors", 20),
        (f"{DEFAULT};Own", 10),
    ]


def test_what_local_disables_is_not_evaluated(tmp_path: Path) -> None:
    assert groups(tmp_path, {DEFAULT: ERRORS, LOCAL: "[Errors]\ndisabled = 1\n"}) == {}


def test_apps_are_strangers_to_each_other(tmp_path: Path) -> None:
    other = DEFAULT.replace("shop", "web")
    write(tmp_path, {DEFAULT: ERRORS, other: ERRORS, "tocsin.yaml": CONFIG})
    loaded = load(tmp_path / "tocsin.yaml", {"SECRET": "x"}, tmp_path)
    assert [(group.file, group.search and group.search.app) for group in loaded.setup.groups] == [
        (DEFAULT, "shop"),
        (other, "web"),
    ]


def test_mistakes_are_told_where_they_are(tmp_path: Path) -> None:
    local = "[Errors]\nquantity = many\n\n[Own\n"
    assert mistakes(tmp_path, {DEFAULT: ERRORS, LOCAL: local}) == [
        f"{LOCAL}:2:12: [Errors] quantity: 'many' is no number;"
        " write it like 10, or 20% with `rises by` and `drops by`",
        f"{LOCAL}:4:1: a stanza begins with `[name]` in one line, and this one has no `]`",
    ]


def test_a_layer_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    write(tmp_path, {LOCAL: ""})
    (tmp_path / LOCAL).write_bytes("[Störung]\nquantity = 20\n".encode("latin-1"))
    assert mistakes(tmp_path, {DEFAULT: ERRORS}) == [f"{LOCAL}: it is not a text in UTF-8"]


def test_saved_searches_are_no_runbook(tmp_path: Path) -> None:
    (mistake,) = mistakes(tmp_path, {DEFAULT: ERRORS}, CONFIG + f"runbooks: [{DEFAULT}]\n")
    assert mistake == f"{DEFAULT}: this is a saved searches file; a runbook file is expected here"


def test_one_app_is_named_once(tmp_path: Path) -> None:
    config = CONFIG.replace("apps/*/*/savedsearches.conf", DEFAULT) + f"  - {{files: [{LOCAL}], source: splunk}}\n"
    assert mistakes(tmp_path, {DEFAULT: ERRORS, LOCAL: "[Errors]\nquantity = 20\n"}, config) == [
        f"tocsin.yaml:7:14: rules[1].files[0]: {LOCAL} is already named by rules[0]; name it once"
    ]


def test_a_source_must_take_the_form_of_its_files(tmp_path: Path) -> None:
    text = "groups: [{name: g, rules: [{alert: A, expr: up == 0}]}]"
    config = CONFIG.replace("source: splunk", "source: prom") + "  - {files: [a.yml], source: splunk}\n"
    assert mistakes(tmp_path, {DEFAULT: ERRORS, "a.yml": text}, config) == [
        f"tocsin.yaml:6:52: rules[0].source: {DEFAULT} holds saved searches, which 'prom' (prometheus) cannot be asked;"
        " these can: splunk",
        "tocsin.yaml:7:30: rules[1].source: a.yml holds rules in Prometheus' format, which 'splunk' (splunk) cannot be"
        " asked; these can: prom",
    ]


def test_a_runbook_that_an_alert_names_must_exist(tmp_path: Path) -> None:
    named = ERRORS + "action.tocsin.param.annotation.runbook_url = tocsin:web\n"
    assert mistakes(tmp_path, {DEFAULT: "# ours\n" + named}) == [
        f"{DEFAULT}:2:1: [Errors]: no runbook is called 'web'; name its file under `runbooks` in tocsin.yaml"
    ]


def test_an_alert_of_local_is_blamed_in_local(tmp_path: Path) -> None:
    own = ERRORS.replace("[Errors]", "\n[Own]") + "action.tocsin.param.annotation.runbook_url = tocsin:web\n"
    (mistake,) = mistakes(tmp_path, {DEFAULT: ERRORS, LOCAL: own})
    assert mistake.startswith(f"{LOCAL}:2:1: [Own]: no runbook is called 'web'")


def test_a_critical_alert_without_aid_is_told_of_its_file(tmp_path: Path) -> None:
    write(tmp_path, {DEFAULT: ERRORS + "alert.severity = 6\n", "tocsin.yaml": CONFIG})
    (warning,) = load(tmp_path / "tocsin.yaml", {"SECRET": "x"}, tmp_path).warnings
    assert str(warning) == f"{DEFAULT}:1:1: warning: critical, and with neither a runbook nor a dashboard: Errors"


def test_another_file_of_splunks_is_refused(tmp_path: Path) -> None:
    config = CONFIG.replace("apps/*/*/savedsearches.conf", "props.conf")
    (mistake,) = mistakes(tmp_path, {"props.conf": "[source::x]\nTRUNCATE = 0\n"}, config)
    assert mistake.startswith("props.conf: a file in the form of Splunk's, and none of saved searches")


def test_a_lone_file_is_checked_whatever_it_is_called(tmp_path: Path) -> None:
    write(tmp_path, {"searches.txt": "\ufeff# ours\n\n" + ERRORS})
    findings = check_paths([Path("searches.txt")], None, {}, tmp_path)
    assert findings.summary == "1 file, 1 rule, 0 runbooks: no mistakes"
    write(tmp_path, {"x.conf": ERRORS.replace("*/5", "*/x")})
    (mistake,) = told(check_paths([Path("x.conf")], None, {}, tmp_path))
    assert mistake.startswith("x.conf:4:17: [Errors] cron_schedule: '*/x' cannot stand for the minute")


def test_a_folder_is_searched_for_them(tmp_path: Path) -> None:
    props = {"apps/shop/default/props.conf": "[x]\nTRUNCATE = 0\n", "apps/shop/default/app.conf": "[ui]\nlabel = x\n"}
    write(tmp_path, {DEFAULT: ERRORS, LOCAL: "[Errors]\nquantity = x\n", **props})
    findings = check_paths([Path("apps")], None, {}, tmp_path)
    assert [line.partition(": ")[0] for line in told(findings)] == [f"{LOCAL}:2:12"]
    assert findings.summary == "2 files, 0 rules, 0 runbooks (2 other files left alone): 1 mistake"


def test_another_file_of_splunks_that_was_asked_for_is_told(tmp_path: Path) -> None:
    write(tmp_path, {"props.conf": "[x]\nTRUNCATE = 0\n"})
    (mistake,) = told(check_paths([Path("props.conf")], None, {}, tmp_path))
    assert mistake.startswith("props.conf: a file in the form of Splunk's, and none of saved searches")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (ERRORS, Kind.SEARCHES),
        ("# c\r\n\r\n[a]\r\ndisabled = 1\r\n", Kind.SEARCHES),
        ("search = x\n[a]\n", Kind.SEARCHES),
        ("[a]\nfoo = 1\nbar = 2\nsearch = x\n", Kind.UNKNOWN),
        ("[a]\n", Kind.UNKNOWN),
        ("[a, b]\n", Kind.UNKNOWN),
        ("groups: []\n", Kind.RULES),
        ("# [x]\ngroups: []\n", Kind.RULES),
        (json.dumps({"groups": []}), Kind.RULES),
        ("\n" * 50_000 + "groups: []", Kind.RULES),
        ("", Kind.UNKNOWN),
    ],
)
def test_kinds_are_told_by_content(text: str, kind: Kind) -> None:
    assert kind_of_text(text, "f") is kind


@pytest.mark.parametrize(
    ("path", "app", "owner"),
    [
        ("/opt/splunk/etc/apps/shop/default/savedsearches.conf", "shop", "nobody"),
        ("/opt/splunk/etc/apps/shop/local/savedsearches.conf", "shop", "nobody"),
        ("/opt/splunk/etc/users/ann/shop/local/savedsearches.conf", "shop", "ann"),
        ("/srv/savedsearches.conf", "search", "nobody"),
        ("/default/savedsearches.conf", "search", "nobody"),
        ("savedsearches.conf", "search", "nobody"),
    ],
)
def test_app_and_owner_by_the_path(path: str, app: str, owner: str) -> None:
    assert (app_of(Path(path)), owner_of(Path(path))) == (app, owner)


def test_layers_of_a_file(tmp_path: Path) -> None:
    write(tmp_path, {DEFAULT: "", LOCAL: "", "x/default/a.conf": "", "y/a.conf": ""})
    both = (tmp_path / DEFAULT, tmp_path / LOCAL)
    assert layers_of(both[0]) == layers_of(both[1]) == both
    assert layers_of(tmp_path / "x/default/a.conf") == (tmp_path / "x/default/a.conf",)
    assert layers_of(tmp_path / "y/a.conf") == (tmp_path / "y/a.conf",)
