"""What every `LogSource` must do: subclass the suite, give it the fixtures, and it runs against the adapter.

The source holds `LINES`, at these many seconds before `at`, each in index `contract` with the field `service`.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from urllib.parse import unquote_plus

import pytest

from bot.errors import Permanent
from bot.model.sample import Window
from bot.ports.logs import LogSource

LINES = (
    (50, "cart", "payment refused for user 1"),
    (40, "cart", "payment refused for user 2"),
    (30, "till", 'receipt "lost" | printed'),
    (20, "cart", "started"),
)
QUERY = 'index="contract" service="$service"'
HOSTILE = ('cart" OR service="till', "cart\\", 'x" | delete', "[search *]", "`macro`", "*")


class LogSourceContract:
    """Fixtures: `source`, and `at`: the time `LINES` are told from."""

    async def test_the_newest_lines_come_first(self, source: LogSource, at: datetime) -> None:
        """With their own times and fields, and nothing else of the index."""
        answer = await source.search(QUERY, {"service": "cart"}, _minute(at), 10)
        assert [line.text for line in answer.lines] == [
            "started",
            "payment refused for user 2",
            "payment refused for user 1",
        ]
        assert [round((at - line.at).total_seconds()) for line in answer.lines] == [20, 40, 50]
        assert {line.fields.get("service") for line in answer.lines} == {"cart"}
        assert answer.total == 3
        assert answer.warnings == ()

    async def test_no_more_come_than_are_wanted(self, source: LogSource, at: datetime) -> None:
        """The limit keeps the newest."""
        answer = await source.search(QUERY, {"service": "cart"}, _minute(at), 2)
        assert [line.text for line in answer.lines] == ["started", "payment refused for user 2"]
        assert answer.total >= 2

    async def test_a_window_ends_before_its_end(self, source: LogSource, at: datetime) -> None:
        """Its start belongs to it, its end does not."""
        window = Window(start=at - timedelta(seconds=50), end=at - timedelta(seconds=20))
        answer = await source.search(QUERY, {"service": "cart"}, window, 10)
        assert len(answer.lines) == 2

    async def test_nothing_is_an_answer(self, source: LogSource, at: datetime) -> None:
        """No line is not a failure."""
        answer = await source.search(QUERY, {"service": "nobody"}, _minute(at), 10)
        assert (answer.lines, answer.total) == ((), 0)

    @pytest.mark.parametrize("hostile", HOSTILE)
    async def test_no_value_becomes_syntax(self, source: LogSource, at: datetime, hostile: str) -> None:
        """A value finds what equals it, or is refused."""
        with suppress(Permanent):
            answer = await source.search(QUERY, {"service": hostile}, _minute(at), 10)
            assert answer.lines == ()

    async def test_an_unknown_variable_is_refused(self, source: LogSource, at: datetime) -> None:
        """By its name, and as a mistake of ours."""
        with pytest.raises(Permanent, match=r"\$service") as refused:
            await source.search(QUERY, {}, _minute(at), 10)
        assert refused.value.reason == "client"

    async def test_a_link_holds_the_query_and_absolute_times(self, source: LogSource, at: datetime) -> None:
        """So that it shows the same tomorrow."""
        window = _minute(at)
        link = unquote_plus(source.link(QUERY, {"service": "cart"}, window))
        assert 'service="cart"' in link
        assert str(int(window.start.timestamp())) in link


def _minute(at: datetime) -> Window:
    return Window(start=at - timedelta(minutes=1), end=at)
