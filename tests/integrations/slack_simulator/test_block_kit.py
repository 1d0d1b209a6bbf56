"""What of Block Kit is taken and what is not: as Slack's own models say, and as its limits are."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.models import blocks as models
from slack_sdk.web.async_client import AsyncWebClient

from bot.testing.slack import mrkdwn
from bot.testing.slack.blocks import check_message, check_view
from bot.testing.slack.words import Refused


def words(length: int, kind: str = "plain_text") -> dict[str, Any]:
    return {"type": kind, "text": "x" * length}


def section(length: int) -> dict[str, Any]:
    return {"type": "section", "text": words(length, "mrkdwn")}


def button(**fields: Any) -> dict[str, Any]:
    return {"type": "button", "text": words(5), "action_id": "a", **fields}


def actions(*held: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(held)}


def context(number: int) -> dict[str, Any]:
    return {"type": "context", "elements": [words(1, "mrkdwn")] * number}


TAKEN = [
    [section(3000)],
    [{"type": "header", "text": words(150)}],
    [actions(*(button(action_id=f"a{number}") for number in range(25)))],
    [actions(button(value="v" * 2000, url="https://x.example/" + "u" * 2900, style="danger"))],
    [context(10)],
    [{"type": "section", "fields": [words(2000)] * 5}],
    [{"type": "divider"}] * 50,
    [{"type": "markdown", "text": "m" * 12_000}],
    [{"type": "image", "image_url": "https://x.example/y.png", "alt_text": "cpu", "title": words(5)}],
]
REFUSED = [
    ([section(3001)], "/blocks/0/text/text"),
    ([section(0)], "/blocks/0/text"),
    ([{"type": "section"}], "must define either text or fields"),
    ([{"type": "header", "text": words(151)}], "/blocks/0/text/text"),
    ([{"type": "header", "text": words(5, "mrkdwn")}], "/blocks/0/text/type"),
    ([actions(*(button(action_id=f"a{number}") for number in range(26)))], "no more than 25"),
    ([actions(button(text=words(76)))], "less than 76"),
    ([actions(button(value="v" * 2001))], "less than 2001"),
    ([actions(button(url="u" * 3001))], "less than 3001"),
    ([actions(button(style="green"))], "must be one of primary, danger"),
    ([actions(button(colour="green"))], "unsupported field"),
    ([actions({"type": "slider"})], "unsupported type: slider"),
    ([context(11)], "no more than 10"),
    ([{"type": "section", "fields": [words(1)] * 11}], "no more than 10"),
    ([{"type": "divider"}] * 51, "no more than 50"),
    ([{"type": "divider", "block_id": "b" * 256}], "less than 256"),
    ([{"type": "divider", "block_id": "b"}] * 2, "already exists"),
    ([{"type": "panel"}], "unsupported type: panel"),
    ([{"type": "image", "image_url": "https://x.example/y.png"}], "missing required field: alt_text"),
    ("text", "must be an array"),
]


@pytest.mark.parametrize("blocks", TAKEN, ids=range(len(TAKEN)))
def test_what_slack_takes_is_taken(blocks: list[dict[str, Any]]) -> None:
    assert check_message(blocks) == blocks


@pytest.mark.parametrize(("blocks", "why"), REFUSED, ids=range(len(REFUSED)))
def test_what_slack_refuses_is_refused_with_a_reason(blocks: Any, why: str) -> None:
    with pytest.raises(Refused) as caught:
        check_message(blocks)
    assert caught.value.error == "invalid_blocks"
    assert any(why in one for one in caught.value.more["response_metadata"]["messages"])


def test_all_blocks_together_have_a_limit_of_their_own() -> None:
    check_message([section(2640)] * 5)
    with pytest.raises(Refused, match="msg_blocks_too_long"):
        check_message([*[section(2640)] * 5, section(1)])


def test_views_have_other_limits() -> None:
    asks = {
        "type": "input",
        "label": words(5),
        "element": {"type": "plain_text_input", "action_id": "why", "multiline": True},
    }
    modal = {"type": "modal", "title": words(24), "submit": words(5), "blocks": [asks]}
    assert check_view(modal)["blocks"] == [asks]
    for wrong in (
        {**modal, "title": words(25)},
        {**modal, "submit": None},
        {**modal, "private_metadata": "x" * 3001},
        {**modal, "blocks": [{"type": "divider"}] * 101},
        {"type": "modal", "blocks": []},
        {"type": "sheet", "blocks": []},
    ):
        with pytest.raises(Refused, match="invalid_arguments"):
            check_view(wrong)


def test_what_slacks_own_models_write_is_taken() -> None:
    made = [
        models.HeaderBlock(text="it burns"),
        models.SectionBlock(
            text="*SEV1*", fields=["a", "b"], accessory=models.ButtonElement(text="go", action_id="go")
        ),
        models.ContextBlock(elements=[models.MarkdownTextObject(text="since 10:00")]),
        models.ActionsBlock(
            elements=[
                models.ButtonElement(
                    text="Acknowledge",
                    action_id="ack",
                    value="INC-7",
                    style="primary",
                    confirm=models.ConfirmObject(title="t", text="x"),
                ),
                models.StaticSelectElement(
                    placeholder="Silence", action_id="silence", options=[models.Option(text="1h", value="1h")]
                ),
                models.OverflowMenuElement(
                    action_id="more", options=[models.Option(text=f"{number}", value="v") for number in range(2)]
                ),
                models.UserSelectElement(placeholder="who", action_id="who"),
            ]
        ),
        models.DividerBlock(),
    ]
    check_message([one.to_dict() for one in made])


async def test_the_client_reads_what_was_wrong(web: AsyncWebClient) -> None:
    channel = (await web.conversations_open(users="U0ANN"))["channel"]["id"]
    with pytest.raises(SlackApiError) as caught:
        await web.chat_postMessage(channel=channel, text="x", blocks=[section(3001)])
    assert caught.value.response["error"] == "invalid_blocks"
    with pytest.raises(SlackApiError, match="invalid_metadata_schema"):
        await web.chat_postMessage(channel=channel, text="x", metadata={"event_type": "x", "event_payload": 7})
    with pytest.raises(SlackApiError, match="msg_too_long"):
        await web.chat_postMessage(channel=channel, text="x" * 40_001)
    with pytest.raises(SlackApiError, match="no_text"):
        await web.api_call("chat.postMessage", json={"channel": channel})


def test_only_angle_brackets_call_anybody_or_lead_anywhere() -> None:
    text = "<!channel> <@U0ANN> <!subteam^S0SRE|@sre> <https://x.example|here> &lt;!here&gt; @ann <#C1|sre> <!here|x>"
    assert mrkdwn.called(text) == ["channel", "U0ANN", "S0SRE", "here"]
    assert mrkdwn.links(text) == ["https://x.example"]
    assert mrkdwn.shown("a &lt;b&gt; &amp;amp; <https://x.example|c>") == "a <b> &amp; c"
