"""Runbook files: every mistake at once, each with its place."""

import pytest

from bot.documents import read
from bot.errors import DocumentError
from bot.model.runbook import OnFailure, Risk
from bot.runbooks import spec

GOOD = """\
runbook: restart-web
title: The web tier hangs
triggers:
  - match: {alertname: WebHangs}
    matchers: ['env=~"prod|live"']
    auto: read
inputs:
  host: {from: alert.labels.instance, type: host}
steps:
  - id: look
    uses: prometheus.query
    with: {expr: up}
  - id: restart
    title: Restart it
    uses: host.run
    if: steps.look.result.count > 0
    with: {host: "{{ inputs.host }}", argv: [systemctl, restart, web]}
    approval: {by: web-team, count: 2, expires: 15m, ask: "Restart {{ inputs.host }}?"}
    retry: {attempts: 2, wait: 5s}
    on_failure: continue
    risk: destructive
    timeout: 2m
"""


def test_a_runbook_is_read_whole() -> None:
    runbook = spec.read_runbook(GOOD, "web.yaml")
    look, restart = runbook.steps
    assert (runbook.name, runbook.file, len(runbook.hash)) == ("restart-web", "web.yaml", 64)
    assert [str(one) for one in runbook.triggers[0].matchers] == ['alertname="WebHangs"', 'env=~"prod|live"']
    assert runbook.triggers[0].auto is Risk.READ
    assert look.title == "look"
    assert restart.approval is not None
    assert (restart.approval.by, restart.approval.count) == ("web-team", 2)
    assert (restart.on_failure, restart.risk, restart.retry.attempts) == (OnFailure.CONTINUE, Risk.DESTRUCTIVE, 2)


def test_every_mistake_is_said_at_once_in_the_order_of_the_file() -> None:
    bad = """\
runbook: Restart Web
title: x
triggers:
  - auto: read
  - match: {a: b}
    auto: write
inputs:
  host: {from: alert.label.instance, pattern: "["}
steps:
  - id: look-here
    use: prometheus.query
    timeout: 5
  - id: restart
    uses: host.run
    with: {argv: [a, "{% if x %}{% endif %}"]}
    if: "{{ inputs.host }}"
    approval: {count: 9}
    retry: {attempts: many}
"""
    with pytest.raises(DocumentError) as caught:
        spec.read_runbook(bad, "bad.yaml")
    said = [str(complaint) for complaint in caught.value.complaints]
    places = [line.split(": ")[0] for line in said]
    assert places == sorted(places, key=lambda place: [int(part) for part in place.split(":")[1:]])
    text = "\n".join(said)
    for part in (
        "bad.yaml:1:10: runbook: 'Restart Web' cannot stand here. Its name: lower case, with hyphens.",
        "bad.yaml:4:5: triggers[0]: a trigger without `match` or `matchers`",
        "bad.yaml:6:11: triggers[1].auto: 'write' is not one of 'read'",
        "inputs.host.from: 'alert.label.instance' cannot stand here. Where it is taken from",
        "inputs.host.pattern: a broken regular expression",
        "bad.yaml:10:9: steps[0].id: 'look-here' cannot stand here. A name for later steps",
        "bad.yaml:11:5: steps[0].use: unknown key 'use'; did you mean 'uses'?",
        "bad.yaml:12:14: steps[0].timeout: not a duration: '5'",
        "bad.yaml:15:22: steps[1].with.argv[1]: only {{ expressions }} are allowed",
        "steps[1].if: write a bare expression",
        "steps[1].approval.count: 9 is out of bounds; write at most 5",
        "bad.yaml:18:23: steps[1].retry.attempts: a whole number is needed here",
    ):
        assert part in text


def test_two_steps_may_not_share_an_id() -> None:
    with pytest.raises(DocumentError, match="two steps have the id 'a'"):
        spec.read_runbook("runbook: r\ntitle: t\nsteps: [{id: a, uses: a.b}, {id: a, uses: a.b}]\n", "r.yaml")


def test_a_runbook_needs_a_step() -> None:
    with pytest.raises(DocumentError, match="steps"):
        spec.read_runbook("runbook: r\ntitle: t\nsteps: []\n", "r.yaml")


def test_a_runbook_is_known_by_its_content() -> None:
    assert spec.is_runbook(read("runbook: x", "a"))
    assert not spec.is_runbook(read("groups: []", "a"))
    assert not spec.is_runbook(read("[]", "a"))
