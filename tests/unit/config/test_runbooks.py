"""What a runbook says of the configuration beside it: time intervals, integrations, roles, alerts."""

from pathlib import Path

import pytest

from bot.config.checking import check_all

CONFIG = """\
integrations:
  ci: {use: standard_webhooks, secret: {env: S}, mapping: {labels: {alertname: a}}}
  prom: {use: prometheus, url: 'http://h'}
  out: {use: webhook, url: 'http://h'}
time_intervals: [{name: nights}]
people: [{name: ann, token: {env: T}, roles: [on-call]}]
runbooks: [book.yaml]
receivers: [{name: silent}, {name: wall, webhook_configs: [{integration: out}]}]
"""
STEPS = "steps:\n  - {id: a, uses: prometheus.query, with: {expr: up}}\n"


def told(folder: Path, keys: str, steps: str = STEPS, config: str = CONFIG) -> list[str]:
    (folder / "tocsin.yaml").write_text(config)
    (folder / "book.yaml").write_text(f"runbook: r\ntitle: t\n{keys}\n{steps}")
    found = check_all(Path("tocsin.yaml"), {"T": "t" * 40, "S": "whsec_" + "QUJD" * 11}, folder)
    return [str(one) for one in found.complaints if "book.yaml" in str(one)]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("freeze: [nights]", None),
        ("freeze: [nigths]", "3:10: freeze[0]: no time interval is called 'nigths'; did you mean 'nights'?"),
        ("triggers: [{webhook: {integration: ci}}]", None),
        (
            "triggers: [{match: {a: b}}, {webhook: {integration: cii}}]",
            "3:53: triggers[1].webhook.integration: no integration is called 'cii'; did you mean 'ci'?",
        ),
        (
            "triggers: [{webhook: {integration: prom}}]",
            "3:36: triggers[0].webhook.integration: 'prom' (prometheus) posts nothing to Tocsin;"
            " these post to Tocsin: ci",
        ),
        ("concurrency: '{{ inputs.host }}'", "3:14: concurrency: this can read inputs that there are"),
        ("concurrency: '{{ steps.a.status }}'", "3:14: concurrency: this can read inputs that there are"),
    ],
)
def test_names_of_the_configuration_must_be_there(tmp_path: Path, keys: str, said: str | None) -> None:
    found = told(tmp_path, keys)
    assert len(found) == (said is not None)
    assert not found or f"book.yaml:{said}" in found[0]


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("uses: notify, with: {to: ann, text: t}", None),
        ("uses: notify, with: {to: wall, text: t}", None),
        ("uses: notify, with: {to: '{{ inputs.who }}', text: t}", None),
        (
            "uses: notify, with: {to: anne, text: t}",
            "with.to: nobody who can be told is called 'anne'; did you mean 'ann'?",
        ),
        ("uses: notify, with: {to: silent, text: t}", "with.to: nobody who can be told is called 'silent'; name one"),
        ("uses: runbook.run, with: {runbook: r, inputs: {who: x}}", None),
        ("uses: runbook.run, with: {runbook: rr}", "with.runbook: no runbook is called 'rr'; did you mean 'r'?"),
        (
            "uses: runbook.run, with: {runbook: r, inputs: {woh: x}}",
            "with.inputs.woh: r has no input 'woh'; did you mean",
        ),
    ],
)
def test_who_is_told_and_what_is_run_must_be_there(tmp_path: Path, step: str, said: str | None) -> None:
    found = told(tmp_path, "inputs: {who: {default: ann}}", f"steps:\n  - {{id: a, {step}}}\n")
    assert len(found) == (said is not None)
    assert not found or f"steps[0].{said}" in found[0]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("verify: {expr: up}", None),
        ("verify: {expr: 'up{a=\"$b\"}', vars: {b: '{{ inputs.c }}'}}", "verify.vars.b: no input is called 'c'"),
        ("verify: {uses: prometheus.qurey}", "verify.uses: no integration offers the action 'prometheus.qurey'"),
        ("verify: {uses: prometheus.query, with: {}}", "verify.with.expr: prometheus.query needs 'expr'"),
        ("verify: {uses: prometheus.query, with: {expr: '{{ steps.b.result.count }}'}}", None),
        ("verify: {uses: prometheus.query, with: {expr: up}, expect: result.count > 0}", None),
        ("expect: results.count > 0", "expect: unknown name 'results'; a template can read inputs"),
        ("expect: steps.c.result.count > 0", "expect: no earlier step is called 'c'"),
        ("if: result.count > 0", "if: unknown name 'result'"),
        ("if: incident.title == 'x'", "if: incident has no 'title' here; a template can read incident.id"),
        ("if: 'steps.c.result.rows[0].x'", "if: no earlier step is called 'c'"),
        ("rollback: undo", "rollback: prometheus.query changes nothing, so there is nothing to take back"),
        (
            "rollback: {uses: prometheus.query, with: {expr: up}, approval: {by: nobody}}",
            "rollback: prometheus.query changes nothing",
        ),
        ("approval: {by: nobody}", "warning: steps[0].approval.by: nobody in `people` has the role 'nobody'"),
    ],
)
def test_what_belongs_to_a_step_is_checked_as_the_step_is(tmp_path: Path, more: str, said: str | None) -> None:
    steps = f"steps:\n  - {{id: b, uses: prometheus.query, with: {{expr: up}}, {more}}}\n"
    found = told(tmp_path, "", steps)
    assert bool(found) == (said is not None)
    assert said is None or said in found[0]


def test_a_verification_that_changes_something_is_refused(tmp_path: Path) -> None:
    ssh = "integrations: {hosts: {use: ssh, hosts: {web1: {local: true}}}}\nrunbooks: [book.yaml]\n"
    steps = (
        "steps:\n  - {id: a, uses: host.run, with: {host: web1, argv: [reboot]},\n"
        "     verify: {uses: host.service_restart, with: {host: web1, unit: web}}}\n"
    )
    (found,) = told(tmp_path, "", steps, ssh)
    assert "verify.uses: host.service_restart changes something, and `verify` may only look" in found


@pytest.mark.parametrize(("said", "refused"), [("read", True), ("write", False), ("destructive", False)])
def test_a_risk_that_would_lower_the_actions_own_is_refused(tmp_path: Path, said: str, refused: bool) -> None:
    ssh = "integrations: {hosts: {use: ssh, hosts: {web1: {local: true}}}}\nrunbooks: [book.yaml]\n"
    restart = f"{{id: a, uses: host.service_restart, risk: {said}, with: {{host: web1, unit: web}}}}"
    found = told(
        tmp_path,
        "",
        f"steps:\n  - {restart}\n  - {{id: b, uses: host.run, risk: read, with: {{host: web1, argv: [w]}}}}\n",
        ssh,
    )
    assert len(found) == refused
    assert not refused or "steps[0].risk: `risk` only raises, and host.service_restart is write whatever" in found[0]
