"""Silences: whom they take and when, and Alertmanager's rules for making, changing and ending them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.alerts.silencing import SilenceBook, cleared, expired, listed, mistake, placed, until_clear, waits
from bot.errors import NotAllowed
from bot.model.ids import SilenceId
from bot.model.labels import LabelSet
from bot.model.matchers import parse_matchers
from bot.model.silence import Silence, SilenceState

NOW = datetime(2026, 5, 1, 12, 0, 0, 500_000, tzinfo=UTC)
HOUR = timedelta(hours=1)
FRESH = SilenceId("fresh")


def silence(
    matchers: str = 'alertname="Disk"', starts: timedelta = -HOUR, ends: timedelta = HOUR, id: str = "old"
) -> Silence:
    return Silence(
        id=SilenceId(id),
        matchers=parse_matchers(matchers),
        starts_at=NOW + starts,
        ends_at=NOW + ends,
        updated_at=NOW + min(starts, timedelta(0)),
        created_by="ann",
        comment="disks are moved",
    )


@pytest.mark.parametrize(
    ("matchers", "labels", "taken"),
    [
        ('alertname="Disk"', {"alertname": "Disk"}, True),
        ('alertname="Disk"', {"alertname": "Disks"}, False),
        ('alertname="Disk", host!="a"', {"alertname": "Disk", "host": "a"}, False),
        ('alertname="Disk", host!="a"', {"alertname": "Disk"}, True),
        ('alertname="Disk", host=""', {"alertname": "Disk"}, True),
        ('alertname="Disk", host=""', {"alertname": "Disk", "host": "a"}, False),
        ('alertname=~"Disk|Memory"', {"alertname": "Memory"}, True),
        ('alertname=~"Disk|Memory"', {"alertname": "MemoryLow"}, False),
        ('host=~"web-.*", alertname="Disk"', {"alertname": "Disk", "host": "web-1"}, True),
        ('alertname!~"Disk.*"', {"alertname": "Memory"}, True),
        ('severity!="critical"', {"alertname": "Disk"}, True),
        ('severity!="critical"', {"alertname": "Disk", "severity": "critical"}, False),
        ('host=~"web-.*", host!="web-9"', {"host": "web-9"}, False),
    ],
)
def test_it_takes_the_alerts_that_all_matchers_fit(matchers: str, labels: dict[str, str], taken: bool) -> None:
    book = SilenceBook([silence(matchers)])
    assert book.silencing(LabelSet(labels), NOW) == ((SilenceId("old"),) if taken else ())


def test_it_takes_them_from_its_start_to_its_end() -> None:
    book = SilenceBook([silence()])
    disk = LabelSet({"alertname": "Disk"})
    taken = [bool(book.silencing(disk, NOW + after)) for after in (-HOUR - timedelta(microseconds=1), -HOUR, HOUR)]
    assert taken == [False, True, True]
    assert book.silencing(disk, NOW + HOUR + timedelta(microseconds=1)) == ()


def test_all_that_take_an_alert_are_named_in_order() -> None:
    book = SilenceBook([silence(id="b"), silence('alertname=~"D.*"', id="a"), silence("alertname=Other", id="c")])
    assert book.silencing(LabelSet({"alertname": "Disk"}), NOW) == ("a", "b")


def test_what_changes_counts_at_once_and_what_is_older_does_not() -> None:
    book = SilenceBook([silence('alertname=~"Di.*"')])
    disk = LabelSet({"alertname": "Disk"})
    assert book.silencing(disk, NOW)
    version = book.version
    ended = replace(silence('alertname=~"Di.*"'), ends_at=NOW, updated_at=NOW)
    book.put(ended)
    assert book.version > version
    assert book.silencing(disk, NOW + HOUR / 2) == ()
    book.put(silence('alertname=~"Di.*"'))
    assert book.get(SilenceId("old")) == ended
    book.put(replace(silence('alertname="Memory"'), updated_at=NOW + HOUR))
    assert book.silencing(LabelSet({"alertname": "Memory"}), NOW) == ("old",)
    assert book.silencing(disk, NOW) == ()


def test_old_ones_are_forgotten() -> None:
    book = SilenceBook(
        [silence(id="old", ends=-HOUR / 2), silence(id="new"), silence('a=~"b.*"', id="x", ends=-HOUR / 2)]
    )
    assert book.forget(NOW - HOUR) == 0
    assert book.forget(NOW) == 2
    assert [one.id for one in book.all()] == ["new"]
    assert book.get(SilenceId("old")) is None


@pytest.mark.parametrize(
    "matchers",
    [
        'alertname="A{0}", cluster="c"',
        'cluster="c", host="h{0}"',
        'cluster=~"c|d", host=~"h{0}|g{0}"',
        'cluster=~".+", pod=~"web-{0}-.*"',
        'host!="", pod=~"web-{0}-.+"',
    ],
)
def test_an_alert_is_compared_with_few_of_a_thousand(matchers: str) -> None:
    book = SilenceBook(silence(matchers.format(number), id=str(number)) for number in range(1000))
    labels = LabelSet({"alertname": "A471", "cluster": "c", "host": "h471", "pod": "web-471-x"})
    assert sum(len([*shelf.of(labels.get(name, ""))]) for name, shelf in book._shelves.items()) <= 2
    assert book.silencing(labels, NOW) == ("471",)
    assert book.silencing(LabelSet({"cluster": "c", "host": "h", "pod": "web-471-"}), NOW) == (
        ("471",) if ".*" in matchers else ()
    )


def kept(standing: Silence | None, asked: Silence) -> Sequence[Silence]:
    return placed(standing, asked, FRESH, NOW)


def test_a_new_one_begins_now_at_the_earliest() -> None:
    (begun,) = kept(None, silence(id=""))
    assert (begun.id, begun.starts_at, begun.updated_at) == (FRESH, NOW, NOW)
    (later,) = kept(None, silence(id="", starts=HOUR, ends=2 * HOUR))
    assert later.starts_at == NOW + HOUR


def test_a_change_of_its_end_or_its_words_keeps_it() -> None:
    standing = silence()
    (changed,) = kept(standing, replace(standing, ends_at=NOW + 5 * HOUR, comment="more disks"))
    assert (changed.id, changed.ends_at, changed.comment, changed.updated_at) == (
        "old",
        NOW + 5 * HOUR,
        "more disks",
        NOW,
    )


def test_fractions_of_a_second_of_the_start_do_not_matter() -> None:
    standing = silence()
    (changed,) = kept(standing, replace(standing, starts_at=standing.starts_at.replace(microsecond=0)))
    assert changed.id == "old"


@pytest.mark.parametrize(
    "asked",
    [
        silence("alertname=Memory"),
        silence(starts=-HOUR / 2),
        silence(starts=HOUR / 2),
    ],
)
def test_another_start_or_other_matchers_end_it_and_begin_another(asked: Silence) -> None:
    ended, begun = kept(silence(), asked)
    assert (ended.id, ended.ends_at, ended.matchers) == ("old", NOW, silence().matchers)
    assert ended.state(NOW + timedelta(microseconds=1)) is SilenceState.EXPIRED
    assert (begun.id, begun.starts_at) == (FRESH, max(asked.starts_at, NOW))


def test_one_that_has_not_begun_can_move() -> None:
    pending = silence(starts=HOUR, ends=2 * HOUR)
    (moved,) = kept(pending, replace(pending, starts_at=NOW + HOUR / 2))
    assert (moved.id, moved.starts_at) == ("old", NOW + HOUR / 2)
    never, begun = kept(pending, replace(pending, starts_at=NOW - HOUR))
    assert (never.id, never.starts_at, never.ends_at) == ("old", NOW, NOW)
    assert (begun.id, begun.starts_at) == (FRESH, NOW)


def test_one_that_is_over_stays_over() -> None:
    over = silence(ends=-HOUR / 2)
    (begun,) = kept(over, replace(over, ends_at=NOW + HOUR))
    assert begun.id == FRESH
    assert expired(over, NOW) is over


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (replace(silence(), matchers=()), "needs a matcher"),
        (silence('"" = x'), "name of a label"),
        (silence('host=""'), "must not match the empty string"),
        (silence('host=~".*", team=~"a?"'), "must not match the empty string"),
        (silence(starts=HOUR, ends=HOUR), "start time must be before end time"),
        (silence(starts=-2 * HOUR, ends=-HOUR), "end time can't be in the past"),
        (replace(silence(), created_by=" "), "needs an owner"),
        (replace(silence(), comment=""), "needs a comment"),
    ],
)
def test_what_may_not_be(wrong: Silence, said: str) -> None:
    assert said in mistake(wrong, NOW)
    with pytest.raises(NotAllowed, match=said):
        kept(None, wrong)


def test_what_may_be() -> None:
    assert not mistake(silence('severity!="critical"'), NOW)
    assert not mistake(silence('host="", alertname="Disk"'), NOW)


def test_they_are_listed_in_alertmanagers_order() -> None:
    silences = [
        silence(id="over long ago", ends=-HOUR / 2),
        silence(id="pending later", starts=2 * HOUR, ends=3 * HOUR),
        silence(id="active longer", ends=2 * HOUR),
        silence(id="over lately", ends=-HOUR / 4),
        silence(id="pending", starts=HOUR, ends=3 * HOUR),
        silence(id="active"),
    ]
    assert [one.id for one in listed(silences, NOW)] == [
        "active", "active longer", "pending", "pending later", "over lately", "over long ago",
    ]  # fmt: skip


def test_a_silence_that_is_ended_by_a_clock_that_was_set_back_is_over() -> None:
    made = replace(silence(), updated_at=NOW)
    book = SilenceBook([made])
    earlier = NOW - timedelta(minutes=10)
    book.put(expired(made, earlier))
    assert book.silencing(LabelSet({"alertname": "Disk"}), earlier + timedelta(seconds=1)) == ()


def test_one_until_clear_waits_from_its_start_to_its_end_for_what_it_silences() -> None:
    hour = timedelta(hours=1)
    plain = Silence(
        id=SilenceId("a"), matchers=parse_matchers("host=~web.*"), starts_at=NOW, ends_at=NOW + hour, updated_at=NOW,
        created_by="ann", comment="known", annotations={"ticket": "7"},
    )  # fmt: skip
    one = until_clear(plain)
    assert one.annotations["ticket"] == "7"
    assert not waits(plain, NOW)
    assert [waits(one, NOW + at) for at in (-hour, 0 * hour, hour)] == [False, True, False]
    other = replace(one, id=SilenceId("b"), matchers=parse_matchers("host=db1"))
    firing = [LabelSet({"alertname": "Down", "host": "web2"}), LabelSet({"alertname": "Down", "host": "db2"})]
    assert cleared([one, other], firing, NOW) == [other]
    assert cleared([one, other], [], NOW) == [one, other]
