"""`tocsin silence`, against a Tocsin that answers over HTTP."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from tests.integrations.cli.conftest import Served

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


def added(served: Served, *arguments: str) -> str:
    said = served.says("ann", "silence", "add", *arguments)
    assert said.status == 0, said.err
    assert re.fullmatch(f"{UUID}\n", said.out)
    return said.out.strip()


def test_a_silence_is_made_listed_and_ended(served: Served) -> None:
    one = added(served, "OrdersFail", 'host=~"web-.*"', "--for", "2h", "--comment", "new kernels", "--author", "ann")
    said = served.says("vera", "silence", "list")
    assert said.out.splitlines()[0].split() == ["ID", "STATE", "FROM", "UNTIL", "BY", "ALERTS", "WITH", "COMMENT"]
    (line,) = said.out.splitlines()[1:]
    assert line.startswith(f"{one}  active ")
    assert line.endswith('ann  alertname="OrdersFail", host=~"web-.*"  new kernels')
    assert " CET " in line
    ended = served.says("ann", "silence", "expire", one[:8])
    assert (ended.status, ended.out) == (0, f"{one} is over\n"), ended.err
    served.house.clock.advance(timedelta(seconds=1))
    assert served.says("ann", "silence", "list").out == "no silences; --all shows those that are over\n"
    (over,) = json.loads(served.says("ann", "silence", "list", "--all", "--json").out)
    assert (over["id"], over["status"]["state"]) == (one, "expired")


def test_one_ends_when_nothing_of_it_fires_any_more(served: Served) -> None:
    one = added(served, "OrdersFail", "--until", "clear", "--comment", "known")
    (kept,) = json.loads(served.says("vera", "silence", "list", "--json").out)
    assert (kept["id"], kept["annotations"]) == (one, {"tocsin/until": "clear"})
    left = datetime.fromisoformat(kept["endsAt"]) - datetime.now(UTC)
    assert timedelta(hours=23) < left < timedelta(hours=25)
    assert "  over, or " in served.says("vera", "silence", "list").out


def test_one_to_come_begins_and_ends_when_it_says_in_the_readers_zone(served: Served) -> None:
    added(
        served, "service=db", 'severity!="critical", team=~"a|b"', "--comment", "moving house", "--author", "ann",
        "--from", "2037-01-30 22:00", "--until", "2037-01-31",
    )  # fmt: skip
    (found,) = json.loads(served.says("ann", "silence", "list", "--json").out)
    assert found["status"]["state"] == "pending"
    assert (found["startsAt"], found["endsAt"]) == ("2037-01-30T21:00:00.000Z", "2037-01-30T23:00:00.000Z")
    assert [(one["name"], one["isRegex"], one["isEqual"]) for one in found["matchers"]] == [
        ("service", False, True),
        ("severity", False, False),
        ("team", True, True),
    ]
    assert 'severity!="critical", team=~"a|b"' in served.says("ann", "silence", "list").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("a=~(", "--for", "1h", "--comment", "x"), "is broken"),
        (("a=b", "c", "--for", "1h", "--comment", "x"), "not a matcher: 'c'"),
        (("a=b", "--for", "soon", "--comment", "x"), "not a duration: 'soon'"),
        (("a=b", "--until", "soon", "--comment", "x"), "not a time: 'soon'"),
        (("a=b", "--for", "99999y", "--comment", "x"), "date value out of range"),
        (("a=b", "--until", "2001-01-01", "--comment", "x"), "end time can't be in the past"),
        (("a=b", "--for", "0s", "--from", "2037-01-01", "--comment", "x"), "start time must be before end time"),
        (('a=""', "--for", "1h", "--comment", "x"), "must not match the empty string"),
        (("a=b", "--for", "1h", "--comment", " "), "needs a comment"),
    ],
)
def test_what_cannot_be_is_refused_with_a_way_out(served: Served, arguments: tuple[str, ...], said: str) -> None:
    refused = served.says("ann", "silence", "add", *arguments)
    assert refused.status == 1
    assert said in refused.err


def test_an_id_must_mean_one_silence(served: Served) -> None:
    assert "no silence that is not over has the id 6f" in served.says("ann", "silence", "expire", "6f").err
    for _ in range(2):
        added(served, "Disk", "--for", "1h", "--comment", "x")
    refused = served.says("ann", "silence", "expire", "")
    assert (refused.status, refused.err.splitlines()[0]) == (1, "tocsin: 2 silences have an id that begins with ")


def test_a_viewer_only_looks(served: Served) -> None:
    refused = served.says("vera", "silence", "add", "Disk", "--for", "1h", "--comment", "x")
    assert refused.status == 1
    assert "vera may not silence alerts" in refused.err
