"""Every active alert, in memory: says what a batch changes, with Alertmanager's rules of merging and of time.

The table is the log of alerts replayed. Nearly all that ever comes in is an alert that is known and still fires: it
costs one look-up by the bytes of its labels, and moves an end. Times are seconds since 1970.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum

from bot.alerts.wire import NO_END, Received, canonical_text, texts
from bot.model.alert import Alert
from bot.model.ids import Fingerprint
from bot.model.labels import LabelSet, fingerprints

LOGGED_EVERY_S = 30.0
"""An end that moves on is written again when it is this much later than the one that was written."""
_ON_ITS_WAY = float("-inf")
"""In place of an end that was written: something else is being written, and what comes after it must be, too."""
_AHEAD_S = 60.0
"""By so much the clock of whoever says that an alert is over may be ahead of ours."""
KEPT_OVER_S = 1800.0
"""How long an alert that is over is known: Prometheus says so for 15 minutes."""


class Change(StrEnum):
    """What a received alert changes. One that fires on as it did changes nothing."""

    NEW = "new"
    """It fires, and did not."""
    OVER = "over"
    """It fired, and does no more."""
    WORDS = "words"
    """It fires on, with other annotations, another link or an earlier start."""


class Entry:
    """One alert as it stands. `labels` are canonical JSON and its identity; `ends_at` infinite: no end is known.

    `over`: it was said to be over, or its end has come and was noticed; until then it fires, whatever the clock says.
    """

    __slots__ = (
        "_fingerprint",
        "annotations",
        "bucket",
        "ends_at",
        "generator_url",
        "labels",
        "logged_end",
        "over",
        "rule",
        "source",
        "starts_at",
        "timeout",
        "updated_at",
        "value",
    )

    def __init__(self, received: Received, now: float) -> None:
        self.labels = received.labels
        self.annotations = received.annotations
        self.starts_at = received.starts_at
        self.ends_at = self.logged_end = received.ends_at
        self.updated_at = now
        self.timeout = received.timeout
        self.generator_url = received.generator_url
        self.source = received.source
        self.rule = received.rule
        self.value = received.value
        self.over = True
        self.bucket = 0
        self._fingerprint = -1

    def label_set(self) -> LabelSet:
        """Its labels, read from their bytes."""
        return LabelSet.canonical(texts(self.labels))

    def fingerprint(self) -> Fingerprint:
        """Alertmanager's identity of it; computed once, when it is first asked for."""
        if self._fingerprint < 0:
            fingerprint_all((self,))
        return Fingerprint(f"{self._fingerprint:016x}")

    @property
    def ran_out(self) -> bool:
        """Whether its end, once it has come, only came by itself: whoever sent it has not said that it is over."""
        return self.timeout or self.ends_at - self.updated_at > _AHEAD_S

    def firing(self, now: float) -> bool:
        """Whether its end lies ahead."""
        return self.ends_at > now

    def alert(self) -> Alert:
        """The noun."""
        return Alert(
            labels=self.label_set(),
            annotations=texts(self.annotations),
            starts_at=datetime.fromtimestamp(self.starts_at, UTC),
            ends_at=None if self.ends_at == NO_END else datetime.fromtimestamp(self.ends_at, UTC),
            generator_url=self.generator_url,
            source=self.source,
            rule=self.rule,
            value=self.value,
        )

    def received(self) -> Received:
        """As it is written on the log again: said when it was last heard of or, where it is over, just now."""
        return Received(
            labels=self.labels,
            annotations=self.annotations,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            timeout=self.timeout,
            generator_url=self.generator_url,
            source=self.source,
            rule=self.rule,
            value=self.value,
            said_at=0.0 if self.over else self.updated_at,
        )


def fingerprint_all(entries: Iterable[Entry]) -> None:
    """Computes those that are missing, many at once: five times faster than one by one."""
    lacking = [entry for entry in entries if entry._fingerprint < 0]
    for entry, number in zip(lacking, fingerprints([texts(entry.labels) for entry in lacking]), strict=True):
        entry._fingerprint = number


class AlertTable:
    """All alerts that fire, and those that have been over for less than half an hour.

    `seq` is how far the log is in it; -1: it has not been read yet. `leads`: this process tells what is due. One that
    stands by writes every end that moves, so that the one that leads sees it.
    """

    def __init__(self, *, resolve_timeout: float) -> None:
        """`resolve_timeout`: seconds, after which an alert without an end is over, and no end counts after a start."""
        self.resolve_timeout = resolve_timeout
        self.seq = -1
        self.leads = False
        self._entries: dict[bytes, Entry] = {}
        self._ends: dict[int, list[Entry]] = {}
        """By the second in which it comes, the entries whose end was there when it was last looked at."""
        self._index: dict[Fingerprint, Entry] | None = None
        self._not_indexed: list[Entry] = []
        self._tidy_at = 0.0

    def __len__(self) -> int:
        return len(self._entries)

    def weigh(self, batch: Sequence[Received], now: float) -> list[Received]:
        """What must be on the log before it is taken, and answered.

        The rest says nothing but that an alert fires on, or once more that it is over: that is taken here and now.
        """
        covered = now + self.resolve_timeout if self.leads else now
        known, fresh = self._entries.get, []
        for one in batch:
            entry = known(one.labels)
            ends_at = one.ends_at
            if entry is None:
                fresh.append(one)
                continue
            if entry.annotations != one.annotations or entry.generator_url != one.generator_url:
                pass
            elif ends_at <= now or entry.over:
                if entry.over and ends_at <= now and one.starts_at == entry.starts_at:
                    entry.ends_at, entry.updated_at, entry.timeout = max(entry.ends_at, ends_at), now, one.timeout
                    continue
            elif (
                entry.starts_at <= one.starts_at < entry.ends_at
                and one.starts_at < ends_at
                and (ends_at <= covered or ends_at <= entry.logged_end + LOGGED_EVERY_S)
                and entry.logged_end != _ON_ITS_WAY
            ):
                if ends_at > entry.ends_at:
                    entry.ends_at = ends_at
                elif entry.timeout:
                    entry.ends_at = ends_at
                    self._await_end(entry)
                entry.updated_at, entry.timeout, entry.value = now, one.timeout, one.value
                continue
            entry.logged_end = _ON_ITS_WAY
            fresh.append(one)
        return fresh

    def take(self, batch: Iterable[Received], now: float) -> list[tuple[Entry, Change]]:
        """Takes a batch that came in at `now` and is on the log; what changed by it, in its order."""
        changed = []
        for one in batch:
            entry = self._entries.get(one.labels)
            if entry is None:
                entry = self._entries[one.labels] = Entry(one, now)
                if self._index is not None:
                    self._not_indexed.append(entry)
                other_words = False
            else:
                other_words = _merge(entry, one, now)
            change = self._settled(entry, other_words=other_words, now=now)
            if change is not None:
                changed.append((entry, change))
        return changed

    def replay(self, batch: Iterable[Received], now: float) -> list[tuple[Entry, Change]]:
        """Takes what is on the log since `now`; the older of two words on an alert does not undo the newer one."""
        changed = []
        for one in batch:
            at, entry = one.said_at or now, self._entries.get(one.labels)
            if entry is None or entry.updated_at <= at:
                changed += self.take((one,), at)
        return changed

    def ended(self, now: float) -> list[Entry]:
        """Alerts whose end has come since this was last asked, though nobody said so; they are over now.

        What cannot be written down is given back with `not_ended`.
        """
        found = []
        due = sorted(second for second in self._ends if second <= now) if self.leads else ()
        for second in due:
            for entry in self._ends.pop(second):
                if entry.bucket != second:
                    continue  # it stands in another bucket too, and is looked at there
                entry.bucket = 0
                if entry.over:
                    continue
                if entry.ends_at <= now:
                    entry.over, entry.timeout = True, entry.ran_out
                    found.append(entry)
                else:
                    self._await_end(entry)
        return found

    def next_end(self, now: float) -> float:
        """When an alert may end though nobody says so; infinity: none has an end that is known."""
        first = min(self._ends, default=float("inf"))
        return first if first > now else first + 1.0  # all ends of one second have come when it is over

    def not_ended(self, entries: Iterable[Entry]) -> None:
        """They are asked for again: that they ended could not be kept."""
        for entry in entries:
            if entry.over and not entry.bucket:
                entry.over = False
                self._await_end(entry)

    def settle(self, until: float) -> None:
        """After a start: no alert that fired when it was last heard of ends before `until` by an end that is stored."""
        for entry in self._entries.values():
            if not entry.over and entry.ends_at < until:
                entry.ends_at, entry.timeout = until, True

    def find(self, fingerprint: Fingerprint) -> Entry | None:
        """The alert with this fingerprint, over or not; the first time takes 5 us an alert."""
        if self._index is None:
            self._index, self._not_indexed = {}, list(self._entries.values())
        return self._indexed(self._index).get(fingerprint)

    def newest_first(self) -> Iterator[Entry]:
        """All of them, over or not, those that were heard of last at the beginning."""
        return reversed(self._entries.values())

    def active(self, now: float) -> list[Entry]:
        """Those that fire."""
        return [entry for entry in self._entries.values() if not entry.over and entry.ends_at > now]

    def over(self) -> list[Entry]:
        """Those that are over, and still known."""
        return [entry for entry in self._entries.values() if entry.over]

    def named(self, name: str) -> list[Entry]:
        """Those whose `alertname` this is, over or not."""
        wanted = b'"alertname":' + canonical_text(name)
        return [entry for entry in self._entries.values() if wanted in entry.labels]

    def tidy(self, now: float) -> None:
        """Forgets from time to time, whenever it is called."""
        if now >= self._tidy_at:
            self._tidy_at = now + KEPT_OVER_S / 2
            self.forget(now)

    def forget(self, now: float) -> None:
        """Lets go of what has been over for long."""
        gone = [entry for entry in self._entries.values() if entry.over and entry.updated_at < now - KEPT_OVER_S]
        for entry in gone:
            del self._entries[entry.labels]
        if self._index is not None:
            index = self._indexed(self._index)
            for entry in gone:
                index.pop(entry.fingerprint(), None)

    def _indexed(self, index: dict[Fingerprint, Entry]) -> dict[Fingerprint, Entry]:
        """The index with all entries in it."""
        fingerprint_all(self._not_indexed)
        index.update((entry.fingerprint(), entry) for entry in self._not_indexed)
        self._not_indexed.clear()
        return index

    def _settled(self, entry: Entry, *, other_words: bool, now: float) -> Change | None:
        was_over, entry.over = entry.over, entry.ends_at <= now
        if entry.over:
            return None if was_over else Change.OVER
        self._await_end(entry)
        if was_over:
            return Change.NEW
        return Change.WORDS if other_words else None

    def _await_end(self, entry: Entry) -> None:
        """Sees to it that its end is noticed: an entry stands in the bucket of its end, or in an earlier one."""
        if entry.ends_at == NO_END:
            return
        second = int(entry.ends_at)
        if not 0 < entry.bucket <= second:
            entry.bucket = second
            self._ends.setdefault(second, []).append(entry)


def _merge(entry: Entry, one: Received, now: float) -> bool:
    """What Alertmanager makes of an alert it knows; whether it reads differently now.

    Overlapping times are one alert: the words of whoever spoke last, the earliest start, and the older end only where
    somebody gave it and it is later (of two ends that have passed, the later one). Otherwise the new one replaces.
    """
    before = (entry.annotations, entry.generator_url, entry.starts_at)
    starts_at, ends_at, timeout = one.starts_at, one.ends_at, one.timeout
    overlap = entry.starts_at < ends_at < entry.ends_at or entry.starts_at < starts_at < entry.ends_at
    late = overlap and now < entry.updated_at
    """It came in before what we know, and waited longer for the log."""
    if overlap:
        starts_at = min(starts_at, entry.starts_at)
        if late:
            ends_at, timeout = _end(entry.ends_at, ends_at, now, older_timeout=timeout), entry.timeout
        else:
            ends_at = _end(ends_at, entry.ends_at, now, older_timeout=entry.timeout)
    entry.starts_at, entry.ends_at, entry.timeout, entry.logged_end = starts_at, ends_at, timeout, one.ends_at
    if not late:
        entry.annotations, entry.generator_url, entry.updated_at = one.annotations, one.generator_url, now
        entry.source, entry.rule, entry.value = one.source, one.rule, one.value
    return before != (entry.annotations, entry.generator_url, entry.starts_at)


def _end(younger: float, older: float, now: float, *, older_timeout: bool) -> float:
    """The end of an alert that two spoke of."""
    counts = older <= now if younger <= now else not older_timeout
    return max(younger, older) if counts else younger
