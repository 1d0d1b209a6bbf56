"""Rows of a search as they are found, however many: in bounded memory, and never fewer than there are without a word.

An export has no job to ask afterwards: its end is the row that calls itself the last, and what it says of missing data
comes between the rows. Rows already given stand; whoever reads on is told.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

from bot.errors import Temporary
from bot.integrations.splunk import answers
from bot.integrations.splunk.answers import Message
from bot.integrations.splunk.rest import Rest
from bot.integrations.splunk.room import Room
from bot.model.search_job import Row, Urgency

_WHOLE = {"preview": "0", "adhoc_search_level": "smart"}
_LONGEST_LINE = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """Streams searches of one server; each has a place among those that run at once until its last row."""

    rest: Rest
    room: Room
    harmless: Sequence[str] = ()

    async def rows(self, form: Mapping[str, str], *, owner: str, app: str) -> AsyncGenerator[Row, None]:
        """The rows of `search` between `earliest_time` and `latest_time`, in the order in which Splunk finds them.

        Whoever needs only some closes the iterator (`contextlib.aclosing`), which ends the search. Raises Temporary and
        Permanent, also after rows: the stream broke off, the search failed, or data was missing.
        """
        name = self.rest.access.name
        is_last = False
        said: list[Message] = []
        async with self.room.place(Urgency.EVIDENCE), self.rest.export(owner, app, {**form, **_WHOLE}) as pieces:
            async for line in _lines(pieces, name):
                found = answers.fields(line, name)
                said += answers.messages(found, self.rest.access.redactor)
                if answers.yes(found.get("preview")):
                    continue
                is_last = is_last or answers.yes(found.get("lastrow"))
                if isinstance(found.get("result"), dict):
                    yield answers.row(found["result"])
        self._raise_for(said, is_last, name)

    def _raise_for(self, said: Sequence[Message], is_last: bool, name: str) -> None:
        if any(message.kind == "FATAL" for message in said):
            raise answers.failed(said, name)
        if not is_last:
            message = f"{name} broke off before the last row"
            raise Temporary(message, integration=name, reason="connection")
        if lost := answers.losses(said, self.harmless):
            raise Temporary(f"{name} did not see all data: {lost[0]}", integration=name, reason="server")


async def _lines(pieces: AsyncIterator[bytes], name: str) -> AsyncIterator[bytes]:
    """Lines that hold something. What is left without an end of line is one as well: half of a row is no JSON."""
    rest = b""
    async for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            if line.strip():
                yield line
        if len(rest) > _LONGEST_LINE:
            raise answers.not_splunk(name)
    if rest.strip():
        yield rest
