"""Faults in the life of an incident: closed for good, merged without a way back, links that lead round."""

from tests.bites import Bite, replaced


def pytest(*tests: str) -> tuple[str, ...]:
    return ("pytest", "-q", "-x", "-n0", "-p", "no:cacheprovider", *tests)


LIFE = "tests/scenarios/test_incident_life.py"
PROPERTY = "tests/property/test_incident_life.py"

BITES = [
    Bite(
        fault="an incident that is reopened and still says when it was resolved",
        file="bot/incidents/lifecycle.py",
        plant=replaced("mitigated_at=None, resolved_at=None,", "mitigated_at=None,"),
        caught_by=pytest(f"{PROPERTY}::test_whatever_is_done_to_an_incident_it_stands_as_its_times_say"),
        says="assert following.status is lifecycle.status_of(following)",
    ),
    Bite(
        fault="an undone merge that leaves the other's alerts where they were",
        file="bot/incidents/merging.py",
        plant=replaced("firing = _but(whole.firing, record.firing)", "firing = whole.firing"),
        caught_by=pytest(f"{PROPERTY}::test_what_is_merged_and_taken_out_again_is_as_it_was"),
        says="test_what_is_merged_and_taken_out_again_is_as_it_was",
    ),
    Bite(
        fault="a merge that keeps the alert groups",
        file="bot/response/incidents_merged.py",
        plant=replaced("tx.incidents.give(key, into_id)", "tx.incidents.give(key, incident_id)"),
        caught_by=pytest(f"{LIFE}::test_what_is_merged_holds_the_alerts_and_tells_both_stories"),
        says="not seen within 5m",
    ),
    Bite(
        fault="an incident that is reopened by hand and believes that all of it fires",
        file="bot/response/incident_changed.py",
        plant=replaced("if entry is not None and not entry.over", "if entry is not None"),
        caught_by=pytest(f"{LIFE}::test_what_is_reopened_by_hand_knows_what_of_it_still_fires"),
        says="At index 1 diff: 2 != 1",
    ),
    Bite(
        fault="an incident that is taken out of a merge and wakes nobody",
        file="bot/incidents/escalation.py",
        plant=replaced("    return was_ended or standing", "    return standing"),
        caught_by=pytest("tests/scenarios/test_escalations.py", "-k", "what_is_merged_wakes_nobody"),
        says="assert [] == ['ann']",
    ),
    Bite(
        fault="links that lead round in a circle",
        file="bot/incidents/links.py",
        plant=replaced("        above = linked(at, kind)\n", "        above = None\n"),
        caught_by=pytest("tests/unit/incidents/test_merging.py::test_a_link_leads_somewhere_else_and_never_round"),
        says="DID NOT RAISE",
    ),
    Bite(
        fault="what went bad before a rule noticed is not counted",
        file="bot/evidence/impact.py",
        plant=replaced(", *_began(seen, noticed)])", "])"),
        caught_by=pytest("tests/unit/evidence/test_impact.py"),
        says="before_a_rule_noticed",
    ),
]
