"""Whether blocks, views and metadata are such that Slack takes them: kinds, fields and lengths of Block Kit.

A field that is not in the tables is refused, so that a mistyped one does not pass unseen.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from bot.testing.slack.words import Json, Refused

MOST_BLOCKS, MOST_IN_A_VIEW = 50, 100
MOST_CHARACTERS = 13_200
"""Of all blocks of one message: undocumented, and measured by others (bolt-js#2509)."""
MOST_OF_METADATA = 8_000

# Any: a field holds whatever JSON it was given.
Check = Callable[[Any, str], Iterator[str]]
_Fields = Mapping[str, Check]


def check_message(blocks: Any) -> list[Json]:  # Any: as above
    """The blocks of a message. Refused: `invalid_blocks` with what is wrong where, or `msg_blocks_too_long`."""
    found = list(_listed(blocks, "/blocks", _BLOCK, most=MOST_BLOCKS))
    found += _repeated(blocks)
    if found:
        raise Refused("invalid_blocks", *found)
    if sum(len(text) for text in texts(blocks)) > MOST_CHARACTERS:
        raise Refused("msg_blocks_too_long")
    return list(blocks)


def check_view(view: Any) -> Json:  # Any: as above
    """A modal or a home tab. Refused: `invalid_arguments` with what is wrong where."""
    if not isinstance(view, dict):
        raise Refused("invalid_arguments", "[ERROR] must provide an object [json-pointer:/view]")
    found = list(_known(view, "/view", _VIEW, needed=("type", "blocks")))
    if view.get("type") == "modal" and not view.get("title"):
        found.append("[ERROR] missing required field: title [json-pointer:/view]")
    if view.get("type") not in ("modal", "home"):
        found.append("[ERROR] must be one of modal, home [json-pointer:/view/type]")
    asks = any(block.get("type") == "input" for block in _objects(view.get("blocks")))
    if asks and view.get("type") == "modal" and not view.get("submit"):
        found.append("[ERROR] missing required field: submit [json-pointer:/view]")
    found += _repeated(view.get("blocks"))
    if found:
        raise Refused("invalid_arguments", *found)
    return dict(view)


def check_metadata(metadata: Any) -> Json:  # Any: as above
    """What a message carries for programs: `event_type` and a flat `event_payload`."""
    if not isinstance(metadata, dict) or not metadata.get("event_type"):
        raise Refused("invalid_metadata_format")
    if not isinstance(metadata.get("event_payload"), dict) or set(metadata) - {"event_type", "event_payload"}:
        raise Refused("invalid_metadata_schema")
    if len(json.dumps(metadata)) > MOST_OF_METADATA:
        raise Refused("metadata_too_large")
    return metadata


def texts(blocks: Any) -> Iterator[str]:  # Any: as above
    """Every text that people read in them."""
    for name, value in _walked(blocks):
        if name in ("text", "alt_text") and isinstance(value, str):
            yield value


def mrkdwn_texts(blocks: Any) -> Iterator[str]:  # Any: as above
    """Every text in which angle brackets mean something."""
    for _, value in _walked(blocks):
        if isinstance(value, dict) and value.get("type") == "mrkdwn":
            yield str(value.get("text", ""))


def elements(blocks: Any) -> Iterator[tuple[str, Json]]:  # Any: as above
    """Everything that can be clicked or filled in, with the id of its block."""
    for block in _objects(blocks):
        held = [
            *_objects(block.get("elements")),
            *_objects([block.get("accessory")]),
            *_objects([block.get("element")]),
        ]
        for one in held:
            if "action_id" in one:
                yield str(block.get("block_id", "")), one


def _walked(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:  # Any: as above
    yield name, value
    if isinstance(value, dict):
        for key, held in value.items():
            yield from _walked(held, key)
    elif isinstance(value, list):
        for held in value:
            yield from _walked(held, name)


def _objects(value: Any) -> list[Json]:  # Any: as above
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _repeated(blocks: Any) -> list[str]:  # Any: as above
    ids = [one["block_id"] for one in _objects(blocks) if one.get("block_id")]
    return [f"[ERROR] block_id {one!r} already exists [json-pointer:/blocks]" for one in set(ids) if ids.count(one) > 1]


# ---- the kinds of checks ------------------------------------------------------------------------------------------


def _wrong(where: str, what: str) -> str:
    return f"[ERROR] {what} [json-pointer:{where}]"


def _text(most: int, least: int = 0) -> Check:
    def check(value: Any, where: str) -> Iterator[str]:  # Any: as above
        if not isinstance(value, str):
            yield _wrong(where, "must be a string")
        elif len(value) > most:
            yield _wrong(where, f"must be less than {most + 1} characters")
        elif len(value) < least:
            yield _wrong(where, f"must be more than {least - 1} characters")

    return check


def _one_of(*words: str) -> Check:
    def check(value: Any, where: str) -> Iterator[str]:  # Any: as above
        if value not in words:
            yield _wrong(where, f"must be one of {', '.join(words)}")

    return check


def _flag(value: Any, where: str) -> Iterator[str]:  # Any: as above
    if not isinstance(value, bool):
        yield _wrong(where, "must be a boolean")


def _any(value: Any, where: str) -> Iterator[str]:  # Any: as above
    yield from ()


def _object(needed: Iterable[str], **fields: Check) -> Check:
    def check(value: Any, where: str) -> Iterator[str]:  # Any: as above
        yield from _known(value, where, fields, needed)

    return check


def _several(each: Check, most: int, least: int = 1) -> Check:
    def check(value: Any, where: str) -> Iterator[str]:  # Any: as above
        yield from _listed(value, where, each, most=most, least=least)

    return check


def _listed(value: Any, where: str, each: Check, *, most: int, least: int = 0) -> Iterator[str]:  # Any: as above
    if not isinstance(value, list):
        yield _wrong(where, "must be an array")
        return
    if len(value) > most:
        yield _wrong(where, f"no more than {most} items allowed")
    if len(value) < least:
        yield _wrong(where, f"no fewer than {least} items allowed")
    for number, one in enumerate(value):
        yield from each(one, f"{where}/{number}")


def _known(value: Any, where: str, fields: _Fields, needed: Iterable[str]) -> Iterator[str]:  # Any: as above
    if not isinstance(value, dict):
        yield _wrong(where, "must be an object")
        return
    for name in needed:
        if value.get(name) in (None, ""):
            yield f"[ERROR] missing required field: {name} [json-pointer:{where}]"
    for name, held in value.items():
        if name not in fields:
            yield _wrong(f"{where}/{name}", "unsupported field")
        elif held is not None:
            yield from fields[name](held, f"{where}/{name}")


def _typed(kinds: Mapping[str, Check]) -> Check:
    def check(value: Any, where: str) -> Iterator[str]:  # Any: as above
        kind = str(value.get("type")) if isinstance(value, dict) else ""
        if kind not in kinds:
            yield _wrong(f"{where}/type", f"unsupported type: {kind}")
        else:
            yield from kinds[kind](value, where)

    return check


# ---- Block Kit ----------------------------------------------------------------------------------------------------


def _words(kind: str, most: int) -> Check:
    """A text object of one kind, or of either where `kind` is empty."""
    kinds = (kind,) if kind else ("plain_text", "mrkdwn")
    return _object(("type", "text"), type=_one_of(*kinds), text=_text(most, 1), emoji=_flag, verbatim=_flag)


_ID = _text(255)
_PLAIN = "plain_text"
_CONFIRM = _object(
    ("title", "text", "confirm", "deny"),
    title=_words(_PLAIN, 100),
    text=_words("", 300),
    confirm=_words(_PLAIN, 30),
    deny=_words(_PLAIN, 30),
    style=_one_of("primary", "danger"),
)
_OPTION = _object(("text", "value"), text=_words("", 75), value=_text(150), description=_words("", 75), url=_text(3000))
_GROUP = _object(("label", "options"), label=_words(_PLAIN, 75), options=_several(_OPTION, 100))
_TYPE: Check = _any


def _element(*needed: str, **fields: Check) -> Check:
    return _object(("type", *needed), type=_TYPE, action_id=_ID, confirm=_CONFIRM, focus_on_load=_flag, **fields)


def _choice(**fields: Check) -> Check:
    return _element(placeholder=_words(_PLAIN, 150), initial_option=_OPTION, **fields)


_SELECT_FIELDS: _Fields = {
    "options": _several(_OPTION, 100),
    "option_groups": _several(_GROUP, 100),
    "initial_options": _several(_OPTION, 100),
    "initial_user": _text(20),
    "initial_users": _any,
    "initial_conversation": _text(20),
    "initial_channel": _text(20),
    "default_to_current_conversation": _flag,
    "response_url_enabled": _flag,
    "filter": _any,
    "max_selected_items": _any,
    "min_query_length": _any,
}
_SELECT = _choice(**_SELECT_FIELDS)
_TICKS = _element(
    "options", options=_several(_OPTION, 10), initial_options=_several(_OPTION, 10), initial_option=_OPTION
)
_MOMENT = _element(
    placeholder=_words(_PLAIN, 150),
    initial_date=_text(10),
    initial_time=_text(5),
    initial_date_time=_any,
    timezone=_text(50),
)
_TYPED_IN = _element(
    placeholder=_words(_PLAIN, 150),
    initial_value=_text(3000),
    multiline=_flag,
    min_length=_any,
    max_length=_any,
    is_decimal_allowed=_flag,
    min_value=_any,
    max_value=_any,
    dispatch_action_config=_any,
)
_IMAGE_FIELDS: _Fields = {
    "image_url": _text(3000),
    "alt_text": _text(2000),
    "slack_file": _object((), id=_text(20), url=_text(3000)),
}
_BUTTON = _element(
    "text",
    text=_words(_PLAIN, 75),
    url=_text(3000),
    value=_text(2000),
    style=_one_of("primary", "danger"),
    accessibility_label=_text(75),
)
_CLICKED: Mapping[str, Check] = {
    "button": _BUTTON,
    **{
        f"{many}{what}_select": _SELECT
        for many in ("", "multi_")
        for what in ("static", "external", "users", "conversations", "channels")
    },
    "overflow": _element("options", options=_several(_OPTION, 5)),
    "datepicker": _MOMENT,
    "timepicker": _MOMENT,
    "datetimepicker": _MOMENT,
    "checkboxes": _TICKS,
    "radio_buttons": _TICKS,
}
_PICTURE = _object(("type", "alt_text"), type=_TYPE, **_IMAGE_FIELDS)
_FILLED_IN = {
    **_CLICKED,
    **{f"{kind}_input": _TYPED_IN for kind in ("plain_text", "email_text", "url_text", "number")},
    "file_input": _element(filetypes=_any, max_files=_any),
    "rich_text_input": _TYPED_IN,
}


def _block(needed: Iterable[str] = (), **fields: Check) -> Check:
    return _object(("type", *needed), type=_TYPE, block_id=_ID, **fields)


def _section(value: Any, where: str) -> Iterator[str]:  # Any: as above
    yield from _SECTION(value, where)
    if not value.get("text") and not value.get("fields"):
        yield _wrong(where, "must define either text or fields")


_SECTION = _block(
    text=_words("", 3000),
    fields=_several(_words("", 2000), 10),
    accessory=_typed({**_CLICKED, "image": _PICTURE}),
    expand=_flag,
)
_BLOCK = _typed(
    {
        "section": _section,
        "header": _block(("text",), text=_words(_PLAIN, 150)),
        "divider": _block(),
        "context": _block(
            ("elements",),
            elements=_several(
                _typed({"image": _PICTURE, _PLAIN: _words(_PLAIN, 2000), "mrkdwn": _words("mrkdwn", 2000)}), 10
            ),
        ),
        "actions": _block(("elements",), elements=_several(_typed(_CLICKED), 25)),
        "image": _block(("alt_text",), title=_words(_PLAIN, 2000), **_IMAGE_FIELDS),
        "input": _block(
            ("label", "element"),
            label=_words(_PLAIN, 2000),
            element=_typed(_FILLED_IN),
            hint=_words(_PLAIN, 2000),
            optional=_flag,
            dispatch_action=_flag,
        ),
        "markdown": _block(("text",), text=_text(12_000)),
        "rich_text": _block(("elements",), elements=_any),
    }
)
_VIEW: _Fields = {
    "type": _TYPE,
    "title": _words(_PLAIN, 24),
    "submit": _words(_PLAIN, 24),
    "close": _words(_PLAIN, 24),
    "blocks": _several(_BLOCK, MOST_IN_A_VIEW, 0),
    "private_metadata": _text(3000),
    "callback_id": _text(255),
    "clear_on_close": _flag,
    "notify_on_close": _flag,
    "external_id": _text(255),
    "submit_disabled": _flag,
}
