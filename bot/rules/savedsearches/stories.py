"""Unit-test files of saved searches: what their runs find, and which alerts must have come of it when.

They stand beside promtool's, in its words: a file with `search_files` is one of these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from bot.documents import Document, Duration, Path, Strict, read, validate
from bot.errors import DocumentError
from bot.model.rule import RuleState
from bot.model.search_job import Row
from bot.rules.proving.story import AlertsThen, ExpectedAlert

KEY = "search_files"
"""By this key a test file is known to be one of saved searches."""
_BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
_ZERO = timedelta(0)


def _moment(written: object) -> object:
    try:
        at = datetime.fromisoformat(written) if isinstance(written, str) else None
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise PydanticCustomError("moment", "write a time like 2026-01-31T08:00:00Z")
    return at.astimezone(UTC)


def _many(written: object) -> object:
    return tuple(written) if isinstance(written, list) else written


_Value = Annotated[str | tuple[str, ...], BeforeValidator(_many)]


class _Run(Strict):
    at: Duration = Field(default=_ZERO, description="From this long after the start on, each run finds this.")
    rows: list[dict[str, _Value]] = Field(default=[], description="The rows; a field with several values is a list.")
    count: int | None = Field(default=None, ge=0, description="How many results, where that is not the rows.")
    met: bool = Field(default=False, description="Whether `alert_condition` yields a row.")
    warning: str = Field(default="", description="What the answer lacks: it is not complete.")
    error: str = Field(default="", description="Why there is no answer.")


class _Alert(Strict):
    exp_labels: dict[str, str] = Field(
        default={}, description="Its labels; those that the search sets may be left out."
    )
    exp_annotations: dict[str, str] = Field(default={}, description="Some of its annotations.")


class _Expected(Strict):
    eval_time: Duration = Field(description="So long after the start: what the last run until then has come to.")
    exp_alerts: list[_Alert] = Field(default=[], description="The alerts that fire; these and no others.")
    state: RuleState | None = Field(default=None, description="The state of the search.")
    told: int | None = Field(default=None, ge=0, description="How many alerts that run told anybody of as new.")


class _Test(Strict):
    name: str = Field(default="", description="What the test is called.")
    search: str = Field(description="The stanza.")
    start: Annotated[datetime, BeforeValidator(_moment)] = Field(default=_BEGINNING, description="When it begins.")
    runs: list[_Run] = Field(default=[], description="What the runs find.")
    alert_search_test: list[_Expected] = Field(default=[], description="What must have come of them.")


class _File(Strict):
    search_files: list[str] = Field(description="The files, relative to this one; later ones over earlier ones.")
    time_zone: str = Field(default="UTC", description="In which their schedules and windows count.")
    tests: list[_Test] = Field(default=[], description="The tests.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What runs find from `at` on. `error`: there is no answer; `warning`: there is only some of it."""

    at: timedelta
    rows: tuple[Row, ...] = ()
    count: int | None = None
    met: bool = False
    warning: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Then:
    """What the last run until a time must have come to. None: whatever it was."""

    alerts: AlertsThen
    state: RuleState | None = None
    told: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchStory:
    """One test of one search. `place` is where it is written, as `file:line:column`."""

    name: str
    place: str
    search: str
    start: datetime
    found: tuple[Found, ...] = ()
    then: tuple[Then, ...] = ()

    @property
    def length(self) -> timedelta:
        """From the beginning to the last thing that is expected."""
        return max((one.alerts.at for one in self.then), default=_ZERO)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchStories:
    """A test file. `files` are as written, relative to its folder."""

    files: tuple[str, ...]
    time_zone: str
    stories: tuple[SearchStory, ...]


def is_of_searches(text: str) -> bool:
    """Whether a test file is one of saved searches."""
    try:
        value = read(text, "").value
    except DocumentError:
        return False
    return isinstance(value, Mapping) and KEY in value


def read_search_stories(text: str, file: str) -> SearchStories:
    """The tests in a file's text. Raises DocumentError with every mistake in it."""
    document = read(text, file)
    written = validate(document, _File)
    return SearchStories(
        files=tuple(written.search_files),
        time_zone=written.time_zone,
        stories=tuple(_story(document, at, test) for at, test in enumerate(written.tests)),
    )


def _story(document: Document, at: int, test: _Test) -> SearchStory:
    path: Path = ("tests", at)
    return SearchStory(
        name=test.name or f"unnamed#{at}",
        place=_place(document, path),
        search=test.search,
        start=test.start,
        found=tuple(
            Found(at=run.at, rows=tuple(run.rows), count=run.count, met=run.met, warning=run.warning, error=run.error)
            for run in sorted(test.runs, key=lambda run: run.at)
        ),
        then=tuple(
            _then(document, (*path, "alert_search_test", i), test.search, one)
            for i, one in enumerate(test.alert_search_test)
        ),
    )


def _then(document: Document, path: Path, name: str, written: _Expected) -> Then:
    alerts = tuple(
        ExpectedAlert(labels={**alert.exp_labels, "alertname": name}, annotations=alert.exp_annotations)
        for alert in written.exp_alerts
    )
    return Then(
        alerts=AlertsThen(place=_place(document, path), at=written.eval_time, alertname=name, alerts=alerts),
        state=written.state,
        told=written.told,
    )


def _place(document: Document, path: Path) -> str:
    place = document.place(path)
    return f"{document.file}:{place.line}:{place.column}"
