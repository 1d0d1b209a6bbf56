"""What every `Pager` and every `Messenger` promises, as test classes to be subclassed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Protocol

from bot.errors import IntegrationError, Permanent, Temporary
from bot.model.ids import IncidentId, PageId
from bot.model.incident import Severity
from bot.model.page import Call, Message
from bot.ports.pager import Messenger, Pager
from bot.testing.contracts import HOSTILE

_SHOWN = 200
_NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


class PagedSide(Protocol):
    """Whoever is handed pages or messages, as a test sees them."""

    def taken(self) -> Sequence[tuple[str, str]]:
        """The id of each that was taken, once, in order, and the title or subject that it came with."""
        ...

    def refuses(self, *, for_good: bool) -> None:
        """From now on nothing is taken: for the moment, or because such a thing never is."""
        ...

    def takes(self) -> None:
        """From now on it is."""
        ...


class PagerContract:
    """A `Pager`. Fixtures: `open_pager`, which opens one that has met no failure yet; `paged_side`."""

    async def test_a_page_was_taken_once_it_returns(
        self, open_pager: Callable[[], Pager], paged_side: PagedSide
    ) -> None:
        """Each with its own id."""
        pager = open_pager()
        for number in range(3):
            await pager.page(call(number))
        assert [key for key, _ in paged_side.taken()] == [call(number).page for number in range(3)]

    async def test_a_page_that_comes_twice_wakes_once(
        self, open_pager: Callable[[], Pager], paged_side: PagedSide
    ) -> None:
        """The answer to the first may have been lost."""
        pager = open_pager()
        assert await pager.page(call(0)) == await pager.page(call(0))
        assert [key for key, _ in paged_side.taken()] == [call(0).page]

    async def test_a_hostile_title_is_only_a_title(
        self, open_pager: Callable[[], Pager], paged_side: PagedSide
    ) -> None:
        """What it holds of sense arrives; it adds no header, no recipient and no field."""
        pager = open_pager()
        for number, text in enumerate(HOSTILE):
            await pager.page(call(number, title=text))
        assert [_bare(title) for _, title in paged_side.taken()] == [_bare(text) for text in HOSTILE]

    async def test_it_says_whether_paging_again_may_help(
        self, open_pager: Callable[[], Pager], paged_side: PagedSide
    ) -> None:
        """Temporary and Permanent, each with a hint; nothing was taken."""
        for for_good, kind in ((False, Temporary), (True, Permanent)):
            paged_side.refuses(for_good=for_good)
            error = await _raised_by_page(open_pager())
            assert isinstance(error, kind)
            assert error.hint
        paged_side.takes()
        await open_pager().page(call(1))
        assert [key for key, _ in paged_side.taken()] == [call(1).page]


class MessengerContract:
    """A `Messenger`. Fixtures: `open_messenger`, which opens one that has met no failure yet; `paged_side`."""

    async def test_a_message_was_taken_once_it_returns(
        self, open_messenger: Callable[[], Messenger], paged_side: PagedSide
    ) -> None:
        """Each with its own id."""
        messenger = open_messenger()
        for number in range(3):
            await messenger.send(message(number))
        assert [key for key, _ in paged_side.taken()] == [message(number).id for number in range(3)]

    async def test_a_message_that_comes_twice_is_known_by_its_id(
        self, open_messenger: Callable[[], Messenger], paged_side: PagedSide
    ) -> None:
        """The answer to the first may have been lost."""
        messenger = open_messenger()
        await messenger.send(message(0))
        await messenger.send(message(0))
        assert [key for key, _ in paged_side.taken()] == [message(0).id]

    async def test_a_hostile_subject_is_only_a_subject(
        self, open_messenger: Callable[[], Messenger], paged_side: PagedSide
    ) -> None:
        """What it holds of sense arrives; it adds no header, no recipient and no field."""
        messenger = open_messenger()
        for number, text in enumerate(HOSTILE):
            await messenger.send(message(number, subject=text))
        assert [_bare(subject) for _, subject in paged_side.taken()] == [_bare(text) for text in HOSTILE]

    async def test_it_says_whether_sending_again_may_help(
        self, open_messenger: Callable[[], Messenger], paged_side: PagedSide
    ) -> None:
        """Temporary and Permanent, each with a hint; nothing was taken."""
        for for_good, kind in ((False, Temporary), (True, Permanent)):
            paged_side.refuses(for_good=for_good)
            error = await _raised_by_send(open_messenger())
            assert isinstance(error, kind)
            assert error.hint
        assert paged_side.taken() == []


def call(number: int, *, title: str = "the shop is slow", address: str = "ann@example.net") -> Call:
    """A page of its own for each number, all of one incident."""
    return Call(
        page=PageId(f"PAGE-{number + 1}"),
        incident=IncidentId("INC-7"),
        key="tocsin-INC-7-1795342800",
        title=title,
        severity=Severity.SEV1,
        service="shop",
        text=f"INC-7 SEV1: {title}\nservice: shop",
        link="https://tocsin.example.net/incidents/INC-7",
        person="ann",
        address=address,
        at=_NOW,
    )


def message(number: int, *, subject: str = "your turn begins", address: str = "ann@example.net") -> Message:
    """A message of its own for each number."""
    link = "https://tocsin.example.net/oncall"
    return Message(id=f"handover {number}", address=address, subject=subject, text="Nothing burns.", link=link, at=_NOW)


def _bare(text: str) -> str:
    """Its first letters and digits: what a header cannot hold may have become a blank, and what is long cut off."""
    return "".join(character for character in text if character.isalnum())[:_SHOWN]


async def _raised_by_page(pager: Pager) -> IntegrationError | None:
    try:
        await pager.page(call(0))
    except IntegrationError as error:
        return error
    return None


async def _raised_by_send(messenger: Messenger) -> IntegrationError | None:
    try:
        await messenger.send(message(0))
    except IntegrationError as error:
        return error
    return None
