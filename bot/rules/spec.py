"""Prometheus' rule files: what it accepts is accepted, what it refuses is refused, every mistake with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field, ValidationError

from bot.documents import Document, Path, Place, Plain, Strict, dotted, read, validate
from bot.errors import Complaint, DocumentError
from bot.model.rule import AlertRule, RecordingRule, RuleGroup
from bot.rules import promql
from bot.rules.scalars import duration, empty, oddities, whole
from bot.rules.template import TemplateError, check

_ZERO = timedelta(0)
_NAMED = re.compile(r"'(\w+)'")
_AS_TEXT = re.compile(r"(?:&\S+\s+)?(?:['\"|>]|!!str\b)")


_Text = Annotated[str, empty("")]
_Time = Annotated[
    timedelta,
    BeforeValidator(lambda written: duration(written) if isinstance(written, str) else written),
    empty(_ZERO),
]
_Whole = Annotated[
    int, BeforeValidator(lambda written: whole(written) if isinstance(written, str) else written), empty(0)
]
_Labels = Annotated[dict[str, _Text], empty({})]


class _Strict(Strict):
    model_config = ConfigDict(populate_by_name=False)


class _Rule(_Strict):
    record: _Text = ""
    alert: _Text = ""
    expr: _Text = ""
    hold: _Time = Field(default=_ZERO, alias="for")
    keep_firing_for: _Time = _ZERO
    labels: _Labels = Field(default_factory=dict)
    annotations: _Labels = Field(default_factory=dict)


_NO_RULE = _Rule()


class _Group(_Strict):
    name: _Text = ""
    interval: _Time = _ZERO
    query_offset: _Time = _ZERO
    limit: _Whole = 0
    labels: _Labels = Field(default_factory=dict)
    rules: Annotated[list[Annotated[_Rule, empty(_NO_RULE)]], empty([])] = Field(default_factory=list)


_NO_GROUP = _Group()


class _File(_Strict):
    groups: Annotated[list[Annotated[_Group, empty(_NO_GROUP)]], empty([])] = Field(default_factory=list)


def read_groups(text: str, file: str, *, source: str, default_interval: timedelta) -> tuple[RuleGroup, ...]:
    """The groups of a rule file's text, to be evaluated against the integration `source`.

    `file` is part of each group's key and of its slots, so give it as it is configured. Raises DocumentError.
    """
    return groups(read(text, file), source=source, default_interval=default_interval)


def groups(document: Document, *, source: str, default_interval: timedelta) -> tuple[RuleGroup, ...]:
    """The groups of a rule file that was read already, as `read_groups` gives them."""
    try:
        written = validate(document, _File)
    except DocumentError as error:
        inside = _complaints(document, _what_fits(document.value))
        raise DocumentError(sorted([*error.complaints, *inside])) from None
    complaints = sorted(_complaints(document, written))
    if complaints:
        raise DocumentError(complaints)
    return tuple(
        _group(group, document.file, source, default_interval) for group in written.groups if group is not _NO_GROUP
    )


def _group(written: _Group, file: str, source: str, default_interval: timedelta) -> RuleGroup:
    return RuleGroup(
        file=file,
        name=written.name,
        source=source,
        interval=written.interval or default_interval,
        rules=tuple(_rule(rule, written.labels) for rule in written.rules if rule is not _NO_RULE),
        query_offset=written.query_offset,
        limit=written.limit,
    )


def _rule(written: _Rule, group_labels: Mapping[str, str]) -> AlertRule | RecordingRule:
    labels = {**group_labels, **written.labels}
    if written.record:
        return RecordingRule(record=written.record, expr=written.expr, labels=labels)
    return AlertRule(
        name=written.alert,
        expr=written.expr,
        signal=promql.signal(written.expr),
        hold=written.hold,
        keep_firing_for=written.keep_firing_for,
        labels=labels,
        annotations=written.annotations,
    )


def _complaints(document: Document, written: _File) -> Iterator[Complaint]:
    for line, column, message in oddities(document.text):
        yield Complaint(file=document.file, line=line, column=column, path="", message=message)
    names: set[str] = set()
    for index, group in enumerate(written.groups):
        if group is _NO_GROUP:
            continue
        path: Path = ("groups", index)
        if not group.name:
            yield document.complaint((*path, "name"), "a group needs a name")
        elif group.name in names:
            yield document.complaint(
                (*path, "name"), f"another group of this file is called {group.name!r}; rename one"
            )
        names.add(group.name)
        if _quoted(document, (*path, "limit")):
            yield document.complaint((*path, "limit"), "a whole number is needed here: write it without quotes")
        yield from _label_complaints(document, (*path, "labels"), group.labels)
        for number, rule in enumerate(group.rules):
            if rule is not _NO_RULE:
                yield from _rule_complaints(document, (*path, "rules", number), rule)


def _rule_complaints(document: Document, path: Path, rule: _Rule) -> Iterator[Complaint]:
    if rule.record and rule.alert:
        yield document.complaint((*path, "record"), "a rule is either `record` or `alert`; drop one")
    elif not rule.record and not rule.alert:
        yield document.complaint(path, "a rule needs a name: write `alert` or `record`")
    if not rule.expr:
        yield document.complaint((*path, "expr"), "a rule needs an expression")
    elif (problem := promql.check(rule.expr)) is not None:
        yield _inside(document, (*path, "expr"), rule.expr, _offset(rule.expr, problem), problem)
    yield from _label_complaints(document, (*path, "labels"), rule.labels)
    if rule.record:
        yield from _recording_complaints(document, path, rule)
        return
    for name in rule.annotations:
        if not name:
            yield document.complaint((*path, "annotations", name), "an annotation needs a name")
    for key, texts in (("labels", rule.labels), ("annotations", rule.annotations)):
        for name, text in texts.items():
            yield from _template_complaints(document, (*path, key, name), text, rule.alert)


def _recording_complaints(document: Document, path: Path, rule: _Rule) -> Iterator[Complaint]:
    for key, value in (
        ("for", rule.hold),
        ("keep_firing_for", rule.keep_firing_for),
        ("annotations", rule.annotations),
    ):
        if value:
            yield document.complaint((*path, key), f"a recording rule has no `{key}`")
    if "{" in rule.record or "}" in rule.record:
        yield document.complaint((*path, "record"), "a recorded name has no braces; did you mean `expr`?")


def _label_complaints(document: Document, path: Path, labels: Mapping[str, str]) -> Iterator[Complaint]:
    for name in labels:
        if name in ("", "__name__"):
            yield document.complaint((*path, name), f"{name!r} cannot be the name of a label here")


def _template_complaints(document: Document, path: Path, text: str, alert: str) -> Iterator[Complaint]:
    try:
        check(text, alert)
    except TemplateError as error:
        lines = text.splitlines(keepends=True)
        offset = sum(map(len, lines[: error.line - 1])) + error.column - 1
        yield _inside(document, path, text, offset, error.message)


def _quoted(document: Document, path: Path) -> bool:
    """Whether a value is written so that YAML takes it for a text."""
    place = document.values.get(path)
    if place is None:
        return False
    return _AS_TEXT.match(document.text.splitlines()[place.line - 1][place.column - 1 :]) is not None


def _offset(expr: str, problem: str) -> int:
    """Where in an expression the problem is: the word the message quotes, where that stands there only once."""
    quoted = _NAMED.search(problem)
    found = list(re.finditer(rf"\b{re.escape(quoted.group(1))}\b", expr)) if quoted else []
    return found[0].start() if len(found) == 1 else 0


def _inside(document: Document, path: Path, text: str, offset: int, message: str) -> Complaint:
    """A complaint about a place inside a text, wherever YAML's way of writing that text lets us find it."""
    place = document.values.get(path) or document.place(path)
    lines = document.text.splitlines()
    before = text[:offset]
    line, column = before.count("\n"), offset - (before.rfind("\n") + 1)
    written = lines[place.line - 1][place.column - 1 :] if place.line <= len(lines) else ""
    here = Place(place.line, place.column + column)
    if written[:1] in ("|", ">"):
        indent = len(lines[place.line]) - len(lines[place.line].lstrip()) if place.line < len(lines) else 0
        here = Place(place.line + 1 + line, indent + column + 1)
    elif written[:1] in ("'", '"'):
        here = Place(place.line, place.column + column + 1)
    # An escape, a folded line or an alias moves things: what we point at must be what the text has there
    rest = text[offset:].splitlines()[:1] or [""]
    if here.line > len(lines) or not lines[here.line - 1][here.column - 1 :].startswith(rest[0][:8]):
        here = place
    return Complaint(file=document.file, line=here.line, column=here.column, path=dotted(path), message=message)


def _what_fits(value: object) -> _File:
    """As much of a misshapen file as has the right shape, so that one mistake does not hide another.

    What does not fit was complained of already; something that draws no complaint stands in for it.
    """
    written = value.get("groups") if isinstance(value, dict) else None
    return _File(groups=[_group_that_fits(at, group) for at, group in enumerate(_items(written))])


def _group_that_fits(at: int, value: object) -> _Group:
    name = f"\0{at}"
    if not isinstance(value, dict):
        return _Group(name=name)
    rules = [_fitting(_Rule, rule, _SOME_RULE) for rule in _items(value.get("rules"))]
    return _Group.model_validate({**_fitting(_Group, value, {"name": name, "rules": []}), "rules": rules})


_SOME_RULE: Mapping[str, Plain] = {"alert": "-", "expr": "0"}


def _fitting(model: type[_Strict], value: object, stand_ins: Mapping[str, Plain]) -> dict[str, Plain]:
    if not isinstance(value, dict):
        return dict(stand_ins)
    fitting: dict[str, Plain] = {}
    for key, item in value.items():
        try:
            model.model_validate({key: item})
        except ValidationError:
            if key in stand_ins:
                fitting[key] = stand_ins[key]
            elif key == "record" and "alert" in stand_ins:
                fitting["alert"] = stand_ins["alert"]
        else:
            fitting[key] = item
    return fitting


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else []
