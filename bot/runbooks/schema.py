"""The keys of a runbook file, as pydantic models: what each may hold, and what it is for.

Here, in `trigger_schema.py` and in `spec.py` alone are they known. Descriptions are what the reference, the JSON Schema
and complaints say.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from bot.documents import Duration, Strict, parse_duration
from bot.model import regex
from bot.model.run import RunVerdict
from bot.model.runbook import Input, InputType
from bot.runbooks.templates import check_condition, check_text
from bot.runbooks.trigger_schema import InputName, TriggerSpec, listed


def _is_regex(text: str) -> str:
    try:
        regex.compiled(text)
    except ValueError as error:
        raise ValueError(f"a broken regular expression: {error}") from None
    return text


def _is_text_template(text: str) -> str:
    check_text(text)
    return text


def _is_condition(text: str) -> str:
    check_condition(text)
    return text


def _is_some_time(length: timedelta) -> timedelta:
    if not length:
        raise ValueError("nothing can be done in no time; write how long it may take, like 90s, 15m or 2h")
    return length


Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$")]
StepId = Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_]{0,62}$")]
ActionName = Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?$")]
Text = Annotated[str, AfterValidator(_is_text_template)]
Condition = Annotated[str, AfterValidator(_is_condition)]
Limit = Annotated[Duration, AfterValidator(_is_some_time)]
"""How long something may take."""
RiskName = Literal["read", "write", "destructive"]
Params = dict[str, Any]  # Any: parameters are whatever the action takes

UNDO = "undo"
"""What a rollback uses that is the action's own way back."""
_SECONDS, _MINUTE, _HOUR = parse_duration("10s"), parse_duration("1m"), parse_duration("1h")
_NEVER, _FIVE_MINUTES, _HALF_HOUR = parse_duration("0"), parse_duration("5m"), parse_duration("30m")


class InputSpec(Strict):
    """A value the runbook needs."""

    source: str = Field(
        default="",
        alias="from",
        pattern=r"^(alert\.(labels|annotations)\.[a-zA-Z_][a-zA-Z0-9_]*|incident\.(id|service|title|severity))?$",
        description="Where it is taken from: `alert.labels.NAME`, `alert.annotations.NAME`, `incident.id`,"
        " `incident.service`, `incident.title` or `incident.severity`.",
    )
    type: Literal["text", "host", "hostname", "k8s_name", "enum", "int", "duration"] = Field(
        default="text",
        description="What it must be: `text`; `host` (of an inventory, an exporter's port is dropped), `hostname`,"
        " `k8s_name`, `enum` (one of `values`), `int` (0 or more, unless `min` says otherwise), `duration` (`90s`).",
    )
    pattern: Annotated[str, AfterValidator(_is_regex)] = Field(
        default="", description="A regular expression (RE2) that the whole value must fit."
    )
    values: list[str] = Field(default=[], description="What an `enum` may be.")
    least: int | None = Field(default=None, alias="min", description="The least an `int` may be.")
    most: int | None = Field(default=None, alias="max", description="The most an `int` may be.")
    default: str | None = Field(default=None, description="The value when nobody gives one.")
    required: bool = Field(default=True, description="`false`: without a value it is the empty text.")
    help: str = Field(default="", description="What it is, for the person who is asked for it.")

    def noun(self, name: str) -> Input:
        """The same for the rest of Tocsin."""
        return Input(
            name=name,
            source=self.source,
            type=InputType(self.type),
            pattern=self.pattern,
            default=self.default,
            values=tuple(self.values),
            least=self.least,
            most=self.most,
            required=self.required,
            help=self.help,
        )


class RetrySpec(Strict):
    """How often to try a step."""

    attempts: int = Field(default=1, ge=1, le=10, description="Tries in all.")
    wait: Duration = Field(default=_SECONDS, description="The time between the first two tries.")
    backoff: float = Field(
        default=1.0, ge=1, le=10, description="Each further wait is so many times as long as the one before."
    )


class ApprovalSpec(Strict):
    """Who must agree before a step runs."""

    by: str = Field(default="on-call", description="The role that may approve.")
    count: int = Field(default=1, ge=1, le=5, description="How many different people must.")
    expires: Limit = Field(default=_HALF_HOUR, description="When the question lapses; the run then ends.")
    ask: Text = Field(default="", description="The question, in a sentence.")


class VerifySpec(Strict):
    """What must hold after a step: a PromQL expression, or an action that only reads."""

    expr: str = Field(default="", description="PromQL that must become true.")
    vars: dict[str, str] = Field(default={}, description="Variables of `expr`, escaped when they are filled in.")
    holds_for: Duration = Field(default=parse_duration("0s"), description="How long `expr` must stay true.")
    within: Limit = Field(default=_FIVE_MINUTES, description="How long `expr` has to become true.")
    uses: ActionName = Field(default="", validate_default=False, description="Or an action that only reads.")
    params: Params = Field(default={}, alias="with", description="Its parameters.")
    integration: str = Field(default="", description="Which integration, where several offer the action.")
    expect: Condition = Field(default="", description="What must hold of its `result`.")
    timeout: Limit = Field(default=_MINUTE, description="How long it may take.")

    @model_validator(mode="after")
    def _is_of_one_form(self) -> VerifySpec:
        if bool(self.expr) == bool(self.uses):
            raise ValueError("write either `expr`, which must become true, or `uses`, an action that only reads")
        foreign = {"with", "expect", "timeout"} if self.expr else {"vars", "holds_for", "within"}
        said = {type(self).model_fields[name].alias or name for name in self.model_fields_set}
        if foreign & said:
            belongs = "uses" if self.expr else "expr"
            raise ValueError(f"`{sorted(foreign & said)[0]}` belongs to `{belongs}`, which is not here")
        return self


class RollbackSpec(Strict):
    """The step that takes another one back."""

    title: str = Field(default="", description="What it is for, in a few words.")
    uses: ActionName = Field(description="The action.")
    params: Params = Field(default={}, alias="with", description="Its parameters; it may read this step's `result`.")
    integration: str = Field(default="", description="Which integration, where several offer the action.")
    condition: Condition = Field(
        default="", alias="if", description="An expression; it is left out when that is false."
    )
    timeout: Limit = Field(default=_MINUTE, description="How long one try may take.")
    retry: RetrySpec = Field(default=RetrySpec(), description="How often to try, and how long to wait between.")
    risk: RiskName | None = Field(default=None, description="Raises the action's own risk.")
    approval: ApprovalSpec | None = Field(default=None, description="Who must agree.")
    expect: Condition = Field(default="", description="What must hold of its `result`.")

    @model_validator(mode="after")
    def _undo_takes_nothing(self) -> RollbackSpec:
        if self.uses == UNDO and self.model_fields_set != {"uses"}:
            raise ValueError("the action's own way back takes nothing; write `rollback: undo`")
        return self


def _rollback_form(value: object) -> object:
    if isinstance(value, str) and value != UNDO:
        raise ValueError(f"{value!r} cannot stand here; write `undo`, the action's own way back, or `uses: ACTION`")
    return {"uses": value} if isinstance(value, str) else value


Rollback = Annotated[RollbackSpec, BeforeValidator(_rollback_form)]
"""May be written `undo`, which then is what it uses."""


class StepSpec(Strict):
    """One step."""

    id: StepId = Field(description="A name for later steps to refer to; lower case, with underscores.")
    title: str = Field(default="", description="What it is for, in a few words.")
    uses: ActionName = Field(description="The action, such as `host.run`.")
    params: Params = Field(
        default={}, alias="with", description="The action's parameters; every text may hold `{{ ... }}`."
    )
    integration: str = Field(default="", description="Which integration, where several offer the action.")
    condition: Condition = Field(
        default="", alias="if", description="An expression; the step is skipped when it is false."
    )
    timeout: Limit = Field(default=_MINUTE, description="How long one try may take.")
    retry: RetrySpec = Field(default=RetrySpec(), description="How often to try, and how long to wait between.")
    on_failure: Literal["stop", "continue"] = Field(default="stop", description="What a failure means for the run.")
    risk: RiskName | None = Field(default=None, description="Raises the action's own risk; it never lowers it.")
    approval: ApprovalSpec | None = Field(default=None, description="Who must agree; a change always asks somebody.")
    expect: Condition = Field(
        default="", description="An expression over `result` that must be true once it ran; else the step has failed."
    )
    verify: VerifySpec | None = Field(
        default=None, description="What must hold afterwards: `expr`, or `uses` with an action that only reads."
    )
    rollback: Rollback | None = Field(
        default=None,
        description="How it is taken back when the run fails, or a person says so: `undo`, the action's own way, or"
        " `uses` with an action.",
    )


class AlertSpec(Strict):
    """The alert that is given."""

    labels: dict[str, str] = Field(default={}, description="Its labels.")
    annotations: dict[str, str] = Field(default={}, description="Its annotations.")


class CannedSpec(Strict):
    """What a step answers in a test."""

    outcome: Literal["succeeded", "failed", "unknown"] = Field(default="succeeded", description="How it ends.")
    summary: str = Field(default="", description="What it says.")
    value: Params = Field(default={}, description="What later steps read as `steps.ID.result`.")
    risk: RiskName | None = Field(
        default=None, description="What it is this time, for an action such as `host.run` whose risk is not always one."
    )


class ExpectSpec(Strict):
    """What must come of it. What is not named is not looked at."""

    path: list[str] | None = Field(default=None, description="The steps that ran, in order.")
    asked: list[str] | None = Field(default=None, description="The steps that asked people, in order.")
    status: Literal["succeeded", "failed", "rejected", "cancelled", "rolled_back"] | None = Field(
        default=None, description="How the run ends."
    )
    verdict: RunVerdict | None = Field(
        default=None, description="What became of the alert: recovered, not_recovered, not_seen; empty: nobody looked."
    )


class TestSpec(Strict):
    """One test of the runbook, played by `tocsin runbook test`: offline, with answers that stand here."""

    __test__ = False  # pytest collects what is called so

    name: str = Field(min_length=1, description="What is tried, in a few words.")
    alert: AlertSpec = Field(default=AlertSpec(), description="The alert that begins it: `labels`, `annotations`.")
    inputs: dict[InputName, str] = Field(default={}, description="Inputs that a person gives.")
    results: dict[str, Annotated[list[CannedSpec], BeforeValidator(listed)]] = Field(
        default={}, description="What each step answers, by its id; a list says one answer for each try."
    )
    answers: dict[str, Literal["approve", "reject", "expire", "did", "did_not"]] = Field(
        default={},
        description="What people say to each step that asks: `approve`, `reject`, `expire` (nobody says anything);"
        " `did` or `did_not` approves too, and says later whether a step ran that ended `unknown`.",
    )
    signal: Literal["clear", "firing", "unknown"] = Field(
        default="clear", description="What the alert's own expression says after the changes."
    )
    expect: ExpectSpec = Field(description="What must come of it.")


class RunbookSpec(Strict):
    """A runbook file."""

    runbook: Name = Field(description="Its name: lower case, with hyphens.")
    title: str = Field(description="What is the matter, in a sentence.")
    owner: str = Field(default="", description="The team that keeps it.")
    summary: str = Field(default="", description="What it does, for the person who is asked to run it.")
    triggers: list[TriggerSpec] = Field(
        default=[], description="What it fits, or what begins it: alerts, incidents, the clock, posts of others."
    )
    inputs: dict[InputName, InputSpec] = Field(default={}, description="The values it needs.")
    concurrency: Text = Field(
        default="",
        description="A text over inputs, such as `{{ inputs.host }}`; of runs for which it says the same only one is"
        " under way.",
    )
    freeze: list[str] = Field(
        default=[], description="Names of `time_intervals` of tocsin.yaml in which it changes nothing."
    )
    timeout: Limit = Field(default=_HOUR, description="How long a run may take in all, waiting for people included.")
    verify_within: Duration = Field(
        default=_FIVE_MINUTES,
        description="How long the alert's own expression has to recover after a step that changed something.",
    )
    watch: Duration = Field(
        default=_NEVER, description="How long a run that changed nothing looks whether what people do helps."
    )
    steps: list[StepSpec] = Field(min_length=1, description="What to do, in order.")
    tests: list[TestSpec] = Field(default=[], description="What must come of it, for `tocsin runbook test`.")

    @model_validator(mode="after")
    def _ids_are_unique(self) -> RunbookSpec:
        seen: set[str] = set()
        for step in self.steps:
            if step.id in seen:
                raise ValueError(f"two steps have the id {step.id!r}; give one of them another")
            seen.add(step.id)
        return self
