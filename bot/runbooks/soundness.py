"""Whether a runbook agrees with itself: inputs with what fills them, tests with steps, each complaint with its path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from bot.documents import Path, format_duration, suggest
from bot.model.runbook import Input, InputType, Runbook, RunbookTest
from bot.runbooks.inputs import fault_of, normalised
from bot.runbooks.one_step import ASK
from bot.runbooks.schema import RunbookSpec
from bot.runbooks.trigger_schema import ScheduleSpec, WebhookSpec

Found = Iterator[tuple[Path, str]]


def mistakes(runbook: Runbook, spec: RunbookSpec) -> Found:
    """Everything that needs nothing but the file to be seen. `spec` is what the runbook was made from."""
    for one in runbook.inputs:
        yield from ((("inputs", one.name, *path), message) for path, message in of_input(one))
    for index, trigger in enumerate(spec.triggers):
        if trigger.schedule is not None:
            yield from _scheduled(runbook, trigger.schedule, ("triggers", index, "schedule", "inputs"))
        if trigger.webhook is not None:
            yield from _posted(runbook, trigger.webhook, ("triggers", index, "webhook", "inputs"))
    yield from _questions(runbook, spec)
    yield from _tests(runbook)


def step_ids(runbook: Runbook) -> tuple[str, ...]:
    """The ids of all steps, those nested in others after them."""
    return tuple(one.id for step in runbook.steps for one in (step, step.verify, step.rollback) if one is not None)


def of_input(one: Input) -> Found:
    """What keeps an input, or an answer that is asked for, from ever having a value; each with its path in it."""
    if one.type is InputType.ENUM and not one.values:
        yield ("type",), "an `enum` needs `values`, a list of what it may be"
        return
    if one.values and one.type is not InputType.ENUM:
        yield ("values",), "`values` are those of an `enum`; write `type: enum`"
    if (one.least is not None or one.most is not None) and one.type is not InputType.INT:
        yield ("min" if one.least is not None else "max",), "`min` and `max` are for an `int`; write `type: int`"
    elif one.most is not None and (one.least or 0) > one.most:
        below = "`max` is below `min`" if one.least is not None else "write a `min` too, which is 0 without one"
        yield ("max",), f"nothing is from {one.least or 0} to {one.most}; {below}"
    if one.default == "" and one.required:
        yield ("default",), "an empty default is no value; write `required: false`"
    fault = fault_of(one, normalised(one, one.default)) if one.default else ""
    if fault:
        yield ("default",), f"the default of {fault}"
    yield from _options(one)


def _options(one: Input) -> Found:
    """What of an enum no step can be given."""
    for index, value in enumerate(one.values if one.type is InputType.ENUM else ()):
        if not value or value.startswith("-"):
            yield ("values", index), f"{value!r} cannot be a value: it is empty, or a program's option"


def _questions(runbook: Runbook, spec: RunbookSpec) -> Found:
    for index, (step, said) in enumerate(zip(runbook.steps, spec.steps, strict=True)):
        if step.uses != ASK:
            continue
        if step.approval is not None and step.approval.count > 1:
            message = "one person answers a question; let the change that follows from it ask several"
            yield ("steps", index, "approval", "count"), message
        if "timeout" in said.model_fields_set:
            wanted = format_duration(step.timeout)
            yield ("steps", index, "timeout"), f"a question waits until it expires: `approval: {{expires: {wanted}}}`"


def _scheduled(runbook: Runbook, trigger: ScheduleSpec, path: Path) -> Found:
    what = f"the schedule {trigger.cron!r}"
    yield from _fills(runbook, trigger.inputs, what, path)
    known = {one.name: one for one in runbook.inputs}
    for name, value in trigger.inputs.items():
        fault = fault_of(known[name], normalised(known[name], value)) if name in known else ""
        if fault:
            yield (*path, name), f"{what}: {fault}"


def _posted(runbook: Runbook, trigger: WebhookSpec, path: Path) -> Found:
    what = f"the webhook of {trigger.integration!r}"
    yield from _fills(runbook, trigger.inputs, what, path)


def _fills(runbook: Runbook, given: Mapping[str, str], what: str, path: Path) -> Found:
    """What it fills must be there; what must be filled, it fills. A name that is misspelt is said once."""
    unknown = list(_unknown(runbook, given, what, path))
    yield from unknown or _unfilled(runbook, given, what, path)


def _unknown(runbook: Runbook, given: Mapping[str, str], what: str, path: Path) -> Found:
    names = [one.name for one in runbook.inputs]
    for name in given:
        if name not in names:
            yield (*path, name), f"{what} fills {name!r}, and no input is called so{suggest(name, names)}"


def _unfilled(runbook: Runbook, given: Mapping[str, str], what: str, path: Path) -> Found:
    for one in runbook.inputs:
        if one.required and not one.default and one.name not in given:
            yield path, f"{what} leaves {one.name!r} empty; give it under its `inputs`, or a `default`"


def _tests(runbook: Runbook) -> Found:
    names: dict[str, int] = {}
    ids = step_ids(runbook)
    for index, test in enumerate(runbook.tests):
        base: Path = ("tests", index)
        if names.setdefault(test.name, index) != index:
            yield (*base, "name"), f"another test is called {test.name!r}; give one of them another name"
        yield from _no_steps(test, ids, base)
        yield from _unknown(runbook, test.inputs, "the test", (*base, "inputs"))


def _no_steps(test: RunbookTest, ids: tuple[str, ...], base: Path) -> Found:
    named: tuple[tuple[Path, Iterable[str]], ...] = (
        (("results",), test.results),
        (("answers",), test.answers),
        (("expect", "path"), test.path or ()),
        (("expect", "asked"), test.asked or ()),
    )
    for path, steps in named:
        for at, step in enumerate(steps):
            if step not in ids:
                place = at if path[0] == "expect" else step
                yield (*base, *path, place), f"no step is called {step!r}{suggest(step, ids)}"
