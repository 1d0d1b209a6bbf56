"""`{{ ... }}` in runbooks: expressions only, sandboxed, strict, in leaf strings only.

Template text comes from the runbook's file; what alerts say only ever arrives as data. A name that is missing is an
error, never an empty string and never false. Jinja's sandbox does not bound time or memory, so statements such as
loops are refused, and multiplication is bounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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


class _Environment(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, with `*` and `**` bounded."""

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:  # Any: as Jinja declares it
        bounded = isinstance(left, (int, float)) and isinstance(right, (int, float)) and abs(right) < 1_000
        if not bounded or operator == "**":
            raise SecurityError("only small numbers may be multiplied")
        return super().call_binop(context, operator, left, right)

    def getattr(self, obj: Any, attribute: str) -> Any:  # Any: as Jinja declares it
        """`result.items` is the key `items` of a step's result, never a method of the mapping that holds it."""
        if isinstance(obj, Undefined) or not isinstance(obj, Mapping):
            return super().getattr(obj, attribute)
        return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)


_environment = _Environment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)
_environment.globals.clear()


def check_text(text: str) -> None:
    """ValueError unless the text is a template of expressions only."""
    for node in _tree(text).find_all(nodes.Stmt):
        if not isinstance(node, nodes.Output):
            raise ValueError("only {{ expressions }} are allowed in a runbook, no {% statements %}")


def check_condition(text: str) -> None:
    """ValueError unless the text is one expression, written without braces."""
    if "{{" in text or "{%" in text:
        raise ValueError("write `if` as a bare expression, without braces: steps.look.result.count > 0")
    check_text("{{ " + text + " }}")


def names_in(text: str) -> frozenset[tuple[str, ...]]:
    """The dotted names a template reads: `steps.look.result.count` is ("steps", "look", "result", "count")."""
    return frozenset(_names(_tree(text)))


def render(text: str, data: Data) -> str:
    """The text with its expressions filled in; TemplateFailed when a name is missing."""
    if "{{" not in text:
        return text
    try:
        made = _compiled(text).render(data)
    except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
        raise TemplateFailed(_why(text, error)) from None
    if len(made) > _MAX_TEXT:
        raise TemplateFailed(f"template {text[:60]!r} makes more than {_MAX_TEXT} characters")
    return made


def render_leaves(value: Any, data: Data) -> Any:  # Any: parameters are plain JSON of any shape
    """The same value with every string in it rendered; keys stay as they are."""
    if isinstance(value, str):
        return render(value, data)
    if isinstance(value, Mapping):
        return {key: render_leaves(item, data) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [render_leaves(item, data) for item in value]
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
def _compiled(text: str) -> Template:
    return _environment.from_string(text)


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
    inner = {id(lookup.node) for lookup in lookups}
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
