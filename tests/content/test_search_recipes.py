"""The recipes for saved searches: Splunk's own form, without a remark, and each with a test that holds."""

from pathlib import Path

from bot.app.proving import load, play
from bot.rules.proving.telling import tell
from bot.rules.savedsearches import conf, stanza

FOLDER = Path("rules/splunk/recipes")
CONF, TESTS = FOLDER / "savedsearches.conf", FOLDER / "tests.yaml"


def test_they_load_without_a_remark() -> None:
    reading = stanza.read(conf.parse(CONF.read_text(), str(CONF)), stanza.Home(file=str(CONF), source="splunk"))
    assert reading.complaints == ()
    assert reading.left == ()
    assert len(reading.groups) == CONF.read_text().count("\n[") - 1


async def test_each_does_what_its_test_says() -> None:
    suites = load([TESTS], Path.cwd())
    played = await play(suites, None, lambda _: None)
    assert [line for one in played for line in tell(one.proof)] == []
    (suite,) = suites
    assert not suite.complaints
    tested = {story.search for story in suite.stories if hasattr(story, "search")}
    assert tested == {group.name for group in suite.groups}


def test_every_kind_of_the_readme_has_a_recipe() -> None:
    text = CONF.read_text()
    for kind in ("Any", "Frequency", "Spike", "Flatline", "Change", "New term", "Cardinality", "Metric aggregation"):
        assert f"[{kind}: " in text
    for kind in ("Spike aggregation", "Percentage", "Blacklist", "Whitelist"):
        assert f"[{kind}: " in text
