"""A rule whose series do not exist is counted; one whose source does not answer is another story."""

from pathlib import Path

from bot.errors import Temporary
from bot.model.actor import TOCSIN
from bot.model.labels import LabelSet
from bot.response import data_missing
from bot.testing.metrics import FakeMetricSource
from tests.scenarios.tocsin import living


async def test_a_rule_without_data_is_found_and_a_blind_source_is_not_accused(database: Path) -> None:
    async with living(database) as tocsin:
        source = FakeMetricSource()
        (group,) = tocsin.world.setup.groups
        (rule,) = group.rules
        counted = f"count(\n{rule.signal.expr}\n)"
        tocsin.world.sources = {group.source: source}
        assert await data_missing.look(tocsin.world, TOCSIN) == {group.source: [f"{group.key};{rule.name}"]}
        source.shows(counted, {LabelSet(): 3.0})
        assert await data_missing.look(tocsin.world, TOCSIN) == {group.source: []}
        source.breaks(Temporary("gone", integration="prom", reason="connection"))
        assert await data_missing.look(tocsin.world, TOCSIN) == {}
