"""The whole file format: every key becomes what the machine is made of, and every mistake has its place."""

from datetime import timedelta

import pytest

from bot.documents import read
from bot.errors import DocumentError
from bot.model.runbook import (
    Canned,
    HookTrigger,
    IncidentTrigger,
    Input,
    InputType,
    Retry,
    RunbookTest,
    ScheduleTrigger,
)
from bot.runbooks.spec import read_runbook

WHOLE = """\
runbook: release-stuck
title: A release does not come up
triggers:
  - match: {alertname: ReleaseStuck}
    auto: read
  - incident: {status: [mitigated, resolved], severity: SEV1, service: cart}
  - schedule: {cron: "0  6 * * 1-5", time_zone: Europe/Berlin, inputs: {deployment: cart}}
  - webhook: {integration: ci, when: action == 'failed', inputs: {deployment: release.name}}
inputs:
  deployment: {from: alert.labels.deployment, type: k8s_name, help: What is being released.}
  speed: {type: enum, values: [slow, fast], default: slow}
  replicas: {type: int, min: 1, max: 20, default: 3}
  patience: {type: duration, default: 90s}
  reason: {required: false}
concurrency: "{{ inputs.deployment }}"
freeze: [nights]
steps:
  - id: look
    uses: prometheus.query
    with: {expr: up}
    expect: result.count > 0
  - id: scale
    uses: kubernetes.scale
    with: {replicas: "{{ inputs.replicas }}"}
    retry: {attempts: 3, wait: 5s, backoff: 2}
    verify:
      expr: kube_deployment_status_replicas{deployment="$d"} > 0
      vars: {d: "{{ inputs.deployment }}"}
      holds_for: 1m
      within: 10m
    rollback: undo
  - id: restart
    uses: host.run
    with: {host: h, argv: [systemctl, restart, web]}
    verify: {uses: host.run, with: {host: h, argv: [systemctl, is-active, web]}, expect: result.exit_code == 0}
    rollback:
      uses: host.run
      with: {host: h, argv: [systemctl, stop, web]}
      if: steps.restart.status == "succeeded"
      approval: {by: web-team}
  - id: think
    uses: ask
tests:
  - name: nothing helps
    alert: {labels: {deployment: cart}, annotations: {summary: oh}}
    inputs: {speed: fast}
    results:
      look: {value: {count: 3, text: "3", ok: true, share: 0.5, none: null, list: [1, x]}}
      scale: [{outcome: failed, summary: no}, {value: {}}]
      scale.verify: {outcome: failed}
    answers: {scale: approve, restart: expire}
    signal: firing
    expect: {path: [look, scale], asked: [scale], status: failed, verdict: not_recovered}
  - name: nobody looks
    expect: {verdict: ""}
"""


def test_a_whole_runbook_is_read() -> None:
    runbook = read_runbook(WHOLE, "whole.yaml")
    assert [str(one) for one in runbook.triggers[0].matchers] == ['alertname="ReleaseStuck"']
    assert runbook.incident_triggers == (
        IncidentTrigger(statuses=("mitigated", "resolved"), severities=("SEV1",), services=("cart",)),
    )
    assert runbook.schedule_triggers == (
        ScheduleTrigger(cron="0 6 * * 1-5", time_zone="Europe/Berlin", inputs={"deployment": "cart"}),
    )
    assert runbook.hook_triggers == (
        HookTrigger(integration="ci", when="action == 'failed'", inputs={"deployment": "release.name"}),
    )
    assert (runbook.concurrency, runbook.freeze) == ("{{ inputs.deployment }}", ("nights",))
    assert runbook.inputs[0].type is InputType.K8S_NAME
    assert runbook.inputs[1] == Input(name="speed", type=InputType.ENUM, values=("slow", "fast"), default="slow")
    assert runbook.inputs[2] == Input(name="replicas", type=InputType.INT, least=1, most=20, default="3")
    assert not runbook.inputs[4].required


def test_what_belongs_to_a_step_is_a_step_of_its_own() -> None:
    look, scale, restart, think = read_runbook(WHOLE, "whole.yaml").steps
    assert look.expect == "result.count > 0"
    assert scale.retry == Retry(attempts=3, wait=timedelta(seconds=5), backoff=2.0)
    assert scale.verify is not None
    assert (scale.verify.id, scale.verify.uses, scale.verify.timeout) == (
        "scale.verify",
        "prometheus.wait_until",
        timedelta(minutes=10),
    )
    assert scale.verify.params == {
        "expr": 'kube_deployment_status_replicas{deployment="$d"} > 0',
        "vars": {"d": "{{ inputs.deployment }}"},
        "holds_for": "1m",
    }
    assert scale.rollback is not None
    assert (scale.rollback.id, scale.rollback.uses, scale.rollback.params) == ("scale.rollback", "undo", {})
    assert restart.verify is not None
    assert (restart.verify.uses, restart.verify.expect) == ("host.run", "result.exit_code == 0")
    assert restart.rollback is not None
    assert restart.rollback.approval is not None
    assert (restart.rollback.approval.by, restart.rollback.condition) == (
        "web-team",
        'steps.restart.status == "succeeded"',
    )
    assert think.uses == "ask"


def test_a_test_knows_its_line_and_its_values_their_types() -> None:
    first, second = read_runbook(WHOLE, "whole.yaml").tests
    assert first == RunbookTest(
        name="nothing helps",
        line=WHOLE[: WHOLE.index("  - name: nothing helps")].count("\n") + 1,
        labels={"deployment": "cart"},
        annotations={"summary": "oh"},
        inputs={"speed": "fast"},
        results={
            "look": (
                Canned(value={"count": 3, "text": "3", "ok": True, "share": 0.5, "none": None, "list": [1, "x"]}),
            ),
            "scale": (Canned(outcome="failed", summary="no"), Canned()),
            "scale.verify": (Canned(outcome="failed"),),
        },
        answers={"scale": "approve", "restart": "expire"},
        signal="firing",
        path=("look", "scale"),
        asked=("scale",),
        status="failed",
        verdict="not_recovered",
    )
    assert (second.path, second.asked, second.status, second.verdict) == (None, None, None, "")


def test_what_stands_in_quotes_is_a_text() -> None:
    document = read("a: 3\nb: '3'\nc: [true, \"true\", 1e3, .5, 1.2.3, ~]\nd: |\n  7\n", "t.yaml")
    assert document.typed(()) == {"a": 3, "b": "3", "c": [True, "true", 1000.0, 0.5, "1.2.3", None], "d": "7\n"}


FAULTS = [
    ("triggers: [{incident: {}}]", "triggers[0].incident: this would fit every incident"),
    ("triggers: [{incident: {status: over}}]", "triggers[0].incident.status[0]: 'over' is not one of 'triggered'"),
    (
        "triggers: [{match: {a: b}, schedule: {cron: '* * * * *'}}]",
        "triggers[0]: this is an alert and `schedule` in one",
    ),
    ("triggers: [{incident: {severity: SEV1}, auto: read}]", "triggers[0]: `auto` is for alerts"),
    ("triggers: [{webhook: {integration: a, when: '['}}]", "triggers[0].webhook.when: not a JMESPath expression"),
    (
        "triggers: [{schedule: {cron: 61 * * * *}}]",
        "triggers[0].schedule.cron: '61 * * * *' is no schedule: bad minute",
    ),
    ("triggers: [{schedule: {cron: 0 0 31 2 *}}]", "triggers[0].schedule.cron: '0 0 31 2 *' is no schedule"),
    ("triggers: [{schedule: {cron: 0 0 1}}]", "triggers[0].schedule.cron: '0 0 1' is no schedule: that is five"),
    (
        "triggers: [{schedule: {cron: 0 0 * * *, time_zone: Berlin}}]",
        "triggers[0].schedule.time_zone: no such time zone: 'Berlin'",
    ),
    ("triggers: [{schedule: {}}]", "triggers[0].schedule.cron: this key is required"),
    (
        "triggers: [{schedule: {cron: 0 0 * * *, inputs: {hots: x}}}]\ninputs: {host: {}}",
        "triggers[0].schedule.inputs.hots: the schedule '0 0 * * *' fills 'hots', and no input is called so;"
        " did you mean 'host'?",
    ),
    (
        "triggers: [{schedule: {cron: 0 0 * * *}}]\ninputs: {host: {from: alert.labels.host}}",
        "triggers[0].schedule.inputs: the schedule '0 0 * * *' leaves 'host' empty",
    ),
    (
        "triggers: [{schedule: {cron: 0 0 * * *, inputs: {n: many}}}]\ninputs: {n: {type: int}}",
        "triggers[0].schedule.inputs.n: the schedule '0 0 * * *': input 'n' is not a whole number",
    ),
    (
        "triggers: [{webhook: {integration: ci}}]\ninputs: {host: {}}",
        "triggers[0].webhook.inputs: the webhook of 'ci' leaves 'host' empty",
    ),
    ("inputs: {a: {type: enum}}", "inputs.a.type: an `enum` needs `values`"),
    (
        "inputs: {a: {type: enum, values: [x], default: z}}",
        "inputs.a.default: the default of input 'a' is not one of x",
    ),
    ("inputs: {a: {type: enum, values: [x, -y]}}", "inputs.a.values[1]: '-y' cannot be a value"),
    ("inputs: {a: {values: [x]}}", "inputs.a.values: `values` are those of an `enum`"),
    ("inputs: {a: {min: 3}}", "inputs.a.min: `min` and `max` are for an `int`"),
    ("inputs: {a: {type: int, min: 3, max: 2}}", "inputs.a.max: nothing is from 3 to 2"),
    ("inputs: {a: {type: int, default: -1}}", "inputs.a.default: the default of input 'a' is not 0 or more"),
    ("inputs: {a: {pattern: '[a-z]+', default: A}}", "inputs.a.default: the default of input 'a' does not fit [a-z]+"),
    ("inputs: {a: {default: ''}}", "inputs.a.default: an empty default is no value; write `required: false`"),
    (
        "inputs: {a: {type: int, max: -5}}",
        "inputs.a.max: nothing is from 0 to -5; write a `min` too, which is 0 without",
    ),
    ("inputs: {a: {type: integer}}", "inputs.a.type: 'integer' is not one of 'text', 'host'"),
    ("concurrency: '{% if x %}{% endif %}'", "concurrency: only {{ expressions }} are allowed"),
    ("tests: [{name: x, expect: {path: [lok]}}]", "tests[0].expect.path[0]: no step is called 'lok'; did you mean"),
    ("tests: [{name: x, results: {b: {}}, expect: {}}]", "tests[0].results.b: no step is called 'b'"),
    ("tests: [{name: x, results: {look: {outcome: bad}}, expect: {}}]", "'bad' is not one of 'succeeded', 'failed'"),
    ("tests: [{name: x, answers: {look: yes}, expect: {}}]", "tests[0].answers.look: 'yes' is not one of 'approve'"),
    ("tests: [{name: x, expect: {}}, {name: x, expect: {}}]", "tests[1].name: another test is called 'x'"),
    ("tests: [{name: x, inputs: {y: z}, expect: {}}]", "tests[0].inputs.y: the test fills 'y'"),
    ("tests: [{name: x}]", "tests[0].expect: this key is required"),
]


@pytest.mark.parametrize(("keys", "said"), FAULTS, ids=[said for _, said in FAULTS])
def test_what_is_wrong_is_said_where_it_stands(keys: str, said: str) -> None:
    text = f"runbook: r\ntitle: t\n{keys}\nsteps:\n  - {{id: look, uses: a.b}}\n"
    with pytest.raises(DocumentError) as caught:
        read_runbook(text, "r.yaml")
    (complaint,) = caught.value.complaints
    assert said in str(complaint)


STEP_FAULTS = [
    ("uses: a.b.c", "steps[0].uses: 'a.b.c' cannot stand here"),
    ("verify: {}", "steps[0].verify: write either `expr`, which must become true, or `uses`"),
    ("verify: {expr: up, uses: a.b}", "steps[0].verify: write either `expr`"),
    ("verify: {expr: up, timeout: 5m}", "steps[0].verify: `timeout` belongs to `uses`"),
    ("verify: {uses: a.b, within: 5m}", "steps[0].verify: `within` belongs to `expr`"),
    ("verify: {expr: '{% x %}'}", "steps[0].verify.expr: "),
    ("verify: {uses: a.b, expect: '{{ x }}'}", "steps[0].verify.expect: write a bare expression"),
    ("rollback: redo", "steps[0].rollback: 'redo' cannot stand here; write `undo`"),
    ("rollback: {uses: undo, timeout: 3m}", "steps[0].rollback: the action's own way back takes nothing"),
    ("rollback: {with: {a: b}}", "steps[0].rollback.uses: this key is required"),
    ("rollback: {uses: a.b, witth: {a: b}}", "steps[0].rollback.witth: unknown key 'witth'; did you mean 'with'?"),
    ("rollback: {uses: a.b, with: {a: '{% x %}'}}", "steps[0].rollback.with.a: "),
    ("retry: {backoff: 0.5}", "steps[0].retry.backoff: 0.5 is out of bounds; write at least 1"),
    ("expect: '{{ result.x }}'", "steps[0].expect: write a bare expression"),
    ("expect: result.x = 1", "steps[0].expect: not an expression: 'result.x = 1'; write `==`, `and`, `or`, `not`"),
    ("expect: result.x 1", "steps[0].expect: not an expression: 'result.x 1': expected token 'its end', got 'integer'"),
    ("if: steps.a.x && true", "steps[0].if: not an expression: 'steps.a.x && true'; write `==`, `and`"),
    ("timeout: 0", "steps[0].timeout: nothing can be done in no time; write how long it may take, like 90s"),
    ("approval: {expires: 0s}", "steps[0].approval.expires: nothing can be done in no time"),
    (
        "with: {a: {{ inputs.b }}}",
        "steps[0].with.a: a key must be a plain word; a text that begins with `{` or `[` needs",
    ),
]


@pytest.mark.parametrize(("keys", "said"), STEP_FAULTS, ids=[said for _, said in STEP_FAULTS])
def test_what_is_wrong_with_a_step_is_said_where_it_stands(keys: str, said: str) -> None:
    uses = "" if keys.startswith("uses") else "uses: a.b, "
    with pytest.raises(DocumentError) as caught:
        read_runbook(f"runbook: r\ntitle: t\nsteps:\n  - {{id: look, {uses}{keys}}}\n", "r.yaml")
    (complaint,) = caught.value.complaints
    assert said in str(complaint)
