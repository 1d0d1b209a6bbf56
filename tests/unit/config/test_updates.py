"""What tocsin.yaml says of status updates: who reads them, and in which words."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.config.loading import load
from bot.errors import DocumentError
from bot.model.actor import Contact
from bot.model.incident import Severity
from bot.model.status_update import READERS, Audience, Readers

BASE = """\
integrations:
  mail: {use: smtp, host: mail.example.net, from: tocsin@example.net}
  prom: {use: prometheus, url: "http://p"}
people: [{name: ann}]
"""


def read(folder: Path, text: str) -> str:
    (folder / "tocsin.yaml").write_text(BASE + text)
    with pytest.raises(DocumentError) as caught:
        load(folder / "tocsin.yaml", {}, folder)
    return str(caught.value)


def test_without_a_word_there_are_words_for_each_audience(tmp_path: Path) -> None:
    (tmp_path / "tocsin.yaml").write_text(BASE)
    assert load(tmp_path / "tocsin.yaml", {}, tmp_path).setup.readers == READERS
    assert set(READERS) == set(Audience)


def test_what_is_said_of_an_audience_counts_and_the_rest_stays(tmp_path: Path) -> None:
    (tmp_path / "tocsin.yaml").write_text(
        BASE
        + """\
status_updates:
  - {audience: public, template: "$text", places: [{integration: mail, address: news@example.net}]}
  - {audience: stakeholders, people: [ann]}
severities: [{name: SEV1, stale_after: 1h}, {name: SEV5, stale_after: 0s}]
"""
    )
    setup = load(tmp_path / "tocsin.yaml", {}, tmp_path).setup
    news = Contact(integration="mail", address="news@example.net")
    assert setup.readers[Audience.PUBLIC] == Readers(audience=Audience.PUBLIC, template="$text", contacts=(news,))
    assert setup.readers[Audience.STAKEHOLDERS].people == ("ann",)
    assert setup.readers[Audience.STAKEHOLDERS].template == READERS[Audience.STAKEHOLDERS].template
    assert setup.readers[Audience.RESPONDERS] == READERS[Audience.RESPONDERS]
    assert setup.severities[Severity.SEV1].stale_after == timedelta(hours=1)
    assert setup.severities[Severity.SEV5].stale_after is None


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ("audience: all", "tocsin.yaml:6:16: status_updates[0].audience: "),
        ('audience: public, template: "$txet"', "nothing is called $txet here; did you mean 'text'?"),
        ('audience: public, template: "$"', "a `$` stands there without a name; write `$$`"),
        ("audience: public, people: [zoe]", "status_updates[0].people[0]: nobody in `people` is called 'zoe'"),
        ("audience: public, places: [{integration: prom}]", "'prom' (prometheus) takes no messages"),
        ("audience: public, places: [{integration: mial}]", "no integration is called 'mial'; did you mean 'mail'?"),
    ],
)
def test_what_cannot_be_is_named_with_its_place(tmp_path: Path, entry: str, complaint: str) -> None:
    assert complaint in read(tmp_path, f"status_updates:\n  - {{{entry}}}\n")


def test_an_audience_is_there_once(tmp_path: Path) -> None:
    said = read(tmp_path, "status_updates: [{audience: public}, {audience: public}]\n")
    assert "status_updates[1].audience: public is there already" in said
