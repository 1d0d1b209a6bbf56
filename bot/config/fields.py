"""Kinds of fields that several parts of `tocsin.yaml` have: names, durations, zones, matchers."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, SecretStr, StringConstraints, model_validator

from bot.documents import Duration, Strict, suggest
from bot.model.labels import Matcher
from bot.model.matchers import parse_matchers

_PATH_SECRET = re.compile(r"[A-Za-z0-9_-]{16,200}")


class Theirs(Strict):
    """The base of what is written in Alertmanager's words: as in its file, a key with nothing after it is left out."""

    @model_validator(mode="before")
    @classmethod
    def _stated(cls, value: Any) -> Any:  # Any: what a document holds, before it is validated
        if isinstance(value, Mapping):
            return {key: item for key, item in value.items() if item is not None}
        return value


def matchers_of(texts: Iterable[str]) -> tuple[Matcher, ...]:
    """The matchers of these texts, each of which may hold several."""
    return tuple(matcher for text in texts for matcher in parse_matchers(text))


def _is_zone(text: str) -> str:
    try:
        known = text == "UTC" or bool(zoneinfo.ZoneInfo(text))
    except (OSError, ValueError, KeyError):
        known = False
    if not known:
        near = suggest(text, zoneinfo.available_timezones()) or "; write it like Europe/Berlin"
        raise ValueError(f"no such time zone: {text!r}{near}")
    return text


def _are_matchers(text: str) -> str:
    parse_matchers(text)
    return text


def _lasts(length: timedelta) -> timedelta:
    if length <= timedelta(0):
        raise ValueError("it must be longer than 0; write it like 30s, 5m or 14d")
    return length


def _is_path_secret(secret: SecretStr) -> SecretStr:
    if not _PATH_SECRET.fullmatch(secret.get_secret_value()):
        raise ValueError("it must have at least 16 letters, digits, - or _; make one with `openssl rand -hex 24`")
    return secret


PathSecret = Annotated[SecretStr, AfterValidator(_is_path_secret)]
"""A secret that stands at the end of an address."""
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Some = Annotated[Duration, AfterValidator(_lasts)]
"""A duration of more than nothing."""
MatcherText = Annotated[str, AfterValidator(_are_matchers)]
"""Matchers in Alertmanager's notation: `severity="critical"`, or several with commas between them."""
Zone = Annotated[str, AfterValidator(_is_zone)]
"""A time zone by its IANA name."""
