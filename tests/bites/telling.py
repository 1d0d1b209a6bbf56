"""Faults on the way out and in waiting: messages lost, told twice or out of order, and silence that nobody notices."""

from tests.bites import Bite, replaced


def pytest(*tests: str) -> tuple[str, ...]:
    return ("pytest", "-q", "-x", "-n0", "-p", "no:cacheprovider", *tests)


TELLING = "tests/scenarios/test_telling.py"
DEADMEN = "tests/scenarios/test_deadmen.py"
WAITING = "tests/unit/alerts/test_deadmen.py"

BITES = [
    Bite(
        fault="a message that overtakes the one before it",
        file="bot/store/repositories/outbox.py",
        plant=replaced('"waits": int(waits)', '"waits": 0'),
        caught_by=pytest(f"{TELLING}::test_what_happens_while_nobody_answers_is_told_later_and_in_order"),
        says="assert reasons(ear) == ",
    ),
    Bite(
        fault="a message that is given up at the first failure",
        file="bot/response/group_told.py",
        plant=replaced("is_lost = isinstance(error, Permanent) or", "is_lost = True or"),
        caught_by=pytest(f"{TELLING}::test_what_waits_outlives_the_process_and_is_told_once"),
        says="assert [] == ['FIRST']",
    ),
    Bite(
        fault="a wait that ends all sending, as no clock can show its end",
        file="bot/engine/errands.py",
        plant=replaced("min(doubled if wait is None else wait, _LONGEST_WAIT.total_seconds())", "wait or doubled"),
        caught_by=pytest(f"{TELLING}::test_a_wait_that_no_clock_can_show_holds_up_nobody_else_either"),
        says="test_a_wait_that_no_clock_can_show",
    ),
    Bite(
        fault="a message that is lost without a word",
        file="bot/response/group_told.py",
        plant=replaced("    await world.store.write(lambda tx: tx.decisions.add(telling.key, decision))\n", ""),
        caught_by=pytest(f"{TELLING}::test_what_will_never_be_taken_is_given_up_and_said"),
        says="not enough values to unpack",
    ),
    Bite(
        fault="a message that will never be taken and is sent for ever",
        file="bot/engine/errands.py",
        plant=replaced("            await self._give_up(errand)\n", '            await self._put_off(errand, "")\n'),
        caught_by=pytest(f"{TELLING}::test_what_will_never_be_taken_is_given_up_and_said"),
        says="assert ear.tries == 1",
    ),
    Bite(
        fault="a key that changes with every try",
        file="bot/integrations/webhook/client.py",
        plant=replaced('{"idempotency-key": key}', '{"idempotency-key": str(_now())}'),
        caught_by=pytest("tests/integrations/webhook/test_webhook.py", "-k", "known_by_its_id"),
        says="test_what_is_told_twice_is_known_by_its_id",
    ),
    Bite(
        fault="an address that is away and is asked again at once",
        file="bot/integrations/webhook/client.py",
        plant=replaced("        self._rests_until = _now() + min(wanted, LONGEST_REST_S)\n", ""),
        caught_by=pytest("tests/integrations/webhook/test_webhook.py", "-k", "left_alone_until_then"),
        says="answered None",
    ),
    Bite(
        fault="an end to come that is told of an alert that fires",
        file="bot/alerts/saying.py",
        plant=replaced("replace(alert, ends_at=None) if", "alert if"),
        caught_by=pytest("tests/unit/alerts/test_saying.py"),
        says="test_it_fires_while_one_alert_fires_and_an_end_to_come_is_not_said",
    ),
    Bite(
        fault="a deadman that cannot be judged, and keeps all others from being missed",
        file="bot/response/one_by_one.py",
        plant=replaced("                met[key] = mistake\n", "                raise\n"),
        caught_by=pytest(DEADMEN, "-k", "cannot_be_judged"),
        says="test_one_that_cannot_be_judged_keeps_no_other_from_being_missed",
    ),
    Bite(
        fault="a deadman that is blamed for our own absence",
        file="bot/alerts/deadmen.py",
        plant=replaced("    if up_since > due - deadman.grace:\n", "    if False:\n"),
        caught_by=pytest(WAITING),
        says="test_being_down_ourselves_is_not_their_fault",
    ),
    Bite(
        fault="a Watchdog that is heard when it ends",
        file="bot/alerts/deadmen.py",
        plant=replaced("if entry.over]:", "if False]:"),
        caught_by=pytest(f"{WAITING}::TestWatchdogs"),
        says="test_each_time_that_it_comes_is_a_sign_and_that_it_ends_is_none",
    ),
    Bite(
        fault="a sign of life from a Tocsin whose store is full",
        file="bot/response/life_shown.py",
        plant=replaced(
            "    if await world.store.write(lambda tx: tx.leases.acquire(LEASE, owner, sign.every * 2)) is None:\n"
            "        return\n",
            "",
        ),
        caught_by=pytest(f"{DEADMEN}::test_the_outside_does_not_hear_of_us_while_the_store_takes_no_writes"),
        says="assert len(outside.heard) == before == 4",
    ),
    Bite(
        fault="a ping that needs no secret",
        file="bot/api/ping.py",
        plant=replaced("        if not is_known:\n", "        if wanted is None:\n"),
        caught_by=pytest("tests/integrations/api/test_ping.py"),
        says="test_whoever_does_not_know_the_secret_gets_one_answer",
    ),
    Bite(
        fault="a replay that calls what is the same a difference",
        file="bot/alerts/replaying.py",
        plant=replaced("        self._remember(posted)\n", ""),
        caught_by=pytest("tests/unit/alerts/test_replaying.py"),
        says="test_what_began_before_the_first_body_that_is_looked_at_ends_all_the_same",
    ),
]
