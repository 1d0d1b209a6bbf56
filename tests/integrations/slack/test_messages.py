"""What Ann reads in Slack: what for, in which colour, and nothing that an alert put there for others to fall for."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.integrations.slack import letters, mrkdwn
from bot.kit.plugin import Capabilities
from bot.model.ids import IncidentId
from bot.model.mirror import Happening, OurChange
from bot.ports.pager import Messenger, Pager
from bot.testing.contracts import HOSTILE
from bot.testing.slack import blocks as kit
from bot.testing.slack import mrkdwn as shown
from tests.integrations.slack.conftest import letter, page
from tests.integrations.slack_simulator.simulated import Slack
from tests.soak import many

NOW = datetime(2026, 11, 22, 10, 5, tzinfo=UTC)
FORGED = (
    "<!channel> <!here> <!everyone>",
    "<@U0BEN> <!subteam^S0SRE>",
    "<https://evil.example|https://tocsin.example.net>",
    "<javascript:alert(1)|here> <mailto:x@evil.example|x>",
    "&lt;!channel&gt; &amp;lt;!channel&amp;gt;",
    "https://evil.example/<!channel>|<@U0BEN>",
    "< !channel > <\n!channel>",
    "<!date^1^{time}^https://evil.example|now>",
)


def words(message: dict[str, Any]) -> str:
    """All that people read of a message."""
    blocks = [block for bar in message["attachments"] for block in bar["blocks"]]
    return "\n".join([shown.shown(message["text"]), *(shown.shown(text) for text in kit.texts(blocks))])


def change(what: Happening, refs: Sequence[str], by: str = "ben") -> OurChange:
    incident = IncidentId("INC-7")
    return OurChange(id="1", what=what, incident=incident, key="k", by=by, text="", at=NOW, refs=tuple(refs))


async def test_a_page_says_what_for_and_leads_to_its_incident(slack: Slack, pager: Pager) -> None:
    ref = await pager.page(page())
    [message] = slack.said("@ann")
    assert ref == f"{slack.channel('@ann')['id']}/{message['ts']}"
    assert message["text"] == "*SEV1 INC-7* the shop is slow"
    assert message["attachments"][0]["color"] == "#d92d20"
    assert "service: shop" in words(message)
    assert words(message).count("the shop is slow") == 1
    assert message["links"] == ["https://tocsin.example.net/incidents/INC-7"]
    assert "the shop is slow" in slack.page("@ann")


async def test_a_page_changes_as_its_incident_goes_on(slack: Slack, opened: Capabilities, pager: Pager) -> None:
    assert opened.mirror is not None
    refs = ["tocsin-INC-7-1795342800", await pager.page(page(0)), await pager.page(page(1))]
    await opened.mirror.tell(change(Happening.ACKNOWLEDGED, refs, by="<!channel> ben"), again=False)
    for message in slack.said("@ann"):
        assert message["text"] == "Acknowledged: *SEV1 INC-7* the shop is slow"
        assert message["attachments"][0]["color"] == "#e8a33d"
        assert "Acknowledged by <!channel> ben 2026-11-22 10:05 UTC" in words(message)
        assert "service: shop" in words(message)
        assert message["calls"] == []
    await opened.mirror.tell(change(Happening.RESOLVED, refs), again=False)
    edits = len(slack.calls("chat.update"))
    await opened.mirror.tell(change(Happening.RESOLVED, refs), again=True)
    await opened.mirror.tell(change(Happening.ACKNOWLEDGED, refs), again=True)  # it comes late
    assert len(slack.calls("chat.update")) == edits == 4
    for message in slack.said("@ann"):
        assert message["text"] == "Resolved: *SEV1 INC-7* the shop is slow"
        assert "Resolved by ben" in words(message)
    assert len(slack.said("@ann")) == 2, "nothing new was said"


async def test_a_message_that_somebody_removed_is_left_alone(slack: Slack, opened: Capabilities, pager: Pager) -> None:
    assert opened.mirror is not None
    ref = await pager.page(page())
    channel = ref.partition("/")[0]
    gone = [f"{channel}/1.000001", "D0NOWHERE/1.000001", ref]
    await opened.mirror.tell(change(Happening.RESOLVED, gone), again=False)
    assert slack.said("@ann")[0]["text"].startswith("Resolved: ")
    await opened.mirror.tell(change(Happening.NOTED, [ref]), again=False)
    assert len(slack.calls("chat.update")) == 1


async def test_a_message_is_read_with_its_links(slack: Slack, messenger: Messenger) -> None:
    text = "Two are open:\nINC-7, see https://tocsin.example.net/incidents/INC-7.\nGood night & good luck"
    await messenger.send(letter(text=text))
    [message] = slack.said("@ann")
    assert words(message).splitlines()[:2] == ["*your turn begins*", "Two are open:"]
    assert "Good night & good luck" in words(message)
    assert message["links"] == ["https://tocsin.example.net/incidents/INC-7", "https://tocsin.example.net/oncall"]


async def test_a_channel_is_written_to_as_a_person_is(slack: Slack, messenger: Messenger) -> None:
    await messenger.send(letter(to=slack.channel("sre")["id"]))
    assert [one["text"] for one in slack.said("sre")] == ["*your turn begins*"]


async def test_nothing_that_stands_in_an_alert_calls_anybody_or_leads_astray(
    slack: Slack, pager: Pager, messenger: Messenger
) -> None:
    link = "javascript:alert(1)"
    for number, text in enumerate(FORGED):
        await pager.page(page(number, title=text, text=f"INC-7 SEV1: {text}\nteam: {text}", link=link))
        await messenger.send(letter(number, subject=text, text=f"{text}\n{text}", link=link))
    said = slack.said("@ann")
    for message, text in zip(said, [text for text in FORGED for _ in range(2)], strict=True):
        assert message["calls"] == []
        assert all(one.startswith(("https://evil.example", "https://tocsin.example.net")) for one in message["links"])
        assert "".join(text.split()) in "".join(words(message).split()), "it is read as it is"
        blocks = [block for bar in message["attachments"] for block in bar["blocks"]]
        for one in (message["text"], *kit.mrkdwn_texts(blocks)):
            assert all(piece.shown == piece.target for piece in shown.pieces(one) if piece.kind == "link")


async def test_whatever_stands_in_them_they_are_taken(slack: Slack, pager: Pager, messenger: Messenger) -> None:
    texts = [*HOSTILE, "odd \ud800", "&" * 9000, "<" * 9000, "x\n" * 9000, "", "https://" + "a" * 9000]
    for number, text in enumerate(texts):
        await pager.page(page(number, title=text, text=text, service=text))
        await messenger.send(letter(number, subject=text, text=text))
    assert len(slack.said("@ann")) == 2 * len(texts)


@pytest.mark.parametrize("most", [1, 2, 7, 60, 3000])
@pytest.mark.parametrize("text", ["", "&<>" * 40, "see https://x.example/a&b, then", "word " * 2000])
def test_what_is_too_long_is_cut_where_nothing_breaks(text: str, most: int) -> None:
    cut = mrkdwn.fitting(text, most)
    assert len(cut) <= most
    assert shown.called(cut) == []
    read = shown.shown(cut)
    assert read == text or (read.endswith("…") and text.startswith(read[:-1]))


@settings(max_examples=many(100, 5000), deadline=None)
@given(text=st.text(st.sampled_from("<>&|!@#^*_`~:/.;\n aU0htps") | st.characters()), most=st.integers(1, 200))
def test_whatever_is_written_calls_nobody_and_leads_where_it_says(text: str, most: int) -> None:
    cut = mrkdwn.fitting(text, most)
    assert len(cut) <= most
    assert shown.called(cut) == []
    assert shown.shown(cut).rstrip("…") in text
    for piece in shown.pieces(cut):
        assert piece.kind in ("text", "link")
        if piece.kind == "link":
            assert piece.shown == piece.target
            assert piece.target.startswith(("https://", "http://"))


def test_an_edit_knows_only_its_own_messages() -> None:
    told = change(Happening.RESOLVED, [])
    for written in (None, {}, {"event_type": "tocsin_page"}, {"event_type": "x", "event_payload": {"state": ""}}):
        assert letters.changed(written, told) is None
    assert not letters.is_of({"event_type": "other", "event_payload": {"id": "1"}}, "1")
