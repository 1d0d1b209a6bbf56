"""Faults against statistics: each would tell people something about their incidents that is not so."""

from tests.bites import Bite, replaced


def suite(test: str) -> tuple[str, ...]:
    return ("pytest", "-q", "-x", "-n0", "-p", "no:cacheprovider", f"tests/{test}")


BITES = [
    Bite(
        fault="statistics: an incident that was reopened counts as acknowledged from its first beginning",
        file="bot/incidents/statistics.py",
        plant=replaced("opened if one.reopened is None else one.reopened", "opened"),
        caught_by=suite("unit/incidents/test_statistics.py"),
        says="test_a_reopened_one_called_for_somebody_again",
    ),
    Bite(
        fault="statistics: a percentile is the next value instead of one between two",
        file="bot/incidents/statistics.py",
        plant=replaced("* (place - low)", "* 1"),
        caught_by=suite("unit/incidents/test_statistics.py"),
        says="test_ten_incidents_by_hand",
    ),
    Bite(
        fault="statistics: the night is that of Tocsin's zone for everybody",
        file="bot/incidents/nights.py",
        plant=replaced("self._elsewhere.get(page.person, self._here)", "self._here"),
        caught_by=suite("unit/incidents/test_noise.py"),
        says="test_the_night_is_that_of_the_person",
    ),
    Bite(
        fault="statistics: drills count",
        file="bot/store/repositories/statistics.py",
        plant=replaced("    _incidents.c.kind == IncidentKind.NORMAL,\n", ""),
        caught_by=suite("contracts/test_store_statistics.py"),
        says="test_drills_tests_merged_ones_duplicates",
    ),
    Bite(
        fault="statistics: an alert that fires again in its incident is no flap",
        file="bot/response/group_fires.py",
        plant=replaced("noise.began(incident, fresh)", "noise.began(None, fresh)"),
        caught_by=suite("scenarios/test_statistics.py"),
        says="test_what_nobody_acted_on_is_ignored",
    ),
]
