"""A channel as a person looks at it: what was said is there, and nothing that was said becomes a part of the page."""

from slack_sdk.web.async_client import AsyncWebClient

from tests.integrations.slack_simulator.simulated import Slack

BLOCKS = [
    {"type": "header", "text": {"type": "plain_text", "text": "SEV1 the shop is slow"}},
    {
        "type": "section",
        "text": {"type": "mrkdwn", "text": "*500 ms* at <https://tocsin.example.net/x|the page> <!here> &lt;b&gt;"},
        "fields": [{"type": "mrkdwn", "text": "service: shop"}],
    },
    {
        "type": "actions",
        "elements": [
            {"type": "button", "action_id": "ack", "text": {"type": "plain_text", "text": "Acknowledge"}},
            {
                "type": "button",
                "action_id": "open",
                "text": {"type": "plain_text", "text": "Open"},
                "url": "https://tocsin.example.net/incidents/7",
            },
        ],
    },
    {"type": "context", "elements": [{"type": "mrkdwn", "text": "<script>alert(1)</script>"}]},
]


async def test_it_is_drawn(slack: Slack, web: AsyncWebClient) -> None:
    channel = (await web.conversations_open(users="U0ANN"))["channel"]["id"]
    ts = (await web.chat_postMessage(channel=channel, text="fallback", blocks=BLOCKS))["ts"]
    await web.chat_postMessage(channel=channel, text="and a reply", thread_ts=ts)
    await web.chat_postEphemeral(channel=channel, user="U0ANN", text="only you")
    page = slack.page("@ann")
    for shown in (
        "SEV1 the shop is slow",
        "<b>500 ms</b>",
        "<a href='https://tocsin.example.net/x'>the page</a>",
        "<span class='call broadcast'>@here</span>",
        "&lt;b&gt;",
        ">Acknowledge</button>",
        "href='https://tocsin.example.net/incidents/7'",
        "and a reply",
        "only visible to U0ANN",
    ):
        assert shown in page, shown
    assert "fallback" not in page
    assert "<script>" not in page
