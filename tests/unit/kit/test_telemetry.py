"""What Tocsin says about itself."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot import __version__
from bot.kit.redaction import MARK, Redactor
from bot.kit.telemetry import Format, Telemetry, about, log_to

log = logging.getLogger("tocsin.test")


def samples(telemetry: Telemetry) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    body, kind = telemetry.exposition()
    assert kind.startswith("text/plain")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
    }


def test_every_metric_counts_what_it_says() -> None:
    telemetry = Telemetry()
    telemetry.knows("prom")
    assert samples(telemetry)["tocsin_source_blind", (("source", "prom"),)] == 0
    assert samples(telemetry)["tocsin_rule_evaluations_total", (("source", "prom"),)] == 0
    telemetry.evaluated("prom", 0.02)
    telemetry.evaluation_failed("prom", "timeout")
    telemetry.slots_missed("prom", 3)
    telemetry.blind("prom", True)
    telemetry.outbox_oldest(12.5)
    telemetry.loop_lag(0.25)
    telemetry.store_write_failed("unavailable")
    telemetry.run_ended("succeeded")
    telemetry.request("GET", 204, 0.01)
    telemetry.request("BREW", 418, 0.01)
    seen = samples(telemetry)
    prom = ("source", "prom")
    assert seen["tocsin_build_info", (("version", __version__),)] == 1
    assert seen["tocsin_rule_evaluations_total", (prom,)] == 1
    assert seen["tocsin_rule_evaluation_seconds_sum", (prom,)] == 0.02
    assert seen["tocsin_rule_evaluation_failures_total", (("reason", "timeout"), prom)] == 1
    assert seen["tocsin_rule_slots_missed_total", (prom,)] == 3
    assert seen["tocsin_source_blind", (prom,)] == 1
    assert seen["tocsin_outbox_oldest_seconds", ()] == 12.5
    assert seen["tocsin_loop_lag_seconds", ()] == 0.25
    assert seen["tocsin_store_write_errors_total", (("reason", "unavailable"),)] == 1
    assert seen["tocsin_runs_total", (("outcome", "succeeded"),)] == 1
    assert seen["tocsin_http_request_seconds_count", (("method", "GET"), ("status", "2xx"))] == 1
    assert seen["tocsin_http_request_seconds_count", (("method", "other"), ("status", "4xx"))] == 1
    assert all(name.startswith("tocsin_") for name, _ in seen)
    assert not any(name.endswith("_created") for name, _ in seen)
    telemetry.forgets("prom")
    assert ("tocsin_source_blind", (prom,)) not in samples(telemetry)


def test_two_have_nothing_in_common() -> None:
    first, second = Telemetry(), Telemetry()
    first.run_ended("failed")
    assert ("tocsin_runs_total", (("outcome", "failed"),)) not in samples(second)


@pytest.fixture
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers[:], root.level, logging.raiseExceptions
    yield
    root.handlers[:], logging.raiseExceptions = before[0], before[2]
    root.setLevel(before[1])


class Terminal(io.StringIO):
    """A stream that a person looks at."""

    def isatty(self) -> bool:
        return True


@pytest.mark.usefixtures("logging_as_before")
class TestLog:
    @staticmethod
    def lines(stream: io.StringIO) -> list[str]:
        return stream.getvalue().removesuffix("\n").split("\n")

    @staticmethod
    def redactor() -> Redactor:
        redactor = Redactor()
        redactor.add("hunter22")
        return redactor

    def test_json_is_one_object_a_line(self) -> None:
        stream = io.StringIO()
        log_to(stream, level="info", style="auto", redactor=self.redactor())
        log.info("line one\nline %s\x1b[2K with hunter22", "two")
        log.debug("not this")
        (line,) = self.lines(stream)
        event = json.loads(line)
        assert event["message"] == f"line one\nline two\x1b[2K with {MARK}"
        assert (event["level"], event["logger"]) == ("info", "tocsin.test")
        assert event["time"].endswith("Z")
        assert line.isprintable()

    def test_text_is_for_people(self) -> None:
        stream = Terminal()
        log_to(stream, level="warning", style="auto", redactor=self.redactor())
        with about(run="RUN-1", incident="INC-7"):
            log.warning("line one\nline two\x1b[2K with hunter22")
        (line,) = self.lines(stream)
        assert rf"warning line one\nline two\x1b[2K with {MARK} run=RUN-1 incident=INC-7" in line

    @pytest.mark.parametrize("style", ["text", "json"])
    def test_an_exception_is_one_line_and_holds_no_secret(self, style: Format) -> None:
        stream = io.StringIO()
        log_to(stream, level="info", style=style, redactor=self.redactor())
        try:
            raise RuntimeError("refused hunter22")
        except RuntimeError:
            log.exception("it went wrong")
        (line,) = self.lines(stream)
        assert "Traceback" in line
        assert "hunter22" not in line
        assert line.isprintable()

    async def test_fields_belong_to_a_task_and_to_those_it_starts(self) -> None:
        stream = io.StringIO()
        log_to(stream, level="info", style="json", redactor=Redactor())

        async def carried(run: str) -> None:
            with about(run=run, incident="INC-1"):
                await asyncio.sleep(0)
                await asyncio.create_task(step())

        async def step() -> None:
            log.info("x")

        await asyncio.gather(carried("RUN-1"), carried("RUN-2"))
        log.info("z")
        events = [json.loads(line) for line in self.lines(stream)]
        assert [(event["message"], event.get("incident"), event.get("run")) for event in events] == [
            ("x", "INC-1", "RUN-1"),
            ("x", "INC-1", "RUN-2"),
            ("z", None, None),
        ]

    def test_libraries_that_log_addresses_are_quiet(self) -> None:
        stream = io.StringIO()
        log_to(stream, level="debug", style="json", redactor=Redactor())
        for name in ("httpx", "httpcore.connection", "urllib3.connectionpool", "asyncssh"):
            logging.getLogger(name).info("GET https://vendor/?token=1")
        assert stream.getvalue() == ""
        logging.getLogger("httpx").warning("this may be said")
        assert "this may be said" in stream.getvalue()
