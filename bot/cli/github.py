"""Findings as GitHub Actions shows them beside the lines they are about."""

from __future__ import annotations


def annotation(gravity: str, text: str, **place: object) -> str:
    """A workflow command; nothing in the text or the place can end it, or begin another."""
    where = ",".join(f"{name}={_property(str(value))}" for name, value in place.items())
    return f"::{gravity} {where}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
