"""A runbook file's text -> a `Runbook`; DocumentError with every mistake in it. `schema.py` has the keys."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from bot.documents import Document, Path, format_duration, read, validate
from bot.errors import Complaint, DocumentError
from bot.model.labels import Matcher, MatchOp
from bot.model.matchers import parse_matcher
from bot.model.runbook import (
    ApprovalTerms,
    Canned,
    HookTrigger,
    IncidentTrigger,
    OnFailure,
    Retry,
    Risk,
    Runbook,
    RunbookTest,
    ScheduleTrigger,
    Step,
    Trigger,
)
from bot.runbooks import schema, sound_parts, soundness
from bot.runbooks.templates import check_text
from bot.runbooks.trigger_schema import IncidentTriggerSpec, ScheduleSpec, TriggerSpec, WebhookSpec

VERIFY, ROLLBACK = "verify", "rollback"
"""A step's nested steps are called `ID.verify` and `ID.rollback`."""
WAIT_UNTIL = "prometheus.wait_until"
"""What a `verify` with an `expr` uses."""


def is_runbook(document: Document) -> bool:
    """Whether this is a runbook file, by its content."""
    return isinstance(document.value, dict) and "runbook" in document.value


def read_runbook(text: str, file: str) -> Runbook:
    """A runbook from its file's text; DocumentError with every mistake in it."""
    return of_document(read(text, file))


class Unsound(DocumentError):
    """Every mistake in a runbook, and what can be understood of the rest, so that it can be held against all else.

    `broken` are the parts with mistakes: see `sound_parts.py`. `runbook` is None where nothing can be said of the rest.
    """

    def __init__(
        self, complaints: Sequence[Complaint], document: Document, runbook: Runbook | None, broken: frozenset[Path]
    ) -> None:
        super().__init__(complaints)
        self.document, self.runbook, self.broken = document, runbook, broken


def of_document(document: Document) -> Runbook:
    """A runbook from a document already read; Unsound with every mistake in it."""
    wrong = list(_bad_leaves(document))
    try:
        spec = validate(document, schema.RunbookSpec)
    except DocumentError as error:
        raise _unsound(document, [*wrong, *error.complaints]) from None
    if wrong:
        raise _unsound(document, wrong)
    runbook = _runbook(spec, document)
    found = list(soundness.mistakes(runbook, spec))
    if found:
        complaints = [document.complaint(path, message) for path, message in found]
        raise Unsound(sorted(complaints), document, runbook, frozenset(sound_parts.part_of(path) for path, _ in found))
    return runbook


def _unsound(document: Document, wrong: Sequence[Complaint]) -> Unsound:
    """With what is wrong with the sound parts, as far as they can be understood without the others."""
    spared = sound_parts.without(document, wrong)
    if spared is None:
        return Unsound(sorted(wrong), document, None, frozenset())
    rest, broken = spared
    try:
        spec = validate(rest, schema.RunbookSpec)
    except DocumentError:
        return Unsound(sorted(wrong), document, None, frozenset())
    runbook = _runbook(spec, rest)
    found = sound_parts.more(soundness.mistakes(runbook, spec), broken)
    complaints = sorted([*wrong, *(document.complaint(path, message) for path, message in found)])
    return Unsound(complaints, rest, runbook, broken | {sound_parts.part_of(path) for path, _ in found})


def _runbook(spec: schema.RunbookSpec, document: Document) -> Runbook:
    alerts = [_trigger(one) for one in spec.triggers if one.match or one.matchers]
    return Runbook(
        name=spec.runbook,
        title=spec.title,
        file=document.file,
        hash=hashlib.sha256(document.text.encode()).hexdigest(),
        owner=spec.owner,
        summary=" ".join(spec.summary.split()),
        triggers=tuple(alerts),
        incident_triggers=tuple(_incident(one.incident) for one in spec.triggers if one.incident),
        schedule_triggers=tuple(_schedule(one.schedule) for one in spec.triggers if one.schedule),
        hook_triggers=tuple(_hook(one.webhook) for one in spec.triggers if one.webhook),
        inputs=tuple(one.noun(name) for name, one in spec.inputs.items()),
        concurrency=spec.concurrency,
        freeze=tuple(spec.freeze),
        timeout=spec.timeout,
        verify_within=spec.verify_within,
        watch=spec.watch,
        steps=tuple(_step(step) for step in spec.steps),
        tests=tuple(_test(index, one, document) for index, one in enumerate(spec.tests)),
    )


def _bad_leaves(document: Document) -> Iterator[Complaint]:
    """Texts under `with` that are no templates, each at its own place."""
    steps = document.value.get("steps") if isinstance(document.value, dict) else None
    for index, step in enumerate(steps if isinstance(steps, list) else []):
        if isinstance(step, dict):
            yield from _bad_texts(document, step.get("with"), ("steps", index, "with"))
            for nested in (VERIFY, ROLLBACK):
                own = step.get(nested)
                if not isinstance(own, dict):
                    continue
                for key in ("with", "vars", "expr"):
                    yield from _bad_texts(document, own.get(key), ("steps", index, nested, key))


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


def _incident(spec: IncidentTriggerSpec) -> IncidentTrigger:
    return IncidentTrigger(
        statuses=tuple(map(str, spec.status)), severities=tuple(map(str, spec.severity)), services=tuple(spec.service)
    )


def _schedule(spec: ScheduleSpec) -> ScheduleTrigger:
    return ScheduleTrigger(cron=" ".join(spec.cron.split()), time_zone=spec.time_zone, inputs=spec.inputs)


def _hook(spec: WebhookSpec) -> HookTrigger:
    return HookTrigger(integration=spec.integration, when=spec.when, inputs=spec.inputs)


def _retry(spec: schema.RetrySpec) -> Retry:
    return Retry(attempts=spec.attempts, wait=spec.wait, backoff=spec.backoff)


def _terms(spec: schema.ApprovalSpec | None) -> ApprovalTerms | None:
    return ApprovalTerms(by=spec.by, count=spec.count, expires=spec.expires, ask=spec.ask) if spec else None


def _step(spec: schema.StepSpec) -> Step:
    title = spec.title or spec.id.replace("_", " ")
    return Step(
        id=spec.id,
        title=title,
        uses=spec.uses,
        params=spec.params,
        integration=spec.integration,
        condition=spec.condition,
        timeout=spec.timeout,
        retry=_retry(spec.retry),
        on_failure=OnFailure(spec.on_failure),
        risk=Risk(spec.risk) if spec.risk else None,
        approval=_terms(spec.approval),
        expect=spec.expect,
        verify=_verify(spec.id, title, spec.verify) if spec.verify else None,
        rollback=_rollback(spec.id, title, spec.rollback) if spec.rollback else None,
    )


def _verify(of: str, title: str, spec: schema.VerifySpec) -> Step:
    own_id, own_title = f"{of}.{VERIFY}", f"See that this holds: {title}"
    if spec.expr:
        params: Mapping[str, object] = {
            "expr": spec.expr,
            "vars": spec.vars,
            "holds_for": format_duration(spec.holds_for),
        }
        integration, timeout = spec.integration, spec.within
        return Step(
            id=own_id, title=own_title, uses=WAIT_UNTIL, params=params, integration=integration, timeout=timeout
        )
    return Step(
        id=own_id,
        title=own_title,
        uses=spec.uses,
        params=spec.params,
        integration=spec.integration,
        timeout=spec.timeout,
        expect=spec.expect,
    )


def _rollback(of: str, title: str, spec: schema.RollbackSpec) -> Step:
    return Step(
        id=f"{of}.{ROLLBACK}",
        title=spec.title or f"Take back: {title}",
        uses=spec.uses,
        params=spec.params,
        integration=spec.integration,
        condition=spec.condition,
        timeout=spec.timeout,
        retry=_retry(spec.retry),
        risk=Risk(spec.risk) if spec.risk else None,
        approval=_terms(spec.approval),
        expect=spec.expect,
    )


def _test(index: int, spec: schema.TestSpec, document: Document) -> RunbookTest:
    path: Path = ("tests", index)
    return RunbookTest(
        name=spec.name,
        line=document.place(path).line,
        labels=spec.alert.labels,
        annotations=spec.alert.annotations,
        inputs=spec.inputs,
        results={step: _canned(canned, document, (*path, "results", step)) for step, canned in spec.results.items()},
        answers=spec.answers,
        signal=spec.signal,
        path=None if spec.expect.path is None else tuple(spec.expect.path),
        asked=None if spec.expect.asked is None else tuple(spec.expect.asked),
        status=spec.expect.status,
        verdict=None if spec.expect.verdict is None else str(spec.expect.verdict),
    )


def _canned(specs: list[schema.CannedSpec], document: Document, path: Path) -> tuple[Canned, ...]:
    """`value` is read as YAML types it: a step's result holds numbers, and not texts that look like some."""
    written = document.typed(path)
    values = [one.get("value") or {} for one in (written if isinstance(written, list) else [written])]
    return tuple(
        Canned(outcome=one.outcome, summary=one.summary, value=value, risk=Risk(one.risk) if one.risk else None)
        for one, value in zip(specs, values, strict=True)
    )
