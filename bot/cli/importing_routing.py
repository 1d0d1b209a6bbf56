"""What `tocsin import alertmanager` makes of its file: keys of a tocsin.yaml, and a word on every piece."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel

from bot.cli.importing_receivers import Plain, Receivers, is_yes
from bot.config import routes, times
from bot.config.routing_schema import InhibitEntry, ReceiverEntry, RouteNode
from bot.config.schema import Config
from bot.config.times_schema import TimeIntervalEntry
from bot.documents import Document, Path, dotted, read, validate
from bot.errors import DocumentError
from bot.model.labels import Matcher, MatchOp

M = TypeVar("M", bound=BaseModel)
_THEIR_WAIT = "30s"
_ROUTE_KEYS = {info.alias or name for name, info in RouteNode.model_fields.items()} - {"hold", "occurrences", "shadow"}
_KEPT = ("route", "receivers", "inhibit_rules", "time_intervals", "mute_time_intervals", "global")


class Verdict(StrEnum):
    """What became of a piece of the file."""

    TAKEN = "taken"
    CHANGED = "changed"
    LEFT = "left out"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Remark:
    """A word on what stands at this place; line and column count from 1."""

    line: int
    column: int
    path: str
    verdict: Verdict
    text: str


@dataclass(slots=True)
class Imported:
    """The keys of a tocsin.yaml, and what is to be said of the pieces they were made of."""

    file: str
    keys: Plain = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The keys as YAML."""
        head = f"# Made of {self.file} by `tocsin import alertmanager`.\n"
        return head + yaml.safe_dump(self.keys, sort_keys=False, allow_unicode=True, default_flow_style=None, width=110)

    @property
    def wrong(self) -> bool:
        """Whether something in the file is a mistake to Tocsin."""
        return any(remark.verdict is Verdict.WRONG for remark in self.remarks)


def imported(text: str, file: str) -> Imported:
    """Reads an alertmanager.yml. DocumentError when it is no YAML mapping; other mistakes are among the remarks."""
    document = read(text, file)
    if not isinstance(document.value, dict) or document.complaints:
        complaints = document.complaints or [document.complaint((), "no configuration of an Alertmanager: no mapping")]
        raise DocumentError(complaints)
    reading = _Reading(document)
    reading.all()
    reading.made.remarks.sort()
    return reading.made


class _Reading:
    """One pass over the file, key by key."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._value: Plain = document.value if isinstance(document.value, dict) else {}
        self.made = Imported(document.file)

    def all(self) -> None:
        keys: Plain = {}
        receivers = Receivers(lambda verdict, path, text: self._say(_VERDICTS[verdict], path, text))
        keys["receivers"] = [
            made for path, entry in self._items("receivers") if (made := self._receiver(receivers, entry, path))
        ]
        keys["inhibit_rules"] = [
            made for path, entry in self._items("inhibit_rules") if (made := self._inhibit(entry, path))
        ]
        keys["time_intervals"] = [
            made
            for key in ("time_intervals", "mute_time_intervals")
            for path, entry in self._items(key)
            if (made := self._interval(entry, path))
        ]
        route = self._route()
        told = {"integrations": receivers.integrations, **self._global(), "route": route, **keys}
        self.made.keys = {key: item for key, item in told.items() if item}
        for key in self._value:
            if key not in _KEPT:
                self._say(Verdict.LEFT, (key,), "Tocsin has nothing of the kind")
        self._check()

    def _say(self, verdict: Verdict, path: Path, text: str) -> None:
        place = self._document.place(path)
        self.made.remarks.append(
            Remark(line=place.line, column=place.column, path=dotted(path), verdict=verdict, text=text)
        )

    def _items(self, key: str) -> Iterator[tuple[Path, Plain]]:
        """The mappings in a list of the file; anything else there is a mistake."""
        found = self._value.get(key) or []
        for index, entry in enumerate(found if isinstance(found, list) else []):
            if isinstance(entry, dict):
                yield (key, index), entry
            else:
                self._say(Verdict.WRONG, (key, index), "a mapping is needed here: `key: value`")
        if not isinstance(found, list):
            self._say(Verdict.WRONG, (key,), "a list is needed here: lines that begin with `- `")

    def _sound(self, value: Any, model: type[M], path: Path) -> bool:  # Any: as it stands in the file
        """Whether a piece holds no mistake; those it holds are said, where they stand."""
        whole = replace(self._document, value=_put(self._value, path, value), complaints=())
        try:
            validate(whole, model, path=path)
        except DocumentError as error:
            for one in error.complaints:
                self.made.remarks.append(
                    Remark(line=one.line, column=one.column, path=one.path, verdict=Verdict.WRONG, text=one.message)
                )
            return False
        return True

    def _route(self) -> Plain | None:
        top = self._value.get("route")
        if not isinstance(top, dict):
            self._say(Verdict.WRONG, ("route",), "an Alertmanager's configuration has a `route`; this one has none")
            return None
        cleaned = self._known_keys(top, ("route",))
        if not self._sound(cleaned, RouteNode, ("route",)):
            return None
        made = self._node(cleaned, ("route",))
        if "group_wait" not in made:
            text = f"`group_wait: {_THEIR_WAIT}` is written out: it is Alertmanager's default, and Tocsin's is 0s"
            self._say(Verdict.CHANGED, ("route",), text)
            made = {"receiver": made.pop("receiver", None), "group_wait": _THEIR_WAIT, **made}
        return made

    def _known_keys(self, node: Any, path: Path) -> Any:  # Any: as it stands in the file
        if not isinstance(node, dict):
            return node
        for key in node.keys() - _ROUTE_KEYS:
            self._say(Verdict.LEFT, (*path, key), "a route has no such key in Alertmanager")
        kept = {key: item for key, item in node.items() if key in _ROUTE_KEYS}
        if isinstance(kept.get("routes"), list):
            kept["routes"] = [self._known_keys(one, (*path, "routes", n)) for n, one in enumerate(kept["routes"])]
        return kept

    def _node(self, node: Plain, path: Path) -> Plain:
        made = {key: item for key, item in node.items() if item is not None and key != "routes"}
        if "continue" in made:
            made["continue"] = is_yes(made["continue"])
        changed = self._in_new_words(made, "match", "match_re", "matchers")
        if changed:
            self._say(Verdict.CHANGED, path, f"{changed} in the notation of `matchers`")
        else:
            self._say(Verdict.TAKEN, path, f"route to {made['receiver']}" if "receiver" in made else "route")
        if node.get("routes"):
            made["routes"] = [self._node(one, (*path, "routes", n)) for n, one in enumerate(node["routes"])]
        return made

    def _inhibit(self, entry: Plain, path: Path) -> Plain | None:
        if not self._sound(entry, InhibitEntry, path):
            return None
        made = {key: item for key, item in entry.items() if item is not None}
        changed = [
            words
            for side in ("source", "target")
            if (words := self._in_new_words(made, f"{side}_match", f"{side}_match_re", f"{side}_matchers"))
        ]
        if changed:
            self._say(Verdict.CHANGED, path, f"{', '.join(changed)} in the notation of matchers")
        else:
            self._say(Verdict.TAKEN, path, "inhibit rule")
        return made

    def _interval(self, entry: Plain, path: Path) -> Plain | None:
        if not self._sound(entry, TimeIntervalEntry, path):
            return None
        old = path[0] == "mute_time_intervals"
        text = "under `time_intervals`, as it is called now" if old else f"time interval {entry.get('name')!r}"
        self._say(Verdict.CHANGED if old else Verdict.TAKEN, path, text)
        return entry

    def _receiver(self, receivers: Receivers, entry: Plain, path: Path) -> Plain | None:
        if not self._sound({"name": entry.get("name")}, ReceiverEntry, path):
            return None
        webhooks = entry.get("webhook_configs") or []
        if not isinstance(webhooks, list) or not all(isinstance(one, dict) for one in webhooks):
            self._say(Verdict.WRONG, (*path, "webhook_configs"), "a list of mappings is needed here")
            return None
        return receivers.read(entry, path)

    def _global(self) -> Plain:
        found = self._value.get("global") or {}
        if not isinstance(found, dict):
            self._say(Verdict.WRONG, ("global",), "a mapping is needed here: `key: value`")
            return {}
        for key in found:
            path = ("global", key)
            if key == "resolve_timeout":
                self._say(Verdict.CHANGED, path, "`resolve_timeout` stands at the top")
            else:
                self._say(Verdict.LEFT, path, "it is of no use to Tocsin")
        return {"resolve_timeout": found["resolve_timeout"]} if found.get("resolve_timeout") else {}

    @staticmethod
    def _in_new_words(made: Plain, exact: str, regex: str, matchers: str) -> str:
        """Turns the old notation into the new one; the old keys that were there, for people."""
        old = [f"`{key}`" for key in (exact, regex) if key in made]
        texts = [str(Matcher(name=n, op=MatchOp.EQUAL, value=v)) for n, v in (made.pop(exact, None) or {}).items()]
        texts += [str(Matcher(name=n, op=MatchOp.REGEX, value=v)) for n, v in (made.pop(regex, None) or {}).items()]
        if texts:
            made[matchers] = [*(made.get(matchers) or []), *texts]
        return ", ".join(old)

    def _check(self) -> None:
        """What is wrong between the pieces. What was made has the shape of the file, so its places are the file's."""
        try:
            config = validate(read(self.made.text, self.made.file), Config)
        except DocumentError as error:
            for one in error.complaints:
                self._say(Verdict.WRONG, (), f"{one.path}: {one.message}")
            return
        if config.route is not None:
            for path, message in (*routes.mistakes(config), *times.mistakes(config)):
                self._say(Verdict.WRONG, path, message)


_VERDICTS = {"taken": Verdict.TAKEN, "changed": Verdict.CHANGED, "left": Verdict.LEFT}


def _put(value: Any, path: Sequence[str | int], item: Any) -> Any:  # Any: plain values of any shape
    """The value with another one at this path."""
    if not path:
        return item
    head, rest = path[0], path[1:]
    if isinstance(value, Mapping):
        return {**value, head: _put(value.get(head), rest, item)}
    kept = list(value)
    kept[int(head)] = _put(kept[int(head)], rest, item)
    return kept
