"""An incident here and the messages of its pages in Slack say the same, whatever happens on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.errors import Temporary
from bot.integrations.slack import integration
from bot.model.actor import Person
from tests.integrations.both_ways import Tocsin, at_work, contacts, until
from tests.integrations.slack_simulator.simulated import Slack

PEOPLE = (
    Person(name="ann", contacts=contacts(("pager", "U0ANN"), ("phone", "1"))),
    Person(name="ben", contacts=contacts(("pager", "U0BEN"))),
    Person(name="cyd", contacts=contacts(("phone", "3"))),
)


@pytest.fixture
async def tocsin(config: dict[str, object], tmp_path: Path) -> AsyncIterator[Tocsin]:
    async with at_work(tmp_path / "tocsin.db", integration, config, PEOPLE) as made:
        yield made


async def reads(slack: Slack, who: str, text: str) -> None:
    """Waits until what the bot said last to somebody begins with this."""

    async def does() -> bool:
        said = slack.said(who)
        return bool(said) and said[-1]["text"].startswith(text)

    await until(does)


async def test_somebody_is_woken_and_sees_how_it_goes_on(tocsin: Tocsin, slack: Slack) -> None:
    ours = await tocsin.declares("The cart is empty")
    await reads(slack, "@ann", f"*SEV2 {ours}* The cart is empty")
    await tocsin.says(ours, "paged ann through pager")
    await tocsin.acknowledges(ours, by="ben")
    await reads(slack, "@ann", "Acknowledged: ")
    await tocsin.resolves(ours)
    await reads(slack, "@ann", "Resolved: ")
    await tocsin.all_told()
    [message] = slack.said("@ann")
    assert message["links"] == [f"https://tocsin.example.net/incidents/{ours}"]
    assert tocsin.phone.calls == []


async def test_where_slack_is_away_the_next_way_is_taken_and_the_timeline_says_why(
    tocsin: Tocsin, slack: Slack
) -> None:
    slack.set(revoked=True)
    ours = await tocsin.declares()
    await tocsin.says(ours, "could not page ann through pager; phone is tried")
    await tocsin.says(ours, "paged ann through phone")
    assert "token_revoked" in next(one.why for one in await tocsin.timeline(ours) if "could not page" in one.text)


async def test_an_edit_that_slack_does_not_take_is_made_up_for(tocsin: Tocsin, slack: Slack) -> None:
    ours = await tocsin.declares()
    await tocsin.says(ours, "paged ann through pager")
    slack.breaks({"path": "/api/chat.update", "status": 503})
    await tocsin.acknowledges(ours)
    await tocsin.says(ours, "pager does not know yet that it was acknowledged")
    slack.mended()
    await reads(slack, "@ann", "Acknowledged: ")
    await tocsin.says(ours, "pager knows by now that it was acknowledged")


async def test_an_answer_that_is_lost_wakes_nobody_twice(tocsin: Tocsin, slack: Slack) -> None:
    slack.breaks({"path": "/api/chat.postMessage", "times": 1, "cut": True, "effect": True})
    ours = await tocsin.declares(by="ann")
    await tocsin.says(ours, "paged ann through phone")  # nobody knows whether she was
    slack.breaks({"path": "/api/chat.postMessage", "times": 1, "cut": True, "effect": True})
    await tocsin.pages(ours, "ben")  # his only way is tried again
    await tocsin.says(ours, "paged ben through pager")
    assert len(slack.said("@ben")) == 1
    await tocsin.all_told()


async def test_whoever_is_handed_a_page_again_hears_that_it_may_have_arrived(tocsin: Tocsin, slack: Slack) -> None:
    ours = await tocsin.declares()
    await tocsin.says(ours, "paged ann through pager")
    tocsin.phone.breaks(Temporary("it rang, perhaps", integration="phone", reason="timeout"))
    await tocsin.pages(ours, "cyd")

    async def was_tried() -> bool:
        return tocsin.phone.tries > 0

    await until(was_tried)
    tocsin.phone.breaks(None)
    await tocsin.says(ours, "paged cyd through phone")
    await tocsin.pages(ours, "cyd")

    async def was_paged_twice() -> bool:
        return len(tocsin.phone.calls) == 2

    await until(was_paged_twice)
    assert [call.again for call in tocsin.phone.calls] == [True, False]
