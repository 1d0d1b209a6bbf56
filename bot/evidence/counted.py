"""What a saved search counted in its own runs: the signal of a rule that cannot be asked about the past."""

from __future__ import annotations

from bot.evidence.collector import SignalAnswer
from bot.evidence.questions import SignalQuestion
from bot.model.labels import LabelSet
from bot.model.sample import Series
from bot.model.search import SearchMemory


def counted(question: SignalQuestion, memory: SearchMemory | None) -> SignalAnswer:
    """The counts of the complete runs in the question's window, as one series; or why there are none.

    A run that failed or did not see everything is a gap, not a number. The link leads to the newest run that found
    anything.
    """
    runs = memory.runs if memory is not None else ()
    window = question.window
    seen = [run for run in reversed(runs) if window.start <= run.slot <= window.end]
    points = tuple((run.slot, float(run.count)) for run in seen if run.complete and run.count is not None)
    link = next((run.link for run in reversed(seen) if run.link), question.alerts[0].generator_url)
    if not points:
        why = f"its last run was not complete: {seen[-1].why}" if seen else "no run of it is kept from this time"
        return SignalAnswer(question=question, link=link, unavailable=f"a saved search shows its own runs only; {why}")
    return SignalAnswer(question=question, link=link, series=(Series(labels=LabelSet(), points=points),))
