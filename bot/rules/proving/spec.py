"""promtool's unit-test files: what it accepts is accepted, what it refuses is refused, every mistake with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from bot.documents import Document, Duration, Path, Strict, read, validate
from bot.errors import Complaint, DocumentError, Gravity
from bot.rules.proving.notation import InputSeries, NotationError, read_metric, read_series, read_value
from bot.rules.proving.story import AlertsThen, ExpectedAlert, ExpectedSample, SamplesThen, Story, StoryFile
from bot.rules.scalars import empty

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ZERO = timedelta(0)
_MINUTE = timedelta(minutes=1)
_WORDS = {
    word: value for value, words in ((True, "y yes true on"), (False, "n no false off")) for word in words.split()
}
_DECIMAL = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_WHOLE = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|0|[1-9][0-9]*)")
_SPECIAL = {".inf": float("inf"), "+.inf": float("inf"), "-.inf": float("-inf"), ".nan": float("nan")}


def _number(written: object) -> object:
    """A number as Go's YAML has it: `1e3`, `010` (eight), `0x10`, `1_000`, `.inf`, `.nan`."""
    if not isinstance(written, str):
        return 0.0 if written is None else written
    plain = written.replace("_", "")
    if written.lower() in _SPECIAL:
        return _SPECIAL[written.lower()]
    if _WHOLE.fullmatch(plain):
        return float(int(re.sub(r"^([-+]?)0([0-7])", r"\g<1>0o\2", plain), 0))
    if _DECIMAL.fullmatch(plain):
        return float(plain)
    raise PydanticCustomError("number", "a number is needed here; infinity is .inf, not a number is .nan")


def _yes_or_no(written: object) -> object:
    if not isinstance(written, str):
        return False if written is None else written
    found = _WORDS.get(written.lower())
    if found is None or written not in (written.lower(), written.upper(), written.title()):
        raise PydanticCustomError("yes_or_no", "write true or false")
    return found


def _moment(written: object) -> object:
    """Seconds since 1970, or a date and time of RFC 3339."""
    if not isinstance(written, str):
        return _EPOCH if written is None else written
    try:
        if _DECIMAL.fullmatch(written):
            return _EPOCH + timedelta(milliseconds=round(float(written) * 1000))
        at = datetime.fromisoformat(written)
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise PydanticCustomError("moment", "write seconds since 1970, or a time like 2026-01-31T08:00:00Z")


_Text = Annotated[str, empty("")]
_Time = Annotated[Duration, empty(_ZERO)]
_Labels = Annotated[dict[str, _Text], empty({})]
_Number = Annotated[float, BeforeValidator(_number)]
_YesOrNo = Annotated[bool, BeforeValidator(_yes_or_no)]
_Moment = Annotated[datetime, BeforeValidator(_moment)]


class _Series(Strict):
    series: _Text = ""
    values: _Text = ""


class _Alert(Strict):
    exp_labels: _Labels = Field(default_factory=dict)
    exp_annotations: _Labels = Field(default_factory=dict)


class _AlertTest(Strict):
    eval_time: _Time = _ZERO
    alertname: _Text = ""
    exp_alerts: Annotated[list[_Alert], empty([])] = Field(default_factory=list)


class _Sample(Strict):
    labels: _Text = ""
    value: _Number = 0.0
    histogram: _Text = ""


class _ExprTest(Strict):
    expr: _Text = ""
    eval_time: _Time = _ZERO
    exp_samples: Annotated[list[_Sample], empty([])] = Field(default_factory=list)


class _Test(Strict):
    interval: _Time = _ZERO
    input_series: Annotated[list[_Series], empty([])] = Field(default_factory=list)
    alert_rule_test: Annotated[list[_AlertTest], empty([])] = Field(default_factory=list)
    promql_expr_test: Annotated[list[_ExprTest], empty([])] = Field(default_factory=list)
    external_labels: _Labels = Field(default_factory=dict)
    external_url: _Text = ""
    name: _Text = ""
    start_timestamp: _Moment = _EPOCH


class _File(Strict):
    rule_files: Annotated[list[_Text], empty([])] = Field(default_factory=list)
    evaluation_interval: _Time = _ZERO
    group_eval_order: Annotated[list[_Text], empty([])] = Field(default_factory=list)
    tests: Annotated[list[_Test], empty([])] = Field(default_factory=list)
    fuzzy_compare: _YesOrNo = False


def read_stories(text: str, file: str) -> StoryFile:
    """The stories of a unit-test file's text. Raises DocumentError with every mistake in it."""
    document = read(text, file)
    if document.value is None:
        return StoryFile(file=file, evaluation_interval=_MINUTE)
    written = validate(document, _File)
    reader = _Reader(document)
    made = reader.file(written)
    if any(one.gravity is Gravity.ERROR for one in reader.complaints):
        raise DocumentError(sorted(reader.complaints))
    return made


class _Reader:
    """Makes stories of what was written, and remembers what cannot be read."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self.complaints: list[Complaint] = []

    def file(self, written: _File) -> StoryFile:
        interval = written.evaluation_interval or _MINUTE
        for at, name in enumerate(written.group_eval_order):
            if name in written.group_eval_order[:at]:
                self._complain(("group_eval_order", at), f"the group {name!r} is named twice; keep one")
        stories = tuple(self._story(at, test, interval) for at, test in enumerate(written.tests))
        return StoryFile(
            file=self._document.file,
            evaluation_interval=interval,
            rule_files=tuple(written.rule_files),
            order=tuple(written.group_eval_order),
            fuzzy=written.fuzzy_compare,
            stories=stories,
            warnings=tuple(sorted(one for one in self.complaints if one.gravity is Gravity.WARNING)),
        )

    def _story(self, at: int, test: _Test, interval: timedelta) -> Story:
        path: Path = ("tests", at)
        return Story(
            name=test.name or f"unnamed#{at}",
            place=self._place(path),
            start=test.start_timestamp,
            interval=test.interval or interval,
            series=tuple(self._series(path, test)),
            alerts=tuple(
                self._alerts((*path, "alert_rule_test", i), one) for i, one in enumerate(test.alert_rule_test)
            ),
            samples=tuple(
                self._samples((*path, "promql_expr_test", i), one) for i, one in enumerate(test.promql_expr_test)
            ),
            external_labels=test.external_labels,
            external_url=test.external_url,
        )

    def _series(self, path: Path, test: _Test) -> Iterator[InputSeries]:
        """Each series; of two with the same labels the last, as promtool has it.

        promtool reads them from a text with one series a line, and stops reading at an empty line.
        """
        kept: dict[tuple[tuple[str, str], ...], InputSeries] = {}
        for at, one in enumerate(test.input_series):
            here: Path = (*path, "input_series", at)
            lines = [line.strip() for line in f"{one.series} {one.values}".split("\n")]
            for number, line in enumerate(lines):
                if not line or line.startswith("#"):
                    if at + 1 < len(test.input_series) or any(lines[number:]):
                        self._complain(
                            here,
                            "an empty line ends the input: promtool forgets all that follows; fold the values with >-",
                            Gravity.WARNING,
                        )
                    yield from kept.values()
                    return
                try:
                    found = read_series(line)
                    kept[tuple(sorted(found.labels.items()))] = found
                except NotationError as error:
                    self._complain((*here, "values" if error.of_values else "series"), str(error))
        yield from kept.values()

    def _alerts(self, path: Path, test: _AlertTest) -> AlertsThen:
        if not test.alertname:
            self._complain((*path, "alertname"), "which alert? `alertname` is missing")
        return AlertsThen(
            place=self._place(path),
            at=test.eval_time,
            alertname=test.alertname,
            alerts=tuple(
                ExpectedAlert(
                    labels={**alert.exp_labels, "alertname": test.alertname}, annotations=alert.exp_annotations
                )
                for alert in test.exp_alerts
            ),
        )

    def _samples(self, path: Path, test: _ExprTest) -> SamplesThen:
        if not test.expr:
            self._complain((*path, "expr"), "which expression? `expr` is missing")
        return SamplesThen(
            place=self._place(path),
            at=test.eval_time,
            expr=test.expr,
            samples=tuple(self._sample((*path, "exp_samples", i), one) for i, one in enumerate(test.exp_samples)),
        )

    def _sample(self, path: Path, written: _Sample) -> ExpectedSample:
        place = self._document.values.get((*path, "value"))
        if place and self._document.text.splitlines()[place.line - 1][place.column - 1 :][:1] in ("'", '"'):
            self._complain((*path, "value"), "a number is written without quotes")
        labels: dict[str, str] = {}
        value = None
        try:
            labels = read_metric(written.labels)
        except NotationError as error:
            self._complain((*path, "labels"), str(error))
        try:
            value = read_value(written.histogram) if written.histogram else written.value
        except NotationError as error:
            self._complain((*path, "histogram"), str(error))
        if value is None or (written.histogram and isinstance(value, float)):
            self._complain((*path, "histogram"), "a histogram is written like {{schema:1 sum:4 count:3 buckets:[1 2]}}")
        return ExpectedSample(labels=labels, value=0.0 if value is None else value)

    def _place(self, path: Path) -> str:
        place = self._document.place(path)
        return f"{self._document.file}:{place.line}:{place.column}"

    def _complain(self, path: Path, message: str, gravity: Gravity = Gravity.ERROR) -> None:
        self.complaints.append(self._document.complaint(path, message, gravity=gravity))
