"""`{{ ... }}` in runbooks: expressions only, sandboxed, strict, in leaf strings only.

Template text comes from the runbook's file; what alerts say only ever arrives as data. A name that is missing is an
error, never an empty string and never false. Jinja's sandbox does not bound time or memory, so statements such as
loops are refused, and so is whatever makes much out of little: multiplication is bounded, and only such filters and
methods are there as make nothing larger.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, Undefined, UndefinedError, nodes
from jinja2.environment import TemplateExpression
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bot.errors import TocsinError

_MAX_TEXT = 64 * 1024

# Any: template data is plain JSON of any shape, as steps returned it.
Data = Mapping[str, Any]


class TemplateFailed(TocsinError):
    """A template cannot be rendered: a name is missing, or it asks for what is not allowed."""

    default_hint = "correct the runbook's template; `tocsin runbook rehearse` shows what each step would do"


class Filling(StrEnum):
    """For what a text is read into which values are filled."""

    TEXT = "text"
    """It is shown, or handed on as a value: anything may stand in it."""
    SYNTAX = "syntax"
    """Parts of it may be taken for more than a value: nothing begins with `-`, or holds control characters."""
    LANGUAGE = "language"
    """It is a program: only words and numbers are filled in."""


class _Environment(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, in which nothing grows."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:  # Any: as Jinja declares it
        bounded = isinstance(left, (int, float)) and isinstance(right, (int, float)) and abs(right) < 1_000_000
        if not bounded or operator == "**":
            raise SecurityError("only small numbers may be multiplied")
        return super().call_binop(context, operator, left, right)

    def getattr(self, obj: Any, attribute: str) -> Any:  # Any: as Jinja declares it
        """`result.items` is the key `items` of a step's result, never a method of the mapping that holds it."""
        if isinstance(obj, str) and attribute not in _METHODS:
            return self.undefined(f"a text has no {attribute!r} here; it has {', '.join(sorted(_METHODS))}")
        if isinstance(obj, Undefined) or not isinstance(obj, Mapping):
            return super().getattr(obj, attribute)
        return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)


def _only_a_value(value: Any) -> Any:  # Any: whatever an expression comes to
    """What may be filled in where a text could be taken for syntax."""
    if isinstance(value, Mapping | list | tuple):
        raise SecurityError("what is filled in is no single value; name one of those that it holds")
    if isinstance(value, str) and (value.startswith("-") or _CONTROL.search(value)):
        what = "begins with `-`, like an option" if value.startswith("-") else "holds a line break or control character"
        raise SecurityError(f"what is filled in {what}; only its own text may (`| trim` takes off a line break)")
    return value


def _only_a_word(value: Any) -> Any:  # Any: whatever an expression comes to
    """What may be filled in where a text is a program."""
    if isinstance(_only_a_value(value), str) and not _WORD.fullmatch(value):
        raise SecurityError(f"{value[:60]!r} is filled in where only a word or a number may stand")
    return value


def _joined(values: Iterable[Any], between: str = "") -> str:  # Any: whatever a list holds
    texts = [str(value) for value in values]
    if sum(map(len, texts)) + len(between) * len(texts) > _MAX_TEXT:
        raise SecurityError(f"what is joined is longer than {_MAX_TEXT} characters")
    return between.join(texts)


def _rounded(value: Any, precision: int = 0) -> float:  # Any: a number, or what is none
    return round(float(value), max(-15, min(15, int(precision))))


def _made(finalize: Callable[[Any], Any] | None) -> _Environment:  # Any: as Jinja declares it
    environment = _Environment(
        undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True, finalize=finalize
    )
    environment.globals.clear()
    known = {name: environment.filters[name] for name in _FILTERS}
    environment.filters = known | {"join": _joined, "round": _rounded, "tojson": _as_json}
    return environment


def _as_json(value: Any) -> str:  # Any: plain JSON
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_WORD = re.compile(r"[\w.:/@+-]*")
_OTHERS_WORDS = re.compile(r"&&|\|\||![^=]|===|=>|=<|(?<![=!<>])=(?![=>])")
"""What other languages write for `and`, `or`, `not`, `==` and `>=`."""
_FILTERS = (
    "abs", "default", "first", "float", "int", "last", "length", "list", "lower", "max", "min", "sort", "string", "sum",
    "title", "trim", "unique", "upper",
)  # fmt: skip
_METHODS = frozenset(
    {"count", "endswith", "find", "isdigit", "lower", "partition", "removeprefix", "removesuffix", "rpartition",
     "split", "splitlines", "startswith", "strip", "upper"}
)  # fmt: skip
_environment = _made(None)
_BY_FILLING = {
    Filling.TEXT: _environment,
    Filling.SYNTAX: _made(_only_a_value),
    Filling.LANGUAGE: _made(_only_a_word),
}


def check_text(text: str) -> None:
    """ValueError unless the text is a template of expressions only."""
    tree = _tree(text)
    for node in tree.find_all(nodes.Stmt):
        if not isinstance(node, nodes.Output):
            raise ValueError("only {{ expressions }} are allowed in a runbook, no {% statements %}")
    for used in tree.find_all(nodes.Filter):
        if used.name not in _environment.filters:
            known = ", ".join(sorted(_environment.filters))
            raise ValueError(f"there is no filter {used.name!r} here; there are {known}")


def check_condition(text: str) -> None:
    """ValueError unless the text is one expression, written without braces."""
    if "{{" in text or "{%" in text:
        raise ValueError("write a bare expression, without braces: steps.look.result.count > 0")
    try:
        check_text("{{ " + text + " }}")
    except ValueError as error:
        if _OTHERS_WORDS.search(text):
            raise ValueError(f"not an expression: {text!r}; write `==`, `and`, `or`, `not`") from None
        why = str(error).replace("not a template", f"not an expression: {text!r}")
        why = why.replace("end of print statement", "its end")
        raise ValueError(why) from None


def names_in(text: str) -> frozenset[tuple[str, ...]]:
    """The dotted names a template reads: `steps.look.result.count` is ("steps", "look", "result", "count")."""
    return frozenset(_names(_tree(text)))


def render(text: str, data: Data, filling: Filling = Filling.TEXT) -> str:
    """The text with its expressions filled in; TemplateFailed when a name is missing, or a value must not stand there.

    What may stand there is told by `filling`.
    """
    if "{{" not in text:
        return text
    try:
        made = _compiled(text, filling).render(data)
    except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
        raise TemplateFailed(_why(text, error)) from None
    if len(made) > _MAX_TEXT:
        raise TemplateFailed(f"template {text[:60]!r} makes more than {_MAX_TEXT} characters")
    return made


def render_leaves(value: Any, data: Data, filling: Filling = Filling.TEXT) -> Any:  # Any: plain JSON of any shape
    """The same value with every string in it rendered; keys stay as they are."""
    if isinstance(value, str):
        return render(value, data, filling)
    if isinstance(value, Mapping):
        return {key: render_leaves(item, data, filling) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [render_leaves(item, data, filling) for item in value]
    return value


def holds(condition: str, data: Data) -> bool:
    """Whether an `if` is true; TemplateFailed when a name in it is missing."""
    if not condition:
        return True
    try:
        return bool(_expression(condition)(data))
    except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
        raise TemplateFailed(_why(condition, error)) from None


@lru_cache(maxsize=1024)
def _compiled(text: str, filling: Filling) -> Template:
    return _BY_FILLING[filling].from_string(text)


@lru_cache(maxsize=256)
def _expression(text: str) -> TemplateExpression:
    return _environment.compile_expression(text, undefined_to_none=False)


def _tree(text: str) -> nodes.Template:
    try:
        return _environment.parse(text)
    except TemplateSyntaxError as error:
        raise ValueError(f"not a template: {error.message}") from None


def _names(tree: nodes.Node) -> Iterator[tuple[str, ...]]:
    lookups: list[nodes.Getattr | nodes.Getitem] = [*tree.find_all(nodes.Getattr), *tree.find_all(nodes.Getitem)]
    inner = {id(lookup.node) for lookup in lookups if _path(lookup)}  # of what is looked up when it runs, the owner
    for node in (*lookups, *tree.find_all(nodes.Name)):
        path = _path(node)
        if path and id(node) not in inner:
            yield path


def _path(node: nodes.Node) -> tuple[str, ...]:
    if isinstance(node, nodes.Name):
        return (node.name,)
    if isinstance(node, nodes.Getattr):
        before = _path(node.node)
        return (*before, node.attr) if before else ()
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
        before = _path(node.node)
        return (*before, node.arg.value) if before else ()
    return ()


def _why(text: str, error: Exception) -> str:
    if isinstance(error, UndefinedError):
        return f"in {text[:120]!r}: {error.message}"
    return f"in {text[:120]!r}: {error}"
