"""The words of `tocsin why`."""

import io
from typing import Any

from bot.cli.console import Console
from bot.cli.whytold import Story

AT = "2026-03-01T10:00:00+00:00"
ALERT = {
    "fingerprint": "00",
    "labels": {"alertname": "Hot", "room": "a"},
    "state": "firing",
    "value": "9.0",
    "active_at": "2026-03-01T09:40:00+00:00",
    "fired_at": "2026-03-01T09:45:00+00:00",
    "resolved_at": None,
    "keep_firing_since": None,
}
RULE: dict[str, Any] = {
    "rule": "Hot",
    "group": "g",
    "file": "r.yml",
    "source": "prom",
    "expr": "heat > 5",
    "signal": "heat",
    "op": ">",
    "threshold": 5.0,
    "hold": 300.0,
    "keep_firing_for": 0.0,
    "interval": 30.0,
    "limit": 0,
    "state": "inactive",
    "since": None,
    "unknown_since": None,
    "evaluated_at": AT,
    "last_slot": AT,
    "last_error": "",
    "missed": 0,
    "count": 0,
    "alerts": [],
    "history": {"evaluations": 0, "failed": 0, "late": 0, "missed": 0, "spells": [], "gaps": []},
    "last": [{"took": 0.004}],
    "now": {"asked_at": AT, "samples": [], "series": 0, "error": ""},
}


def told(**changes: Any) -> str:
    out = io.StringIO()
    Story({**RULE, **changes}, "UTC", {}, Console(out, io.StringIO(), io.StringIO(), {})).tell()
    return out.getvalue()


def alert(**changes: Any) -> dict[str, Any]:
    return {"alerts": [{**ALERT, **changes}], "count": 1}


def test_what_fires_says_value_threshold_and_how_long_it_was_held() -> None:
    text = told(state="firing", since=ALERT["fired_at"], **alert())
    assert text.startswith("Hot is firing since 2026-03-01 09:45:00 UTC (15 min)\n")
    assert (
        "- room=a: value 9 > 5; pending from 2026-03-01 09:40:00 UTC; held for 5m, then firing from"
        " 2026-03-01 09:45:00 UTC (15 min)\n"
    ) in text


def test_what_is_pending_says_when_it_fires() -> None:
    pending = alert(state="pending", fired_at=None, active_at="2026-03-01T09:58:00+00:00")
    assert "`for: 5m` holds it back: fires in 3 min if it lasts" in told(state="pending", **pending)


def test_what_is_kept_firing_and_what_is_over_say_so() -> None:
    kept = alert(keep_firing_since="2026-03-01T09:59:00+00:00")
    assert "not seen since 2026-03-01 09:59:00 UTC, kept firing for 10m" in told(
        state="firing", keep_firing_for=600.0, **kept
    )
    over = alert(state="inactive", resolved_at="2026-03-01T09:50:00+00:00")
    assert "room=a: resolved at 2026-03-01 09:50:00 UTC after 5 min of firing" in told(**over)


def test_never_late_blind_and_no_data_are_states_of_their_own() -> None:
    assert "Hot was never evaluated yet" in told(evaluated_at=None, last_slot=None)
    late = told(last_slot="2026-03-01T09:50:00+00:00")
    assert "late: the last evaluation was for 2026-03-01 09:50:00 UTC (10 min ago)" in late
    assert "late" not in told(last_slot="2026-03-01T09:59:30+00:00")
    since = "2026-03-01T09:02:00+00:00"
    blind = told(state="unknown", since=since, unknown_since=since, last_error="timeout")
    assert blind.startswith("Hot is unknown: blind to prom since 2026-03-01 09:02:00 UTC (58 min)")
    assert "being blind resolves nothing" in blind
    assert "no data: its signal has no series at all now" in told()
    assert "no data" not in told(threshold=None)
    now = {**RULE["now"], "error": "refused"}
    assert "its signal cannot be seen now: refused" in told(now=now)


def spell(start: str, end: str, state: str, evaluations: int, error: str = "") -> dict[str, Any]:
    day = "2026-03-01T{}+00:00"
    times = {"start": day.format(start), "end": day.format(end)}
    return {**times, "state": state, "error": error, "evaluations": evaluations}


def test_the_record_is_told_as_a_story() -> None:
    spells = [spell("09:00:00", "09:20:00", "inactive", 41), spell("09:20:30", "09:22:00", "unknown", 4, "timeout")]
    gaps = [{"start": "2026-03-01T09:30:00+00:00", "end": "2026-03-01T09:32:00+00:00", "slots": 5}]
    history = {"evaluations": 143, "failed": 4, "late": 1, "missed": 5, "spells": spells, "gaps": gaps}
    text = told(history=history)
    assert "143 evaluations since 2026-03-01 09:00:00 UTC, 4 failed, 1 late, 5 slots missed; the last took 4 ms" in text
    assert "  2026-03-01 09:20:30 UTC to 2026-03-01 09:22:00 UTC: blind to prom (timeout), 4 evaluations" in text
    assert "5 slots missed: Tocsin was down, or too slow" in text


def test_the_series_nearest_to_firing_are_shown_and_none_of_it_reaches_the_terminal_raw() -> None:
    samples = [{"labels": {"room": "b\x1b[31m"}, "value": "4.5"}, {"labels": {}, "value": "nan"}]
    text = told(now={**RULE["now"], "samples": samples, "series": 2})
    assert "its signal now, to be > 5; nearest first, of 2 series:" in text
    assert "\x1b" not in text
    assert "  no value  no labels" in text


SEARCH: dict[str, Any] = {
    "cron": "*/5 * * * *",
    "time_zone": "Europe/Berlin",
    "continuous": False,
    "next_at": "2026-03-01T10:05:00+00:00",
    "last_count": 7,
    "remembered": 3,
    "quiet": [{"key": '["web-1"]', "until": "2026-03-01T11:00:00+00:00"}],
    "runs": [
        {
            "slot": AT, "triggered": True, "complete": True, "count": 7,
            "why": "7 results, which is greater than 5", "link": "https://splunk/sid=1",
        },
        {
            "slot": "2026-03-01T09:55:00+00:00", "triggered": False, "complete": False, "count": None,
            "why": "the search took\ntoo long", "link": "",
        },
    ],
}  # fmt: skip


def test_a_saved_search_tells_its_last_runs_and_who_is_quiet() -> None:
    text = told(search=SEARCH)
    assert "at `*/5 * * * *` in Europe/Berlin, skipping times that have passed, on prom" in text
    assert "2026-03-01 10:00:00 UTC: triggered: 7 results, which is greater than 5\n    https://splunk/sid=1\n" in text
    assert "2026-03-01 09:55:00 UTC: unknown: the search took too long\n" in text
    assert 'quiet until 2026-03-01 11:00:00 UTC: nobody hears if ["web-1"] fires anew before' in text
    assert "the next is due at 2026-03-01 10:05:00 UTC" in text
    assert "remembers 3 keys" in text
    assert "its signal now" not in text
    assert "no data" not in text


def test_a_saved_search_that_never_ran_says_when_it_will() -> None:
    text = told(search={**SEARCH, "runs": [], "quiet": [], "remembered": 0}, evaluated_at=None, since=None)
    assert "its first run is due at 2026-03-01 10:05:00 UTC" in text
    assert "none yet" in text
