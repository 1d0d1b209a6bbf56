"""`tocsin oncall` and `tocsin override`, against a Tocsin that answers over HTTP."""

import json

from tests.integrations.cli.conftest import Served


def test_who_is_on_call(served: Served) -> None:
    said = served.says("vera", "oncall")
    assert said.out.splitlines() == [
        "SCHEDULE  ON CALL  UNTIL                    THEN  BECAUSE OF",
        "shop      ann      2026-11-23 09:00:00 CET  ben   weeks",
    ]
    later = served.says("vera", "oncall", "--at", "2027-07-05 09:00")
    assert "shop      ben      2027-07-12 09:00:00 CEST  ann   weeks" in later.out.splitlines()
    found = json.loads(served.says("vera", "oncall", "--json").out)
    assert found["schedules"][0]["duty"]["people"] == ["ann"]


def test_the_weeks_ahead_of_one_schedule(served: Served) -> None:
    said = served.says("vera", "oncall", "shop", "--at", "2026-11-23 09:00")
    assert said.out.splitlines()[:3] == [
        "FROM                     ON CALL  BECAUSE OF",
        "2026-11-23 09:00:00 CET  ben      weeks",
        "2026-11-30 09:00:00 CET  ann      weeks",
    ]
    assert served.says("vera", "oncall", "shop", "--ical").out.startswith("BEGIN:VCALENDAR\r\n")
    before = served.says("vera", "oncall", "shop", "--at", "2026-11-01")
    assert before.out.splitlines()[1] == "2026-11-01 00:00:00 CET  nobody"


def test_somebody_covers(served: Served) -> None:
    assert served.says("vera", "override", "list").out == "nobody covers for anybody\n"
    made = served.says(
        "ann", "override", "add", "shop", "rudi", "--from", "2026-12-24 09:00", "--for", "3d", "--reason", "Christmas"
    )
    assert made.out == "OVR-1\n", made.err
    assert made.err == "rudi is on call in shop from 2026-12-24 09:00:00 CET until 2026-12-27 09:00:00 CET\n"
    assert served.says("vera", "oncall", "--at", "2026-12-25").out.splitlines()[1].split()[1] == "rudi"
    (line,) = served.says("vera", "override", "list", "shop").out.splitlines()[1:]
    assert [part for part in line.split("  ") if part] == [
        "OVR-1", "shop", "rudi", "whoever it would be", "2026-12-24 09:00:00 CET", "2026-12-27 09:00:00 CET",
        "ann", "Christmas",
    ]  # fmt: skip
    dropped = served.says("ann", "override", "drop", "OVR-1")
    assert dropped.out == "OVR-1 is dropped\n"
    again = served.says("ann", "override", "drop", "OVR-1")
    assert again.status == 1
    assert "there is no override OVR-1" in again.err
    assert "`tocsin override list`" in again.err


def test_what_cannot_be(served: Served) -> None:
    for arguments, said in (
        (("override", "add", "shop", "zoe", "--for", "1h"), "nobody is called 'zoe'"),
        (("override", "add", "db", "ann", "--for", "1h"), "no schedule is called 'db'"),
        (("override", "add", "shop", "ann", "--for", "soon"), "not a duration: 'soon'"),
        (("oncall", "--at", "soon"), "not a time: 'soon'"),
        (("oncall", "db"), "no schedule is called 'db'"),
    ):
        refused = served.says("ann", *arguments)
        assert refused.status == 1
        assert said in refused.err
    assert (
        "vera may not change who is on call" in served.says("vera", "override", "add", "shop", "ann", "--for", "1h").err
    )
