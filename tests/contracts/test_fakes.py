"""Our fakes keep the promises of what they stand for."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import Permanent, Temporary
from bot.model.labels import LabelSet
from bot.model.sample import Window
from bot.model.search_job import LogLine
from bot.testing.clock import FakeClock
from bot.testing.contracts import MetricSourceContract, RecorderContract
from bot.testing.log_contract import LINES, LogSourceContract
from bot.testing.logs import FakeLogSource
from bot.testing.metrics import FakeMetricSource
from bot.testing.notifier_contract import NotifierContract
from bot.testing.notifiers import FakeNotifier
from bot.testing.pager_contract import MessengerContract, PagerContract
from bot.testing.pagers import FakePager
from bot.testing.recorder import FakeRecorder

KITCHEN, CELLAR = (LabelSet({"__name__": "contract_degrees", "room": room}) for room in ("kitchen", "cellar"))


class TestFakeMetricSource(MetricSourceContract):
    @pytest.fixture
    def at(self) -> datetime:
        return datetime(2026, 11, 22, tzinfo=UTC)

    @pytest.fixture
    def source(self) -> FakeMetricSource:
        source = FakeMetricSource()
        source.shows("contract_degrees", {KITCHEN: 21.0, CELLAR: 12.0})
        source.shows('contract_degrees{room="kitchen"}', {KITCHEN: 21.0})
        source.shows('contract_degrees{room="cellar"}', {CELLAR: 12.0})
        source.shows("scalar(contract_degrees{room='cellar'})", {LabelSet(): 12.0})
        return source


class TestFakeLogSource(LogSourceContract):
    @pytest.fixture
    def at(self) -> datetime:
        return datetime(2026, 11, 22, tzinfo=UTC)

    @pytest.fixture
    def source(self, at: datetime) -> FakeLogSource:
        lines = [
            LogLine(at=at - timedelta(seconds=age), text=text, fields={"index": "contract", "service": service})
            for age, service, text in LINES
        ]
        return FakeLogSource(lines=lines)


class TestFakeRecorder(RecorderContract):
    @pytest.fixture
    def now(self) -> datetime:
        return datetime(2026, 11, 22, tzinfo=UTC)

    @pytest.fixture
    def recorder(self) -> FakeRecorder:
        return FakeRecorder()

    @pytest.fixture
    def source(self, recorder: FakeRecorder) -> FakeMetricSource:
        return recorder.source


async def test_the_fake_source_follows_its_script() -> None:
    source, at = FakeMetricSource(), datetime(2026, 11, 22, tzinfo=UTC)

    def rising(now: datetime) -> Mapping[LabelSet, float]:
        return {LabelSet(): (now - at).total_seconds()}

    source.shows("up", rising)
    window = Window(start=at, end=at + timedelta(seconds=2))
    (series,) = await source.query_range("up", {}, window, timedelta(seconds=1))
    assert [value for _, value in series.points] == [0.0, 1.0, 2.0]
    source.warns("partial")
    assert (await source.query("up", {}, at)).warnings == ("partial",)
    source.breaks(Temporary("away", integration="fake", reason="connection"))
    with pytest.raises(Temporary):
        await source.query("up", {}, at)
    source.breaks(None)
    assert (await source.query("up", {}, at)).samples
    assert source.asked[-1] == ("up", at)


def test_the_fake_clock_goes_when_told_to() -> None:
    clock = FakeClock(datetime(2026, 11, 22, tzinfo=UTC))
    clock.advance(timedelta(minutes=1))
    clock.advance(timedelta(seconds=-30))
    assert clock.now() == datetime(2026, 11, 22, 0, 0, 30, tzinfo=UTC)


class Ear:
    """The other side of a fake."""

    def __init__(self, fake: FakeNotifier) -> None:
        self.fake = fake

    def heard(self) -> Sequence[tuple[str, Mapping[str, str]]]:
        return [(told.id, dict(told.alerts[0].labels)) for told in self.fake.heard]

    def refuses(self, *, for_good: bool) -> None:
        kind = Permanent if for_good else Temporary
        self.fake.breaks(kind("no", integration="ear", reason="server"))

    def takes(self) -> None:
        self.fake.breaks(None)


class TestFakeNotifier(NotifierContract):
    @pytest.fixture
    def other_side(self) -> Ear:
        return Ear(FakeNotifier())

    @pytest.fixture
    def open_notifier(self, other_side: Ear) -> Callable[[], FakeNotifier]:
        return lambda: other_side.fake


class PagedFake:
    """A fake pager as its contracts see it."""

    def __init__(self) -> None:
        self.pager = FakePager()

    def taken(self) -> Sequence[tuple[str, str]]:
        calls = [(call.page, call.title) for call in self.pager.calls]
        return [*calls, *((message.id, message.subject) for message in self.pager.messages)]

    def refuses(self, *, for_good: bool) -> None:
        error = Permanent if for_good else Temporary
        self.pager.breaks(error("no", integration="fake", reason="server"))

    def takes(self) -> None:
        self.pager.breaks(None)


class TestFakePager(PagerContract, MessengerContract):
    @pytest.fixture
    def paged_side(self) -> PagedFake:
        return PagedFake()

    @pytest.fixture
    def open_pager(self, paged_side: PagedFake) -> Callable[[], FakePager]:
        return lambda: paged_side.pager

    @pytest.fixture
    def open_messenger(self, paged_side: PagedFake) -> Callable[[], FakePager]:
        return lambda: paged_side.pager
