"""What the killed runs do. In a runbook `<NAME>` stands for the command of the change of that name.

`changes` are the steps that change something, as their commands are called, and how often each may happen in all.
`fails` says how often a command fails, after its change. `heals` is the change after which the world is well again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.model.run import RunStatus

HEAD = """\
runbook: mend
title: Something is broken
owner: tests
summary: Is killed wherever that hurts.
triggers: [{match: {alertname: Broken}, auto: read}]
inputs:
  case: {from: alert.labels.case}
steps:
"""
LOOK = """\
  - id: look
    uses: prometheus.query
    with: {expr: 'broken{case="$case"}', vars: {case: "{{ inputs.case }}"}}
"""
MEND = """\
  - id: mend
    uses: host.run
    with: {host: here, argv: <mend>}
    approval: {by: on-call, count: 1, ask: "Mend {{ inputs.case }}?"}
    timeout: 6s
"""
SETTLED = """\
  - id: settled
    uses: prometheus.wait_until
    with: {expr: 'broken{case="$case"} == 0', vars: {case: "{{ inputs.case }}"}}
    timeout: 1m
"""
HOW = """\
  - id: how
    uses: ask
    with: {question: "How?", answers: {speed: {type: enum, values: [slow, fast]}}}
"""
FIRST = """\
  - id: first
    uses: host.run
    with: {host: here, argv: <first>}
    timeout: 6s
    verify:
      expr: 'broken{case="$case"} >= bool 0'
      vars: {case: "{{ inputs.case }}"}
      within: 30s
    rollback: {uses: host.run, with: {host: here, argv: <first.rollback>}, timeout: 6s}
"""
FLAKY = """\
  - id: flaky
    if: steps.how.result.speed == "fast"
    uses: host.run
    with: {host: here, argv: <flaky>}
    retry: {attempts: 2, wait: 1s, backoff: 2}
    timeout: 6s
    rollback: {uses: host.run, with: {host: here, argv: <flaky.rollback>}, timeout: 6s}
"""
LAST = """\
  - id: last
    uses: host.run
    with: {host: here, argv: <last>}
    timeout: 6s
"""


@dataclass(frozen=True)
class Story:
    """One of them. `status` is how its run must end; `pauses`: a person stops automation before its first change.

    `cancels` is the change in the midst of which a person cancels the run; empty: nobody does.
    """

    name: str
    runbook: str
    changes: Mapping[str, tuple[int, ...]]
    heals: str
    status: RunStatus = RunStatus.SUCCEEDED
    fails: Mapping[str, int] = field(default_factory=dict)
    pauses: bool = False
    cancels: str = ""
    alert: str = "Broken"


STORIES = {
    story.name: story
    for story in (
        Story("mend", HEAD + LOOK + MEND + SETTLED, changes={"mend": (1,)}, heals="mend"),
        # asks a question of its own, is held, is verified, is tried again, fails, and is taken back in reverse order
        Story(
            "wide",
            HEAD + LOOK + HOW + FIRST + FLAKY + LAST,
            changes={"first": (1,), "flaky": (1, 2), "last": (1,), "flaky.rollback": (1,), "first.rollback": (1,)},
            heals="first.rollback",
            status=RunStatus.ROLLED_BACK,
            fails={"flaky": 1, "last": 9},
            pauses=True,
        ),
        # whose first change is under way when somebody pulls the switch
        Story("switched", HEAD + LOOK + MEND + LAST, changes={"mend": (1,), "last": (1,)}, heals="last"),
        Story(
            "cancelled",
            HEAD + LOOK + MEND + LAST,
            changes={"mend": (1,), "last": (0,)},
            heals="mend",
            status=RunStatus.CANCELLED,
            cancels="mend",
        ),
    )
}
