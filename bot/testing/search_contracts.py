"""What every source of logs and every server of saved searches promises, as test classes to be subclassed."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote_plus

from bot.errors import IntegrationError, Permanent
from bot.model.sample import Window
from bot.model.search_job import LogAnswer, SearchJob
from bot.ports.logs import LogSource
from bot.ports.searches import SearchSource
from bot.testing.contracts import HOSTILE


class LogSourceContract:
    """A `LogSource` in whose world five lines `room=kitchen step=0` to `step=4` and one `room=cellar step=9` stand.

    They are a second apart, from the window's start to its end; the cellar's is the last. Fixtures: `logs`; `window`;
    `by_room`, a query for the lines whose `room` is `$room`; `mistaken`, a query that makes no sense.
    """

    async def test_the_newest_come_first_and_all_are_counted(
        self, logs: LogSource, window: Window, by_room: str
    ) -> None:
        """With their times, texts and fields."""
        answer = await logs.search(by_room, {"room": "kitchen"}, window, 3)
        assert [line.fields["step"] for line in answer.lines] == ["4", "3", "2"]
        assert [line.at for line in answer.lines] == [window.start + timedelta(seconds=step) for step in (4, 3, 2)]
        assert all(line.at.tzinfo == UTC for line in answer.lines)
        assert "room=kitchen step=4" in answer.lines[0].text
        assert (answer.total, answer.warnings) == (5, ())

    async def test_both_ends_of_the_window_are_in_it(self, logs: LogSource, window: Window, by_room: str) -> None:
        """And what is a second outside is not."""
        assert len((await logs.search(by_room, {"room": "cellar"}, window, 3)).lines) == 1
        earlier = Window(start=window.start, end=window.end - timedelta(seconds=1))
        assert (await logs.search(by_room, {"room": "cellar"}, earlier, 3)).lines == ()
        later = Window(start=window.start + timedelta(seconds=1), end=window.end)
        assert len((await logs.search(by_room, {"room": "kitchen"}, later, 10)).lines) == 4

    async def test_nothing_is_an_answer(self, logs: LogSource, window: Window, by_room: str) -> None:
        """No line is not a failure."""
        answer = await logs.search(by_room, {"room": "attic"}, window, 3)
        assert (answer.lines, answer.total, answer.warnings) == ((), 0, ())

    async def test_no_value_becomes_syntax(self, logs: LogSource, window: Window, by_room: str) -> None:
        """Each hostile value is compared as it is, and finds no line, or is refused as no literal."""
        for value in (*HOSTILE, "*", 'kitchen" OR room="cellar'):
            found = await _found(logs.search(by_room, {"room": value}, window, 3))
            if isinstance(found, LogAnswer):
                assert found.lines == (), value
            else:
                assert isinstance(found, Permanent), value
                assert (found.reason, bool(found.hint)) == ("client", True), value

    async def test_a_mistake_in_the_query_is_ours(self, logs: LogSource, window: Window, mistaken: str) -> None:
        """Permanent, with a reason and a hint."""
        found = await _found(logs.search(mistaken, {}, window, 3))
        assert isinstance(found, Permanent)
        assert (found.reason, bool(found.hint)) == ("client", True)

    async def test_a_link_holds_the_value_and_absolute_times(self, logs: LogSource, by_room: str) -> None:
        """It shows the same tomorrow."""
        end = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
        link = unquote_plus(
            logs.link(by_room, {"room": 'a"&b'}, Window(start=end - timedelta(hours=1), end=end)), errors="strict"
        )
        assert "&b" in link
        assert "now" not in link
        assert "$room" not in link


class SearchSourceContract:
    """A `SearchSource` over the same lines. Fixtures: `searches`; `counted`, a job that counts lines by room."""

    async def test_rows_come_and_are_counted(self, searches: SearchSource, counted: SearchJob) -> None:
        """All values are texts."""
        answer = await searches.run(counted)
        assert {(row["room"], row["count"]) for row in answer.rows} == {("kitchen", "5"), ("cellar", "1")}
        assert (answer.count, answer.warnings, answer.met) == (2, (), None)
        assert answer.sid

    async def test_the_same_run_answers_the_same(self, searches: SearchSource, counted: SearchJob) -> None:
        """However often it is asked for."""
        first, again = await searches.run(counted), await searches.run(counted)
        assert (first.rows, first.count) == (again.rows, again.count)


async def _found(question: Awaitable[LogAnswer]) -> LogAnswer | IntegrationError:
    try:
        return await question
    except IntegrationError as error:
        return error
