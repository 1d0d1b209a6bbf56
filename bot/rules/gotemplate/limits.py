"""How much a template may do, and how it ends when it fails."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a template may do: characters written, rounds of all its ranges, templates inside templates."""

    output: int = 1_000_000
    rounds: int = 100_000
    depth: int = 20


class ExecError(Exception):
    """A template that could not be filled in; `str` is Go's whole message."""
