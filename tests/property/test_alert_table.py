"""The table of alerts beside a plain reading of Alertmanager's rules, and beside itself after a restart."""

from dataclasses import dataclass

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.alerts.table import AlertTable, Change
from bot.alerts.wire import Received, canonical, decode, encode
from bot.model.labels import LabelSet, fingerprints
from tests.soak import many

TIMEOUT = 300.0
ANNOTATIONS = (b"{}", b'{"s":"1"}')
steps = st.lists(
    st.tuples(
        st.integers(0, 2),  # which alert
        st.integers(-100, 400),  # start from now
        st.none() | st.integers(-100, 700),  # end from now; None: none was given
        st.integers(0, 120),  # how much later than the one before
        st.sampled_from(ANNOTATIONS),
    ),
    max_size=20,
)


@dataclass
class Plain:
    """One alert, as Alertmanager's provider keeps it."""

    start: float
    end: float
    timeout: bool
    annotations: bytes
    over: bool


def merged(old: Plain, new: Plain, now: float) -> Plain:
    """`Alert.Merge` and the condition under which the provider calls it, line by line."""
    if not (old.start < new.end < old.end or old.start < new.start < old.end):
        return new
    end = new.end
    if new.end <= now:
        if old.end <= now and old.end > new.end:
            end = old.end
    elif old.end > new.end and not old.timeout:
        end = old.end
    return Plain(min(old.start, new.start), end, new.timeout, new.annotations, new.over)


def alert(number: int, start: float, end: float, annotations: bytes, *, timeout: bool) -> Received:
    return Received(canonical({"n": str(number)}), start, end, annotations, timeout)


@settings(max_examples=many(300, 5000))
@example(script=[(1, 1, 2, 0, b"{}"), (1, 1, 1, 0, b"{}")])  # one that ends as it begins, still to come
@given(script=steps)
def test_the_table_is_what_alertmanager_would_hold(script: list[tuple[int, int, int | None, int, bytes]]) -> None:
    table = AlertTable(resolve_timeout=TIMEOUT)
    table.leads = True
    known: dict[int, Plain] = {}
    now = 1_800_000_000.0
    for number, start, end, later, annotations in script:
        now += later
        ended = {int(entry.label_set()["n"]) for entry in table.ended(now)}
        assert ended == {each for each, one in known.items() if not one.over and one.end <= now}
        for each in ended:
            known[each].over = True
        ends_at = now + TIMEOUT if end is None else now + end
        starts_at = min(now + start, ends_at)
        said = Plain(starts_at, ends_at, end is None, annotations, over=True)
        old = known.get(number)
        then = merged(old, said, now) if old else said
        then.over = then.end <= now
        expected = []
        if then.over:
            expected = [Change.OVER] if old and not old.over else []
        elif old is None or old.over:
            expected = [Change.NEW]
        elif (old.start, old.annotations) != (then.start, then.annotations):
            expected = [Change.WORDS]
        known[number] = then
        batch = [alert(number, starts_at, ends_at, annotations, timeout=end is None)]
        fresh = table.weigh(batch, now)
        assert fresh or not expected, "what changes something must be on the log"
        assert [change for _, change in table.take(fresh, now)] == expected
        entry = table._entries[canonical({"n": str(number)})]
        assert (entry.starts_at, entry.over, entry.annotations) == (then.start, then.over, then.annotations)
        assert (entry.ends_at, entry.timeout) == (then.end, then.timeout)


@settings(max_examples=many(300, 5000))
@given(script=steps, cut=st.integers(0, 20))
def test_a_restart_ends_nothing_and_begins_nothing(
    script: list[tuple[int, int, int | None, int, bytes]], cut: int
) -> None:
    table, log, now = AlertTable(resolve_timeout=TIMEOUT), list[tuple[float, bytes]](), 1_800_000_000.0
    table.leads = True
    for place, (number, start, end, later, annotations) in enumerate(script):
        now += later
        over = table.ended(now)
        if over:
            log.append((now, encode([entry.received() for entry in over])))
        ends_at = now + TIMEOUT if end is None else now + end
        starts_at = min(now + start, ends_at)
        fresh = table.weigh([alert(number, starts_at, ends_at, annotations, timeout=end is None)], now)
        if fresh:
            log.append((now, encode(fresh)))
            table.take(fresh, now)
        if place == cut:  # carried on: the rows before are not needed
            log = [(now, encode([entry.received() for entry in table.active(now)]))]
    firing = {entry.labels for entry in table._entries.values() if not entry.over}
    again = AlertTable(resolve_timeout=TIMEOUT)
    again.leads = True
    for at, body in log:
        again.replay(decode(body), at)
    again.settle(now + TIMEOUT)
    if cut >= len(script):
        assert {entry.labels for entry in again._entries.values() if not entry.over} == firing
    assert again.ended(now + TIMEOUT - 1) == []
    for entry in again.active(now):
        assert entry.ends_at >= min(table._entries[entry.labels].ends_at, now + TIMEOUT)


@settings(max_examples=many(100, 1000))
@given(
    sets=st.lists(
        st.dictionaries(
            st.text(st.characters(codec="utf-8"), min_size=1, max_size=9),
            st.text(st.characters(codec="utf-8"), min_size=1, max_size=20),
            max_size=5,
        ),
        max_size=9,
    )
)
def test_fingerprints_side_by_side_are_those_one_by_one(sets: list[dict[str, str]]) -> None:
    assert [f"{number:016x}" for number in fingerprints(sets)] == [LabelSet(one).fingerprint for one in sets]
