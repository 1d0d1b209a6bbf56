"""Text that somebody outside wrote: it may be shown, and it may be a value; it is never syntax.

An input is tainted when it is a `text` without a `pattern` that is taken from an alert, from an incident, or from what
another system posted. Tainted inputs may stand where an action only shows a text to people, or hands it on escaped as a
value (`vars` of a query): those parameters are marked `ANY_TEXT` by the action. Everywhere else a tainted input is
refused, by `tocsin check` and when the step is prepared; and nothing else that is filled in there, such as what an
earlier step found, may begin with `-` or hold a control character. In a parameter that is read as a language (PromQL, a
manifest) only words and numbers are filled in.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.documents import Path
from bot.model.runbook import Runbook, Step
from bot.ports.actions import ActionSpec, is_language, takes_any_text
from bot.runbooks.inputs import is_tainted
from bot.runbooks.templates import Data, Filling, TemplateFailed, names_in, render_leaves

_HINT = "give it a `type` or a `pattern`; text from outside may only be shown, or stand in the `vars` of a query"


def filled(runbook: Runbook, step: Step, spec: ActionSpec, data: Data) -> dict[str, Any]:
    """The step's parameters with their templates rendered; TemplateFailed also where tainted text would be syntax.

    Any: parameters are plain JSON of any shape.
    """
    for path, name in misused(runbook, step, spec):
        raise TemplateFailed(f"input {name!r} holds text from outside, and cannot stand in {path[0]!r}", hint=_HINT)
    return {key: render_leaves(value, data, _filling(spec, key)) for key, value in step.params.items()}


def _filling(spec: ActionSpec, param: str) -> Filling:
    if takes_any_text(spec, param):
        return Filling.TEXT
    return Filling.LANGUAGE if is_language(spec, param) else Filling.SYNTAX


def misused(runbook: Runbook, step: Step, spec: ActionSpec) -> Iterator[tuple[Path, str]]:
    """Where a tainted input stands in a parameter that may be syntax: the path below `with`, and the input."""
    tainted = {one.name for one in runbook.inputs if is_tainted(runbook, one)}
    for path, name in leaf_names(step.params):
        if name[0] != "inputs" or takes_any_text(spec, str(path[0])):
            continue
        if len(name) > 1 and name[1] in tainted:
            yield path, name[1]
        elif len(name) == 1 and tainted:  # `inputs` as a whole, or one that is chosen when it runs
            yield path, min(tainted)


def complaint(name: str, spec: ActionSpec) -> str:
    """What `tocsin check` says of it."""
    return f"input {name!r} may hold any text from outside, which {spec.name} would take for more than a value; {_HINT}"


def leaf_names(value: Any, path: Path = ()) -> Iterator[tuple[Path, tuple[str, ...]]]:  # Any: plain JSON
    """Every dotted name that the texts in a value read, with the path of the text."""
    if isinstance(value, str):
        for name in sorted(names_in(value)):
            yield path, name
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from leaf_names(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaf_names(item, (*path, index))
