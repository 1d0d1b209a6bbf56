"""`tocsin import alertmanager`: an alertmanager.yml becomes part of a tocsin.yaml, and it says what became of what."""

import json
from pathlib import Path

import pytest

from bot.config.checking import check_all
from bot.config.loading import load
from tests.integrations.cli.conftest import Shell

THEIRS = """\
global:
  resolve_timeout: 10m
  slack_api_url: https://hooks.slack.com/services/T0/B0/secret
templates: ['*.tmpl']
route:  # the top
  receiver: team-x
  group_by: [alertname, cluster]
  routes:
    - match: {service: db}
      match_re: {env: "prod|stage"}
      receiver: db
      continue: true
      repeat_interval: 12h
    - matchers: ['severity="page"', '{team=~"a|b", x!=""}']
      mute_time_intervals: [offhours]
      active_time_intervals: [office]
receivers:
  - name: team-x
    slack_configs: [{channel: '#x'}]
  - name: db
    webhook_configs:
      - url: https://ann:pass-in-url@hooks.example.net/base?token=in-the-query
        send_resolved: no
        max_alerts: 10
        timeout: 5s
        http_config: {tls_config: {ca_file: /x.pem}}
      - url: http://other.example.net/x
        http_config: {authorization: {credentials: bearer-in-file}}
      - url_file: /run/secrets/url
      - url: http://third.example.net/
        http_config: {basic_auth: {username: u, password_file: secret.txt}, follow_redirects: true}
    pagerduty_configs: [{service_key: key-of-pagerduty}]
inhibit_rules:
  - source_match: {severity: critical}
    target_match_re: {severity: warn.*}
    equal: [alertname]
  - name: second
    source_matchers: [a=b]
    target_matchers: [c=d]
time_intervals:
  - name: office
    time_intervals:
      - weekdays: ['monday:friday']
        times: [{start_time: 09:00, end_time: '17:00'}]
        location: Europe/Berlin
mute_time_intervals:
  - name: offhours
    time_intervals:
      - weekdays: [saturday, sunday]
      - days_of_month: ['-1']
"""
PLAIN = "route: {receiver: a}\nreceivers: [{name: a}]\n"
SECRETS = ("B0/secret", "pass-in-url", "in-the-query", "bearer-in-file", "key-of-pagerduty")
ENV = {
    "DB_WEBHOOK_PATH": "/base?token=t",
    "DB_WEBHOOK_PASSWORD": "word",
    "DB_WEBHOOK_2_TOKEN": "token",
}


def test_it_becomes_a_configuration_that_loads(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "alertmanager.yml").write_text(THEIRS)
    said = shell("import", "alertmanager", "alertmanager.yml")
    assert said.status == 0, said.err
    assert not any(secret in said.out + said.err for secret in SECRETS)
    (tmp_path / "tocsin.yaml").write_text(said.out)
    (tmp_path / "secret.txt").write_text("word")
    loaded = load(tmp_path / "tocsin.yaml", ENV, tmp_path)
    assert not loaded.warnings
    setup = loaded.setup
    assert setup.resolve_timeout.total_seconds() == 600
    assert setup.route.group_wait.total_seconds() == 30
    assert setup.route.group_by == ("alertname", "cluster")
    db, page = setup.route.routes
    assert (db.receiver, db.continue_, db.repeat_interval.total_seconds()) == ("db", True, 12 * 3600)
    assert [str(one) for one in db.matchers] == ['service="db"', 'env=~"prod|stage"']
    assert [str(one) for one in page.matchers] == ['severity="page"', 'team=~"a|b"', 'x!=""']
    assert (page.mute_time_intervals, page.active_time_intervals) == (("offhours",), ("office",))
    assert set(setup.time_intervals) == {"office", "offhours"}
    assert [(one.name, one.equal, str(one.target[0])) for one in setup.inhibit_rules] == [
        ("", ("alertname",), 'severity=~"warn.*"'),
        ("second", (), 'c="d"'),
    ]
    told = {
        one.name: [(to.integration, to.send_resolved, to.max_alerts) for to in one.webhooks] for one in setup.receivers
    }
    assert told == {
        "team-x": [],
        "db": [("db-webhook", False, 10), ("db-webhook-2", True, 0), ("db-webhook-4", True, 0)],
    }


def test_it_says_what_became_of_each_piece_and_where_it_stands(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "alertmanager.yml").write_text(THEIRS)
    lines = shell("import", "alertmanager", "alertmanager.yml").err.splitlines()
    for line in (
        "alertmanager.yml:3:3: left out: global.slack_api_url: it is of no use to Tocsin",
        "alertmanager.yml:4:1: left out: templates: Tocsin has nothing of the kind",
        "alertmanager.yml:5:1: taken: route: route to team-x",
        "alertmanager.yml:9:7: changed: route.routes[0]: `match`, `match_re` in the notation of `matchers`",
        "alertmanager.yml:19:5: left out: receivers[0].slack_configs: Tocsin does not tell slack by itself; the"
        " incident is opened all the same",
        "alertmanager.yml:28:9: changed: receivers[1].webhook_configs[1].http_config: put its credentials into the"
        " environment variable DB_WEBHOOK_2_TOKEN",
        "alertmanager.yml:41:5: taken: time_intervals[0]: time interval 'office'",
        "alertmanager.yml:47:5: changed: mute_time_intervals[0]: under `time_intervals`, as it is called now",
    ):
        assert line in lines, lines
    assert lines[-1].endswith("0 wrong")
    told = json.loads(shell("import", "alertmanager", "alertmanager.yml", "--format", "json").out)
    assert len(told["remarks"]) == len(lines) - 1
    assert told["yaml"].startswith("# Made of alertmanager.yml")


def test_the_routing_parts_load_as_they_are(tmp_path: Path) -> None:
    parts = ("route:", "inhibit_rules:", "time_intervals:")
    blocks = ["\n".join(block) for block in _blocks(THEIRS.replace("mute_time_intervals: [offhours]", "x: y"))]
    kept = [block.replace("x: y", "mute_time_intervals: [office]") for block in blocks if block.startswith(parts)]
    assert len(kept) == 3
    (tmp_path / "tocsin.yaml").write_text("\n".join([*kept, "receivers: [{name: team-x}, {name: db}]\n"]))
    findings = check_all(tmp_path / "tocsin.yaml", {}, tmp_path)
    assert not findings.errors, findings.errors


def _blocks(text: str) -> list[list[str]]:
    found: list[list[str]] = []
    for line in text.splitlines():
        if not line.startswith(" "):
            found.append([])
        found[-1].append(line)
    return found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("receivers: []\n", "1:1: wrong: route: an Alertmanager's configuration has a `route`; this one has none"),
        ("route: {receiver: a}\nreceivers: [{name: b}]\n", "1:9: wrong: route.receiver: no receiver is called 'a'"),
        ("route: {receiver: a, matchers: [a=b]}\nreceivers: [{name: a}]\n", "1:22: wrong: route.matchers: the top of"),
        (
            "route: {receiver: a, group_wait: soon}\nreceivers: [{name: a}]\n",
            "1:34: wrong: route.group_wait: not a duration: 'soon'",
        ),
        (
            f"{PLAIN}time_intervals: [{{name: n, time_intervals: [{{weekdays: [mon]}}]}}]\n",
            "wrong: time_intervals[0].time_intervals[0].weekdays[0]: no such day or month: 'mon'; did you mean",
        ),
        (
            "route: {receiver: a, what: 1}\nreceivers: [{name: a}]\n",
            "1:22: left out: route.what: a route has no such key in Alertmanager",
        ),
        ("route: {receiver: a}\nreceivers: {name: a}\n", "2:1: wrong: receivers: a list is needed here"),
        ("route: {receiver: a}\nreceivers: [a]\n", "2:13: wrong: receivers[0]: a mapping is needed here"),
        ("route: {receiver: a}\nreceivers: [{}]\n", "2:13: wrong: receivers[0].name: this key is required"),
        (
            "route: {receiver: a}\nreceivers: [{name: a, webhook_configs: {}}]\nglobal: [a]\n",
            "3:1: wrong: global: a mapping",
        ),
        (
            f"{PLAIN}inhibit_rules: [{{source_match_re: {{a: '('}}, target_match: {{b: c}}}}]\n",
            "wrong: inhibit_rules[0].source_match_re.a: the regular expression '(' is broken",
        ),
        ("- a\n", "no configuration of an Alertmanager: no mapping"),
        ("a: [\n", "not YAML"),
        ("route: {receiver: a}\nroute: {receiver: b}\n", "key 'route' is already set"),
    ],
)
def test_what_is_wrong_in_it_is_said_at_its_place(shell: Shell, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "alertmanager.yml").write_text(text)
    found = shell("import", "alertmanager", "alertmanager.yml")
    assert said in found.err
    assert found.status == (0 if "left out: route.what" in said else 1)


def test_it_writes_a_file_and_no_other(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "alertmanager.yml").write_text(THEIRS)
    said = shell("import", "alertmanager", "alertmanager.yml", "--write", "routing.yaml")
    assert (said.status, said.out) == (0, "")
    assert (tmp_path / "routing.yaml").read_text().startswith("# Made of alertmanager.yml")
    again = shell("import", "alertmanager", "alertmanager.yml", "--write", "routing.yaml")
    assert again.status == 1
    assert "routing.yaml is there already" in again.err
    missing = shell("import", "alertmanager", "nowhere.yml")
    assert missing.status == 1
    assert "nowhere.yml: cannot read it: no such file or directory" in missing.err
