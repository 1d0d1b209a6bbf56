"""Documents that are checked alone or by the folder."""

from pathlib import Path

import pytest

from bot.config.checking import check_all, check_paths
from bot.config.findings import Findings
from bot.errors import StartError

RULES = "groups: [{name: a, rules: [{alert: A, expr: up == 0}, {alert: B, expr: up == 1}]}]\n"
RUNBOOK = "runbook: r\ntitle: t\nsteps: [{id: a, uses: prometheus.query, with: {expr: up}}]\n"
TEST = "rule_files: [a.yml]\ntests: []\n"
POD = "apiVersion: v1\nkind: Pod\n"
VALUES = "image: x\nrules: {}\nreplicas: 2\nservice: {}\n"
TEMPLATE = "{{- if .Values.x }}\nkind: Pod\n{{- end }}\n"


def checked(folder: Path, *paths: str, config: str | None = None, **files: str) -> Findings:
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".yaml").write_text(text)
    return check_paths([Path(path) for path in paths], Path(config) if config else None, {}, folder)


def told(findings: Findings) -> list[str]:
    return [str(complaint) for complaint in findings.complaints]


def test_a_lone_rule_file_or_runbook_is_known_by_its_content(tmp_path: Path) -> None:
    findings = checked(tmp_path, "x.yaml", "y.yaml", x=RULES, y=RUNBOOK)
    assert told(findings) == []
    assert findings.summary == "2 files, 2 rules, 1 runbook: no mistakes"


def test_the_mistakes_of_a_lone_file_are_told(tmp_path: Path) -> None:
    findings = checked(
        tmp_path, "x.yaml", "y.yaml", x=RULES.replace("up == 0", "up =="), y=RUNBOOK.replace(".query", ".qurey")
    )
    rule, runbook = told(findings)
    assert rule.startswith("x.yaml:1:")
    assert "groups[0].rules[0].expr: " in rule
    assert runbook == (
        "y.yaml:3:23: steps[0].uses: no integration offers the action 'prometheus.qurey';"
        " did you mean 'prometheus.query'?"
    )
    assert findings.summary == "2 files, 0 rules, 1 runbook: 2 mistakes"


MANY = """\
runbook: many
title: Mistakes of every kind
triggers:
  - match: {alertname: A}
  - webhook: {integration: hooks, inputs: {name: "{{ body.x }}"}}
inputs:
  name: {type: k8s_name, default: web}
concurrency: "{{ inputs.nme }}"
steps:
  - {id: look, uses: prometheus.query, timeout: 5x, with: {expr: "up{"}}
  - {id: two, uses: prometheus.qurey, with: {expr: up}}
  - {id: three, uses: wait, with: {for: "{{ inputs.nmae }}"}}
  - {id: four, uses: prometheus.query, with: {expr: "{{ unclosed"}}
tests:
  - {name: a, results: {sx: {value: {}}}}
  - {name: b, expect: {status: odd}}
"""


def test_a_mistake_in_one_part_of_a_runbook_hides_none_in_another(tmp_path: Path) -> None:
    places = [line.partition(": ")[0::2] for line in told(checked(tmp_path, "book.yaml", book=MANY))]
    assert [(place, said.partition(": ")[0]) for place, said in places] == [
        ("book.yaml:5:50", "triggers[1].webhook.inputs.name"),
        ("book.yaml:8:14", "concurrency"),
        ("book.yaml:10:49", "steps[0].timeout"),
        ("book.yaml:11:21", "steps[1].uses"),
        ("book.yaml:12:41", "steps[2].with.for"),
        ("book.yaml:13:53", "steps[3].with.expr"),
        ("book.yaml:15:5", "tests[0].expect"),
        ("book.yaml:16:32", "tests[1].expect.status"),
    ]


@pytest.mark.parametrize(
    ("right", "wrong", "path"),
    [
        ("type: k8s_name", "type: k8sname", "inputs.name.type"),
        ("inputs:\n", "input:\n", "input"),
        ("steps:\n", "timeout: x\nsteps:\n", "timeout"),
        ("id: a,", "id: a b,", "steps[0].id"),
    ],
)
def test_what_follows_from_a_mistake_is_not_told_as_another(tmp_path: Path, right: str, wrong: str, path: str) -> None:
    sound = (
        "runbook: r\ntitle: t\ninputs:\n  name: {type: k8s_name, default: web}\nsteps:\n"
        "  - {id: a, uses: wait, timeout: 2h, with: {for: 50m}}\n"
        "  - {id: b, uses: prometheus.query, with: {expr: up, vars: {name: '{{ inputs.name }}'}}, if: steps.a.result}\n"
    )
    (said,) = told(checked(tmp_path, "book.yaml", book=sound.replace(right, wrong)))
    assert f": {path}: " in said


def test_a_folder_is_searched_and_what_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    findings = checked(
        tmp_path,
        "d",
        d__rules=RULES,
        d__deep__book=RUNBOOK,
        d__test=TEST,
        d__pod=POD,
        d__values=VALUES,
        d__template=TEMPLATE,
        d___hidden__rules="groups: [",
    )
    (tmp_path / "d" / ".git").mkdir()
    (tmp_path / "d" / ".git" / "x.yaml").write_text("groups: [")
    assert told(findings) == ["d/_hidden/rules.yaml:2:1: not YAML: did not find expected node content"]
    assert findings.summary == "3 files, 2 rules, 1 runbook (4 other files left alone): 1 mistake"


def test_what_is_asked_for_by_name_must_be_ours(tmp_path: Path) -> None:
    findings = checked(tmp_path, "test.yaml", "pod.yaml", "t.yaml", test=TEST, pod=POD, t="[")
    assert [line.partition(": ")[::2] for line in told(findings)] == [
        ("test.yaml", "this is a unit test of promtool's: run it with `promtool test rules`"),
        (
            "pod.yaml",
            "no document of Tocsin's: a configuration, a rule file (`groups:`) or a runbook (`runbook:`) is expected",
        ),
        ("t.yaml:2:1", "not YAML: did not find expected node content"),
    ]


def test_what_is_asked_for_by_name_is_known_by_any_key_and_its_misspelt_ones_are_told(tmp_path: Path) -> None:
    findings = checked(
        tmp_path,
        "main.yaml",
        "book.yaml",
        "rules.yaml",
        main="http: {}\nintergations: {}\npeple: []\n",
        book=RUNBOOK.replace("runbook", "runbok").replace("steps", "stesp"),
        rules=RULES.replace("groups", "gruops"),
    )
    assert sorted(told(findings)) == [
        "book.yaml:1:1: runbok: unknown key 'runbok'; did you mean 'runbook'?",
        "book.yaml:3:1: stesp: unknown key 'stesp'; did you mean 'steps'?",
        "main.yaml:2:1: intergations: unknown key 'intergations'; did you mean 'integrations'?",
        "main.yaml:3:1: peple: unknown key 'peple'; did you mean 'people'?",
        "rules.yaml:1:1: gruops: unknown key 'gruops'; did you mean 'groups'?",
    ]


def test_what_is_only_like_ours_is_left_alone_in_a_folder(tmp_path: Path) -> None:
    findings = checked(tmp_path, "d", d__values=VALUES, d__book="steps: []\nname: x\n")
    assert told(findings) == []
    assert findings.skipped == 2


def test_a_configuration_among_the_paths_brings_all_it_names(tmp_path: Path) -> None:
    findings = checked(
        tmp_path,
        "rules.yaml",
        "main.yaml",
        "rules.yaml",
        rules=RULES,
        main="integrations: {p: {use: prometheus, url: 'http://h'}}\nrules: [{files: [rules.yaml], source: p}]\n",
    )
    assert told(findings) == []
    assert findings.summary == "2 files, 2 rules, 0 runbooks: no mistakes"


def test_a_lone_runbook_is_held_to_the_configuration_where_there_is_one(tmp_path: Path) -> None:
    ssh = "integrations: {hosts: {use: ssh, hosts: {a: {local: true}}}}\n"
    findings = checked(tmp_path, "book.yaml", config="tocsin.yaml", tocsin=ssh, book=RUNBOOK)
    assert told(findings) == ["book.yaml:3:23: steps[0].uses: no integration offers the action 'prometheus.query'"]
    assert list(findings.files) == ["book.yaml"]
    broken = checked(tmp_path, "book.yaml", config="tocsin.yaml", tocsin="integrations: nonsense\n", book=RUNBOOK)
    assert told(broken) == []


def test_secrets_that_are_not_here_are_warnings_and_bring_no_further_mistakes(tmp_path: Path) -> None:
    (tmp_path / "tocsin.yaml").write_text(
        "integrations:\n"
        "  s: {use: sentry, dsn: {env: DSN}}\n"
        "  p: {use: prometheus, url: 'http://h', bearer_token: {env: T}}\n"
    )
    findings = check_all(Path("tocsin.yaml"), {}, tmp_path)
    assert told(findings) == [
        "tocsin.yaml:2:25: warning: integrations.s.dsn: the environment variable DSN is not set",
        "tocsin.yaml:3:55: warning: integrations.p.bearer_token: the environment variable T is not set",
    ]
    assert findings.summary == "1 file, 0 rules, 0 runbooks: no mistakes, 2 warnings"


def test_looking_at_nothing_is_not_finding_nothing(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"there is no tocsin\.yaml here"):
        check_all(None, {}, tmp_path)
    with pytest.raises(StartError, match="there is nothing at nowhere"):
        checked(tmp_path, "nowhere")
    with pytest.raises(StartError, match=r"there is no configuration at no\.yaml"):
        check_all(Path("no.yaml"), {}, tmp_path)


def test_two_tokens_that_are_not_here_are_not_one_and_the_same(tmp_path: Path) -> None:
    (tmp_path / "tocsin.yaml").write_text(
        "people:\n  - {name: ann, token: {env: ANN}}\n  - {name: bob, token: {file: bob}}\n"
    )
    findings = check_all(Path("tocsin.yaml"), {}, tmp_path)
    assert findings.summary == "1 file, 0 rules, 0 runbooks: no mistakes, 2 warnings"
