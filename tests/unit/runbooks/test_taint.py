"""Text from outside is a value or is shown; where it could be syntax it is refused, before and when it runs."""

import pytest
from pydantic import BaseModel, Field

from bot.model.runbook import Risk, Runbook
from bot.ports.actions import ANY_TEXT, ActionSpec
from bot.runbooks import references, taint
from bot.runbooks.inputs import is_tainted
from bot.runbooks.spec import read_runbook
from bot.runbooks.templates import TemplateFailed


class Params(BaseModel):
    """A command, and a note beside it."""

    argv: list[str] = []
    labels: dict[str, str] = {}
    note: str = Field(default="", json_schema_extra=ANY_TEXT)
    vars: dict[str, str] = Field(default={}, alias="with_vars", json_schema_extra=ANY_TEXT)


SPEC = ActionSpec(name="host.run", params=Params, risk=Risk.DESTRUCTIVE, help="", result={}, mildest=Risk.READ)
OFFERS = {"host.run": {"hosts": SPEC}}
DATA = {
    "inputs": {"summary": "-oProxyCommand=x", "unit": "web", "asked": "a b"},
    "steps": {"look": {"result": {"name": "web-1", "option": "--kubeconfig=/x", "lines": "a\nb", "count": 2}}},
}


def a_runbook(params: str, inputs: str = "") -> Runbook:
    return read_runbook(
        f"""\
runbook: r
title: t
triggers: [{{webhook: {{integration: ci, inputs: {{posted: a, typed: b, unit: c, summary: d, asked: e}}}}}}]
inputs:
  summary: {{from: alert.annotations.summary}}
  unit: {{from: alert.labels.name, pattern: "[a-z-]+"}}
  asked: {{}}
  posted: {{}}
  typed: {{type: k8s_name}}
  ours: {{from: incident.id, required: false}}
  loose: {{from: alert.labels.name, pattern: "[^-].*", required: false}}
{inputs}
steps:
  - {{id: look, uses: host.run}}
  - {{id: act, uses: host.run, with: {params}}}
""",
        "r.yaml",
    )


def test_what_may_hold_any_text_from_outside_is_tainted() -> None:
    runbook = a_runbook("{}")
    tainted = [one.name for one in runbook.inputs if is_tainted(runbook, one)]
    assert tainted == ["summary", "asked", "posted", "loose"]
    text = "runbook: r\ntitle: t\ninputs: {asked: {}, title: {from: incident.title}}\nsteps: [{id: a, uses: a.b}]\n"
    alone = read_runbook(text, "r")
    assert [is_tainted(alone, one) for one in alone.inputs] == [False, True]


@pytest.mark.parametrize(
    ("params", "path", "name"),
    [
        ('{argv: [echo, "{{ inputs.summary }}"]}', ("argv", 1), "summary"),
        ('{argv: ["--unit={{ inputs.posted | trim }}"]}', ("argv", 0), "posted"),
        ("{labels: {a: \"{{ inputs['summary'] }}\"}}", ("labels", "a"), "summary"),
        ('{argv: ["{{ inputs[steps.look.summary] }}"]}', ("argv", 0), "asked"),
        ('{argv: ["{{ inputs }}"]}', ("argv", 0), "asked"),
    ],
)
def test_tainted_text_is_refused_where_it_could_be_syntax(params: str, path: tuple[str | int, ...], name: str) -> None:
    runbook = a_runbook(params)
    found = dict(references.check(runbook, OFFERS))
    said = found["steps", 1, "with", *path]
    assert "may hold any text from outside, which host.run would take for more than a value" in said
    assert said.startswith(f"input {name!r}")
    assert "give it a `type` or a `pattern`" in said
    with pytest.raises(TemplateFailed, match="holds text from outside, and cannot stand in") as caught:
        taint.filled(runbook, runbook.steps[1], SPEC, DATA)
    assert "give it a `type` or a `pattern`" in caught.value.hint


@pytest.mark.parametrize(
    "params",
    [
        '{argv: [systemctl, restart, "{{ inputs.unit }}"]}',
        '{argv: ["{{ inputs.typed }}", "{{ inputs.ours }}"]}',
        '{note: "{{ inputs.summary }} {{ inputs.posted }}"}',
        '{with_vars: {a: "{{ inputs.summary }}"}}',
        '{argv: ["{{ steps.look.result.name }}"]}',
    ],
)
def test_what_is_checked_may_stand_anywhere_and_any_text_where_it_is_shown(params: str) -> None:
    assert references.check(a_runbook(params), OFFERS) == []


def test_what_is_shown_is_filled_in_as_it_is() -> None:
    runbook = a_runbook(
        '{note: "{{ inputs.summary }}{{ steps.look.result.lines }}", with_vars: {a: "{{ inputs.summary }}"}}'
    )
    assert taint.filled(runbook, runbook.steps[1], SPEC, DATA) == {
        "note": "-oProxyCommand=xa\nb",
        "with_vars": {"a": "-oProxyCommand=x"},
    }


def test_what_a_step_found_is_filled_in_where_it_is_one_word() -> None:
    runbook = a_runbook('{argv: [kill, "-{{ steps.look.result.count }}", "{{ steps.look.result.name }}"]}')
    assert taint.filled(runbook, runbook.steps[1], SPEC, DATA) == {"argv": ["kill", "-2", "web-1"]}


@pytest.mark.parametrize(
    ("name", "said"), [("option", "begins with `-`, like an option"), ("lines", "a line break or control character")]
)
def test_what_a_step_found_is_refused_where_it_could_be_syntax(name: str, said: str) -> None:
    runbook = a_runbook(f'{{argv: [run, "x{{{{ steps.look.result.{name} }}}}"]}}')
    with pytest.raises(TemplateFailed, match=said):
        taint.filled(runbook, runbook.steps[1], SPEC, DATA)


def test_what_belongs_to_a_step_is_held_to_the_same() -> None:
    text = """\
runbook: r
title: t
inputs: {summary: {from: alert.annotations.summary}}
steps:
  - id: act
    uses: host.run
    verify: {uses: host.run, with: {argv: ["{{ inputs.summary }}"]}}
    rollback: {uses: host.run, with: {argv: ["{{ inputs.summary }}"]}}
  - id: wait
    uses: host.run
    verify: {expr: 'up{a="{{ inputs.summary }}"}', vars: {a: "{{ inputs.summary }}"}}
"""
    wait = ActionSpec(
        name="prometheus.wait_until", params=Wait, risk=Risk.READ, help="", result={}
    )  # fmt: skip
    found = references.check(read_runbook(text, "r"), {**OFFERS, "prometheus.wait_until": {"prom": wait}})
    assert [path for path, _ in found] == [
        ("steps", 0, "verify", "with", "argv", 0),
        ("steps", 0, "rollback", "with", "argv", 0),
        ("steps", 1, "verify", "expr"),
    ]


class Wait(BaseModel):
    """What a `verify` with an `expr` becomes."""

    expr: str
    holds_for: str
    vars: dict[str, str] = Field(json_schema_extra=ANY_TEXT)
