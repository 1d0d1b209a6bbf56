"""Faults in how loops rest: one that hears nothing, one that stops the others, one that never rests."""

from tests.bites import Bite, replaced


def pytest(*tests: str) -> tuple[str, ...]:
    return ("pytest", "-q", "-x", "-n0", "-p", "no:cacheprovider", *tests)


REST = "tests/scenarios/test_rest.py"

BITES = [
    Bite(
        fault="a commit that nobody hears of",
        file="bot/store/writer.py",
        plant=replaced("            for tell in self._watchers:\n", "            for tell in ():\n"),
        caught_by=pytest(f"{REST}::test_what_was_written_without_a_word_to_anybody_is_found_within_a_second"),
        says="assert 1 == 0",
    ),
    Bite(
        fault="a look whose mistake stops all others",
        file="bot/engine/timers.py",
        plant=replaced("            except Exception:\n", "            except RuntimeError:\n"),
        caught_by=pytest(
            f"{REST}::test_a_look_that_meets_a_mistake_of_ours_is_taken_ever_less_often_and_stops_no_other"
        ),
        says="test_a_look_that_meets_a_mistake_of_ours_is_taken_ever_less_often_and_stops_no_other",
    ),
    Bite(
        fault="a loop that looks every second though nothing happened",
        file="bot/engine/bell.py",
        plant=replaced("IDLE_S if store.watch(self.stir) else SOON_S", "SOON_S"),
        caught_by=pytest(f"{REST}::test_an_hour_in_which_nothing_happens_costs_next_to_nothing"),
        says="each of three loops",
    ),
]
