"""Faults between us and a pager: a circle, a page that outlives its incident, a change that is lost or done twice."""

from tests.bites import Bite, replaced


def pytest(*tests: str) -> tuple[str, ...]:
    return ("pytest", "-q", "-x", "-n0", "-p", "no:cacheprovider", *tests)


FAULTS = "tests/integrations/pagerduty/test_faults.py"

BITES = [
    Bite(
        fault="a change of theirs that keeps all that come after it from being followed",
        file="bot/response/mirrors_due.py",
        plant=replaced("await look.mistake(mirrored.follow(", "await (lambda it: it)(mirrored.follow("),
        caught_by=pytest("tests/scenarios/test_mirrors_asked.py"),
        says="assert <IncidentStatus.TRIGGERED",
    ),
    Bite(
        fault="a page that arrives after the end and goes on for ever",
        file="bot/response/page_sent.py",
        plant=replaced(
            "            mirror_told.page_left(tx, actor, page", "            (lambda *_: None)(tx, actor, page"
        ),
        caught_by=pytest(f"{FAULTS}::test_a_page_that_is_slow_to_arrive_does_not_outlive_its_incident"),
        says="TimeoutError",
    ),
    Bite(
        fault="late news of the incident before, taken for news of this one",
        file="bot/incidents/mirroring.py",
        plant=replaced("    if change.at < _began(incident) or incident", "    if incident"),
        caught_by=pytest("tests/unit/incidents/test_mirroring.py"),
        says="test_what_is_news",
    ),
    Bite(
        fault="a note of ours that comes back as one of theirs",
        file="bot/integrations/pagerduty/people.py",
        plant=replaced("    return note.startswith(MARK)", "    return False"),
        caught_by=pytest("tests/integrations/pagerduty/test_readers.py"),
        says="test_notes_of_ours_are_no_news",
    ),
    Bite(
        fault="a name that somebody gave themselves at the pager and that makes them one of our people",
        file="bot/incidents/mirroring.py",
        plant=replaced(
            "_known_as(people, integration, change.who) or",
            "_known_as(people, integration, change.who) or change.by or",
        ),
        caught_by=pytest("tests/unit/incidents/test_mirroring.py"),
        says="ann (pager)",
    ),
    Bite(
        fault="what the pager does not take while it is down, and never hears of afterwards",
        file="bot/response/mirror_told.py",
        plant=replaced("if isinstance(error, Permanent) or now - change.at >= GIVE_UP:", "if True:"),
        caught_by=pytest(f"{FAULTS}::test_what_it_did_not_hear_it_hears_in_order_as_soon_as_it_answers"),
        says="pager does not know yet",
    ),
]
