"""Which runbook fits, what it begins with, whom it asks, and whether its references hold."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import BaseModel, ConfigDict, Field

from bot.errors import DocumentError, NotAllowed
from bot.model.alert import Alert
from bot.model.ids import IncidentId
from bot.model.incident import Incident, IncidentStatus, Severity
from bot.model.labels import LabelSet
from bot.model.plan import Plan
from bot.model.runbook import ApprovalTerms, Risk, Step
from bot.model.sample import Sample
from bot.ports.actions import ActionSpec
from bot.runbooks import asking, inputs, matching, policy, references, signal, spec

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)


def an_alert(**labels: str) -> Alert:
    return Alert(labels=LabelSet(labels), annotations={"runbook_url": "tocsin:named"}, starts_at=NOW)


def a_runbook(name: str = "r", extra: str = "", step: str = "{id: a, uses: host.run}") -> str:
    return f"runbook: {name}\ntitle: t\n{extra}\nsteps:\n  - {step}\n"


def test_those_that_start_by_themselves_come_first_and_say_why() -> None:
    books = [
        spec.read_runbook(a_runbook("named"), "n"),
        spec.read_runbook(a_runbook("other", "triggers: [{match: {alertname: Other}}]"), "o"),
        spec.read_runbook(a_runbook("zeal", "triggers: [{match: {alertname: Down}, auto: read}]"), "z"),
    ]
    fits = matching.fitting(books, an_alert(alertname="Down"))
    assert [(fit.runbook.name, fit.auto, fit.why) for fit in fits] == [
        ("zeal", True, 'its trigger matches alertname="Down"'),
        ("named", False, "the rule names it in runbook_url"),
    ]


def test_of_several_triggers_the_one_that_begins_it_is_why() -> None:
    both = "triggers: [{match: {alertname: Down}}, {match: {job: web}, auto: read}]"
    (fit,) = matching.fitting([spec.read_runbook(a_runbook(extra=both), "b")], an_alert(alertname="Down", job="web"))
    assert (fit.auto, fit.why) == (True, 'its trigger matches job="web"')


INPUTS = """\
inputs:
  host: {from: alert.labels.instance, type: host}
  why: {from: alert.annotations.summary, default: nobody said}
  incident: {from: incident.id, default: none}
  size: {default: 2G, pattern: "^[0-9]+G$"}"""


def test_inputs_come_from_people_then_the_alert_then_the_default() -> None:
    runbook = spec.read_runbook(a_runbook(extra=INPUTS), "r")
    incident = Incident(
        id=IncidentId("INC-1"), title="t", severity=Severity.SEV3, status=IncidentStatus.TRIGGERED, opened_at=NOW
    )
    assert inputs.resolve(runbook, {"size": "3G"}, an_alert(instance="web1:9100"), incident) == {
        "host": "web1",
        "why": "nobody said",
        "incident": "INC-1",
        "size": "3G",
    }


def test_no_value_makes_a_pattern_run_for_ever() -> None:
    runbook = spec.read_runbook(a_runbook(extra='inputs: {unit: {pattern: "([a-z]+[.]?)+"}}'), "r")
    with pytest.raises(NotAllowed, match="input 'unit' does not fit"):
        inputs.resolve(runbook, {"unit": "a" * 4000 + "!"}, None, None)


def test_a_pattern_that_would_have_to_look_back_is_refused_with_its_place() -> None:
    with pytest.raises(DocumentError, match=r"inputs\.unit\.pattern: a broken regular expression: invalid perl"):
        spec.read_runbook(a_runbook(extra='inputs: {unit: {pattern: "(?!-)[a-z]+"}}'), "r")


def test_all_that_is_wrong_with_the_inputs_is_said_at_once() -> None:
    runbook = spec.read_runbook(a_runbook(extra=INPUTS), "r")
    with pytest.raises(NotAllowed) as caught:
        inputs.resolve(runbook, {"size": "3T; rm", "wat": "x", "why": "a\0b"}, None, None)
    for part in (
        "no input 'wat'",
        "'host' has no value (it is taken from alert.labels.instance)",
        "'size' does not fit",
        "NUL",
    ):
        assert part in str(caught.value)


def a_plan(risk: Risk) -> Plan:
    return Plan(
        action="host.run", integration="hosts", params={}, targets=("h",), summary="s", risk=risk, repeatable=False
    )


@pytest.mark.parametrize(
    ("risk", "raised", "terms", "people"),
    [
        (Risk.READ, None, None, None),
        (Risk.READ, None, ApprovalTerms(count=1), 1),
        (Risk.READ, Risk.WRITE, None, 1),
        (Risk.WRITE, None, None, 1),
        (Risk.WRITE, Risk.READ, None, 1),
        (Risk.WRITE, None, ApprovalTerms(count=3), 3),
        (Risk.DESTRUCTIVE, None, ApprovalTerms(count=1), 2),
        (Risk.DESTRUCTIVE, Risk.READ, None, 2),
    ],
)
def test_risk_decides_how_many_are_asked_and_a_runbook_may_only_ask_more(
    risk: Risk, raised: Risk | None, terms: ApprovalTerms | None, people: int | None
) -> None:
    step = Step(id="a", title="a", uses="host.run", risk=raised, approval=terms)
    found = policy.terms_for(step, a_plan(risk))
    assert (found.count if found else None) == people


class Waiting(BaseModel):
    """What a wait takes."""

    length: str = Field(alias="for")


class Until(BaseModel):
    """What a wait for a condition takes."""

    expr: str
    vars: dict[str, str] = {}
    holds_for: str = "0s"


class Params(BaseModel):
    """What our action takes."""

    model_config = ConfigDict(extra="forbid")
    host: str
    lines: int = Field(default=3, ge=1)


WAITING = ActionSpec(name="wait", params=Waiting, risk=Risk.READ, help="", result={})
UNTIL = ActionSpec(name="prometheus.wait_until", params=Until, risk=Risk.READ, help="", result={})
OFFERS = {
    "wait": {"tocsin": WAITING},
    "prometheus.wait_until": {"prom": UNTIL},
    "host.run": {
        name: ActionSpec(name="host.run", params=Params, risk=Risk.WRITE, help="", result={}) for name in ("one", "two")
    },
}


@pytest.mark.parametrize(
    ("step", "path", "message"),
    [
        (
            "{id: a, uses: host.runn}",
            ("uses",),
            "no integration offers the action 'host.runn'; did you mean 'host.run'?",
        ),
        ("{id: a, uses: host.run, integration: six, with: {host: h}}", ("integration",), "these do: one, two"),
        ("{id: a, uses: host.run, with: {}}", ("with", "host"), "host.run needs 'host'"),
        ("{id: a, uses: host.run, with: {host: h, line: 3}}", ("with", "line"), "did you mean 'lines'?"),
        ("{id: a, uses: host.run, with: {host: h, lines: many}}", ("with", "lines"), "a whole number is"),
        (
            "{id: a, uses: host.run, with: {host: h, lines: 0}}",
            ("with", "lines"),
            "0 is out of bounds; write at least 1",
        ),
        ("{id: a, uses: host.run, with: {host: [h]}}", ("with", "host"), "a text is needed here"),
        ("{id: a, uses: host.run, with: {host: '{{ inputs.hots }}'}}", ("with", "host"), "did you mean 'host'?"),
        ("{id: a, uses: host.run, with: {host: h}, if: steps.b.status}", ("if",), "no earlier step is called 'b'"),
        ("{id: a, uses: host.run, with: {host: h}, approval: {ask: '{{ alert.x }}'}}", ("approval", "ask"), "'alert'"),
        ("{id: a, uses: host.run, with: {host: h}, rollback: undo}", ("rollback",), "has no undo of its own; write"),
        ("{id: a, uses: wait, with: {for: 5m}}", ("with", "for"), "the step may take 1m and is to wait for 5m; give"),
        ("{id: a, uses: wait, with: {for: 1h}, timeout: 2h}", ("with", "for"), "the run may take 1h and is to wait"),
        (
            "{id: a, uses: host.run, with: {host: h}, verify: {expr: up, holds_for: 5m}}",
            ("verify", "holds_for"),
            "this is to hold for 5m, and 5m is all the time it has; give it a longer `within`",
        ),
        (
            "{id: a, uses: prometheus.wait_until, with: {expr: up, holds_for: 2m}}",
            ("with", "holds_for"),
            "this is to hold for 2m, and 1m is all the time it has; give it a longer `timeout`",
        ),
    ],
)
def test_references_that_do_not_hold_are_found_with_their_place(step: str, path: tuple[str, ...], message: str) -> None:
    runbook = spec.read_runbook(a_runbook(extra="inputs: {host: {default: h}}", step=step), "r")
    found = references.check(runbook, OFFERS)
    assert [(place, message in text) for place, text in found] == [(("steps", 0, *path), True)]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("{type: enum}", "answer 'n': an `enum` needs `values`"),
        ("{type: int, min: 5, max: 1}", "answer 'n': nothing is from 5 to 1"),
        ("{type: int, default: many}", "answer 'n': the default of input 'n' is not a whole number"),
        ("{type: enum, values: ['{{ inputs.host }}'], default: other}", ""),
    ],
)
def test_a_question_that_no_answer_fits_is_found_before_anybody_is_asked(answer: str, message: str) -> None:
    step = f"{{id: a, uses: ask, with: {{question: q, answers: {{n: {answer}}}}}}}"
    runbook = spec.read_runbook(a_runbook(extra="inputs: {host: {default: h}}", step=step), "r")
    found = references.check(runbook, {"ask": {"tocsin": asking.ACTION.spec}})
    assert [text.startswith(message) for _, text in found] == [True] * bool(message)


def test_a_question_that_several_are_to_answer_is_a_mistake() -> None:
    step = "{id: a, uses: ask, with: {question: q, answers: {n: {type: int}}}, approval: {count: 2}}"
    with pytest.raises(DocumentError, match=r"steps\[0\]\.approval\.count: one person answers a question"):
        spec.read_runbook(a_runbook(step=step), "r")


def test_a_question_with_a_timeout_is_told_what_ends_it() -> None:
    step = "{id: a, uses: ask, with: {question: q, answers: {n: {type: int}}}, timeout: 15m}"
    with pytest.raises(DocumentError, match=r"steps\[0\]\.timeout: .*`approval: \{expires: 15m\}`"):
        spec.read_runbook(a_runbook(step=step), "r")


def test_a_parameter_that_is_a_template_is_not_judged_before_it_has_a_value() -> None:
    step = "{id: a, uses: host.run, with: {host: h, lines: '{{ inputs.host }}'}}"
    runbook = spec.read_runbook(a_runbook(extra="inputs: {host: {default: h}}", step=step), "r")
    assert references.check(runbook, OFFERS) == []


def test_what_belongs_to_a_step_reads_its_result() -> None:
    step = "{id: a, uses: host.run, with: {host: h}, rollback: {uses: host.run, with: {host: '{{ result.host }}'}}}"
    assert references.check(spec.read_runbook(a_runbook(step=step), "r"), OFFERS) == []


def test_a_step_has_a_status_a_summary_and_a_result() -> None:
    text = a_runbook(step="{id: a, uses: host.run, with: {host: h}}") + (
        "  - {id: b, uses: host.run, with: {host: '{{ steps.a.value }}'}}\n"
    )
    assert references.check(spec.read_runbook(text, "r"), OFFERS) == [
        (("steps", 1, "with", "host"), "a step has status, summary, result, no 'value'")
    ]


def test_only_the_series_that_began_the_run_counts() -> None:
    ours, other = LabelSet({"job": "web", "code": "500"}), LabelSet({"job": "db", "code": "500"})
    assert signal.still_there([Sample(labels=ours, value=1)], LabelSet({"job": "web"}))
    assert not signal.still_there([Sample(labels=other, value=1)], LabelSet({"job": "web"}))
    assert signal.still_there([Sample(labels=other, value=1)], LabelSet())
    assert not signal.still_there([], LabelSet())


def test_when_a_run_began_it_is_known_for_how_long_it_may_take() -> None:
    assert spec.read_runbook(a_runbook(extra="timeout: 45m"), "r").timeout == timedelta(minutes=45)
