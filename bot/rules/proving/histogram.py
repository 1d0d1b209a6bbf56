"""Native histograms as unit tests write them: `{{schema:1 sum:4 count:3 buckets:[1 2]}}`."""

from __future__ import annotations

import re

from bot.model.histogram import Histogram

_NUMBER = r"[+-]?(?:[0-9._]+(?:[eE][+-]?[0-9]+)?|[iI][nN][fF]|[nN][aA][nN])"
_ITEM = re.compile(
    rf"""\s*(?: (?P<list>buckets|n_buckets|custom_values):\[\s*(?P<numbers>{_NUMBER}(?:\s+{_NUMBER})*)\s*\]
              | (?P<whole>schema|offset|n_offset):(?P<integer>-?[0-9]+)
              | (?P<real>sum|count|z_bucket|z_bucket_w):(?P<number>{_NUMBER})
              | counter_reset_hint:(?P<hint>unknown|reset|not_reset|gauge))(?=\s|$)""",
    re.VERBOSE,
)
_HINTS = ("unknown", "reset", "not_reset", "gauge")


def read_histogram(text: str) -> Histogram:
    """What stands between the braces. Raises ValueError in words for its author."""
    said: dict[str, str] = {}
    at = 0
    while text[at:].strip():
        item = _ITEM.match(text, at)
        if item is None:
            raise ValueError(f"a histogram says schema, sum, count, buckets:[1 2] and the like, not {text[at:][:30]!r}")
        at = item.end()
        key = item["list"] or item["whole"] or item["real"] or "counter_reset_hint"
        if key in said:
            raise ValueError(f"{key} is given twice")
        said[key] = item["numbers"] or item["integer"] or item["number"] or item["hint"]
    offset, below = int(said.get("offset", 0)), int(said.get("n_offset", 0))
    return Histogram(
        schema=int(said.get("schema", 0)),
        sum=float(said.get("sum", 0)),
        count=float(said.get("count", 0)),
        zero_count=float(said.get("z_bucket", 0)),
        zero_threshold=float(said.get("z_bucket_w", 0)),
        positive={offset + i: float(count) for i, count in enumerate(said.get("buckets", "").split())},
        negative={below + i: float(count) for i, count in enumerate(said.get("n_buckets", "").split())},
        custom=tuple(float(end) for end in said.get("custom_values", "").split()),
        hint=_HINTS.index(said.get("counter_reset_hint", "unknown")),
    )
