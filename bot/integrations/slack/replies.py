"""Answers to whoever asked, as Slack shows them: nothing that stands in one calls anybody or is a link it does not say.

Slack refuses a message whose blocks are longer than 13,200 characters together, whatever its other limits: what is long
is cut off here, and the link leads to the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.integrations.slack import mrkdwn
from bot.integrations.slack.letters import FIRING, OVER, TAKEN, Json, bar, leads, section
from bot.integrations.slack.presses import buttons
from bot.kit.posted import web_link
from bot.model.answer import Answer, Tone

_COLOURS = {Tone.PLAIN: "#9aa0a6", Tone.GOOD: OVER, Tone.CAREFUL: TAKEN, Tone.BAD: FIRING}
_HEADLINE, _TEXT, _FACT, _ITEM, _HINT = 500, 1200, 300, 400, 700
_SECTION, _CODE, _ITEMS = 2800, 2400, 5000
_MOST_FACTS, _MOST_BUTTONS = 10, 20
_LONGEST_SAYING = 2000


def drawn(answer: Answer) -> Mapping[str, object]:
    """Text and attachments of a message."""
    return {
        "text": f"*{mrkdwn.fitting(mrkdwn.line(answer.headline), _HEADLINE)}*",
        "attachments": bar(_COLOURS[answer.tone], list(_blocks(answer))),
    }


def plain(answer: Answer) -> str:
    """The same in words alone."""
    said = [mrkdwn.fitting(mrkdwn.line(answer.headline), _HEADLINE), _text(answer)]
    return "\n".join([*said, *(_items(answer)), _hint(answer)]).strip()


def _blocks(answer: Answer) -> Iterator[Json]:
    if answer.text:
        yield section(_text(answer))
    facts = [(name, value) for name, value in answer.facts if value][:_MOST_FACTS]
    if facts:
        yield {"type": "section", "fields": [_fact(name, value) for name, value in facts]}
    for part in _parts(_items(answer)):
        yield section(part)
    if answer.code:
        yield section(f"```{_code(answer.code)}```")
    if answer.hint:
        yield {"type": "context", "elements": [{"type": "mrkdwn", "text": _hint(answer), "verbatim": True}]}
    pressed = buttons(one for one in answer.presses if len(one.says) <= _LONGEST_SAYING)[:_MOST_BUTTONS]
    link = web_link(answer.link)
    elements = [*pressed, *([leads("Open in Tocsin", "open", link)] if link else [])]
    if elements:
        yield {"type": "actions", "elements": _told_apart(elements)}


def _told_apart(elements: Sequence[Json]) -> list[Json]:
    """Slack wants a name of its own for each of them."""
    return [{**one, "action_id": f"{one['action_id']}.{place}"} for place, one in enumerate(elements)]


def _text(answer: Answer) -> str:
    return mrkdwn.fitting(mrkdwn.lines(answer.text), _TEXT)


def _hint(answer: Answer) -> str:
    return mrkdwn.fitting(mrkdwn.line(answer.hint), _HINT)


def _fact(name: str, value: str) -> Json:
    said = f"*{mrkdwn.escaped(mrkdwn.line(name)[:80])}*\n{mrkdwn.fitting(mrkdwn.line(value), _FACT)}"
    return {"type": "mrkdwn", "text": said, "verbatim": True}


def _items(answer: Answer) -> Sequence[str]:
    """One line each, as many as one message bears."""
    said, length = list[str](), 0
    for one in answer.items:
        line = f"• {mrkdwn.fitting(mrkdwn.line(one), _ITEM)}"
        length += len(line)
        if length > _ITEMS:
            return [*said, f"and {len(answer.items) - len(said)} more"]
        said.append(line)
    return said


def _parts(lines: Sequence[str]) -> Sequence[str]:
    parts: list[str] = []
    for one in lines:
        if parts and len(parts[-1]) + len(one) < _SECTION:
            parts[-1] += f"\n{one}"
        else:
            parts.append(one)
    return parts


def _code(text: str) -> str:
    """As it is, but for what would end it."""
    shown = mrkdwn.escaped(text.replace("```", "'''"))
    return shown if len(shown) <= _CODE else f"{shown[:_CODE].rpartition('&')[0] or shown[:_CODE]}…"
