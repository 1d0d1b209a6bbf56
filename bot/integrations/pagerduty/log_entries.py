"""PagerDuty's log entries: what was done to incidents, and by whom."""

from __future__ import annotations

from bot.integrations.pagerduty.people import by_whom, for_whom, is_ours
from bot.kit.posted import Part
from bot.model.mirror import Happening, TheirChange

_KINDS = {
    "trigger_log_entry": Happening.TRIGGERED,
    "acknowledge_log_entry": Happening.ACKNOWLEDGED,
    "unacknowledge_log_entry": Happening.UNACKNOWLEDGED,
    "resolve_log_entry": Happening.RESOLVED,
    "reopen_log_entry": Happening.REOPENED,
    "assign_log_entry": Happening.ASSIGNED,
    "delegate_log_entry": Happening.ASSIGNED,
    "escalate_log_entry": Happening.ASSIGNED,
    "annotate_log_entry": Happening.NOTED,
}


def read(entry: Part) -> TheirChange | None:
    """What an entry says; None: nothing that concerns us. Its first ref is their id. ValueError: it is no entry."""
    what = _KINDS.get(entry.text("type"))
    at = entry.moment("created_at")
    if what is None or at is None:
        return None
    incident, text = entry.part("incident"), entry.part("channel").text("summary")
    if what is Happening.NOTED and is_ours(text):
        return None
    by, who = by_whom(entry.part("agent"))
    return TheirChange(
        what=what,
        refs=tuple(filter(None, (incident.needed("id"), incident.text("incident_key")))),
        at=at,
        by=by,
        who=who,
        to=for_whom(entry.parts("assignees")) if what is Happening.ASSIGNED else (),
        text=text if what is Happening.NOTED else "",
    )
