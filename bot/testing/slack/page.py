"""A channel as a page that a person can look at: what the bot said, as Slack would draw it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from html import escape
from typing import Any

from bot.testing.slack import mrkdwn
from bot.testing.slack.words import Json
from bot.testing.slack.workspace import BOT, Channel, Workspace

_STYLE = """
*{box-sizing:border-box}
body{font:15px/1.47 Lato,"Helvetica Neue",Arial,sans-serif;margin:0;background:#fff;color:#1d1c1d;padding-bottom:16px}
header{border-bottom:1px solid #ddd;padding:11px 20px;font-weight:900;font-size:18px;position:sticky;top:0;
background:#fff;z-index:1}
header small{font-weight:400;color:#616061;font-size:13px;margin-left:10px}
.bookmarks{border-bottom:1px solid #eee;padding:5px 20px;font-size:13px;color:#616061}
.bookmarks a{margin-right:14px;text-decoration:none}
article{display:flex;gap:8px;padding:7px 20px;max-width:780px}
article.reply{margin-left:44px;border-left:2px solid #eee;padding-left:14px}
article.reply .face{width:24px;height:24px;font-size:12px}
article.unseen{background:#f8f8f8}
article.pinned{background:#fef9ec}
.face{flex:none;width:36px;height:36px;border-radius:8px;background:#4a154b;color:#fff;display:grid;place-items:center;
font-weight:900}
.face.bot{background:#b3261e}
.said{min-width:0;flex:1;overflow-wrap:anywhere}
.who{font-weight:900}
.app{background:#e8e8e8;color:#616061;font-size:10px;font-weight:700;padding:1px 4px;border-radius:2px;
margin:0 2px 0 5px}
.when,.edited,.context{color:#616061;font-size:12px}
.context{font-size:13px;margin:3px 0}
.header{font-size:18px;font-weight:900;margin:6px 0}
.fields{display:grid;grid-template-columns:1fr 1fr;gap:8px 24px;margin:4px 0}
.bar{border-left:4px solid #ddd;border-radius:4px 0 0 4px;padding:2px 0 2px 12px;margin:6px 0 4px;max-width:640px}
.actions{display:flex;flex-wrap:wrap;gap:8px;margin:8px 0 4px}
button,a.button{font:inherit;font-weight:700;font-size:13px;border:1px solid rgba(29,28,29,.3);border-radius:4px;
background:#fff;height:30px;padding:0 11px;color:#1d1c1d;text-decoration:none;display:inline-flex;align-items:center}
.primary{background:#007a5a!important;border-color:#007a5a!important;color:#fff!important}
.danger{border-color:#e01e5a!important;color:#e01e5a!important}
.call{background:#e8f5fa;color:#1264a3;border-radius:3px;padding:0 2px}.broadcast{background:#fdf3c7}
pre,code{font:12px/1.5 ui-monospace,Menlo,"DejaVu Sans Mono",monospace;background:#f8f8f8;
border:1px solid #e1e1e1;border-radius:3px}
code{color:#c01343;padding:1px 3px}
pre{padding:8px;white-space:pre-wrap;margin:4px 0}a{color:#1264a3}
.reaction{border:1px solid #ccc;border-radius:12px;padding:0 8px;font-size:12px}
.text{white-space:pre-wrap;margin:3px 0}
img.drawn{max-width:100%;border-radius:8px;border:1px solid #ddd;display:block;margin:6px 0}
"""
_DATE = re.compile(r"!date\^(\d{1,11})\^")
_EMOJI = {"raised_hand": "✋", "gear": "⚙️", "pushpin": "📌", "eyes": "👀", "fire": "🔥", "robot_face": "🤖"}
_MARKS = (
    (re.compile(r"`([^`\n]+)`"), r"<code>\1</code>"),
    (re.compile(r"(?<![\w*])\*([^*\n]+)\*(?![\w*])"), r"<b>\1</b>"),
    (re.compile(r"(?<![\w_/])_([^_\n]+)_(?![\w_])"), r"<i>\1</i>"),
)


def page(workspace: Workspace, channel: Channel) -> str:
    """HTML, with nothing from elsewhere."""
    unseen = {message["ts"]: user for user, message in channel.unseen}
    messages = sorted([*channel.messages, *(one for _, one in channel.unseen)], key=lambda one: _order(one))
    drawn = "".join(_message(workspace, one, unseen.get(one["ts"], ""), channel) for one in messages)
    name = channel.name if channel.kind == "im" else f"# {channel.name}"
    about = f"{len(channel.members)} members" + (" · archived" if channel.archived else "")
    title = f"<header>{escape(name)}<small>{escape(channel.topic)} {about}</small></header>"
    marks = "".join(
        f"<a href='{escape(one['link'], quote=True)}'>🔖 {escape(one['title'])}</a>" for one in channel.bookmarks
    )
    kept = f"<div class=bookmarks>{marks}</div>" if marks else ""
    return (
        f"<!doctype html><meta charset=utf-8><title>{escape(name)}</title><style>{_STYLE}</style>{title}{kept}{drawn}"
    )


def _order(message: Json) -> tuple[str, str]:
    """Replies stand below what they reply to."""
    return str(message.get("thread_ts", message["ts"])), str(message["ts"])


def _message(workspace: Workspace, message: Json, unseen_by: str, channel: Channel) -> str:
    user = workspace.users.get(message["user"])
    name = user.real_name if user else message["user"]
    is_bot = message["user"] == BOT
    when = datetime.fromtimestamp(float(message["ts"]), UTC)
    kinds = ["reply"] * (message.get("thread_ts", message["ts"]) != message["ts"]) + ["unseen"] * bool(unseen_by)
    kinds += ["pinned"] * (message["ts"] in channel.pins)
    head = (
        f"<span class=who>{escape(name)}</span>{'<span class=app>APP</span>' if is_bot else ''} "
        f"<span class=when>{when:%H:%M}{' · pinned' if message['ts'] in channel.pins else ''}"
        f"{' · only visible to ' + escape(unseen_by) if unseen_by else ''}</span>"
    )
    body = "".join(_body(workspace, message)) + (" <span class=edited>(edited)</span>" if "edited" in message else "")
    reactions = "".join(
        f"<span class=reaction>:{escape(one['name'])}: {one['count']}</span> " for one in message.get("reactions", ())
    )
    face = f"<div class='face{' bot' if is_bot else ''}'>{escape(name[:1])}</div>"
    return f"<article class='{' '.join(kinds)}'>{face}<div class=said>{head}{body}{reactions}</div></article>"


def _body(workspace: Workspace, message: Json) -> Iterator[str]:
    """The text stands above what is attached, and blocks of the message itself stand in its place."""
    if message.get("blocks"):
        yield from (_block(workspace, one) for one in message["blocks"])
    elif message.get("text"):
        yield f"<div class=text>{_mrkdwn(workspace, message['text'])}</div>"
    for one in message.get("attachments") or ():
        inner = "".join(_block(workspace, block) for block in one["blocks"])
        yield f"<div class=bar style='border-color:{escape(one.get('color', '#ddd'))}'>{inner}</div>"
    for one in message.get("files") or ():
        yield f"<div class=context>📎 {escape(one['name'])}</div>"


def _block(workspace: Workspace, block: Json) -> str:
    kind = block["type"]
    if kind == "header":
        return f"<div class=header>{escape(block['text']['text'])}</div>"
    if kind == "divider":
        return "<hr>"
    if kind == "image":
        return _image(workspace, block)
    if kind == "markdown":
        return f"<div class=text>{escape(block['text'])}</div>"
    inner = "".join(_parts(workspace, block))
    return f"<div class={kind if kind in ('context', 'actions') else 'text'}>{inner}</div>"


def _image(workspace: Workspace, block: Json) -> str:
    """A file that was uploaded is drawn; what lies elsewhere is only named: the page has nothing from there."""
    file = workspace.files.get(str((block.get("slack_file") or {}).get("id")))
    alt = escape(block["alt_text"], quote=True)
    if file is None or not file.get("content"):
        return f"<div class=context>🖼 {alt}</div>"
    content = base64.b64encode(file["content"]).decode()
    return f"<img class=drawn alt='{alt}' src='data:image/png;base64,{content}'>"


def _parts(workspace: Workspace, block: Json) -> Iterator[str]:
    if block.get("text"):
        yield _words(workspace, block["text"])
    if block.get("fields"):
        drawn = "".join(f"<div>{_words(workspace, one)}</div>" for one in block["fields"])
        yield f"<div class=fields>{drawn}</div>"
    held: Iterable[Any] = [*(block.get("elements") or ()), *filter(None, [block.get("accessory")])]
    for one in held:
        is_text = one["type"] in ("mrkdwn", "plain_text")
        yield f"<div>{_words(workspace, one)}</div>" if is_text else _clickable(one)


def _clickable(element: Json) -> str:
    text = element.get("text", {}).get("text") or element.get("alt_text") or element["type"]
    style = f"button {element.get('style', '')}"
    if element.get("url"):
        return f"<a class='{style}' href='{escape(element['url'], quote=True)}'>{escape(text)}</a>"
    return f"<button class='{element.get('style', '')}'>{escape(text)}</button>"


def _words(workspace: Workspace, text: Json) -> str:
    return _mrkdwn(workspace, text["text"]) if text["type"] == "mrkdwn" else escape(text["text"])


def _mrkdwn(workspace: Workspace, text: str) -> str:
    """Marks reach over links and times, so that they are looked for once all of it is drawn."""
    parts = "".join(_piece(workspace, one) for one in mrkdwn.pieces(text)).split("```")
    drawn = (f"<pre>{one.strip(chr(10))}</pre>" if number % 2 else _marked(one) for number, one in enumerate(parts))
    return "".join(drawn)


def _piece(workspace: Workspace, piece: mrkdwn.Piece) -> str:
    shown = escape(piece.shown)
    if piece.kind == "link":
        return f"<a href='{escape(piece.target, quote=True)}'>{shown}</a>"
    if piece.kind == "user" and piece.target in workspace.users:
        shown = f"@{escape(workspace.users[piece.target].real_name)}"
    if piece.kind == "channel" and piece.target in workspace.channels:
        shown = f"#{escape(workspace.channels[piece.target].name)}"
    moment = _DATE.match(piece.target) if piece.kind == "date" else None
    if moment is not None:
        at = datetime.fromtimestamp(int(moment[1]), UTC)
        return f"<span title='{shown}'>Today at {at:%H:%M}</span>"
    return shown if piece.kind == "text" else f"<span class='call {piece.kind}'>{shown}</span>"


def _marked(shown: str) -> str:
    """`*bold*`, `_italic_`, code and emoji; the rest of Slack's marks is left as it was written."""
    for name, emoji in _EMOJI.items():
        shown = shown.replace(f":{name}:", emoji)
    for mark, drawn in _MARKS:
        shown = mark.sub(drawn, shown)
    return shown
