"""What tocsin.yaml says of severities, roles and fields of a team's own."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot import config
from bot.config.loading import load
from bot.errors import DocumentError
from bot.model.incident import Severity
from bot.model.practice import ROLES, SEVERITIES, CustomField

DOCUMENT = """\
severities:
  - {name: SEV1, means: the shop is closed, update_every: 15m}
  - {name: SEV4, pages: true, postmortem_within: 1d}
  - {name: SEV2, commander_within: 0s}
roles:
  - {name: scribe, title: Scribe, instructions: Write it down.}
custom_fields:
  - {name: region, title: Region, choices: [eu, us]}
  - {name: ticket}
"""


def test_what_is_said_stands_over_what_tocsin_has(tmp_path: Path) -> None:
    (tmp_path / "tocsin.yaml").write_text(DOCUMENT)
    setup = load(tmp_path / "tocsin.yaml", {}, tmp_path).setup
    assert list(setup.severities) == list(Severity)
    first, second, third, fourth, fifth = setup.severities.values()
    assert (first.means, first.update_every) == ("the shop is closed", timedelta(minutes=15))
    assert first.commander_within == SEVERITIES[Severity.SEV1].commander_within
    assert (second.commander_within, second.update_every) == (None, timedelta(hours=1))
    assert (fourth.pages, fourth.postmortem_within) == (True, timedelta(days=1))
    assert [third, fifth] == [SEVERITIES[Severity.SEV3], SEVERITIES[Severity.SEV5]]
    assert list(setup.roles) == ["commander", "scribe"]
    assert setup.roles["scribe"].instructions == "Write it down."
    region = CustomField(name="region", title="Region", choices=("eu", "us"))
    assert dict(setup.custom_fields) == {"region": region, "ticket": CustomField(name="ticket")}


def test_what_the_readme_shows_is_sound(tmp_path: Path) -> None:
    section = Path(config.__file__).with_name("README.md").read_text().partition("## How you work on incidents")[2]
    (tmp_path / "tocsin.yaml").write_text(section.partition("```yaml\n")[2].partition("```")[0])
    setup = load(tmp_path / "tocsin.yaml", {}, tmp_path).setup
    assert setup.severities[Severity.SEV1].means == "nobody can buy"
    assert list(setup.roles) == ["commander", "scribe"]
    assert setup.custom_fields["region"].choices == ("eu", "us")


def test_without_a_word_all_of_it_is_there(tmp_path: Path) -> None:
    (tmp_path / "tocsin.yaml").write_text("")
    setup = load(tmp_path / "tocsin.yaml", {}, tmp_path).setup
    assert setup.severities == SEVERITIES
    assert setup.roles == ROLES
    assert setup.custom_fields == {}


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ("severities: [{name: SEV6}]", "severities[0].name: "),
        ("severities: [{name: SEV1}, {name: SEV1}]", "severities[1].name: SEV1 is there already"),
        ("severities: [{name: SEV1, update_every: soon}]", "severities[0].update_every: not a duration"),
        ("roles: [{name: Big Boss, title: x}]", "roles[0].name: "),
        ("roles: [{name: a, title: x}, {name: a, title: y}]", "roles[1].name: a is there already"),
        ("custom_fields: [{name: severity}]", "custom_fields[0].name: every incident has a severity already"),
        ("custom_fields: [{name: a b}]", "custom_fields[0].name: "),
    ],
)
def test_every_mistake_is_found_and_has_a_place(tmp_path: Path, document: str, complaint: str) -> None:
    (tmp_path / "tocsin.yaml").write_text(document)
    with pytest.raises(DocumentError) as caught:
        load(tmp_path / "tocsin.yaml", {}, tmp_path)
    assert complaint in str(caught.value.complaints[0])
