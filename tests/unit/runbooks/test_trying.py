"""Runbook tests: what must come of a run with these answers, played by the machine itself."""

import pytest
from pydantic import BaseModel

from bot.model.runbook import Risk
from bot.ports.actions import ActionSpec
from bot.runbooks.spec import read_runbook
from bot.runbooks.trying import Played, play


class Any(BaseModel):
    """Takes anything."""

    model_config = {"extra": "allow"}
    count: int = 0


def an_action(name: str, risk: Risk, mildest: Risk | None = None) -> ActionSpec:
    return ActionSpec(name=name, params=Any, risk=risk, help="", result={}, mildest=mildest)


SPECS = {
    spec.name: spec
    for spec in (
        an_action("prometheus.query", Risk.READ),
        an_action("prometheus.wait_until", Risk.READ),
        an_action("kubernetes.scale", Risk.WRITE),
        an_action("host.run", Risk.DESTRUCTIVE, Risk.READ),
        an_action("ask", Risk.READ),
    )
}
RUNBOOK = """\
runbook: scale-out
title: Too much to do
triggers: [{match: {alertname: Busy}}]
inputs: {deployment: {from: alert.labels.deployment, type: k8s_name}}
steps:
  - id: look
    uses: prometheus.query
    with: {expr: up}
    retry: {attempts: 3, wait: 1m, backoff: 3}
  - id: scale
    uses: kubernetes.scale
    if: steps.look.result.count > 1
    with: {name: "{{ inputs.deployment }}", count: "{{ steps.look.result.wanted }}"}
    verify: {expr: up > 1}
    rollback: undo
  - id: think
    uses: ask
    if: steps.look.result.count > 5
    with: {question: "More?"}
  - id: check
    uses: host.run
    with: {argv: [df]}
    expect: result.exit_code == 0
tests:
  - name: x
"""
GIVEN = "alert: {labels: {alertname: Busy, deployment: cart}}"
LOOKED = "look: {value: {count: 2, wanted: 4}}"
WELL = f"{LOOKED}, scale: {{}}, scale.verify: {{}}, check: {{risk: read, value: {{exit_code: 0}}}}"


def played(*lines: str) -> Played:
    runbook = read_runbook(RUNBOOK + "".join(f"    {line}\n" for line in lines), "r.yaml")
    return play(runbook, runbook.tests[0], SPECS)


def test_a_run_that_goes_well_holds() -> None:
    assert (
        played(
            GIVEN,
            f"results: {{{WELL}}}",
            "answers: {scale: approve}",
            "expect: {path: [look, scale, scale.verify, check], asked: [scale], status: succeeded, verdict: recovered}",
        ).wrong
        == ()
    )


def test_every_difference_is_a_line() -> None:
    found = played(
        GIVEN,
        f"results: {{{WELL}}}",
        "answers: {scale: approve}",
        "signal: firing",
        "expect: {path: [look, check], asked: [], status: succeeded, verdict: recovered}",
    )
    assert found.wrong == (
        "path: expected [look, check], came [look, scale, scale.verify, check]",
        "asked: expected [], came [scale]",
        "status: expected succeeded, came failed: " + found.reason,
        "verdict: expected recovered, came not_recovered",
    )
    assert "takes it back" in found.reason


@pytest.mark.parametrize(
    ("results", "answers", "expect"),
    [
        ("look: {value: {count: 0}}, check: {risk: read, value: {exit_code: 0}}", "", "status: succeeded, verdict: ''"),
        (LOOKED, "scale: reject", "path: [look], status: rejected"),
        (LOOKED, "scale: expire", "path: [look], status: rejected"),
        ("look: {outcome: failed}", "", "path: [look], status: failed"),
        (
            "look: [{outcome: failed}, {value: {count: 1}}], check: {risk: read, value: {exit_code: 0}}",
            "",
            "path: [look, check], status: succeeded",
        ),
        (
            f"{LOOKED}, scale: {{}}, scale.verify: {{outcome: failed}}, scale.rollback: {{}}",
            "scale: approve, scale.rollback: approve",
            "path: [look, scale, scale.verify, scale.rollback], asked: [scale, scale.rollback], status: rolled_back",
        ),
        (
            f"{LOOKED}, scale: {{outcome: unknown}}, scale.verify: {{}},"
            " check: {risk: read, value: {exit_code: 0}}",
            "scale: did",
            "asked: [scale, scale], status: succeeded",
        ),
        (
            f"{LOOKED}, scale: [{{outcome: unknown}}, {{}}], scale.verify: {{}},"
            " check: {risk: read, value: {exit_code: 0}}",
            "scale: did_not",
            "asked: [scale, scale], status: succeeded",
        ),
        (
            "look: {value: {count: 6, wanted: 4}}, scale: {}, scale.verify: {}, think: {value: {more: 3}},"
            " check: {risk: read, value: {exit_code: 0}}",
            "scale: approve",
            "asked: [scale, think], path: [look, scale, scale.verify, check], status: succeeded",
        ),
        (
            "look: {value: {count: 0}}, check: {risk: read, value: {exit_code: 1}}",
            "",
            "path: [look, check], status: failed",
        ),
        ("look: {value: {count: 0}}, check: {value: {exit_code: 0}}", "check: approve", "asked: [check]"),
        ("look: {value: {count: 9, wanted: many}}", "", "path: [look], status: failed"),
        ("look: {value: {}}", "", "path: [look], status: failed"),
    ],
)
def test_each_way_a_run_can_go_is_told_as_it_comes(results: str, answers: str, expect: str) -> None:
    found = played(GIVEN, f"results: {{{results}}}", f"answers: {{{answers}}}", f"expect: {{{expect}}}")
    assert found.wrong == ()


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ((GIVEN, "expect: {}"), "step look runs, and the test does not say what it answers; write `results: {look:"),
        (
            (GIVEN, f"results: {{{LOOKED}}}", "expect: {}"),
            "step scale asks people, and the test does not say what they answer; write `answers: {scale: approve}`",
        ),
        (
            (GIVEN, f"results: {{{LOOKED}, scale: {{outcome: unknown}}}}", "answers: {scale: approve}", "expect: {}"),
            "nobody saw how step scale ended, so a person is asked whether it ran; write `answers: {scale: did}`",
        ),
        (("expect: {}",), "runbook scale-out cannot start: input 'deployment' has no value"),
        (
            ("alert: {labels: {deployment: -x}}", "expect: {}"),
            "runbook scale-out cannot start: input 'deployment' is not the name of an object in Kubernetes",
        ),
    ],
)
def test_what_the_test_does_not_say_is_a_failure_that_says_what_to_write(lines: tuple[str, ...], said: str) -> None:
    assert said in played(*lines).wrong[0]


def test_without_an_alert_there_is_no_signal_to_look_at() -> None:
    found = played("inputs: {deployment: cart}", f"results: {{{WELL}}}", "answers: {scale: approve}", "expect: {}")
    assert (found.status, found.verdict, found.wrong) == ("succeeded", "", ())


def test_what_belongs_to_a_step_reads_the_result_of_that_one() -> None:
    looks = '{uses: host.run, with: {argv: [see, "{{ result.id }}"]}, expect: result.exit_code == 0}'
    text = RUNBOOK.replace("verify: {expr: up > 1}", f"verify: {looks}").replace(
        "rollback: undo", 'rollback: {uses: host.run, with: {argv: [drop, "{{ result.id }}"]}}'
    )
    results = (
        f"{LOOKED}, scale: {{value: {{id: web}}}}, scale.verify: {{value: {{exit_code: 1}}}}, scale.rollback: {{}}"
    )
    lines = (GIVEN, f"results: {{{results}}}", "answers: {scale: approve, scale.rollback: approve}")
    expect = "expect: {path: [look, scale, scale.verify, scale.rollback], status: rolled_back}"
    runbook = read_runbook(text + "".join(f"    {line}\n" for line in (*lines, expect)), "r.yaml")
    assert play(runbook, runbook.tests[0], SPECS).wrong == ()
