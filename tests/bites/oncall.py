"""Faults that put the wrong person on call, tell of a handover twice, or lose a calendar that cannot be had."""

from tests.bites import Bite, replaced


def _caught_by(test: str) -> tuple[str, ...]:
    return ("pytest", "-q", "-x", "-n0", f"tests/{test}")


BITES = [
    Bite(
        fault="turns are counted in days of 24 hours, whatever clocks do",
        file="bot/incidents/oncall.py",
        plant=replaced(
            "    return moment(layer.starts + number * _length(layer), location)",
            "    return moment(layer.starts, location) + number * _length(layer)",
        ),
        caught_by=_caught_by("property/test_oncall.py"),
        says="test_every_day_of_ten_years_has_its_handover_once",
    ),
    Bite(
        fault="of layers that are on call the first one counts",
        file="bot/incidents/oncall.py",
        plant=replaced("for layer in reversed(schedule.layers):", "for layer in schedule.layers:"),
        caught_by=_caught_by("unit/incidents/test_oncall.py"),
        says="test_the_last_layer_that_is_on_call_counts",
    ),
    Bite(
        fault="what was told of a handover is not remembered",
        file="bot/response/handovers_due.py",
        plant=replaced("    tx.marks.put(_mark(name), after.starts_at)\n", ""),
        caught_by=_caught_by("scenarios/test_handovers.py"),
        says="FAILED tests/scenarios/test_handovers.py",
    ),
    Bite(
        fault="a schedule that cannot be read, and keeps all others from being handed over",
        file="bot/response/one_by_one.py",
        plant=replaced("                met[key] = mistake\n", "                raise\n"),
        caught_by=_caught_by("scenarios/test_handovers.py"),
        says="test_a_schedule_that_cannot_be_read_keeps_no_other_from_being_handed_over",
    ),
    Bite(
        fault="a schedule that is put off and looked at again at once",
        file="bot/response/one_by_one.py",
        plant=replaced("        tx.marks.put(self._name(key), until)\n", "        pass\n"),
        caught_by=_caught_by("scenarios/test_handovers.py"),
        says="it is put off, and not looked at again and again",
    ),
    Bite(
        fault="a calendar that cannot be had says that nobody is on call",
        file="bot/response/calendars_due.py",
        plant=replaced(
            "lambda tx: _tried(tx, schedule, lease, epoch, now)",
            "lambda tx: _keep(tx, setup, actor, schedule, [], now)",
        ),
        caught_by=_caught_by("scenarios/test_calendars.py"),
        says="test_what_it_says_counts_until_it_says_something_else",
    ),
    Bite(
        fault="PagerDuty's layers are taken in the order of its API",
        file="bot/cli/importing_pagerduty.py",
        plant=replaced(
            'enumerate(reversed(schedule["schedule_layers"]), 1)', 'enumerate(schedule["schedule_layers"], 1)'
        ),
        caught_by=_caught_by("unit/cli/test_importing_oncall.py"),
        says="test_pagerdutys_first_layer_counts_before_the_others",
    ),
    Bite(
        fault="OnCall's turns are counted from when they were last edited",
        file="bot/cli/importing_grafana_oncall.py",
        plant=replaced(
            'start = datetime.fromisoformat(part["start"])\n',
            'start = datetime.fromisoformat(part.get("rotation_start") or part["start"])\n',
        ),
        caught_by=_caught_by("unit/cli/test_importing_oncall.py"),
        says="counted_from_their_start",
    ),
]
