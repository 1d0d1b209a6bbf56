"""What tocsin.yaml says of who is woken, and how."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.config.loading import load
from bot.errors import DocumentError
from bot.model.actor import Contact
from bot.model.escalation import EscalationPolicy, Level, Target, TargetKind
from bot.model.incident import Severity

INTEGRATIONS = """\
integrations:
  hook: {use: webhook, url: "https://a.example.net"}
  mail: {use: smtp, host: mail.example.net, from: tocsin@example.net}
  prom: {use: prometheus, url: "http://p"}
"""
PEOPLE = "people: [{name: ann, contacts: [{integration: hook, address: a1}, {integration: hook}]}, {name: ben}]\n"
SCHEDULES = 'schedules: [{name: rota, layers: [{name: w, people: [ann], starts: "2026-01-05 09:00", every: 1w}]}]\n'
BASE = INTEGRATIONS + PEOPLE + SCHEDULES


def read(folder: Path, text: str) -> str:
    (folder / "tocsin.yaml").write_text(text)
    with pytest.raises(DocumentError) as caught:
        load(folder / "tocsin.yaml", {}, folder)
    return str(caught.value)


def test_an_escalation_and_the_ways_to_reach_people_are_read(tmp_path: Path) -> None:
    (tmp_path / "tocsin.yaml").write_text(
        BASE
        + """\
escalations:
  - name: shop
    levels:
      - {schedules: [rota], people: [ann], wait: 5m}
      - {people: [ann], wait: 1h}
    repeat: 2
    during: office
    always: SEV1
default_escalation: shop
time_intervals: [{name: office, time_intervals: [{weekdays: ["monday:friday"]}]}]
"""
    )
    loaded = load(tmp_path / "tocsin.yaml", {}, tmp_path)
    ann = Target(kind=TargetKind.PERSON, name="ann")
    assert loaded.setup.escalations == {
        "shop": EscalationPolicy(
            name="shop",
            levels=(
                Level(targets=(Target(kind=TargetKind.SCHEDULE, name="rota"), ann), wait=timedelta(minutes=5)),
                Level(targets=(ann,), wait=timedelta(hours=1)),
            ),
            repeat=2,
            during="office",
            always=Severity.SEV1,
        )
    }
    assert loaded.setup.default_escalation == "shop"
    assert loaded.setup.people["ann"].contacts == (
        Contact(integration="hook", address="a1"),
        Contact(integration="hook"),
    )
    assert [str(warning) for warning in loaded.warnings] == []


def test_without_a_word_of_it_nobody_is_woken_and_nothing_is_said(tmp_path: Path) -> None:
    (tmp_path / "tocsin.yaml").write_text(BASE)
    loaded = load(tmp_path / "tocsin.yaml", {}, tmp_path)
    assert (loaded.setup.escalations, loaded.setup.default_escalation, loaded.warnings) == ({}, "", ())


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ("escalations: [{name: a}]", "tocsin.yaml:7:15: escalations[0].levels: "),
        ("escalations: [{name: a, levels: []}]", "escalations[0].levels: "),
        ("escalations: [{name: a, levels: [{wait: 1m}]}]", "escalations[0].levels[0]: it pages nobody"),
        ("escalations: [{name: a, levels: [{people: [ann]}]}]", "escalations[0].levels[0].wait: "),
        ("escalations: [{name: a, levels: [{people: [ann], wait: 0s}]}]", "wait: it must be longer than 0"),
        ("escalations: [{name: a, levels: [{people: [anne], wait: 1m}]}]", "'anne'; did you mean 'ann'?"),
        ("escalations: [{name: a, levels: [{schedules: [rot], wait: 1m}]}]", "'rot'; did you mean 'rota'?"),
        ("escalations: [{name: a, during: x, levels: [{people: [ann], wait: 1m}]}]", "no time interval is called 'x'"),
        ("default_escalation: nobody", "default_escalation: no escalation is called 'nobody'"),
        ("services: [{name: s, escalation: no}]", "services[0].escalation: no escalation is called 'no'"),
        ("people: [{name: ann, contacts: [{integration: hok}]}]", "'hok'; did you mean 'hook'?"),
        ("people: [{name: ann, contacts: [{integration: mail}]}]", "contacts[0].address: not a mail address: ''"),
        (
            "people: [{name: ann, contacts: [{integration: mail, address: 'a@b, c@d'}]}]",
            "write it like ann@example.net",
        ),
        (
            "people: [{name: ann, contacts: [{integration: prom}]}]",
            "'prom' (prometheus) wakes nobody; these do: hook, mail",
        ),
    ],
)
def test_every_mistake_is_found_and_has_a_place(tmp_path: Path, document: str, complaint: str) -> None:
    base = INTEGRATIONS if document.startswith("people") else BASE
    assert complaint in read(tmp_path, base + document + "\n")


def test_two_of_one_name_are_told_apart(tmp_path: Path) -> None:
    one = "{name: a, levels: [{people: [ann], wait: 1m}]}"
    said = read(tmp_path, f"{BASE}escalations: [{one}, {one}]\n")
    assert "escalations[1].name: there is another escalation 'a'" in said


def test_it_warns_of_what_would_wake_nobody(tmp_path: Path) -> None:
    (tmp_path / "tocsin.yaml").write_text(
        BASE.replace("people: [ann], starts", "people: [ben], starts")
        + "escalations: [{name: a, levels: [{people: [ben], schedules: [rota], wait: 1m}]}]\n"
    )
    loaded = load(tmp_path / "tocsin.yaml", {}, tmp_path)
    said = "\n".join(str(warning) for warning in loaded.warnings)
    assert "escalations[0].name: no incident leads here" in said
    assert "escalations[0].levels[0].people[0]: ben cannot be reached" in said
    assert "schedules[0]: on call, and cannot be reached: ben" in said
