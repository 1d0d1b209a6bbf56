"""Faults in how people are kept to an incident: reminded twice, of nothing, or told what is not for them."""

from tests.bites import Bite, replaced


def pytest(*tests: str) -> tuple[str, ...]:
    return ("pytest", "-q", "-x", "-n0", "-p", "no:cacheprovider", *tests)


SCENARIOS = "tests/scenarios/test_response.py"
BROKEN = "tests/scenarios/test_falling_back.py"
PURE = "tests/unit/incidents/test_reminders.py"

BITES = [
    Bite(
        fault="a reminder that is told by whoever has lost the lease",
        file="bot/response/one_by_one.py",
        plant=replaced("        self.check(tx)\n        work(tx, key)", "        work(tx, key)"),
        caught_by=pytest(f"{SCENARIOS}::test_whoever_has_lost_the_lease_reminds_nobody"),
        says="== ['status']",
    ),
    Bite(
        fault="a reminder that comes as often as somebody looks",
        file="bot/incidents/reminders.py",
        plant=replaced("reminder.told_at + _wait(reminder.count, lack.again)", "reminder.told_at"),
        caught_by=pytest(f"{PURE}::test_whenever_somebody_looks_it_is_told_at_most_once_and_never_too_early"),
        says="assert reminder.due_at > now",
    ),
    Bite(
        fault="a reminder of what is not lacking any more",
        file="bot/response/incident_moved.py",
        plant=replaced("    reminders_planned.follow(tx, setup, actor, before, after, now)\n", ""),
        caught_by=pytest(f"{SCENARIOS}::test_nobody_leading_is_said_again_and_again_until_somebody_does"),
        says="assert [] == [5, 10, 20]",
    ),
    Bite(
        fault="a reminder that cannot be read, and undoes what happens to its incident",
        file="bot/response/reminders_planned.py",
        plant=replaced("    if tx.mistake_in(work):\n        tx.reminders.hasten(incident.id, now)\n", "    work()\n"),
        caught_by=pytest(f"{BROKEN}::test_a_reminder_that_nobody_can_read_undoes_no_change_of_its_incident"),
        says="'of another version' is not a valid ReminderKind",
    ),
    Bite(
        fault="a reminder for somebody who cannot be reached, which nobody reads",
        file="bot/response/reminders_due.py",
        plant=replaced("sent(wanted) or sent(_on_call", "sent(wanted or _on_call"),
        caught_by=pytest(f"{SCENARIOS}::test_a_reminder_for_somebody_who_cannot_be_reached_goes_to_whoever_is_on_call"),
        says="assert [] == ['INC-1: nobo",
    ),
    Bite(
        fault="a message that is given up with its first contact",
        file="bot/response/messages.py",
        plant=replaced(
            "            trouble = _unless_it_waits(error, now - letter.message.at, PATIENCE)\n", "            raise\n"
        ),
        caught_by=pytest(f"{SCENARIOS}::test_a_message_takes_the_next_way_at_once_where_one_is_of_no_use"),
        says="assert [] == ['INC-1: you are scribe']",
    ),
    Bite(
        fault="what an alert wrote, taken for a template",
        file="bot/incidents/updates.py",
        plant=replaced(
            "lines = [Template(line) for line in template.split(",
            "lines = [Template(Template(line).safe_substitute(values)) for line in template.split(",
        ),
        caught_by=pytest("tests/unit/incidents/test_updates.py", "-k", "never_a_template"),
        says="test_what_people_and_alerts_write_is_never_a_template",
    ),
]
