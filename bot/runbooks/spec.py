"""The runbook-file format: the only file that knows its YAML keys."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from bot.documents import Document, Duration, Path, Strict, parse_duration, read, validate
from bot.errors import Complaint, DocumentError
from bot.model.labels import Matcher, MatchOp, parse_matcher
from bot.model.runbook import ApprovalTerms, Input, OnFailure, Retry, Risk, Runbook, Step, Trigger
from bot.runbooks.templates import check_condition, check_text


def _is_matcher(text: str) -> str:
    parse_matcher(text)
    return text


def _is_regex(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"a broken regular expression: {error}") from None
    return text


def _is_text_template(text: str) -> str:
    check_text(text)
    return text


def _is_condition(text: str) -> str:
    check_condition(text)
    return text


Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$")]
StepId = Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_]{0,62}$")]
Text = Annotated[str, AfterValidator(_is_text_template)]
_MINUTE, _HOUR = parse_duration("1m"), parse_duration("1h")


class TriggerSpec(Strict):
    """When a runbook fits."""

    match: dict[str, str] = Field(default={}, description="Labels and the values they must have.")
    matchers: list[Annotated[str, AfterValidator(_is_matcher)]] = Field(
        default=[], description='Conditions as Alertmanager writes them, such as `job=~"api.*"`.'
    )
    auto: Literal["read"] | None = Field(
        default=None, description="`read`: start by itself; steps that only read run, all others ask first."
    )

    @model_validator(mode="after")
    def _names_something(self) -> TriggerSpec:
        if not self.match and not self.matchers:
            raise ValueError("a trigger without `match` or `matchers` would fit every alert; name at least one label")
        return self


class InputSpec(Strict):
    """A value the runbook needs."""

    source: str = Field(
        default="",
        alias="from",
        pattern=r"^(alert\.(labels|annotations)\.[a-zA-Z_][a-zA-Z0-9_]*|incident\.(id|service|title))?$",
        description="Where it is taken from: `alert.labels.NAME`, `alert.annotations.NAME` or `incident.service`.",
    )
    type: Literal["text", "host"] = Field(
        default="text", description="`host` drops the port that exporters append to an address."
    )
    pattern: Annotated[str, AfterValidator(_is_regex)] = Field(
        default="", description="A regular expression that the whole value must fit."
    )
    default: str | None = Field(default=None, description="The value when nobody gives one.")


class RetrySpec(Strict):
    """How often to try a step."""

    attempts: int = Field(default=1, ge=1, le=10, description="Tries in all.")
    wait: Duration = Field(default=parse_duration("10s"), description="The time between two tries.")


class ApprovalSpec(Strict):
    """Who must agree before a step runs."""

    by: str = Field(default="on-call", description="The role that may approve.")
    count: int = Field(default=1, ge=1, le=5, description="How many different people must.")
    expires: Duration = Field(default=parse_duration("30m"), description="When the question lapses; the run then ends.")
    ask: Text = Field(default="", description="The question, in a sentence.")


class StepSpec(Strict):
    """One step."""

    id: StepId = Field(description="A name for later steps to refer to; lower case, with underscores.")
    title: str = Field(default="", description="What it is for, in a few words.")
    uses: str = Field(pattern=r"^[a-z_]+\.[a-z_]+$", description="The action, such as `host.run`.")
    params: dict[str, Any] = Field(  # Any: parameters are whatever the action takes
        default={}, alias="with", description="The action's parameters; every text may hold `{{ ... }}`."
    )
    integration: str = Field(default="", description="Which integration, where several offer the action.")
    condition: Annotated[str, AfterValidator(_is_condition)] = Field(
        default="", alias="if", description="An expression; the step is skipped when it is false."
    )
    timeout: Duration = Field(default=_MINUTE, description="How long one try may take.")
    retry: RetrySpec = Field(default=RetrySpec(), description="How often to try, and how long to wait between.")
    on_failure: Literal["stop", "continue"] = Field(default="stop", description="What a failure means for the run.")
    risk: Literal["read", "write", "destructive"] | None = Field(
        default=None, description="Raises the action's own risk; it never lowers it."
    )
    approval: ApprovalSpec | None = Field(default=None, description="Who must agree; a change always asks somebody.")


class RunbookSpec(Strict):
    """A runbook file."""

    runbook: Name = Field(description="Its name: lower case, with hyphens.")
    title: str = Field(description="What is the matter, in a sentence.")
    owner: str = Field(default="", description="The team that keeps it.")
    summary: str = Field(default="", description="What it does, for the person who is asked to run it.")
    triggers: list[TriggerSpec] = Field(default=[], description="The alerts it fits.")
    inputs: dict[Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_]*$")], InputSpec] = Field(
        default={}, description="The values it needs."
    )
    timeout: Duration = Field(default=_HOUR, description="How long a run may take in all, waiting for people included.")
    verify_within: Duration = Field(
        default=parse_duration("5m"),
        description="How long the alert's own expression has to recover after a step that changed something.",
    )
    steps: list[StepSpec] = Field(min_length=1, description="What to do, in order.")

    @model_validator(mode="after")
    def _ids_are_unique(self) -> RunbookSpec:
        seen: set[str] = set()
        for step in self.steps:
            if step.id in seen:
                raise ValueError(f"two steps have the id {step.id!r}; give one of them another")
            seen.add(step.id)
        return self


def is_runbook(document: Document) -> bool:
    """Whether this is a runbook file, by its content."""
    return isinstance(document.value, dict) and "runbook" in document.value


def read_runbook(text: str, file: str) -> Runbook:
    """A runbook from its file's text; DocumentError with every mistake in it."""
    return of_document(read(text, file))


def of_document(document: Document) -> Runbook:
    """A runbook from a document already read; DocumentError with every mistake in it."""
    faults = list(_bad_leaves(document))
    try:
        spec = validate(document, RunbookSpec)
    except DocumentError as error:
        raise DocumentError(sorted([*error.complaints, *faults])) from None
    if faults:
        raise DocumentError(faults)
    return Runbook(
        name=spec.runbook,
        title=spec.title,
        file=document.file,
        hash=hashlib.sha256(document.text.encode()).hexdigest(),
        owner=spec.owner,
        summary=" ".join(spec.summary.split()),
        triggers=tuple(_trigger(trigger) for trigger in spec.triggers),
        inputs=tuple(
            Input(name=name, source=one.source, type=one.type, pattern=one.pattern, default=one.default)
            for name, one in spec.inputs.items()
        ),
        timeout=spec.timeout,
        verify_within=spec.verify_within,
        steps=tuple(_step(step) for step in spec.steps),
    )


def _bad_leaves(document: Document) -> Iterator[Complaint]:
    """Texts under `with` that are no templates, each at its own place."""
    steps = document.value.get("steps") if isinstance(document.value, dict) else None
    for index, step in enumerate(steps if isinstance(steps, list) else []):
        if isinstance(step, dict):
            yield from _bad_texts(document, step.get("with"), ("steps", index, "with"))


def _bad_texts(document: Document, value: object, path: Path) -> Iterator[Complaint]:
    if isinstance(value, str):
        try:
            check_text(value)
        except ValueError as error:
            yield document.complaint(path, str(error))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _bad_texts(document, item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _bad_texts(document, item, (*path, index))


def _trigger(spec: TriggerSpec) -> Trigger:
    equal = [Matcher(name=name, op=MatchOp.EQUAL, value=value) for name, value in spec.match.items()]
    return Trigger(
        matchers=(*equal, *(parse_matcher(text) for text in spec.matchers)),
        auto=Risk(spec.auto) if spec.auto else None,
    )


def _step(spec: StepSpec) -> Step:
    terms = spec.approval
    return Step(
        id=spec.id,
        title=spec.title or spec.id.replace("_", " "),
        uses=spec.uses,
        params=spec.params,
        integration=spec.integration,
        condition=spec.condition,
        timeout=spec.timeout,
        retry=Retry(attempts=spec.retry.attempts, wait=spec.retry.wait),
        on_failure=OnFailure(spec.on_failure),
        risk=Risk(spec.risk) if spec.risk else None,
        approval=ApprovalTerms(by=terms.by, count=terms.count, expires=terms.expires, ask=terms.ask) if terms else None,
    )
