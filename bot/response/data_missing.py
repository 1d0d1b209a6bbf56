"""Rules that look at series which do not exist: they cannot fire, whatever happens, and nobody would know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.model.actor import Actor
from bot.model.rule import AlertRule
from bot.model.sample import Answer
from bot.response.world import World
from bot.rights import Act, require

_AT_ONCE = 200
"""Questions to a source in one go: a look at everything must not be in the way of an evaluation."""


async def look(world: World, actor: Actor) -> Mapping[str, Sequence[str]]:
    """For each source the rules without data now, by `file;group;name`. Zero writes.

    Only rules that compare something with a number are looked at: of others, nothing is what they hope to find. A
    source that does not answer is left out: it is blind, which is another story.
    """
    now = world.clock.now()
    require(actor, Act.EVALUATE_RULES, "rules without data", now)
    found: dict[str, list[str]] = {}
    for name, source in world.sources.items():
        rules = [
            (group.rule_key(place), rule.signal.expr)
            for group in world.setup.groups
            if group.source == name
            for place, rule in enumerate(group.rules)
            if isinstance(rule, AlertRule) and rule.signal.threshold is not None
        ]
        seen = True
        missing: list[str] = []
        for start in range(0, len(rules), _AT_ONCE):
            part = rules[start : start + _AT_ONCE]
            answers = await source.query_all([f"count(\n{expr}\n)" for _, expr in part], now)
            seen = seen and any(isinstance(answer, Answer) for answer in answers)
            missing += [
                key
                for (key, _), answer in zip(part, answers, strict=True)
                if isinstance(answer, Answer) and not answer.samples and not answer.warnings
            ]
        if seen:
            found[name] = missing
    return found
