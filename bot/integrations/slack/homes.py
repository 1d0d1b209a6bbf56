"""The app's home tab: what somebody would ask first, asked for them whenever they look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.integrations.slack import mrkdwn
from bot.integrations.slack.letters import Json, leads, section
from bot.integrations.slack.presses import buttons
from bot.kit.posted import web_link
from bot.model.answer import Answer, Press

ASKED = ("list who=me", "approve", "task list owner=me", "list", "oncall", "silence list", "automation")
"""What stands there, in this order: whose turn it is comes before how everything is."""
_HEADLINE, _LINE, _LINES, _MOST_BUTTONS = 300, 260, 10, 8
_ALSO = (Press(label="Declare an incident", says="declare"), Press(label="Help", says="help"))


def home(answers: Sequence[Answer]) -> Json:
    """The view. Whoever is nobody of ours reads only why, and what to do."""
    strange = [one for one in answers if one.refused]
    shown = strange[:1] or answers
    blocks = [block for place, one in enumerate(shown) for block in _part(one, place)]
    if not strange:
        blocks.append({"type": "actions", "elements": _told_apart(buttons(_ALSO), len(shown))})
    return {"type": "home", "blocks": blocks}


def _part(answer: Answer, place: int) -> Iterator[Json]:
    if place:
        yield {"type": "divider"}
    said = [f"*{mrkdwn.fitting(mrkdwn.line(answer.headline), _HEADLINE)}*"]
    if answer.text:
        said.append(mrkdwn.fitting(mrkdwn.line(answer.text), _HEADLINE))
    said += [f"• {mrkdwn.fitting(mrkdwn.line(one), _LINE)}" for one in answer.items[:_LINES]]
    if answer.refused:
        said.append(mrkdwn.fitting(mrkdwn.line(answer.hint), 2 * _HEADLINE))
    while len("\n".join(said)) > 2900:
        said.pop()
    yield section("\n".join(said))
    link = web_link(answer.link)
    elements = [*buttons(answer.presses[:_MOST_BUTTONS]), *([leads("Open in Tocsin", "open", link)] if link else [])]
    if elements and answer.items:
        yield {"type": "actions", "elements": _told_apart(elements, place)}


def _told_apart(elements: Sequence[Json], place: int) -> list[Json]:
    """Slack wants a name of its own for each of them."""
    return [{**one, "action_id": f"{one['action_id']}.{place}.{number}"} for number, one in enumerate(elements)]
