"""The words of Kubernetes that a runbook may write: each typed, so that text out of an alert never becomes syntax."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, PlainSerializer

from bot.documents import Duration, Strict, format_duration

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_SEGMENT = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.:]*[A-Za-z0-9])?")
_KIND = re.compile(r"[A-Za-z]{1,63}|[a-z]{1,63}\.v[0-9][a-z0-9]{0,20}\.[a-z0-9]([-a-z0-9.]{0,250}[a-z0-9])?")
_IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,511}")
_CONDITION = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_./]{0,251}[A-Za-z0-9])?")
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}(\.[A-Za-z][A-Za-z0-9]{0,63}){0,7}")
_KEY = r"(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_VALUE = r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?"
_SET = rf"\( *{_VALUE}(?: *, *{_VALUE})* *\)"
_REQUIREMENT = rf" *(?:!? *{_KEY}|{_KEY} *(?:=|==|!=) *{_VALUE}|{_KEY} +(?:in|notin) *{_SET}) *"
_SELECTOR = re.compile(rf"{_REQUIREMENT}(?:,{_REQUIREMENT})*")


def _label(text: str) -> str:
    return _fits(_LABEL, text, 63, "lower-case letters, digits and `-`, at most 63")


def _subdomain(text: str) -> str:
    return _fits(_SUBDOMAIN, text, 253, "lower-case letters, digits, `-` and `.`, at most 253")


def _segment(text: str) -> str:
    return _fits(_SEGMENT, text, 253, "letters, digits, `-`, `_`, `.` and `:`, at most 253")


def _selector(text: str) -> str:
    if not text:
        return text
    return _fits(_SELECTOR, text, 1000, "a label selector such as `app=cart,tier in (web, api),!canary`")


def _kind(text: str) -> str:
    return _fits(_KIND, text, 350, "a kind such as `Deployment`, or `PLURAL.VERSION.GROUP` of a custom one")


def _image(text: str) -> str:
    return _fits(_IMAGE, text, 512, "an image such as registry.example.com/shop/cart:1.2")


def _condition(text: str) -> str:
    return _fits(_CONDITION, text, 253, "the type of a condition, such as `Available`")


def _field(text: str) -> str:
    return _fits(_FIELD, text, 512, "names of fields joined by `.`, such as `status.phase`") if text else text


def _fits(pattern: re.Pattern[str], text: str, longest: int, means: str) -> str:
    if len(text) > longest or pattern.fullmatch(text) is None:
        raise ValueError(f"not {means}" if means.startswith(("a ", "an ", "the ")) else f"write it with {means}")
    return text


def _or_none(text: str) -> str:
    return _label(text) if text else text


Namespace = Annotated[str, AfterValidator(_label)]
"""The name of a namespace."""
MaybeNamespace = Annotated[str, AfterValidator(_or_none)]
"""The same, or empty."""
Name = Annotated[str, AfterValidator(_subdomain)]
"""The name of an object."""
MaybeName = Annotated[str, AfterValidator(lambda text: _subdomain(text) if text else text)]
"""The same, or empty."""
AnyName = Annotated[str, AfterValidator(_segment)]
"""The name of an object of any kind: those of RBAC may hold `:`."""
Container = Annotated[str, AfterValidator(_or_none)]
"""The name of a container, or empty: the only one, or the one that an annotation calls the default."""
Selector = Annotated[str, AfterValidator(_selector)]
"""A label selector, or empty."""
KindWord = Annotated[str, AfterValidator(_kind)]
"""A kind of object."""
Image = Annotated[str, AfterValidator(_image)]
"""A reference to an image."""
Condition = Annotated[str, AfterValidator(_condition)]
"""The type of a condition."""
FieldPath = Annotated[str, AfterValidator(_field)]
"""A path of fields, or empty."""
Span = Annotated[Duration, PlainSerializer(format_duration, return_type=str, when_used="json")]
"""A duration that a plan keeps as it is written."""


class InNamespace(Strict):
    """Something in a namespace."""

    namespace: Namespace = Field(description="The namespace it lies in.")


class Pod(InNamespace):
    """One pod."""

    pod: Name = Field(description="The name of the pod.")


class Node(Strict):
    """One node."""

    node: Name = Field(description="The name of the node.")


class One(Strict):
    """One object of any kind."""

    kind: KindWord = Field(description="Its kind: `Deployment`, `Pod`, ..., or `PLURAL.VERSION.GROUP` of a custom one.")
    name: AnyName = Field(description="Its name.")
    namespace: MaybeNamespace = Field(default="", description="The namespace it lies in; empty where it lies in none.")
