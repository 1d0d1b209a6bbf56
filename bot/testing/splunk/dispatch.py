"""How a request for a search becomes a job that runs: its arguments, its macros, its window, its place among others."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping

from bot.testing.splunk.answers import Refused
from bot.testing.splunk.asked import Asked
from bot.testing.splunk.jobs import Job, Wanted
from bot.testing.splunk.moments import BadMoment, moment
from bot.testing.splunk.simulator import Simulator
from bot.testing.splunk.spl.language import read
from bot.testing.splunk.spl.pipeline import Pipeline, split
from bot.testing.splunk.spl.values import SplError

ARGUMENTS = (
    *("search", "earliest_time", "latest_time", "index_earliest", "index_latest", "now", "exec_mode", "max_count"),
    *("max_time", "timeout", "auto_cancel", "status_buckets", "allow_partial_results", "id", "rf", "namespace"),
    *("adhoc_search_level", "preview", "segmentation", "count", "offset", "f"),
)


def wanted(simulator: Simulator, asked: Asked, written: str, saved: str = "") -> Wanted:
    """The job that was asked for; refuses what splunkd refuses when a search is created."""
    if not written.strip():
        raise Refused(400, "FATAL", "Empty search.")
    now = _now(asked)
    first, last = _window(asked, now)
    discovery = asked.get("adhoc_search_level") in {"smart", "verbose"}
    return Wanted(
        search=written,
        pipeline=understood(simulator, asked, written),
        owner=asked.user,
        app=asked.get("namespace") or asked.app or "search",
        now=now,
        earliest=first,
        latest=last,
        index_earliest=asked.get("index_earliest"),
        index_latest=asked.get("index_latest"),
        max_count=asked.whole("max_count", 500_000) or 500_000,
        max_time=asked.seconds("max_time", 0),
        ttl=asked.seconds("timeout", 600),
        auto_cancel=asked.seconds("auto_cancel", 0),
        fields=(*asked.arguments.get("rf", ()), *(("*",) if discovery else ())),
        partial_allowed=asked.flag("allow_partial_results", default=True),
        saved=saved,
    )


def understood(simulator: Simulator, asked: Asked, written: str) -> Pipeline:
    """The search with its macros filled in, read."""
    try:
        return read(with_macros(written, simulator.settings.macros, asked.get("namespace") or asked.app or "search"))
    except SplError as error:
        raise Refused(400, "FATAL", str(error)) from error


def with_macros(written: str, macros: Mapping[str, str], app: str, depth: int = 0) -> str:
    """Macros of this app, or of `system`, in place of their names; raises SplError where there is none."""
    if depth > 10:
        raise SplError("Error in 'SearchParser': Reached maximum recursion depth (10) while expanding macros.")

    def filled(found: re.Match[str]) -> str:
        if not found[1]:
            return found[0]  # a comment
        name, _, given = found[1].partition("(")
        values = split(given.rstrip().removesuffix(")"), ",") if given else []
        key = f"{name}({len(values)})" if values else name
        text = macros.get(f"{app}/{key}", macros.get(f"system/{key}"))
        if text is None:
            raise SplError(
                f"Error in 'SearchParser': The search specifies a macro '{name}' that cannot be found. "
                'Reasons include: the macro name is misspelled, you do not have "read" permission for the macro, '
                "or the macro has not been shared with this application. Click Settings, Advanced search, Search "
                "Macros to view macro information."
            )
        for place, value in enumerate(values, 1):
            text = text.replace(f"$argument{place}$", value)
        return with_macros(text, macros, app, depth + 1)

    return re.sub(r"```.*?```|`([^`]+)`", filled, written, flags=re.DOTALL)


def _now(asked: Asked) -> float:
    if not asked.get("now"):
        return time.time()
    try:
        return moment(asked.get("now"), time.time())
    except BadMoment as error:
        raise Refused(400, "FATAL", "Invalid now.") from error


def _window(asked: Asked, now: float) -> tuple[float, float]:
    ends: list[float] = []
    for name, default in (("earliest_time", 0.0), ("latest_time", now)):
        given = asked.get(name)
        if given.startswith("rt"):
            raise Refused(400, "FATAL", f"Invalid {name}: real-time searches are not simulated.")
        try:
            ends.append(moment(given, now) if given else default)
        except BadMoment as error:
            raise Refused(400, "FATAL", f"Invalid {name}.") from error
    first, last = ends
    if last <= first:
        raise Refused(400, "FATAL", "Invalid latest_time: latest_time must be after earliest_time.")
    return first, last


def begin(simulator: Simulator, job: Wanted, sid: str = "") -> Job:
    """Starts it, under its own sid where it names one; refuses a sid that is taken, and one job too many."""
    if sid and not re.fullmatch(r"[\w.\-@:]+", sid):
        raise Refused(400, "FATAL", f"Invalid sid: {sid}")
    if sid and simulator.jobs.get(sid) is not None:
        raise Refused(409, "FATAL", f"Unable to create a search with sid={sid}: a search with this sid already exists.")
    make_room(simulator)
    return simulator.jobs.start(sid or simulator.jobs.new_sid(), job, simulator.faults.of_job(job.search))


def make_room(simulator: Simulator) -> None:
    """Refuses where as many searches run as may."""
    knob, running = simulator.faults.max_searches, simulator.jobs.running
    most = simulator.settings.max_searches if knob is None else knob
    if running >= most:
        raise Refused(
            503,
            "WARN",
            "Search not executed: The maximum number of concurrent historical searches on this instance has been "
            'reached., concurrency_category="historical", concurrency_context="instance-wide", '
            f"current_concurrency={running}, concurrency_limit={most}",
        )
