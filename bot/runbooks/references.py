"""Whether a runbook's references hold: actions that exist, parameters that fit, names that something provides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from bot.documents import Path, explain, format_duration, parse_duration, suggest
from bot.model.runbook import RISKS, Runbook, Step
from bot.ports.actions import ActionSpec
from bot.runbooks import taint
from bot.runbooks.beginning import NESTING
from bot.runbooks.schema import UNDO
from bot.runbooks.spec import WAIT_UNTIL
from bot.runbooks.templates import names_in

WAIT = "wait"
_STEP_FIELDS = ("status", "summary", "result")
_ROOTS = ("inputs", "incident", "run", "steps")
_FIELDS = {"incident": ("id",), "run": ("id",)}

Found = Iterator[tuple[Path, str]]
Offers = Mapping[str, Mapping[str, ActionSpec]]
"""An action's name to those that offer it, by the integration's name in tocsin.yaml."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A step, or one that belongs to it, and where it stands in the file. `before` are the steps it can read of."""

    step: Step
    path: Path
    params: Path
    before: tuple[str, ...]
    only_reads: bool = False

    @property
    def nested(self) -> bool:
        """Whether it belongs to another step, whose `result` it reads."""
        return self.path[-1] in ("verify", "rollback")


def parts(runbook: Runbook) -> Iterator[Part]:
    """Every step with those that belong to it. What belongs to a step reads of it too."""
    for index, step in enumerate(runbook.steps):
        path: Path = ("steps", index)
        before = tuple(one.id for one in runbook.steps[:index])
        yield Part(step=step, path=path, params=(*path, "with"), before=before)
        if step.verify is not None:
            own = (*path, "verify")
            by_expr = step.verify.uses == WAIT_UNTIL and "holds_for" in step.verify.params
            params = own if by_expr else (*own, "with")
            yield Part(step=step.verify, path=own, params=params, before=(*before, step.id), only_reads=True)
        if step.rollback is not None:
            own = (*path, "rollback")
            yield Part(step=step.rollback, path=own, params=(*own, "with"), before=(*before, step.id))


def check(runbook: Runbook, offers: Offers) -> Sequence[tuple[Path, str]]:
    """Every reference that does not hold, with the path in the file where it stands."""
    found = [complaint for part in parts(runbook) for complaint in _part(runbook, part, offers)]
    return [*found, *_concurrency(runbook), *_undone(runbook, offers)]


def _part(runbook: Runbook, part: Part, offers: Offers) -> Found:
    step, base = part.step, part.path
    for path, name in _names(part):
        fault = _name_fault(runbook, part, name, of_result=part.nested or path[-1] == "expect")
        if fault:
            yield path, fault
    if step.uses == UNDO and base[-1] == "rollback":
        return
    offered = offers.get(step.uses, {})
    if not offered:
        yield (*base, "uses"), f"no integration offers the action {step.uses!r}{suggest(step.uses, offers)}"
        return
    if step.integration and step.integration not in offered:
        names = ", ".join(sorted(offered))
        yield (*base, "integration"), f"{step.integration!r} does not offer {step.uses}; these do: {names}"
    spec = offered.get(step.integration) or next(iter(offered.values()))
    if part.only_reads and (not spec.may_only_read or spec.name == NESTING):
        yield (*base, "uses"), f"{step.uses} changes something, and `verify` may only look; make it a step of its own"
    yield from _risk(part, spec)
    yield from _waits(runbook, part)
    yield from _holds(part)
    for path, message in _params(step, spec):
        yield (*part.params, *path), message
    for path, input_name in taint.misused(runbook, step, spec):
        yield (*part.params, *path), taint.complaint(input_name, spec)


def _names(part: Part) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Every name that the part's templates read, with the path of the text it stands in."""
    step = part.step
    for key, condition in (("if", step.condition), ("expect", step.expect)):
        for name in sorted(names_in("{{ " + condition + " }}")) if condition else ():
            yield (*part.path, key), name
    if step.approval is not None:
        for name in sorted(names_in(step.approval.ask)):
            yield (*part.path, "approval", "ask"), name
    for path, name in taint.leaf_names(step.params):
        yield (*part.params, *path), name


def _name_fault(runbook: Runbook, part: Part, name: tuple[str, ...], *, of_result: bool) -> str:
    root, *rest = name
    if root == "result" and of_result:
        return ""
    if root not in _ROOTS:
        more = "; here also result" if of_result else ""
        return f"unknown name {root!r}; a template can read inputs, steps, incident.id and run.id{more}"
    if not rest:
        return ""
    if root == "inputs" and rest[0] not in (names := [one.name for one in runbook.inputs]):
        return f"no input is called {rest[0]!r}{suggest(rest[0], names)}"
    if root == "steps":
        return _step_fault(part, rest)
    if rest[0] not in _FIELDS.get(root, rest):
        return f"{root} has no {rest[0]!r} here; a template can read {root}.id"
    return ""


def _step_fault(part: Part, rest: Sequence[str]) -> str:
    if rest[0] not in part.before:
        return f"no earlier step is called {rest[0]!r}{suggest(rest[0], part.before)}"
    if len(rest) > 1 and rest[1] not in _STEP_FIELDS:
        return f"a step has {', '.join(_STEP_FIELDS)}, no {rest[1]!r}"
    return ""


def _concurrency(runbook: Runbook) -> Found:
    names = [one.name for one in runbook.inputs]
    for name in sorted(names_in(runbook.concurrency)):
        if name[0] != "inputs" or (len(name) > 1 and name[1] not in names):
            near = suggest(name[-1], names)
            yield ("concurrency",), f"this can read inputs that there are, and no {'.'.join(name)!r}{near}"


def _undone(runbook: Runbook, offers: Offers) -> Found:
    for index, step in enumerate(runbook.steps):
        offered = offers.get(step.uses, {})
        if step.rollback is None or not offered:
            continue
        path: Path = ("steps", index, "rollback")
        if all(spec.risk == "read" for spec in offered.values()):
            yield path, f"{step.uses} changes nothing, so there is nothing to take back"
        elif step.rollback.uses == UNDO and not any(spec.undoes for spec in offered.values()):
            yield path, f"{step.uses} has no undo of its own; write `rollback: {{uses: ..., with: ...}}`"


def _risk(part: Part, spec: ActionSpec) -> Found:
    """A risk below what the action is at its mildest: whoever wrote it believes that it asks fewer people."""
    said, mildest = part.step.risk, spec.mildest or spec.risk
    if said is not None and RISKS.index(said) < RISKS.index(mildest):
        lowered = f"`risk` only raises, and {spec.name} is {mildest} whatever a runbook says of it"
        yield (*part.path, "risk"), f"{lowered}; take `risk: {said}` out"


def _waits(runbook: Runbook, part: Part) -> Found:
    """A wait that its step, or the whole run, has no time for."""
    said = part.step.params.get("for")
    try:
        length = parse_duration(said) if part.step.uses == WAIT and isinstance(said, str) else None
    except ValueError:
        return  # a template, or a mistake that is told elsewhere
    for whose, allowed in (("step", part.step.timeout), ("run", runbook.timeout)):
        if length is not None and length >= allowed:
            what = f"the {whose} may take {format_duration(allowed)} and is to wait for {format_duration(length)}"
            yield (*part.params, "for"), f"{what}; give it a longer `timeout`"
            return


def _holds(part: Part) -> Found:
    """A condition that is to hold for longer than its step may look: it never will."""
    said = part.step.params.get("holds_for")
    try:
        length = parse_duration(said) if part.step.uses == WAIT_UNTIL and isinstance(said, str) else None
    except ValueError:
        return  # as above
    if length is not None and length >= (allowed := part.step.timeout):
        longer = "`within`" if part.params == part.path else "`timeout`"
        what = f"this is to hold for {format_duration(length)}, and {format_duration(allowed)} is all the time it has"
        yield (*part.params, "holds_for"), f"{what}; give it a longer {longer}"


def _params(step: Step, spec: ActionSpec) -> Found:
    """The parameters against the action's model; where a template stands, its value is not known yet."""
    try:
        spec.params.model_validate(step.params)
    except ValidationError as error:
        for one in error.errors(include_url=False):
            path = tuple(one["loc"])
            if isinstance(one.get("input"), str) and "{{" in one["input"]:
                continue
            if one["type"] == "missing":
                yield path, f"{spec.name} needs {path[-1]!r}"
            elif one["type"] == "extra_forbidden" and len(path) == 1:
                known = [info.alias or name for name, info in spec.params.model_fields.items()]
                yield path, f"{spec.name} has no parameter {path[-1]!r}{suggest(str(path[-1]), known)}"
            else:
                yield path, explain(one, spec.params, path)
