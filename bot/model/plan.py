"""What an action would do, exactly, and what came of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bot.model.runbook import Risk


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Exactly what an action would do, made with zero writes; plain JSON, so that a journal can keep it.

    `summary` is one line for a person, `diff` what would change, `undo` how to take it back (text); these two are part
    of the hash, so that nothing stands in them that moves by itself, such as a count or the time.
    `preconditions` bind the plan to the world it was made in; they are part of the hash. `places` are where the targets
    lie, each as `kind:name` (`namespace:shop`, `host:web1`, `cluster:prod`): what limits and protections look at.
    """

    action: str
    integration: str
    params: Mapping[str, Any]
    """The validated parameters, as plain JSON values."""
    targets: tuple[str, ...]
    summary: str
    risk: Risk
    repeatable: bool
    can_probe: bool = False
    diff: str = ""
    undo: str = ""
    preconditions: Mapping[str, str] = field(default_factory=dict)
    places: tuple[str, ...] = ()
    can_undo: bool = False
    """Whether the action can make the plan that takes this one back."""

    @property
    def hash(self) -> str:
        """SHA-256 over what would be done, to whom and under which preconditions, and over what people are shown of it.

        It is what an approval is bound to: where what would change, or the way back, is another by now, nobody agreed.
        """
        bound = {
            "action": self.action,
            "integration": self.integration,
            "params": self.params,
            "targets": list(self.targets),
            "places": list(self.places),
            "risk": self.risk,
            "preconditions": dict(self.preconditions),
            "diff": self.diff,
            "undo": self.undo,
        }
        text = json.dumps(bound, sort_keys=True, separators=(",", ":"), default=dict)
        return hashlib.sha256(text.encode()).hexdigest()


class Outcome(StrEnum):
    """How an action ended. UNKNOWN: it may have had its effect; nobody saw."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Did(StrEnum):
    """What a probe says about an action whose end nobody saw."""

    DID = "did"
    DID_NOT = "did_not"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionResult:
    """What came of an action. `value` is plain JSON for later steps; `text` is what it printed, capped and redacted.

    `temporary` says that trying again may help, `untouched` that it is known to have changed nothing, so that there is
    nothing to take back; both matter only when the outcome is FAILED.
    """

    outcome: Outcome
    summary: str
    value: Mapping[str, Any] = field(default_factory=dict)
    """For templates of later steps: `steps.ID.result.KEY`."""
    text: str = ""
    link: str = ""
    temporary: bool = False
    untouched: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsedStep:
    """What a step would do: `would` is run, ask, skip, refuse or unknown; `plan` is absent for the last three.

    `waits_for` are the steps whose results it depends on, where it is unknown; `people` could answer what it asks.
    """

    step: str
    title: str
    would: str
    text: str
    plan: Plan | None = None
    waits_for: tuple[str, ...] = ()
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """A runbook gone through with zero writes."""

    runbook: str
    inputs: Mapping[str, str]
    steps: tuple[RehearsedStep, ...]
