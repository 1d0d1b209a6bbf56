"""Faults in who is woken, and when: people paged twice, too late, not at all, or though somebody has it."""

from tests.bites import Bite, replaced


def pytest(*tests: str) -> tuple[str, ...]:
    return ("pytest", "-q", "-x", "-n0", "-p", "no:cacheprovider", *tests)


EXACT = "tests/property/test_escalation.py"
WOKEN = "tests/scenarios/test_escalations.py"
BROKEN = "tests/scenarios/test_falling_back.py"
TOGETHER = "tests/scenarios/test_pages_together.py"

BITES = [
    Bite(
        fault="a level that is late and delays all that follow",
        file="bot/incidents/escalation.py",
        plant=replaced("by_policy = (standing.due_at or now) + level.wait", "by_policy = now + level.wait"),
        caught_by=pytest(f"{WOKEN}::test_the_last_level_comes_when_the_policy_says_whatever_crashes"),
        says="('cyd', 16.0)",
    ),
    Bite(
        fault="an escalation that ends though nobody could be reached",
        file="bot/incidents/escalation.py",
        plant=replaced("    if not reached:\n", "    if False:\n"),
        caught_by=pytest(f"{EXACT}::test_where_every_page_fails_all_levels_follow_at_once_and_nothing_ends"),
        says="it ended, and nobody knows",
    ),
    Bite(
        fault="a dead way to somebody after which nobody is paged at once",
        file="bot/response/page_sent.py",
        plant=replaced("            escalating.hurry(tx, setup, actor, ended, now)\n", "            pass\n"),
        caught_by=pytest(f"{WOKEN}::test_where_nobody_of_a_level_can_be_reached_the_next_one_is_woken_at_once"),
        says="assert [] == [('cyd', 0)]",
    ),
    Bite(
        fault="a page that leaves though somebody has the incident",
        file="bot/incidents/paging.py",
        plant=replaced(
            "    return page.level == BY_HAND or incident.status is", "    return True or incident.status is"
        ),
        caught_by=pytest("tests/unit/incidents/test_paging.py"),
        says="test_a_page_leaves_only_while_nobody_has_the_incident",
    ),
    Bite(
        fault="a page of one incident that holds the number of another store's",
        file="bot/incidents/paging.py",
        plant=replaced("-{int(incident.opened_at.timestamp())}", ""),
        caught_by=pytest("tests/unit/incidents/test_paging.py"),
        says="test_others_know_the_incidents_of_two_stores_apart",
    ),
    Bite(
        fault="a mail server that gets the password in the clear",
        file="bot/integrations/smtp/client.py",
        plant=replaced("            connection.starttls(context=context)\n", "            pass\n"),
        caught_by=pytest("tests/integrations/smtp/test_smtp.py", "-k", "without_tls"),
        says="test_a_server_without_tls_gets_no_password_and_no_mail",
    ),
    Bite(
        fault="pages that leave as one though nothing is to be bundled",
        file="bot/response/pages_held.py",
        plant=replaced("    if not setup.bundle_pages:\n", "    if False:\n"),
        caught_by=pytest(TOGETHER, "-k", "same_instant"),
        says="test_where_nothing_is_bundled_a_page_that_left_in_the_same_instant_holds_nothing_back",
    ),
    Bite(
        fault="what was held back from somebody that does not leave when they answer",
        file="bot/response/pages_held.py",
        plant=replaced("    if waits and _known(tx, setup, page, now) is None:\n", "    if False:\n"),
        caught_by=pytest(f"{TOGETHER}::test_as_soon_as_they_have_what_they_know_of_they_hear_of_the_rest"),
        says="test_as_soon_as_they_have_what_they_know_of_they_hear_of_the_rest",
    ),
    Bite(
        fault="a drill nobody answers that holds back what is real",
        file="bot/store/repositories/paging.py",
        plant=replaced("                _incidents.c.kind == IncidentKind.NORMAL,\n", ""),
        caught_by=pytest(f"{TOGETHER}::test_a_drill_nobody_answered_holds_back_nothing_that_is_real"),
        says="test_a_drill_nobody_answered_holds_back_nothing_that_is_real",
    ),
    Bite(
        fault="a bundle that speaks of all incidents and marks one",
        file="bot/response/page_sent.py",
        plant=replaced(
            "        for page in pages:\n            found", "        for page in pages[:1]:\n            found"
        ),
        caught_by=pytest(
            f"{TOGETHER}::test_what_comes_after_a_page_nobody_answered_leaves_as_one_when_its_time_is_over"
        ),
        says="assert {<PageStatus",
    ),
    Bite(
        fault="a graver incident that waits behind a harmless one",
        file="bot/incidents/paging.py",
        plant=replaced(" or incident.severity < known.gravest:", ":"),
        caught_by=pytest(f"{TOGETHER}::test_what_is_graver_than_what_they_know_wakes_them_at_once"),
        says="Right contains one more item",
    ),
    Bite(
        fault="a mistake with one incident that keeps everybody else from being paged",
        file="bot/response/one_by_one.py",
        plant=replaced("        return mistake\n", "        raise mistake\n"),
        caught_by=pytest(f"{WOKEN}::test_a_mistake_of_ours_with_many_delays_nobody_else_and_is_tried_again"),
        says="assert ['ann'] == ['ann', 'ben']",
    ),
    Bite(
        fault="an escalation that cannot be followed, and keeps its incident from being opened",
        file="bot/response/escalating.py",
        plant=replaced(
            "    if tx.mistake_in(lambda: _follow(tx, setup, actor, before, after, now)):\n"
            "        _look_at_once(tx, setup, after, now)\n",
            "    _follow(tx, setup, actor, before, after, now)\n",
        ),
        caught_by=pytest(
            f"{BROKEN}::test_what_opens_while_its_policy_is_broken_is_opened_and_wakes_those_of_the_default"
        ),
        says="No time zone found with key No/Where",
    ),
    Bite(
        fault="an escalation that cannot be followed, and wakes nobody",
        file="bot/response/one_by_one.py",
        plant=replaced("        if self.instead(tx, key, mistake):\n", "        if False:\n"),
        caught_by=pytest(
            f"{BROKEN}::test_what_opens_while_its_policy_is_broken_is_opened_and_wakes_those_of_the_default"
        ),
        says="assert [] == ['ann']",
    ),
    Bite(
        fault="a schedule that nobody is on call in, and that wakes nobody else",
        file="bot/incidents/escalation.py",
        plant=replaced("    if around.wider and not reached and", "    if False and"),
        caught_by=pytest(f"{BROKEN}::test_where_nobody_is_on_call_those_of_the_default_are_woken_at_once"),
        says="assert [] == ['ann']",
    ),
    Bite(
        fault="a page that fails again and again because what comes after it is broken",
        file="bot/response/escalating.py",
        plant=replaced(
            "    if tx.mistake_in(lambda: _hurry(tx, setup, actor, incident, failed, now)):\n"
            "        _look_at_once(tx, setup, incident, now)\n",
            "    _hurry(tx, setup, actor, incident, failed, now)\n",
        ),
        caught_by=pytest(f"{BROKEN}::test_a_page_that_fails_is_kept_as_failed_though_the_next_level_is_broken"),
        says="assert",
    ),
    Bite(
        fault="a clock that is set back by an hour, for which people wait an hour longer",
        file="bot/engine/timers.py",
        plant=replaced("        if back <= _SET_BACK:\n", "        if True:\n"),
        caught_by=pytest(f"{WOKEN}::test_a_clock_that_is_set_back_lets_nobody_wait_longer"),
        says="assert ['ann'] == ['ann', 'ben']",
    ),
    Bite(
        fault="pages that are older than their escalation, as the clock was set back, and count for nobody",
        file="bot/response/page_wanted.py",
        plant=replaced("created_at=max(now, since or now)", "created_at=now"),
        caught_by=pytest(f"{WOKEN}::test_a_clock_that_is_set_back_lets_nobody_wait_longer"),
        says="test_a_clock_that_is_set_back_lets_nobody_wait_longer",
    ),
    Bite(
        fault="a run that is held looks again an hour later, as the clock was set back",
        file="bot/response/clock_set_back.py",
        plant=replaced("        tx.runs.bring_forward(by)\n", ""),
        caught_by=pytest("tests/scenarios/test_guard.py", "-k", "set_back"),
        says="assert [] == ['mend cart']",
    ),
    Bite(
        fault="a page that is tried again an hour later, as the clock was set back",
        file="bot/response/clock_set_back.py",
        plant=replaced("        tx.outbox.bring_forward(by)\n", ""),
        caught_by=pytest(f"{WOKEN}::test_a_page_that_is_tried_again_is_tried_as_soon_after_the_clock_was_set_back"),
        says="assert [] == ['ben']",
    ),
]
