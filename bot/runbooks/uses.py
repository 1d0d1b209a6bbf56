"""How often runbooks ran, what became of it, and how long people were waited for.

Runs          those that ended in the time asked about, whatever began them, and whatever the runbook did then; those
              that steps of others began, too
Changed       of these, those that began to change something
Stopped       somebody said no, nobody answered in time, or it was cancelled
Recovered     what became of the signal, as it was looked at after the run; NOT SEEN is no recovery
Recovery      from a run's last change to the signal's recovery
Answer        from a question whether a change may be made to its answer; questions that lapsed are left out
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from bot.model.run import RunStatus, RunVerdict
from bot.model.statistics import Ran, RunbookUse, Spread, Waited


@dataclass(slots=True)
class _Tally:
    changed: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    recoveries: list[int] = field(default_factory=list)
    waits: list[int] = field(default_factory=list)


def used(
    ran: Iterable[Ran], waited: Iterable[Waited], spread: Callable[[Sequence[int]], Spread | None]
) -> Sequence[RunbookUse]:
    """Every runbook that ran, the most used first."""
    tallies: dict[str, _Tally] = {}
    for run in ran:
        tally = tallies.setdefault(run.runbook, _Tally())
        tally.changed += run.changed
        tally.statuses[run.status] += 1
        tally.verdicts[run.verdict] += 1
        if run.verdict == RunVerdict.RECOVERED and run.after is not None and run.changed:
            tally.recoveries.append(run.after)
    for wait in waited:
        if wait.runbook in tallies:  # a run may have ended between the two questions
            tallies[wait.runbook].waits.append(wait.answered - wait.asked)
    found = [_use(runbook, tally, spread) for runbook, tally in tallies.items()]
    return sorted(found, key=lambda one: (-one.runs, one.runbook))


def _use(runbook: str, tally: _Tally, spread: Callable[[Sequence[int]], Spread | None]) -> RunbookUse:
    statuses, verdicts = tally.statuses, tally.verdicts
    return RunbookUse(
        runbook=runbook,
        runs=statuses.total(),
        changed=tally.changed,
        succeeded=statuses[RunStatus.SUCCEEDED],
        failed=statuses[RunStatus.FAILED] + statuses[RunStatus.ROLLED_BACK],
        stopped=statuses[RunStatus.REJECTED] + statuses[RunStatus.CANCELLED],
        recovered=verdicts[RunVerdict.RECOVERED],
        not_recovered=verdicts[RunVerdict.NOT_RECOVERED],
        not_seen=verdicts[RunVerdict.NOT_SEEN],
        recovery=spread(tally.recoveries),
        answer=spread(tally.waits),
    )
