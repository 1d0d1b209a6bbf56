"""Faults that make Tocsin tell or show what Alertmanager does not: a scenario beside a real one sees each."""

from tests.bites import Bite, replaced


def _bite(fault: str, file: str, old: str, new: str, scenario: str) -> Bite:
    played = ("python", "-m", "tests.differential.alertmanager", scenario)
    return Bite(fault=fault, file=f"bot/{file}", plant=replaced(old, new), caught_by=played, says=f"{scenario}: ")


BITES = [
    _bite(
        "nothing is told again however long it lasts",
        "alerts/telling.py", "before.at.timestamp() + repeat_after < now", "repeat_after < 0",
        "repeats-at-every-look",
    ),
    _bite(
        "who wants to hear of nothing that is over does",
        "alerts/saying.py", "if webhook.send_resolved:\n        return alerts", "if alerts:\n        return alerts",
        "two-webhooks",
    ),
    _bite(
        "alerts of a message stand in no order of jobs",
        "alerts/saying.py", '_LEADING = ("job", "instance")', '_LEADING = ("instance", "job")',
        "order",
    ),
    _bite(
        "nobody hears how many alerts are left out",
        "alerts/saying.py", "truncated=len(ordered) - len(shown)", "truncated=0",
        "few-are-named",
    ),
    _bite(
        "a second branch is never taken",
        "alerts/routing.py", "if not child.continue_:", "if child:",
        "continue",
    ),
    _bite(
        "a mute of the branch above counts below",
        "config/routes.py", "mute_time_intervals=node.mute_time_intervals,",
        "mute_time_intervals=node.mute_time_intervals or above.mute_time_intervals,",
        "muted-above",
    ),
    _bite(
        "what is a cause and a symptom inhibits its own kind",
        "alerts/inhibition.py", "plain_only=fits(rule.source, labels)", "plain_only=False",
        "both-sides",
    ),
    _bite(
        "an alert begins when it was last said to",
        "alerts/table.py", "starts_at = min(starts_at, entry.starts_at)", "starts_at = max(starts_at, 0)",
        "earliest-start",
    ),
    _bite(
        "an alert without an end keeps the one it was given for want of it",
        "alerts/table.py", "else not older_timeout", "else True",
        "an-end-after-none",
    ),
    _bite(
        "a group is shown with one receiver of its alerts",
        "api/alertmanager/app.py", "sorted(filter(wanted.hears, every))", "list(filter(wanted.hears, every))[:1]",
        "continue",
    ),
]  # fmt: skip
