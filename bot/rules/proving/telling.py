"""A proof in words: what differs, line by line, the same on a terminal and in a report for machines."""

from __future__ import annotations

from collections.abc import Iterator

from bot.documents import format_duration
from bot.rules.proving.compare import Mismatch, Traits
from bot.rules.proving.prove import Proof

_SHOWN = 20
"""How many alerts or samples of one kind are told before the rest is only counted."""


def tell(proof: Proof) -> Iterator[str]:
    """The lines that say what is wrong; none when everything is as expected."""
    for trouble in proof.troubles:
        yield f"{trouble.place}: {trouble.message}"
    for mismatch in proof.mismatches:
        yield from _mismatch(mismatch)


def _mismatch(mismatch: Mismatch) -> Iterator[str]:
    right = f"; {mismatch.right} came as expected" if mismatch.right else ""
    yield f"{mismatch.place}: {mismatch.what} at {format_duration(mismatch.at)} is not as expected{right}"
    for pair in mismatch.pairs[:_SHOWN]:
        yield f"  differs: {_named(pair.expected)}"
        for trait, expected, came in pair.different:
            yield f"    {trait}"
            yield f"      expected  {_text(expected)}"
            yield f"      came      {_text(came)}"
    yield from _rest("differ", len(mismatch.pairs))
    for traits in mismatch.missing[:_SHOWN]:
        yield f"  expected, and did not come: {_named(traits)}"
    yield from _rest("did not come", len(mismatch.missing))
    for traits in mismatch.unexpected[:_SHOWN]:
        yield f"  came, and was not expected: {_named(traits)}"
        yield from (f"    {name}: {text}" for name, text in traits.items() if name.startswith("annotation "))
    yield from _rest("were not expected", len(mismatch.unexpected))
    for hint in mismatch.hints[:_SHOWN]:
        yield f"  {hint}"


def _rest(what: str, count: int) -> Iterator[str]:
    if count > _SHOWN:
        yield f"  and {count - _SHOWN} more {what}"


def _named(traits: Traits) -> str:
    """The labels as Prometheus writes them, and the value of a sample."""
    labels = {name.removeprefix("label "): text for name, text in sorted(traits.items()) if name.startswith("label ")}
    name = labels.pop("__name__", "")
    inner = ", ".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
    value = f" {traits['value']}" if "value" in traits else ""
    return f"{name}{{{inner}}}{value}"


def _text(text: str | None) -> str:
    return "nothing" if text is None else f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
