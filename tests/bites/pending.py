"""Faults in what is written together: rows of works that failed, rows refused, and what a run owes."""

from tests.bites import Bite, replaced
from tests.bites.promises import pytest

STORE = "tests/contracts/test_store.py"

BITES = [
    Bite(
        fault="rows of a work that failed are written all the same",
        file="bot/store/pending.py",
        plant=replaced("        del self._rows[self._before :]\n", ""),
        caught_by=pytest(STORE, "-k", "refused and sqlite"),
        says="test_a_row_that_is_refused_costs_the_others_nothing",
    ),
    Bite(
        fault="a journal that forgets what is not written yet",
        file="bot/store/repositories/runs.py",
        plant=replaced("        tail.lines.append(line)\n", ""),
        caught_by=pytest(STORE, "-k", "refused and sqlite"),
        says="test_a_row_that_is_refused_costs_the_others_nothing",
    ),
    Bite(
        fault="a process that goes by what it knew though another one has written",
        file="bot/store/postgres.py",
        plant=replaced("if channel.ask(_MARK) != channel.seen:", "if not channel.seen:"),
        caught_by=pytest("tests/contracts/test_store_postgres.py", "-k", "second_process_takes_over"),
        says="DID NOT RAISE",
    ),
    Bite(
        fault="a process that goes by what it knew though somebody has written by hand",
        file="bot/store/sqlite.py",
        plant=replaced("return channel.seen == before", "return before > 0"),
        caught_by=pytest("tests/contracts/test_store_sqlite.py", "-k", "by_hand"),
        says="assert not",
    ),
    Bite(
        fault="what a work that failed knew is still believed",
        file="bot/store/pending.py",
        plant=replaced(
            "        self._again, self._working, self.is_saved = [], False, False\n        self.kept.clear()\n",
            "        self._again, self._working, self.is_saved = [], False, False\n",
        ),
        caught_by=pytest(STORE, "-k", "undone_are_not_skipped and sqlite"),
        says="test_ids_of_a_work_that_was_undone_are_not_skipped",
    ),
    Bite(
        fault="a run that is put to sleep though it was woken while it was carried",
        file="bot/store/repositories/runs.py",
        plant=replaced("< _rests_until), _runs.c.woken_at),", "< _rests_until), null()),"),
        caught_by=pytest(STORE, "-k", "woken_while_it_is_carried and sqlite"),
        says="test_a_run_woken_while_it_is_carried_is_not_put_to_sleep",
    ),
    Bite(
        fault="whoever looks does not see what waits to be written",
        file="bot/store/pending.py",
        plant=replaced("if self._tables and not self._tables.isdisjoint(asking.meets):", "if False:"),
        caught_by=pytest(STORE, "-k", "shares_the_commit and sqlite"),
        says="test_a_journal_is_whole_for_who_shares_the_commit_in_which_its_run_is_put_down",
    ),
    Bite(
        fault="of two changes to one row only one is made where many are made at once",
        file="bot/store/prepared.py",
        plant=replaced("        if self.apart is None:\n", "        if self.many:\n"),
        caught_by=pytest(STORE, "-k", "words_of_its_head and postgresql"),
        says="test_by_the_words_of_its_head_and_of_its_story",
    ),
    Bite(
        fault="a run that sleeps over what somebody has just written",
        file="bot/response/carried.py",
        plant=replaced("            result = None if others else work(tx)\n", "            result = work(tx)\n"),
        caught_by=pytest("tests/scenarios/test_steps.py", "-k", "does_not_rest_while"),
        says="is None",
    ),
]
