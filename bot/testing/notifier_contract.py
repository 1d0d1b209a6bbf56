"""What every `Notifier` promises, as a test class to be subclassed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from bot.alerts import saying
from bot.errors import IntegrationError, Permanent, Temporary
from bot.model.alert import Alert
from bot.model.labels import LabelSet
from bot.model.telling import Reason
from bot.model.told_group import ToldGroup
from bot.ports.notifier import Notifier
from bot.testing.contracts import HOSTILE

_NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


class OtherSide(Protocol):
    """Whoever is told, as a test sees them."""

    def heard(self) -> Sequence[tuple[str, Any]]:
        """The id of each message that was taken, once, in order, and what the other side makes of its first labels."""
        ...

    def refuses(self, *, for_good: bool) -> None:
        """From now on nothing is taken: for the moment, or because such a message never is."""
        ...

    def takes(self) -> None:
        """From now on it is."""
        ...


class NotifierContract:
    """A `Notifier`. Fixtures: `open_notifier`, which opens one that rests from nothing yet; `other_side`."""

    async def test_what_is_told_is_taken_once_it_returns(
        self, open_notifier: Callable[[], Notifier], other_side: OtherSide
    ) -> None:
        """In the order in which it was told."""
        notifier, tellings = open_notifier(), [telling(number) for number in range(3)]
        for one in tellings:
            await notifier.tell(one)
        assert [key for key, _ in other_side.heard()] == [one.id for one in tellings]

    async def test_what_is_told_twice_is_known_by_its_id(
        self, open_notifier: Callable[[], Notifier], other_side: OtherSide
    ) -> None:
        """The answer to the first may have been lost."""
        notifier, one = open_notifier(), telling(0)
        await notifier.tell(one)
        await notifier.tell(one)
        assert [key for key, _ in other_side.heard()] == [one.id]

    async def test_hostile_words_arrive_as_they_are(
        self, open_notifier: Callable[[], Notifier], other_side: OtherSide
    ) -> None:
        """Whatever stands in a label."""
        notifier = open_notifier()
        for number, text in enumerate(HOSTILE):
            await notifier.tell(telling(number, room=text))
        assert [labels["room"] for _, labels in other_side.heard()] == list(HOSTILE)

    async def test_it_says_whether_telling_again_may_help(
        self, open_notifier: Callable[[], Notifier], other_side: OtherSide
    ) -> None:
        """Temporary and Permanent, each with a hint; nothing was taken."""
        for for_good, kind in ((False, Temporary), (True, Permanent)):
            other_side.refuses(for_good=for_good)
            error = await _raised(open_notifier(), telling(0))
            assert isinstance(error, kind)
            assert error.hint
        other_side.takes()
        await open_notifier().tell(telling(1))
        assert [key for key, _ in other_side.heard()] == [telling(1).id]


def telling(number: int, **labels: str) -> ToldGroup:
    """One alert that fires; another message for each number."""
    shared = LabelSet({"alertname": "ShopSlow", **labels})
    alert = Alert(labels=shared, annotations={"summary": "slow"}, starts_at=_NOW - timedelta(minutes=1))
    at = _NOW + timedelta(seconds=number)
    return saying.said("{}:{}", "shop", shared, [alert], Reason.FIRST, "https://tocsin.example.net", 0, at)


async def _raised(notifier: Notifier, one: ToldGroup) -> IntegrationError | None:
    try:
        await notifier.tell(one)
    except IntegrationError as error:
        return error
    return None
