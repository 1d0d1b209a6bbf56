"""Whether a runbook's references hold: actions that exist, parameters that fit, names that something provides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from bot.documents import Path, suggest
from bot.model.runbook import Runbook, Step
from bot.ports.actions import ActionSpec
from bot.runbooks.templates import names_in

_STEP_FIELDS = ("status", "summary", "result")
_ROOTS = {"inputs", "incident", "run", "steps"}


def check(runbook: Runbook, offers: Mapping[str, Mapping[str, ActionSpec]]) -> Sequence[tuple[Path, str]]:
    """Every reference that does not hold, with the path in the file where it stands.

    `offers` maps an action's name to those that offer it, by the integration's name in tocsin.yaml.
    """
    return [complaint for index, step in enumerate(runbook.steps) for complaint in _step(runbook, index, step, offers)]


def _step(
    runbook: Runbook, index: int, step: Step, offers: Mapping[str, Mapping[str, ActionSpec]]
) -> Iterator[tuple[Path, str]]:
    base: Path = ("steps", index)
    offered = offers.get(step.uses, {})
    if not offered:
        yield (*base, "uses"), f"no integration offers the action {step.uses!r}{suggest(step.uses, offers)}"
    elif step.integration and step.integration not in offered:
        names = ", ".join(sorted(offered))
        yield (*base, "integration"), f"{step.integration!r} does not offer {step.uses}; these do: {names}"
    for path, name in _names(step):
        fault = _name_fault(runbook, index, name)
        if fault:
            yield (*base, *path), fault
    if offered:
        spec = next(iter(offered.values()))
        for path, message in _params(step, spec):
            yield (*base, "with", *path), message


def _names(step: Step) -> Iterator[tuple[Path, tuple[str, ...]]]:
    if step.condition:
        for name in names_in("{{ " + step.condition + " }}"):
            yield ("if",), name
    if step.approval is not None:
        for name in names_in(step.approval.ask):
            yield ("approval", "ask"), name
    yield from _leaf_names(step.params, ("with",))


def _leaf_names(value: Any, path: Path) -> Iterator[tuple[Path, tuple[str, ...]]]:  # Any: parameters are plain JSON
    if isinstance(value, str):
        for name in names_in(value):
            yield path, name
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaf_names(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaf_names(item, (*path, index))


def _name_fault(runbook: Runbook, index: int, name: tuple[str, ...]) -> str:
    root, *rest = name
    if root not in _ROOTS:
        return f"unknown name {root!r}; a template can read inputs, steps, incident.id and run.id"
    if root == "inputs" and rest and rest[0] not in {one.name for one in runbook.inputs}:
        return f"no input is called {rest[0]!r}{suggest(rest[0], [one.name for one in runbook.inputs])}"
    if root == "steps" and rest:
        earlier = [step.id for step in runbook.steps[:index]]
        if rest[0] not in earlier:
            return f"no earlier step is called {rest[0]!r}{suggest(rest[0], earlier)}"
        if len(rest) > 1 and rest[1] not in _STEP_FIELDS:
            return f"a step has {', '.join(_STEP_FIELDS)}, no {rest[1]!r}"
    return ""


def _params(step: Step, spec: ActionSpec) -> Iterator[tuple[Path, str]]:
    """The parameters against the action's model; where a template stands, its value is not known yet."""
    try:
        spec.params.model_validate(step.params)
    except ValidationError as error:
        known = [info.alias or name for name, info in spec.params.model_fields.items()]
        for one in error.errors(include_url=False):
            path = tuple(one["loc"])
            if isinstance(one.get("input"), str) and "{{" in one["input"]:
                continue
            if one["type"] == "extra_forbidden":
                yield path, f"{spec.name} has no parameter {path[-1]!r}{suggest(str(path[-1]), known)}"
            elif one["type"] == "missing":
                yield path, f"{spec.name} needs {path[-1]!r}"
            else:
                yield path, one["msg"]
