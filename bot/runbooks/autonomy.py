"""How far a run may go by itself: what the configuration allows, what was given, and what was earned or lost."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace

from bot.model.automation import AUTONOMIES, Automation, Autonomy, RunbookRecord, Trust
from bot.model.run import RunbookRun, RunStatus, RunVerdict
from bot.model.runbook import Runbook, Step

_rung = AUTONOMIES.index
_DOING: dict[str, tuple[Runbook, str]] = {}
"""What was found last for each name: it takes a millisecond, and the same few runbooks begin again and again."""


def ceiling(automation: Automation, runbook: str, environment: str) -> Autonomy:
    """The most that the configuration allows it. Where nobody says which environment it is, it may be any of them."""
    anywhere = [has for name, has in automation.ceilings.items() if name.startswith(f"{runbook}@")]
    there = [automation.ceilings.get(f"{runbook}@{environment}", Autonomy.AUTO)] if environment else anywhere
    return min((automation.ceilings.get(runbook, Autonomy.AUTO), *there), key=_rung)


def doing(runbook: Runbook) -> str:
    """SHA-256 over what begins the runbook, what it takes and what its steps do; its words are no part of it."""
    untested = replace(runbook, tests=())
    known = _DOING.get(runbook.name)
    if known is None or known[0] != untested:
        known = _DOING[runbook.name] = (untested, _digest(untested))
    return known[1]


def _digest(runbook: Runbook) -> str:
    steps = tuple(_wordless(step) for step in runbook.steps)
    bare = replace(runbook, title="", summary="", owner="", file="", hash="", steps=steps)
    return hashlib.sha256(json.dumps(asdict(bare), sort_keys=True, default=str).encode()).hexdigest()


def _wordless(step: Step) -> Step:
    return replace(
        step,
        title="",
        approval=replace(step.approval, ask="") if step.approval is not None else None,
        verify=_wordless(step.verify) if step.verify is not None else None,
        rollback=_wordless(step.rollback) if step.rollback is not None else None,
    )


def held(trust: Trust | None, runbook: Runbook) -> Trust | None:
    """The trust, as far as it holds for the runbook as it is now; None: what was given, was given to something else.

    What was taken away stays so, whatever is rewritten.
    """
    if trust is None or not is_more(trust.autonomy, Autonomy.SUGGEST) or trust.does == doing(runbook):
        return trust
    return None


def level(automation: Automation, runbook: str, environment: str, trust: Trust | None) -> Autonomy:
    """What a run of it has that nobody began by hand."""
    given = trust.autonomy if trust is not None else automation.autonomy
    return min(given, ceiling(automation, runbook, environment), key=_rung)


def effective(
    automation: Automation, runbook: str, environment: str, trust: Trust | None, *, by_hand: bool
) -> Autonomy:
    """What a run has that begins now. Begun by a person it asks at least, and goes unasked only if trusted to."""
    has = level(automation, runbook, environment, trust)
    if not by_hand:
        return has
    trusted = trust is not None and trust.autonomy is Autonomy.AUTO
    if has is Autonomy.OBSERVE or (has is Autonomy.AUTO and not trusted):
        return Autonomy.SUGGEST
    return has


def offered(automation: Automation, record: RunbookRecord, trust: Trust | None) -> Autonomy | None:
    """The next autonomy that its recoveries, one after the other, have earned; None: none.

    Each rung is earned anew: `promote_after` recoveries for the first, twice as many for the second.
    """
    has = level(automation, record.runbook, record.environment, trust)
    rungs = _rung(has) - _rung(Autonomy.SUGGEST) + 1
    if rungs < 1 or has is Autonomy.AUTO or record.in_a_row < automation.promote_after * rungs:
        return None
    further = AUTONOMIES[_rung(has) + 1]
    return further if _rung(further) <= _rung(ceiling(automation, record.runbook, record.environment)) else None


def just_earned(automation: Automation, record: RunbookRecord, trust: Trust | None) -> Autonomy | None:
    """The same, if its last recovery is one that completed a row: an offer is not repeated after each."""
    return offered(automation, record, trust) if record.in_a_row % automation.promote_after == 0 else None


def has_failed(run: RunbookRun) -> bool:
    """Whether an ended run is one after which a runbook is no longer trusted: it changed something, in vain."""
    failed = run.status in (RunStatus.FAILED, RunStatus.ROLLED_BACK) or run.verdict is RunVerdict.NOT_RECOVERED
    return run.changed_at is not None and failed


def has_helped(run: RunbookRun) -> bool:
    """Whether an ended run counts as a recovery: it did all that it was to do, and that was seen to help."""
    recovered = run.status is RunStatus.SUCCEEDED and run.verdict is RunVerdict.RECOVERED
    return run.changed_at is not None and recovered


def is_more(one: Autonomy, other: Autonomy) -> bool:
    """Whether `one` stands above `other`."""
    return _rung(one) > _rung(other)


def why_offered(record: RunbookRecord, further: Autonomy) -> str:
    """The offer, for a person."""
    where = f" --environment {record.environment}" if record.environment else ""
    what = {
        Autonomy.APPROVE: "ask once for all of its changes",
        Autonomy.AUTO: "make changes of risk write unasked",
    }.get(further, str(further))
    return (
        f"{record.runbook} has recovered {record.in_a_row} times in a row;"
        f" `tocsin automation trust {record.runbook} {further}{where} --reason ...` would let it {what}"
    )
