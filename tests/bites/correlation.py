"""Faults against the promises of correlation: what is kept apart, how long apart, and who hears of an end."""

from tests.bites import Bite, replaced

TESTS = ("pytest", "-q", "-p", "no:cacheprovider", "-n0")
PURE = (*TESTS, "tests/unit/incidents/test_correlation.py", "tests/property/test_correlation.py")
STORY = (*TESTS, "tests/scenarios/test_correlation.py")

BITES = [
    Bite(
        fault="groups that are kept apart meet",
        file="bot/incidents/correlation.py",
        plant=replaced("newcomer.apart == other.apart and ", ""),
        caught_by=PURE,
        says="FAILED",
    ),
    Bite(
        fault="a group that may hold several values of what is kept apart is compared all the same",
        file="bot/incidents/correlation.py",
        plant=replaced("not set(rules.apart) <= set(group_by)", "False"),
        caught_by=STORY,
        says="stays_alone",
    ),
    Bite(
        fault="only the first group of an incident forgets what it was told when alerts end",
        file="bot/response/alerts_over.py",
        plant=replaced("of_incident(incident.id, INCIDENT)]", "of_incident(incident.id, INCIDENT)[:1]]"),
        caught_by=STORY,
        says="is_forgotten_with",
    ),
    Bite(
        fault="what a person declared that is over because an alert is",
        file="bot/response/alerts_over.py",
        plant=replaced("if cleared.firing or cleared.declared_by:", "if cleared.firing:"),
        caught_by=(*STORY, "-k", "join_what_a_person_declared"),
        says="a person says when it is over",
    ),
]
