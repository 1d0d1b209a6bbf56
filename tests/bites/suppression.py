"""Faults in silences, inhibition, times, maintenance, mapping and routing: somebody is paged in vain, or not at all."""

from tests.bites import Bite, replaced


def unit(test: str) -> tuple[str, ...]:
    return ("pytest", "-q", "-x", "-p", "no:cacheprovider", f"tests/unit/{test}")


def _bite(fault: str, file: str, old: str, new: str, test: str, says: str) -> Bite:
    return Bite(fault=fault, file=file, plant=replaced(old, new), caught_by=unit(test), says=says)


SILENCING, INHIBITION = "bot/alerts/silencing.py", "bot/alerts/inhibition.py"
MOMENTS, MAINTENANCE, ROUTING = "bot/model/moments.py", "bot/alerts/maintenance.py", "bot/alerts/routing.py"

BITES = [
    _bite(
        "a silence that has not begun counts",
        SILENCING, "silence.starts_at <= now <= silence.ends_at", "now <= silence.ends_at",
        "alerts/test_silencing.py", "from_its_start_to_its_end",
    ),
    _bite(
        "a silence counts a while longer than it says",
        SILENCING, "now <= silence.ends_at:\n            return False", "now:\n            return False",
        "alerts/test_silencing.py", "from_its_start_to_its_end",
    ),
    _bite(
        "a silence that is found by the beginning of a value is not looked at further",
        SILENCING, "if one is not key or not key.words", "if one is not key",
        "alerts/test_silencing.py", "all_matchers_fit",
    ),
    _bite(
        "a silence is found by what most share",
        SILENCING, "return exactness, shelf.crowd(matcher) if shelf else 0,", "return exactness, 0,",
        "alerts/test_silencing.py", "compared_with_few",
    ),
    _bite(
        "an older state of a silence takes the place of a newer one",
        SILENCING, "if silence.updated_at < before.silence.updated_at:\n                return",
        "if silence.updated_at < before.silence.updated_at:\n                pass",
        "alerts/test_silencing.py", "what_is_older_does_not",
    ),
    _bite(
        "a silence keeps its id when its matchers change",
        SILENCING, "if standing.matchers != asked.matchers:\n        return False",
        "if standing.matchers != asked.matchers:\n        pass",
        "alerts/test_silencing.py", "begin_another",
    ),
    _bite(
        "a silence that becomes another one is not ended",
        SILENCING, "return expired(standing, now), begun", "return (begun,)",
        "alerts/test_silencing.py", "begin_another",
    ),
    _bite(
        "a silence begins before it was made",
        SILENCING, "starts_at=max(asked.starts_at, now)", "starts_at=asked.starts_at",
        "alerts/test_silencing.py", "begins_now_at_the_earliest",
    ),
    _bite(
        "what takes every alert may be silenced",
        SILENCING, "if all(_takes_absent(matcher)", "if False and all(_takes_absent(matcher)",
        "alerts/test_silencing.py", "test_what_may_not_be",
    ),
    _bite(
        "a silence needs no reason",
        SILENCING, "if not asked.comment.strip():", "if asked.comment is None:",
        "alerts/test_silencing.py", "test_what_may_not_be",
    ),
    _bite(
        "two causes inhibit each other",
        INHIBITION, "cause(plain_only=fits(rule.source, labels))", "cause(plain_only=False)",
        "alerts/test_inhibition.py", "matches_both_sides",
    ),
    _bite(
        "a cause that is over goes on inhibiting",
        INHIBITION, "causes.plain.pop(fingerprint, None)", "causes.plain.get(fingerprint, None)",
        "alerts/test_inhibition.py", "not_told_while_its_cause_fires",
    ),
    _bite(
        "a symptom is inhibited by a cause of another host",
        INHIBITION, "return tuple([labels.get(name, \"\") for name in rule.equal])", "return ()",
        "alerts/test_inhibition.py", "must_be_equal",
    ),
    _bite(
        "any alert is inhibited, whether it matches the target or not",
        INHIBITION, "if causes is None or not fits(rule.target, labels):", "if causes is None:",
        "alerts/test_inhibition.py", "not_told_while_its_cause_fires",
    ),
    _bite(
        "the end of a time of day belongs to it",
        MOMENTS, "part.first <= minute < part.last", "part.first <= minute <= part.last",
        "alerts/test_intervals.py", "every_part_does",
    ),
    _bite(
        "the week begins on Monday",
        MOMENTS, "day.isoweekday() % 7", "day.weekday()",
        "alerts/test_intervals.py", "every_part_does",
    ),
    _bite(
        "times are those of UTC, whatever the location",
        MOMENTS, "now.astimezone(zone(moments.location))", "now.astimezone(UTC)",
        "alerts/test_intervals.py", "every_part_does",
    ),
    _bite(
        "the last day of the month is the one before it",
        MOMENTS, "days + day + 1 if day < 0", "days + day if day < 0",
        "alerts/test_intervals.py", "every_part_does",
    ),
    _bite(
        "outside its active times a route tells",
        "bot/alerts/intervals.py", "if active and not any(", "if active and any(",
        "alerts/test_intervals.py", "muted_by_names",
    ),
    _bite(
        "in the hour that comes twice a window begins twice",
        MAINTENANCE, "CronSim(cron, after.astimezone(zone(location)))",
        "(lambda at: (n.replace(tzinfo=zone(location), fold=f) for n in CronSim(cron, at) for f in (0, 1)))"
        "(after.astimezone(zone(location)).replace(tzinfo=None))",
        "alerts/test_maintenance.py", "begins_once_on_every_day",
    ),
    _bite(
        "a window whose time is left out does not begin",
        MAINTENANCE, "yield moment\n            last = moment",
        "if run.astimezone(zone(location)).strftime('%M') == cron.split()[0].zfill(2) or not cron[0].isdigit():\n"
        "                yield moment\n            last = moment",
        "alerts/test_maintenance.py", "begins_once_on_every_day",
    ),
    _bite(
        "the end of a window belongs to it",
        MAINTENANCE, "return begun if now < begun.ends_at else None", "return begun if now <= begun.ends_at else None",
        "alerts/test_maintenance.py", "the_end_is_not",
    ),
    _bite(
        "maintenance begins for ever",
        MAINTENANCE, "takewhile(lambda start: until is None or start < until, starts)", "starts",
        "alerts/test_maintenance.py", "from_until_on",
    ),
    _bite(
        "one-off work at a time that clocks leave out begins an hour late",
        MOMENTS, "if first <= second:\n        return first", "if first:\n        return first",
        "alerts/test_maintenance.py", "as_a_moment",
    ),
    _bite(
        "a map in shadow changes alerts",
        "bot/alerts/mapping.py", "_apply(one, dict(found), {})", "_apply(one, found, aside)",
        "alerts/test_mapping.py", "only_said",
    ),
    _bite(
        "a map counts for every source",
        "bot/alerts/mapping.py", "if one.source in (\"\", source)", "if one",
        "alerts/test_mapping.py", "only_those_of_the_source",
    ),
    _bite(
        "the first match takes an alert that should go on",
        ROUTING, "if not child.continue_:", "if child:",
        "alerts/test_routing.py", "continue_looks_at_siblings",
    ),
    _bite(
        "a label's text can forge the key of another group",
        ROUTING, "if text.isprintable() and '\"' not in text and \"\\\\\" not in text:", "if text:",
        "alerts/test_routing.py", "cannot_make_it_another",
    ),
    _bite(
        "two routes with equal matchers share their groups",
        ROUTING, "{_ordinal(route.routes[:index], child)}", "",
        "alerts/test_routing.py", "names_of_their_own",
    ),
    _bite(
        "regular expressions are not anchored",
        "bot/model/labels.py", "compiled.fullmatch(value.encode", "compiled.search(value.encode",
        "model/test_labels.py", "shortcuts_find_what_re2_finds",
    ),
    _bite(
        "a dot goes on over the end of a line",
        "bot/model/labels.py", " and \"\\n\" not in value[len(stem) :]", "",
        "model/test_labels.py", "shortcuts_find_what_re2_finds",
    ),
    _bite(
        "a node of the tree forgets the timers above it",
        "bot/config/routes.py", "node.repeat_interval or above.repeat_interval",
        "node.repeat_interval or DEFAULT_ROUTE.repeat_interval",
        "config/test_routing_parts.py", "a_whole_configuration",
    ),
    _bite(
        "silences in the file are passed over without a word",
        "bot/config/document.py", "findings.blame(document, [((\"silences\",)",
        "(lambda *_: None)(document, [((\"silences\",)",
        "config/test_routing_parts.py", "told_where_it_stands",
    ),
]  # fmt: skip
