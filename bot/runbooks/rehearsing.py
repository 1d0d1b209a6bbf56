"""What can be said of a step before anything has run: what it waits for, and of whom it will be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.model.actor import Person
from bot.model.runbook import ApprovalTerms, Step
from bot.runbooks.taint import leaf_names
from bot.runbooks.templates import names_in


def waits_for(step: Step) -> tuple[str, ...]:
    """The steps of whose results its `if` or its parameters are made.

    What belongs to a step reads the `result` of that one.
    """
    names = sorted(names_in("{{ " + step.condition + " }}")) if step.condition else []
    names += [name for _, name in leaf_names(dict(step.params))]
    above = step.id.rpartition(".")[0]
    named = [name[1] for name in names if name[0] == "steps" and len(name) > 1]
    own = [above for name in names if name[0] == "result" and above]
    return tuple(dict.fromkeys(named + own))


def who(terms: ApprovalTerms, people: Mapping[str, Person], asker: str) -> Sequence[str]:
    """Those who could agree: they hold the role, and are not who wants it, unless there is nobody else."""
    holders = sorted(name for name, person in people.items() if terms.by in person.roles)
    return [name for name in holders if name != asker] or holders
