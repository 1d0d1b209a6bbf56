"""How splunkd writes its answers: feeds of entries, results, messages; as JSON, and as the Atom XML its SDK reads."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias
from xml.sax.saxutils import escape, quoteattr

from starlette.responses import Response

from bot.testing.splunk.spl.values import Row, instant, written

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SPACES = 'xmlns="http://www.w3.org/2005/Atom" xmlns:s="http://dev.splunk.com/ns/rest"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that a server has. `path` is its place below the server's root, percent-encoded."""

    name: str
    path: str
    content: Mapping[str, Json]
    owner: str = "nobody"
    app: str = "search"
    sharing: str = "app"
    updated: float = 0
    links: Mapping[str, str] = field(default_factory=dict)
    title: str = ""
    """The title in the feed, where it is not the name: a job's is its search."""


class Refused(Exception):
    """A request that is answered with messages and a status other than 200."""

    def __init__(self, status: int, kind: str, text: str) -> None:
        """The status, and one message."""
        super().__init__(text)
        self.status, self.kind, self.text = status, kind, text


def said(status: int, messages: Iterable[tuple[str, str]], *, as_json: bool) -> Response:
    """Messages and nothing else."""
    if as_json:
        return _json({"messages": [{"type": kind, "text": text} for kind, text in messages]}, status)
    lines = "".join(f"    <msg type={quoteattr(kind)}>{escape(text)}</msg>\n" for kind, text in messages)
    return _xml(f"<response>\n  <messages>\n{lines}  </messages>\n</response>\n", status)


def of_sid(sid: str, *, as_json: bool, status: int = 201) -> Response:
    """A job was made."""
    return (
        _json({"sid": sid}, status)
        if as_json
        else _xml(f"<response>\n  <sid>{escape(sid)}</sid>\n</response>\n", status)
    )


def feed(
    title: str, entries: Sequence[Entry], *, as_json: bool, total: int | None = None, offset: int = 0, count: int = 30
) -> Response:
    """A list of entries."""
    total = len(entries) if total is None else total
    if as_json:
        return _json(
            {
                "links": {},
                "origin": f"/services/{title}",
                "updated": instant(0),
                "generator": {"build": "simulator", "version": "simulator"},
                "entry": [_entry_json(entry) for entry in entries],
                "paging": {"total": total, "perPage": count, "offset": offset},
                "messages": [],
            }
        )
    inner = "".join(_entry_xml(entry) for entry in entries)
    return _xml(
        f'<feed {_SPACES} xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">\n<title>{escape(title)}</title>\n'
        f"<opensearch:totalResults>{total}</opensearch:totalResults>\n"
        f"<opensearch:itemsPerPage>{count}</opensearch:itemsPerPage>\n"
        f"<opensearch:startIndex>{offset}</opensearch:startIndex>\n<s:messages/>\n{inner}</feed>\n"
    )


def one_entry(title: str, entry: Entry, *, as_json: bool) -> Response:
    """A job alone: in XML the entry is the root, with no feed around it."""
    if as_json:
        return feed(title, [entry], as_json=True)
    return _xml(_entry_xml(entry, f" {_SPACES}"))


def _access(entry: Entry) -> dict[str, Json]:
    return {
        "app": entry.app,
        "can_list": True,
        "can_write": True,
        "modifiable": True,
        "owner": entry.owner,
        "perms": {"read": ["*"], "write": ["admin"]},
        "removable": False,
        "sharing": entry.sharing,
    }


def _entry_json(entry: Entry) -> dict[str, Json]:
    return {
        "name": entry.title or entry.name,
        "id": f"https://localhost:8089{entry.path}",
        "updated": instant(entry.updated),
        "links": {"alternate": entry.path, "list": entry.path, **entry.links},
        "author": entry.owner,
        "acl": _access(entry),
        "content": entry.content,
    }


def _entry_xml(entry: Entry, spaces: str = "") -> str:
    links = {"alternate": entry.path, "list": entry.path, **entry.links}
    rels = "".join(f"  <link href={quoteattr(href)} rel={quoteattr(rel)}/>\n" for rel, href in links.items())
    keys = "".join(_key(name, value) for name, value in {**entry.content, "eai:acl": _access(entry)}.items())
    return (
        f"<entry{spaces}>\n  <title>{escape(entry.title or entry.name)}</title>\n  <id>https://localhost:8089{escape(entry.path)}</id>\n"
        f"  <updated>{instant(entry.updated)}</updated>\n{rels}"
        f"  <author>\n    <name>{escape(entry.owner)}</name>\n  </author>\n"
        f'  <content type="text/xml">\n    <s:dict>\n{keys}    </s:dict>\n  </content>\n</entry>\n'
    )


def _key(name: str, value: Json) -> str:
    return f"<s:key name={quoteattr(name)}>{_value(value)}</s:key>\n"


def _value(value: Json) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, str | int | float):
        return escape(str(value))
    if isinstance(value, Mapping):
        return f"<s:dict>{''.join(_key(name, inner) for name, inner in value.items())}</s:dict>"
    return f"<s:list>{''.join(f'<s:item>{_value(inner)}</s:item>' for inner in value)}</s:list>"


def results(
    rows: Sequence[Row],
    names: Sequence[str],
    messages: Sequence[tuple[str, str]],
    *,
    offset: int,
    preview: bool,
    as_json: bool,
) -> Response:
    """A page of rows."""
    if as_json:
        return _json(
            {
                "preview": preview,
                "init_offset": offset,
                "messages": [{"type": kind, "text": text} for kind, text in messages],
                "fields": [{"name": name} for name in names],
                "results": [written(row) for row in rows],
                "highlighted": {},
            }
        )
    order = "".join(f"<field>{escape(name)}</field>\n" for name in names)
    said = "".join(f"  <msg type={quoteattr(kind)}>{escape(text)}</msg>\n" for kind, text in messages)
    inner = "".join(_result_xml(row, offset + place) for place, row in enumerate(rows))
    return _xml(
        f"<results preview='{int(preview)}'>\n<meta>\n<fieldOrder>\n{order}</fieldOrder>\n</meta>\n"
        f"<messages>\n{said}</messages>\n{inner}</results>\n"
    )


def _result_xml(row: Row, offset: int) -> str:
    parts = []
    for name, value in written(row).items():
        if name == "_raw" and isinstance(value, str):
            parts.append(f"<field k='_raw'><v xml:space='preserve' trunc='0'>{escape(value)}</v></field>\n")
            continue
        inner = "".join(
            f"<value><text>{escape(one)}</text></value>" for one in ([value] if isinstance(value, str) else value)
        )
        parts.append(f"<field k={quoteattr(name)}>{inner}</field>\n")
    return f"<result offset='{offset}'>\n{''.join(parts)}</result>\n"


def field_names(rows: Iterable[Row], fixed: Sequence[str] = ()) -> list[str]:
    """The fields of rows in the order in which they stand."""
    return list(fixed) or list(dict.fromkeys(name for row in rows for name in row))


def nothing() -> Response:
    """204: there is nothing to give yet."""
    return Response(status_code=204)


def _json(body: Json, status: int = 200) -> Response:
    return Response(json.dumps(body), status, media_type="application/json")


def _xml(body: str, status: int = 200) -> Response:
    return Response(_HEAD + body, status, media_type="text/xml")


def key_of_session(key: str, *, as_json: bool) -> Response:
    """The answer to a login."""
    if as_json:
        return _json({"sessionKey": key, "message": "", "code": ""})
    return _xml(
        f"<response>\n  <sessionKey>{escape(key)}</sessionKey>\n"
        "  <messages>\n    <msg code=''></msg>\n  </messages>\n</response>\n"
    )


def parsed(commands: Sequence[tuple[str, bool]], written: str, *, as_json: bool) -> Response:
    """A search that was read: its commands, and which of them make a table."""
    made: list[Json] = [
        {"command": name, "rawargs": "", "pipeline": "report" if transforms else "streaming", "args": {}}
        for name, transforms in commands
    ]
    if as_json:
        return _json({"remoteSearch": written, "remoteTimeOrdered": True, "commands": made})
    items = "".join(f"<item><dict><key name='command'>{escape(name)}</key></dict></item>" for name, _ in commands)
    return _xml(f"<response><dict><key name='commands'><list>{items}</list></key></dict></response>\n")
