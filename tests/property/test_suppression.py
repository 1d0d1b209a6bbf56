"""Silences, inhibition and time intervals, beside the plainest way to say what each of them means."""

import calendar
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.alerts.inhibition import Inhibitor
from bot.alerts.silencing import SilenceBook, expired, mistake, placed
from bot.model.ids import SilenceId
from bot.model.labels import LabelSet, Matcher, MatchOp
from bot.model.matchers import parse_matcher
from bot.model.moments import contains
from bot.model.route import InhibitRule
from bot.model.silence import Silence, SilenceState
from bot.model.time_interval import MomentSet, Range, TimeInterval

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
NAMES, VALUES = ("alertname", "a", "b"), ("", "x", "y", "xy", "x-1", "x-2", "x\n")
PATTERNS = ("x", "x|y", "x-.*", "x-.+", ".*", ".+", "x.", "(x|y).*", "", "[^x]*", "y|", "x-[12]")
minutes = st.integers(-50, 50).map(lambda count: timedelta(minutes=count))
label_sets = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(VALUES)).map(LabelSet)
matchers = st.builds(
    Matcher,
    name=st.sampled_from(NAMES),
    op=st.sampled_from([MatchOp.EQUAL, MatchOp.NOT_EQUAL]),
    value=st.sampled_from(VALUES),
) | st.builds(
    Matcher,
    name=st.sampled_from(NAMES),
    op=st.sampled_from([MatchOp.REGEX, MatchOp.NOT_REGEX]),
    value=st.sampled_from(PATTERNS),
)
some_matchers = st.lists(matchers, min_size=1, max_size=3).map(tuple)
silences = st.builds(
    lambda number, given, start, end, updated: Silence(
        id=SilenceId(str(number)), matchers=given, starts_at=NOW + min(start, end), ends_at=NOW + max(start, end),
        updated_at=NOW + updated, created_by="ann", comment="why",
    ),
    st.integers(0, 9), some_matchers, minutes, minutes, minutes,
)  # fmt: skip


def fits(given: Sequence[Matcher], labels: LabelSet) -> bool:
    return all(parse_matcher(str(matcher)).matches(labels) for matcher in given)


@given(st.lists(silences, max_size=25), st.lists(label_sets, max_size=6), minutes, minutes)
def test_a_book_of_silences_is_the_newest_of_each_asked_one_by_one(
    put: list[Silence], asked: list[LabelSet], later: timedelta, old: timedelta
) -> None:
    book, plain = SilenceBook(), dict[SilenceId, Silence]()
    for silence in put:
        book.put(silence)
        before = plain.get(silence.id)
        if before is None or silence.updated_at >= before.updated_at:
            plain[silence.id] = silence
    for when in (NOW, NOW + later):
        for labels in asked:
            expected = [
                one.id
                for one in plain.values()
                if one.state(when) is SilenceState.ACTIVE and fits(one.matchers, labels)
            ]
            assert book.silencing(labels, when) == tuple(sorted(expected))
        book.forget(NOW + old)
        plain = {one.id: one for one in plain.values() if one.ends_at >= NOW + old}
    assert {one.id: one for one in book.all()} == plain


@given(silences | st.none(), silences, minutes)
def test_placing_a_silence_silences_what_was_asked_and_forgets_nothing_that_was(
    standing: Silence | None, asked: Silence, later: timedelta
) -> None:
    now = NOW + later
    if mistake(asked, now):
        return
    kept = placed(standing, asked, SilenceId("fresh"), now)
    last = kept[-1]
    assert (last.matchers, last.ends_at) == (asked.matchers, asked.ends_at)
    before = standing.updated_at if standing is not None and last.id == standing.id else now
    assert last.updated_at == max(now, before)  # a clock that was set back makes no older silence of it
    assert last.ends_at >= max(last.starts_at, now)
    if standing is None:
        assert [one.id for one in kept] == ["fresh"]
        assert last.starts_at == max(asked.starts_at, now)
        return
    if last.id == standing.id:
        assert len(kept) == 1
        assert last.matchers == standing.matchers
        assert standing.state(now) is not SilenceState.EXPIRED
    elif standing.state(now) is SilenceState.EXPIRED:
        assert len(kept) == 1
    else:
        (ended, _) = kept
        assert ended == expired(standing, now)
        assert ended.state(now + timedelta(microseconds=1)) is SilenceState.EXPIRED
        assert replace(ended, starts_at=standing.starts_at, ends_at=standing.ends_at, updated_at=now) == replace(
            standing, updated_at=now
        )


rules = st.builds(
    InhibitRule,
    source=some_matchers,
    target=some_matchers,
    equal=st.lists(st.sampled_from((*NAMES, "absent")), max_size=2, unique=True).map(tuple),
)


@given(st.lists(rules, max_size=4), st.lists(label_sets, max_size=8, unique=True), st.lists(st.integers(0, 7)))
def test_inhibition_is_what_its_rule_says(
    given_rules: list[InhibitRule], alerts: list[LabelSet], ended: list[int]
) -> None:
    inhibitor, firing = Inhibitor(given_rules), dict.fromkeys(alerts)
    for labels in alerts:
        inhibitor.fired(labels, labels.fingerprint)
    for number in ended:
        if number < len(alerts):
            inhibitor.over(alerts[number].fingerprint)
            firing.pop(alerts[number], None)
    for target in alerts:
        causes = [
            [
                source.fingerprint
                for source in firing
                if fits(rule.source, source)
                and all(source.get(name, "") == target.get(name, "") for name in rule.equal)
                and not (fits(rule.target, source) and fits(rule.source, target))
            ]
            for rule in given_rules
            if fits(rule.target, target)
        ]
        first = next((found for found in causes if found), [])
        inhibiting = inhibitor.inhibiting(target)
        assert bool(inhibiting) is bool(first)
        assert set(inhibiting) <= set(first)


def ranges(low: int, high: int) -> st.SearchStrategy[tuple[Range, ...]]:
    pairs = st.tuples(st.integers(low, high), st.integers(low, high))
    one = pairs.map(lambda pair: Range(first=min(pair), last=max(pair)))
    return st.lists(one, max_size=2).map(tuple)


days_of_month = st.lists(
    st.sampled_from(
        [Range(first=first, last=last) for first, last in ((1, 5), (-3, -1), (28, 31), (-31, -28), (20, -5), (15, 15))]
    ),
    max_size=2,
).map(tuple)
moment_sets = st.builds(
    MomentSet,
    times=ranges(0, 24).map(lambda found: tuple(Range(first=r.first * 60, last=r.last * 60) for r in found)),
    weekdays=ranges(0, 6), days_of_month=days_of_month, months=ranges(1, 12), years=ranges(2024, 2028),
    location=st.sampled_from(("UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Apia", "Australia/Lord_Howe")),
)  # fmt: skip


def plainly(moments: MomentSet, now: datetime) -> bool:
    """Each part as the set of all that it stands for."""
    local = now.astimezone(ZoneInfo(moments.location))
    last = calendar.monthrange(local.year, local.month)[1]
    month = [date(local.year, local.month, day) for day in range(1, last + 1)]
    numbered = {number: day for number, day in enumerate(month, 1)} | {-n: month[-n] for n in range(1, last + 1)}
    by_day = set[date]()
    for part in moments.days_of_month:
        first = numbered.get(part.first, month[0] if part.first < 0 else date.max)
        final = numbered.get(part.last, month[-1] if part.last > 0 else date.min)
        by_day |= {day for day in month if first <= day <= final}
    sets = (
        (
            {m for part in moments.times for m in range(part.first, part.last)},
            moments.times,
            local.hour * 60 + local.minute,
        ),
        (
            {d for part in moments.weekdays for d in range(part.first, part.last + 1)},
            moments.weekdays,
            int(f"{local:%w}"),
        ),
        (by_day, moments.days_of_month, local.date()),
        ({m for part in moments.months for m in range(part.first, part.last + 1)}, moments.months, local.month),
        ({y for part in moments.years for y in range(part.first, part.last + 1)}, moments.years, local.year),
    )
    return all(not given_parts or value in members for members, given_parts, value in sets)


@given(
    st.lists(moment_sets, max_size=3).map(tuple),
    st.datetimes(datetime.fromisoformat("2024-01-01"), datetime.fromisoformat("2028-12-31"), timezones=st.just(UTC)),
)
@settings(max_examples=300)
def test_an_interval_is_any_of_its_entries_and_an_entry_all_of_its_parts(
    moments: tuple[MomentSet, ...], now: datetime
) -> None:
    assert contains(TimeInterval(name="n", moments=moments), now) is any(plainly(one, now) for one in moments)
