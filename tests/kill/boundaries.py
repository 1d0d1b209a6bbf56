"""Where a run is killed. A moment is what a transaction writes; a boundary is just before or just after its commit."""

from dataclasses import dataclass

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
# The change itself: its command runs and has done nothing yet; it has done everything and has not ended yet.
EFFECTS = ("effect begins", "effect done")
# What only a second life does: somebody must find out whether the change happened that the first life began.
SECOND_LIVES = {
    True: ("finished mend",),  # the probe's answer
    False: ("asked_if_ran mend", "answered_if_ran mend"),  # a person's
}


@dataclass(frozen=True)
class Case:
    """The boundaries at which Tocsin is killed, one in each life; `probe`: the change can be looked for afterwards."""

    kills: tuple[str, ...]
    probe: bool = True
    round: int = 1

    def __str__(self) -> str:
        where = "-then-".join(boundary.replace(" ", "-") for boundary in self.kills)
        return f"{where}{'' if self.probe else '-unprobed'}-round{self.round:02}"


def sides(*moments: str) -> list[str]:
    """Both sides of the commit of each."""
    return [f"{side} {moment}" for moment in moments for side in ("before", "after")]


def all_cases() -> tuple[list[Case], list[Case]]:
    """Those at a commit, and those that leave a change behind whose end nobody saw."""
    commits = [Case((boundary,)) for boundary in sides(*MOMENTS)]
    unseen = [Case((effect,), probe) for effect in EFFECTS for probe in (True, False)]
    unseen += [Case((boundary,), probe=False) for boundary in sides("intended mend", "finished mend")]
    for probe, moments in SECOND_LIVES.items():
        unseen += [Case((effect, second), probe) for effect in EFFECTS for second in sides(*moments)]
    return commits, unseen


def drawn() -> list[Case]:
    """Every case ten times in `make soak`, a few of both kinds in `make test`."""
    commits, unseen = all_cases()
    cases = sample(commits, 3) + sample(unseen, 2)
    return [Case(case.kills, case.probe, number) for number in range(1, many(1, 10) + 1) for case in cases]
