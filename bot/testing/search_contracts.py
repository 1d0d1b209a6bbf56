"""What every server of saved searches promises, as a test class to be subclassed."""

from __future__ import annotations

from bot.model.search_job import SearchJob
from bot.ports.searches import SearchSource


class SearchSourceContract:
    """A `SearchSource` with five lines `room=kitchen` and one `room=cellar`.

    Fixtures: `searches`; `counted`, a job that counts lines by room, with a key of the test's own.
    """

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
