"""A saved search as the server has it that it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSearch:
    """`settings` are as in its file, some under the names of REST. `owner` is `nobody` where it is shared."""

    name: str
    app: str
    owner: str
    settings: Mapping[str, str]
