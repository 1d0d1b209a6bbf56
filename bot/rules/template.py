"""Prometheus' templates in the labels and annotations of a rule: what they speak of, and what they become.

A template that asks `query` cannot be filled in without asking a source: `render` then answers with what it Needs, and
is called again with the answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import TypeAlias

from bot.model.sample import Sample
from bot.rules.functions import FUNCTIONS, RESULT, about, sample
from bot.rules.gotemplate.builtins import BUILTINS
from bot.rules.gotemplate.execute import execute
from bot.rules.gotemplate.limits import ExecError
from bot.rules.gotemplate.nodes import Template
from bot.rules.gotemplate.parse import ParseError
from bot.rules.gotemplate.parse import parse as parse_go
from bot.rules.gotemplate.values import CallError, Function, Slice, StringMap, Struct, Value

_PROLOGUE = (
    "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}"
)
"""Prometheus puts this before every text; we declare the variables and count its columns."""

_SIMPLE = re.compile(
    r"(?<!\{)\{\{ ?\$(?:value|labels(?:\.[a-zA-Z_]\w*)?)"
    r"(?: ?\| ?(?:humanize(?:1024|Duration|Percentage|Timestamp)?|title|toLower|toUpper))* ?\}\}",
    re.ASCII,
)
"""The actions that most rules are made of. They parse, so a start need not wait until they are parsed."""

_LONE = re.compile(r"[\udc80-\udcff]")
"""A byte that is not UTF-8: nobody could store it or send it on."""

_VARIABLES = ("$labels", "$externalLabels", "$externalURL", "$value")
_KNOWN = frozenset({*BUILTINS, *FUNCTIONS, "query", "externalURL", "now", "pathPrefix"})
_DATA = "struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string; Value interface {} }"


class TemplateError(ValueError):
    """A template that does not parse. `line` and `column` count from 1 in the text as it was written."""

    def __init__(self, message: str, *, line: int, column: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """What a template speaks of. `labels` are those of the query's sample, not of the alert; `at` is the slot."""

    labels: Mapping[str, str]
    value: float
    at: datetime
    external_labels: Mapping[str, str] = field(default_factory=dict)
    external_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """The template cannot go on before this query is answered, at the slot."""

    query: str


Answers: TypeAlias = Mapping[str, Sequence[Sample] | str]
"""What the source said to each query so far: samples, or the text of an error that trying again will not mend."""


class _Wanted(Exception):
    """Stops an execution at a query nobody has asked yet."""

    def __init__(self, query: str) -> None:
        super().__init__(query)
        self.query = query


def check(text: str, alert: str) -> None:
    """Raises TemplateError where `parse` would."""
    if "{{" in text and "{{" in _SIMPLE.sub(" ", text):
        parse(text, alert)


def parse(text: str, alert: str) -> Template:
    """Reads one label's or annotation's template of the alert with this name. Raises TemplateError."""
    if "{{" not in text:
        return Template(name=_name(alert), text=text, body=())
    return _parse(text, _name(alert))


def render(template: Template, data: Data, answers: Answers) -> str | Needs:
    """The text, or the query to answer first.

    A template that fails while it is filled in becomes a text that says so, in Prometheus' words.
    """
    if not template.body:
        return template.text
    labels, external = StringMap(data.labels), StringMap(data.external_labels)
    values: tuple[Value, ...] = (labels, external, data.external_url, data.value)
    variables = dict(zip(_VARIABLES, values, strict=True))
    dot = Struct(
        _DATA,
        {"Labels": labels, "ExternalLabels": external, "ExternalURL": data.external_url, "Value": data.value},
        frozenset({"Value"}),
    )
    functions = {**FUNCTIONS, **about(data.external_url, data.at), "query": _query(answers)}
    try:
        return _LONE.sub("\ufffd", execute(template, dot, functions, variables=variables))
    except _Wanted as wanted:
        return Needs(query=wanted.query)
    except ExecError as error:
        return f"<error expanding template: error executing template {template.name}: {error}>"


def _name(alert: str) -> str:
    return f"__alert_{alert}"


@lru_cache(maxsize=65_536)
def _parse(text: str, name: str) -> Template:
    try:
        template = parse_go(text, name, _KNOWN, variables=_VARIABLES, shift=len(_PROLOGUE))
    except ParseError as error:
        raise TemplateError(error.message, line=error.line, column=error.column) from None
    return template


def _query(answers: Answers) -> Function:
    def query(text: str) -> Slice:
        answer = answers.get(text)
        if answer is None:
            raise _Wanted(text)
        if isinstance(answer, str):
            raise CallError(answer)
        return Slice(RESULT, [sample(one.labels, one.value) for one in answer])

    return Function(params=("string",), call=query)
