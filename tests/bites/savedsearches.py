"""Faults against the reading of saved searches: each would run another search than was written, or at another time."""

from tests.bites import Bite, replaced

ROOM = "bot/rules/savedsearches"


def unit(test: str) -> tuple[str, ...]:
    return ("pytest", "-q", "-x", "-p", "no:cacheprovider", f"tests/unit/rules/savedsearches/{test}")


BITES = [
    Bite(
        fault="the newline of a search that goes on is lost",
        file=f"{ROOM}/conf.py",
        plant=replaced('yield _Line(number, "\\n".join(parts))', 'yield _Line(number, "".join(parts))'),
        caught_by=unit("test_conf.py"),
        says="test_values",
    ),
    Bite(
        fault="a # within a value begins a comment",
        file=f"{ROOM}/conf.py",
        plant=replaced(
            "name, value = key.strip(SPACE), rest.strip(SPACE)",
            'name, value = key.strip(SPACE), rest.split("#")[0].strip(SPACE)',
        ),
        caught_by=unit("test_conf.py"),
        says="a # b",
    ),
    Bite(
        fault="the first of two settings counts",
        file=f"{ROOM}/conf.py",
        plant=replaced("        settings[name] = Setting(", "        settings[name] = settings.get(name) or Setting("),
        caught_by=unit("test_conf.py"),
        says="test_what_all_stanzas_have",
    ),
    Bite(
        fault="[default] of local wins over a stanza of default",
        file=f"{ROOM}/conf.py",
        plant=replaced("return {**self.default, **stanza.settings}", "return {**stanza.settings, **self.default}"),
        caught_by=unit("test_conf.py"),
        says="test_what_all_stanzas_have",
    ),
    Bite(
        fault="default wins over local",
        file=f"{ROOM}/conf.py",
        plant=replaced("{**below.settings, **stanza.settings}", "{**stanza.settings, **below.settings}"),
        caught_by=unit("test_conf.py"),
        says="test_layers_are_laid_over_each_other_setting_by_setting",
    ),
    Bite(
        fault="weeks begin on Monday",
        file=f"{ROOM}/moments.py",
        plant=replaced("return unit, 0", "return unit, 1"),
        caught_by=unit("test_moments.py"),
        says="test_as_the_manual_has_it",
    ),
    Bite(
        fault="a day is always 24 hours",
        file=f"{ROOM}/moments.py",
        plant=replaced(
            "return (local + timedelta(days=count * _DAYS[unit])).replace(fold=0)",
            "return local.astimezone(UTC) + timedelta(days=count * _DAYS[unit])",
        ),
        caught_by=unit("test_moments.py"),
        says="test_when_clocks_change",
    ),
    Bite(
        fault="a day begins where the server stands, not in the search's time zone",
        file=f"{ROOM}/moments.py",
        plant=replaced(
            "moment = _applied(part, text, moment.astimezone(zone))",
            "moment = _applied(part, text, moment.astimezone(UTC))",
        ),
        caught_by=unit("test_moments.py"),
        says="test_the_calendar_is_that_of_the_time_zone",
    ),
    Bite(
        fault="in the hour that clocks show twice, a run of the first comes after one of the second",
        file="bot/rules/cron.py",
        plant=replaced("if moment > last:", "if moment != last:"),
        caught_by=unit("../test_cron.py"),
        says="test_what_was_asked_in_the_second_of_two_hours_is_not_answered_with_the_first",
    ),
    Bite(
        fault="schedules are UTC's",
        file="bot/rules/cron.py",
        plant=replaced("local = after.astimezone(zone(schedule.time_zone))", "local = after.astimezone(UTC)"),
        caught_by=unit("../test_cron.py"),
        says="test_a_schedule_is_of_its_own_time_zone",
    ),
    Bite(
        fault="what a row holds is filled in again",
        file=f"{ROOM}/tokens.py",
        plant=replaced(
            "return _TOKEN.sub(lambda match: _value(match[1], data), text)",
            "for _ in range(2):\n        text = _TOKEN.sub(lambda m: _value(m[1], data), text)\n    return text",
        ),
        caught_by=unit("test_tokens.py"),
        says="test_values_are_not_filled_again",
    ),
    Bite(
        fault="a percentage is taken for a number",
        file=f"{ROOM}/stanza.py",
        plant=replaced("in_percent=moves and (in_percent or percent_written)", "in_percent=moves and in_percent"),
        caught_by=unit("test_stanza.py"),
        says="test_when_it_triggers",
    ),
    Bite(
        fault="a report that triggers at every run is evaluated as an alert",
        file=f"{ROOM}/stanza.py",
        plant=replaced('settings.text("counttype").lower() in ("", "always")\n', "False\n"),
        caught_by=unit("test_stanza.py"),
        says="report",
    ),
    Bite(
        fault="a mistake in one search takes the others along",
        file=f"{ROOM}/stanza.py",
        plant=replaced(
            "    for stanza in conf.stanzas:\n",
            "    for stanza in conf.stanzas:\n        if any(True for one in complaints):\n            break\n",
        ),
        caught_by=unit("test_corpus.py"),
        says="test_all_of_them_in_one_file",
    ),
    Bite(
        fault="the files of two apps are one",
        file="bot/config/searches.py",
        plant=replaced("if path.parent.name in _LAYERS and path.parent.parent.name", "if path.parent.name in ()"),
        caught_by=("pytest", "-q", "-x", "-p", "no:cacheprovider", "tests/unit/config/test_searches.py"),
        says="shop",
    ),
]
