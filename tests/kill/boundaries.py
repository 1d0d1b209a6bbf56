"""Where a run is killed. A moment is what a transaction writes; a boundary is just before or just after its commit.

How many transactions there are is nobody's business here: two moments may well be one commit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import cycle, islice

from tests.soak import many, sample

# In the order of a run. `watched.py` finds these words in what a transaction does.
MOMENTS = (
    "evaluated",  # the first state of the rules
    "alert",  # the rule fires: evaluation and alert, in one commit
    "created",  # the incident is open and its run exists, in one commit
    "planned look",
    "intended look",
    "finished look",
    "planned mend",
    "asked mend",
    "answered mend",  # a person approves
    "intended mend",
    "finished mend",
    "planned settled",
    "intended settled",
    "finished settled",
    "checked",
    "ended",
    "evidence",
    "errand done",
    "resolved",
)
# The same of a run that asks, is held, is verified, is tried again, fails, and is taken back.
WIDE = (
    "asked how",
    "finished how",  # a person answers
    "asked first",
    "answered first",
    "held first",  # automation is paused
    "intended first",
    "finished first",
    "planned first.verify",
    "intended first.verify",
    "finished first.verify",
    "intended flaky",
    "finished flaky",  # it fails, and is tried again
    "finished last",  # it fails, and there is no other try
    "rollback",
    "planned flaky.rollback",
    "asked flaky.rollback",
    "answered flaky.rollback",
    "intended flaky.rollback",
    "finished flaky.rollback",
    "asked first.rollback",
    "intended first.rollback",
    "finished first.rollback",
    "ended",
)
# The change itself: its command runs and has done nothing yet; it has done everything and has not ended yet.
EFFECTS = ("effect begins mend", "effect done mend")
# What only a second life does: somebody must find out whether the change happened that the first life began.
SECOND_LIVES = {
    True: ("finished mend",),  # the probe's answer
    False: ("asked_if_ran mend", "answered_if_ran mend"),  # a person's
}
KILLS = 25
"""At each boundary of T1, in a soak."""


@dataclass(frozen=True)
class Case:
    """The boundaries at which Tocsin is killed, one in each life; `probe`: the change can be looked for afterwards.

    `named` is its boundary in `T1`; `gently`: it is asked to end, and killed 100 ms later.
    """

    kills: tuple[str, ...]
    probe: bool = True
    round: int = 1
    story: str = "mend"
    named: str = ""
    gently: bool = False

    def __str__(self) -> str:
        where = "-then-".join(boundary.replace(" ", "-") for boundary in self.kills)
        name = f"T1-{self.named}-{self.story}-" if self.named else ""
        return f"{name}{where}{'' if self.probe else '-unprobed'}-round{self.round:02}"


def sides(*moments: str) -> list[str]:
    """Both sides of the commit of each."""
    return [f"{side} {moment}" for moment in moments for side in ("before", "after")]


def all_cases() -> tuple[list[Case], list[Case]]:
    """Those at a commit, and those that leave a change behind whose end nobody saw."""
    commits = [Case((boundary,)) for boundary in sides(*MOMENTS)]
    commits += [Case((boundary,), story="wide") for boundary in sides(*WIDE)]
    commits += [Case((boundary,), story="cancelled") for boundary in sides("cancelled")]
    unseen = [Case((effect,), probe) for effect in EFFECTS for probe in (True, False)]
    unseen += [Case((boundary,), probe=False) for boundary in sides("intended mend", "finished mend")]
    for probe, moments in SECOND_LIVES.items():
        unseen += [Case((effect, second), probe) for effect in EFFECTS for second in sides(*moments)]
    return commits, unseen


MEND, BACK, FLAKY = "mend", "first.rollback", "flaky"
T1: Mapping[str, tuple[Case, ...]] = {
    "B0": (  # before the run is there
        Case(("before created",)),
        Case(("before created",), story="wide"),
        Case(("after alert",)),
    ),
    "B1": (Case(("after created",)), Case(("after created",), story="wide"), Case(("before claimed",))),
    "B2": (Case(("after claimed",)), Case(("after claimed",), story="wide"), Case(("after planned mend",))),
    "B3": (  # an answer is on the record, and the run does not know yet
        Case(("after answered mend",)),
        Case(("after answered first",), story="wide"),
        Case(("after finished how",), story="wide"),
        Case((f"after answered {BACK}",), story="wide"),
        Case(("after cancelled",), story="cancelled"),
    ),
    "B4": (  # the intent is on the record, and nothing has happened
        Case(("after intended mend",)),
        Case(("after intended mend",), probe=False),
        Case(("effect begins mend",), probe=False),
        Case(("after intended first",), story="wide"),
        Case((f"effect begins {FLAKY}",), probe=False, story="wide"),
        Case((f"effect begins {BACK}",), probe=False, story="wide"),
    ),
    "B5": (  # it has happened, and its end is not on the record
        Case(("effect done mend",)),
        Case(("effect done mend",), probe=False),
        Case(("before finished mend",), probe=False),
        Case(("effect done first",), story="wide"),
        Case((f"before finished {FLAKY}",), probe=False, story="wide"),
        Case((f"effect done {BACK}",), probe=False, story="wide"),
        Case(("effect done mend",), probe=False, story="cancelled"),
    ),
    "B6": (  # its end is on the record, and nothing follows yet
        Case(("after finished mend",)),
        Case(("after finished first",), story="wide"),
        Case((f"after finished {FLAKY}",), story="wide"),
        Case(("after rollback",), story="wide"),
        Case((f"after finished {BACK}",), story="wide"),
    ),
    "B9": (  # asked to end, and killed 100 ms later
        Case(("effect begins mend",), gently=True),
        Case(("effect done mend",), probe=False, gently=True),
        Case((f"effect done {BACK}",), story="wide", gently=True),
        Case(("after asked first",), story="wide", gently=True),
    ),
}
"""By their names. B7 is that of a page (`test_paging.py`) and of intake (`test_intake.py`); B8 is `test_upkeep.py`."""


def of_t1() -> list[Case]:
    """Each boundary so often, over its cases in turn; in `make test` one of some of them."""
    cases = []
    for name, wanted in T1.items():
        for number, case in enumerate(islice(cycle(wanted), many(len(wanted), KILLS))):
            cases.append(Case(case.kills, case.probe, number // len(wanted) + 1, case.story, name, case.gently))
    return sample(cases, 2)


def drawn() -> list[Case]:
    """Every case ten times in `make soak`, a few of both kinds in `make test`, besides those of T1."""
    commits, unseen = all_cases()
    cases = sample(commits, 2) + sample(unseen, 1)
    rounds = range(1, many(1, 10) + 1)
    return [Case(case.kills, case.probe, number, case.story) for number in rounds for case in cases] + of_t1()
