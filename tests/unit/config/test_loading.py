"""A configuration with everything it names: whole, or every mistake of every file."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.config.loading import load, secrets_changed
from bot.errors import DocumentError, StartError

CONFIG = """\
http: {public_url: https://tocsin.example.net}
time_zone: Europe/Berlin
integrations:
  prom:
    use: prometheus
    url: http://127.0.0.1:9090
    bearer_token: {file: token}
rules:
  - {files: [rules/*.yml], source: prom, interval: 30s}
runbooks: [runbooks/*.yaml]
people:
  - {name: ann, email: ann@example.net, chat: {slack: U1}, roles: [on-call], token: {env: ANN}}
"""
RULES = """\
groups:
  - name: web
    rules:
      - alert: WebDown
        expr: up{job="web"} == 0
        annotations: {runbook_url: "tocsin:web-down"}
      - record: job:up:sum
        expr: sum by (job) (up)
"""
RUNBOOK = """\
runbook: web-down
title: The web is down
triggers: [{match: {alertname: WebDown}}]
steps:
  - id: look
    uses: prometheus.query
    with: {expr: up}
    approval: {by: on-call}
"""


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / {"config": "tocsin.yaml", "rules": "rules/web.yml", "runbook": "runbooks/web.yaml"}[name]
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    (folder / "token").write_text("s3cret\n")
    return folder / "tocsin.yaml"


def mistakes(folder: Path, *, env: dict[str, str] | None = None, **files: str) -> list[str]:
    path = write(folder, **({"config": CONFIG, "rules": RULES, "runbook": RUNBOOK} | files))
    with pytest.raises(DocumentError) as caught:
        load(path, {"ANN": "anns-token"} if env is None else env, folder)
    return [str(complaint) for complaint in caught.value.complaints]


def warnings(folder: Path, **files: str) -> list[str]:
    path = write(folder, **({"config": CONFIG, "rules": RULES, "runbook": RUNBOOK} | files))
    return [str(complaint) for complaint in load(path, {"ANN": "anns-token"}, folder).warnings]


def test_all_that_the_documents_say(tmp_path: Path) -> None:
    path = write(tmp_path, config=CONFIG, rules=RULES, runbook=RUNBOOK)
    loaded = load(path, {"ANN": "anns-token"}, tmp_path)
    setup = loaded.setup
    assert [(group.key, group.source, group.interval) for group in setup.groups] == [
        ("rules/web.yml;web", "prom", timedelta(seconds=30))
    ]
    assert setup.rule("rules/web.yml;web;WebDown") is not None
    assert list(setup.runbooks) == ["web-down"]
    assert setup.people["ann"].roles == {"on-call"}
    assert setup.people["ann"].chat == {"slack": "U1"}
    assert (setup.time_zone, setup.public_url) == ("Europe/Berlin", "https://tocsin.example.net")
    (prom,) = loaded.integrations
    assert (prom.name, prom.integration.name) == ("prom", "prometheus")
    assert getattr(prom.config, "bearer_token", None) == SecretStr("s3cret")
    assert {secret.get_secret_value() for secret in loaded.secrets} == {"s3cret", "anns-token"}
    assert not loaded.warnings
    assert "s3cret" not in repr(loaded)
    assert "anns-token" not in repr(loaded)


def test_the_embedded_defaults_need_nothing(tmp_path: Path) -> None:
    loaded = load(None, {}, tmp_path)
    assert loaded.path is None
    assert loaded.setup.public_url == ""
    assert not loaded.setup.groups
    assert not loaded.integrations


def test_keys_of_rules_do_not_depend_on_where_tocsin_was_started(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    path = write(tmp_path / "deep", config=CONFIG, rules=RULES, runbook=RUNBOOK)
    loaded = load(path, {"ANN": "x" * 9}, tmp_path)
    assert [group.key for group in loaded.setup.groups] == ["rules/web.yml;web"]


def test_loading_again_gives_an_equal_setup(tmp_path: Path) -> None:
    path = write(tmp_path, config=CONFIG, rules=RULES, runbook=RUNBOOK)
    first, second = (load(path, {"ANN": "anns-token"}, tmp_path) for _ in range(2))
    assert first.setup == second.setup
    assert first.integrations == second.integrations


def test_a_secret_that_changes_in_its_file_is_noticed_and_only_its_integration_differs(tmp_path: Path) -> None:
    path = write(tmp_path, config=CONFIG, rules=RULES, runbook=RUNBOOK)
    first = load(path, {"ANN": "anns-token"}, tmp_path)
    assert not secrets_changed(first)
    (tmp_path / "token").write_text("rotated\n")
    assert secrets_changed(first)
    second = load(path, {"ANN": "anns-token"}, tmp_path)
    assert not secrets_changed(second)
    assert first.setup == second.setup
    assert first.integrations != second.integrations
    (tmp_path / "token").unlink()
    assert secrets_changed(second)


def test_every_mistake_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    found = mistakes(
        tmp_path,
        env={},
        config=CONFIG.replace("time_zone", "timezone").replace("source: prom", "source: prmo"),
        rules=RULES.replace("== 0", "== ").replace("tocsin:web-down", "tocsin:web-dwon"),
        runbook=RUNBOOK.replace("prometheus.query", "prometheus.qurey").replace("triggers", "trigers"),
    )
    assert [line.split(": ")[0].rpartition(":")[0] for line in found] == [
        "tocsin.yaml:2",
        "tocsin.yaml:9",
        "tocsin.yaml:12",
        "rules/web.yml:5",
        "runbooks/web.yaml:3",
    ]
    assert found[0] == "tocsin.yaml:2:1: timezone: unknown key 'timezone'; did you mean 'time_zone'?"
    assert found[1] == "tocsin.yaml:9:36: rules[0].source: no integration is called 'prmo'; did you mean 'prom'?"
    assert found[2] == "tocsin.yaml:12:85: people[0].token: the environment variable ANN is not set"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("use: prometheus", "use: promteheus", "no integration is called 'promteheus'; did you mean 'prometheus'?"),
        ("use: prometheus", "use: nagios", "no integration is called 'nagios'; there are: "),
        ("    use: prometheus\n", "", "integrations.prom.use: this key is required"),
        ("url: http", "uri: http", "integrations.prom.uri: unknown key 'uri'; did you mean 'url'?"),
        ("{file: token}", "{file: nowhere}", "integrations.prom.bearer_token: cannot read"),
        ("{file: token}", "abc", "integrations.prom.bearer_token: a secret is never written here itself"),
        ("[rules/*.yml]", "[rules/*.yml, rules/web.yml]", ""),
        ("interval: 30s", "interval: 0s", "rules[0].interval: it must be longer than 0"),
        ("[runbooks/*.yaml]", "[rules/*.yml]", "rules/web.yml: this is a rules file; a runbook file is expected here"),
        ("[rules/*.yml]", "[runbooks/*]", "runbooks/web.yaml: this is a runbook file; a rules file is expected here"),
        ("https://tocsin", "ftp://tocsin", "http.public_url: not an address of a page"),
    ],
)
def test_a_mistake_in_the_configuration_is_told_in_its_own_words(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in CONFIG
    if not said:
        assert warnings(tmp_path, config=CONFIG.replace(old, new)) == []
        return
    found = mistakes(tmp_path, config=CONFIG.replace(old, new))
    assert any(said in line for line in found), found


def test_a_rule_file_under_two_sources_is_a_mistake(tmp_path: Path) -> None:
    doubled = CONFIG.replace("runbooks:", "  - {files: [rules/web.yml], source: prom}\nrunbooks:")
    assert mistakes(tmp_path, config=doubled) == [
        "tocsin.yaml:10:14: rules[1].files[0]: rules/web.yml is already named by rules[0]; name it once"
    ]


def test_two_runbooks_of_one_name_are_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "runbooks").mkdir()
    (tmp_path / "runbooks" / "a.yaml").write_text(RUNBOOK)
    assert mistakes(tmp_path) == [
        "runbooks/web.yaml:1:10: runbook: runbooks/a.yaml has a runbook 'web-down' too; give one of them another name"
    ]


def test_an_unknown_action_is_told_once_and_not_when_its_integration_is_unknown(tmp_path: Path) -> None:
    broken = RUNBOOK.replace("prometheus.query", "prometheus.qurey")
    assert mistakes(tmp_path, runbook=broken) == [
        "runbooks/web.yaml:6:11: steps[0].uses: no integration offers the action 'prometheus.qurey';"
        " did you mean 'prometheus.query'?"
    ]
    assert mistakes(tmp_path, config=CONFIG.replace("use: prometheus", "use: nagios"), runbook=broken)[1:] == []


def test_a_rule_may_name_a_runbook_that_has_mistakes_of_its_own(tmp_path: Path) -> None:
    (said,) = mistakes(tmp_path, runbook=RUNBOOK.replace("title", "titel"))
    assert said.startswith("runbooks/web.yaml:2:1: titel: unknown key")
    (said,) = mistakes(tmp_path, rules=RULES.replace("web-down", "web-dwon"))
    assert said == (
        "rules/web.yml:6:36: groups[0].rules[0].annotations.runbook_url: no runbook is called 'web-dwon'; did you mean"
        " 'web-down'?"
    )


def test_the_name_of_a_file_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    config = CONFIG.replace("[runbooks/*.yaml]", "[runbooks/*.yaml, more.yaml, rules]")
    assert mistakes(tmp_path, config=config) == [
        f"tocsin.yaml:10:29: runbooks[1]: no file fits 'more.yaml' in {tmp_path}",
        f"tocsin.yaml:10:40: runbooks[2]: no file fits 'rules' in {tmp_path}; name the files in it: rules/*.yaml",
    ]


def test_what_looks_unintended_is_a_warning(tmp_path: Path) -> None:
    assert warnings(
        tmp_path,
        config=CONFIG.replace("[runbooks/*.yaml]", "[runbooks/*.yaml, more/*.yaml]").replace("[on-call]", "[viewer]"),
        runbook=RUNBOOK.replace("alertname: WebDown", "alertname: WebDwon"),
    ) == [
        f"tocsin.yaml:10:29: warning: runbooks[1]: no file fits 'more/*.yaml' in {tmp_path}",
        "runbooks/web.yaml:3:12: warning: triggers[0]: no rule here raises an alert called 'WebDwon'; did you mean"
        " 'WebDown'?",
        "runbooks/web.yaml:8:20: warning: steps[0].approval.by: nobody in `people` has the role 'on-call', so nobody"
        " can approve this step",
    ]


def test_too_few_people_for_an_approval_is_a_warning(tmp_path: Path) -> None:
    (said,) = warnings(tmp_path, runbook=RUNBOOK.replace("by: on-call", "by: on-call, count: 2"))
    assert said.endswith("2 people must approve, and only 1 in `people` have the role 'on-call'")


def test_while_nobody_is_listed_whoever_runs_tocsin_is_on_call(tmp_path: Path) -> None:
    alone = CONFIG[: CONFIG.index("people:")]
    assert warnings(tmp_path, config=alone) == []
    (said,) = warnings(tmp_path, config=alone, runbook=RUNBOOK.replace("by: on-call", "by: dba"))
    assert "nobody in `people` has the role 'dba'" in said


@pytest.mark.parametrize("listen", ["0.0.0.0:9393", ":9393", "[::]:9393", "192.168.1.5:9393", "tocsin.internal:9393"])
def test_without_a_token_tocsin_stays_on_this_machine(tmp_path: Path, listen: str) -> None:
    bare = CONFIG.replace(", token: {env: ANN}", "").replace("http: {", f"http: {{listen: '{listen}', ")
    (said,) = mistakes(tmp_path, config=bare)
    assert said == (
        f"tocsin.yaml:1:16: http.listen: {listen} can be reached from other machines, and nobody has a token; listen on"
        " 127.0.0.1, or give somebody in `people` a `token: {env: NAME}`"
    )
    assert warnings(tmp_path, config=CONFIG.replace("http: {", f"http: {{listen: '{listen}', ")) == []


def test_a_listener_of_the_environment_is_held_to_the_same(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"^TOCSIN_HTTP__LISTEN: 0\.0\.0\.0:1 can be reached from other machines"):
        load(None, {"TOCSIN_HTTP__LISTEN": "0.0.0.0:1"}, tmp_path)


def test_people_are_kept_apart(tmp_path: Path) -> None:
    twins = CONFIG + "  - {name: ann}\n  - {name: bob, token: {env: ANN}}\n"
    assert [line.partition(": ")[2] for line in mistakes(tmp_path, config=twins)] == [
        "people[1].name: there is another 'ann'; names say who did what, keep them apart",
        "people[2].token: ann has the same token; give everybody one of their own",
    ]


def test_a_password_in_an_address_is_refused_and_not_repeated(tmp_path: Path) -> None:
    found = mistakes(tmp_path, config=CONFIG + "store: {url: 'postgresql://a:hunter2@db/t'}\n")
    assert found == [
        "tocsin.yaml:13:14: store.url: a password is never written here itself; write `password: {env: NAME}` beside it"
    ]
    loaded = load(None, {"TOCSIN_STORE__URL": "postgresql://a:hunter2@db/t"}, tmp_path)
    assert [secret.get_secret_value() for secret in loaded.secrets] == ["hunter2"]
    assert "hunter2" not in repr(loaded)


def test_an_unreadable_rule_file_is_a_mistake_of_that_file(tmp_path: Path) -> None:
    path = write(tmp_path, config=CONFIG, rules=RULES, runbook=RUNBOOK)
    (tmp_path / "rules" / "web.yml").write_bytes(b"\xff\xfe")
    os.symlink(tmp_path / "nowhere", tmp_path / "rules" / "gone.yml")
    with pytest.raises(DocumentError) as caught:
        load(path, {"ANN": "anns-token"}, tmp_path)
    assert str(caught.value) == "rules/web.yml: it is not a text in UTF-8"


def test_a_missing_configuration_is_no_mistake_in_one(tmp_path: Path) -> None:
    with pytest.raises(StartError):
        load(Path("nowhere.yaml"), {}, tmp_path)


HOST_RUN = """\
runbook: disk
title: The disk is full
steps:
  - {id: look, uses: host.run, with: {host: web-1, argv: [df]}}
"""


def test_of_several_integrations_that_offer_an_action_one_is_named(tmp_path: Path) -> None:
    ssh = "{use: ssh, hosts: {web-1: {local: true}}}"
    two = f"integrations:\n  a: {ssh}\n  b: {ssh}\nrunbooks: [runbooks/*]\n"
    assert mistakes(tmp_path, config=two, runbook=HOST_RUN) == [
        "runbooks/web.yaml:4:22: steps[0].uses: several integrations offer host.run; say which: `integration: a | b`"
    ]
    named = HOST_RUN.replace("with:", "integration: b, with:")
    assert warnings(tmp_path, config=two, runbook=named) == []


def test_a_question_to_a_source_goes_to_the_alerts_own(tmp_path: Path) -> None:
    second = CONFIG.replace("rules:", "  eu: {use: prometheus, url: 'http://127.0.0.1:9091'}\nrules:", 1)
    assert warnings(tmp_path, config=second) == []


def test_a_source_is_an_integration_that_can_be_asked(tmp_path: Path) -> None:
    hosts = CONFIG.replace("rules:", "  hosts: {use: ssh, hosts: {web-1: {local: true}}}\nrules:", 1)
    assert mistakes(tmp_path, config=hosts.replace("source: prom", "source: hosts")) == [
        "tocsin.yaml:10:36: rules[0].source: 'hosts' (ssh) cannot be asked; these can: prom"
    ]


def test_critical_rules_that_help_nobody_are_named_in_one_line(tmp_path: Path) -> None:
    rules = "groups:\n  - name: g\n    rules:\n" + "".join(
        f"      - {{alert: A{number}, expr: up == 0, labels: {{severity: critical}}}}\n" for number in range(7)
    )
    runbook = RUNBOOK.replace("alertname: WebDown", "alertname: A0")
    assert warnings(tmp_path, rules=rules, runbook=runbook) == [
        "rules/web.yml:2:3: warning: groups: critical, and with neither a runbook nor a dashboard: A1, A2, A3, A4, A5"
        " and 1 more"
    ]
    helped = rules.replace("up == 0,", "up == 0, annotations: {dashboard: 'https://g.example/d/1'},")
    assert warnings(tmp_path, rules=helped, runbook=runbook) == []
