"""`tocsin runbook list` and `show`: what begins it, what it needs, what it can do, how its runs went."""

import json
from dataclasses import replace

from bot.runbooks.spec import read_runbook
from tests.integrations.cli.conftest import Served
from tests.scenarios.hosts import Hosts

BOOK = """\
runbook: tidy
title: Tidies up
owner: shop
triggers:
  - {match: {alertname: Full}, auto: read}
  - {match: {alertname: Fills}}
  - incident: {status: [mitigated, resolved], severity: SEV1}
  - schedule: {cron: "0 6 * * 1", time_zone: Europe/Berlin, inputs: {host: web1}}
inputs:
  host: {type: host, from: alert.labels.instance, help: Where it is full.}
  speed: {type: enum, values: [slow, fast], default: slow}
  count: {type: int, max: 9, required: false}
  unit: {pattern: "[a-z]+"}
steps:
  - {id: look, uses: host.run, with: {argv: [look]}}
  - id: mend
    uses: host.run
    title: Mend it
    with: {argv: [mend]}
    verify: {uses: host.run, with: {argv: [look]}}
    rollback: undo
  - {id: strange, uses: of.nobody}
""".replace('pattern: "[a-z]+"', 'pattern: "[a-z]+", default: web').replace(
    "help: Where it is full.", "help: Where it is full., required: false"
)


def lines(served: Served, *arguments: str) -> list[str]:
    world = served.house.world
    book = read_runbook(BOOK, "tidy.yaml")
    world.setup = replace(world.setup, runbooks={**world.setup.runbooks, book.name: book})
    world.actions = {"host.run": {"hosts": Hosts().action()}}
    said = served.says("ann", "runbook", *arguments)
    assert said.status == 0, said.err
    return said.out.splitlines()


def test_a_line_says_what_begins_it_and_the_gravest_it_can_do(served: Served) -> None:
    (found,) = [line for line in lines(served, "list") if line.startswith("tidy")]
    assert found.split("  ")[0] == "tidy"
    assert " ".join(found.split()) == "tidy shop alert, incident, schedule destructive - Tidies up"


def test_all_of_it_is_shown(served: Served) -> None:
    said = [" ".join(line.split()) for line in lines(served, "show", "tidy")]
    for part in (
        'alert begins alertname="Full"',
        'alert is offered alertname="Fills"',
        "incident begins status mitigated or resolved, severity SEV1",
        "schedule begins 0 6 * * 1 (Europe/Berlin), next 2026-11-23 06:00:00 CET",
        "host host alert.labels.instance may be absent Where it is full.",
        "speed slow | fast - 'slow' -",
        "count int 0..9 - may be absent -",
        "unit text [a-z]+ - 'web' -",
        "look host.run destructive look",
        "mend.verify host.run destructive See that this holds: Mend it",
        "mend.rollback undo destructive Take back: Mend it",
        "strange of.nobody nobody offers it strange",
    ):
        assert part in said, "\n".join(said)


def test_a_program_reads_the_same(served: Served) -> None:
    found = json.loads("\n".join(lines(served, "show", "tidy", "--json")))
    assert [one["kind"] for one in found["triggers"]] == ["alert", "alert", "incident", "schedule"]
    assert [one["id"] for one in found["steps"] if one["may_change"]] == [
        "look", "mend", "mend.verify", "mend.rollback", "strange",
    ]  # fmt: skip
    assert found["records"][0]["record"]["runs"] == 0
    assert (found["timeout"], found["verify_within"], found["tests"]) == (3600, 300, 0)
