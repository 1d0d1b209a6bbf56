"""The whole story, with other names, ports and another fault; and what is said when a stage does not happen."""

import os
import pty
import re
import signal
from pathlib import Path

import pytest

from tests.demo.telling import Telling
from tests.servers import free_port
from tests.soak import sample

SERVICES = ("front", "ledger", "bank")
ELSEWHERE = ("--services", ",".join(SERVICES), "--fault", "latency")


@pytest.mark.timeout(240)
def test_the_shop_breaks_and_the_runbook_repairs_it(prometheus_binary: str, tmp_path: Path) -> None:
    port = free_port()
    with Telling(tmp_path, prometheus_binary, "--unattended", "--port", str(port), *ELSEWHERE) as telling:
        assert telling.ends(within=150) == 0, telling.words
    stages = [line for line in telling.words.splitlines() if line[:1].isdigit()]
    assert [stage[0] for stage in stages] == list("123456789")
    # on a busy machine slow answers are failed ones too, and then there is an incident of those as well
    assert re.search(rf"http://127.0.0.1:{port}/incidents/INC-\d\b", telling.words), telling.words
    assert str(telling.folder / "postmortem.html") in telling.words

    broken, repaired = telling.shop_log()
    assert (broken["what"], broken["service"], broken["was"], broken["to"]) == ("switched", "bank", "v41", "v42")
    assert broken["pid"] == telling.pid
    assert (repaired["what"], repaired["service"], repaired["was"], repaired["to"]) == (
        "switched",
        "bank",
        "v42",
        "v41",
    )
    # It was the runbook's step, carried out by Tocsin.
    assert telling.tocsin() in repaired["of"]
    assert repaired["argv"][-3:] == ["switch", "bank", "v41"]

    for form in ("md", "html"):
        report = (telling.folder / f"postmortem.{form}").read_text()
        assert "ServiceSlow" in report
        assert "switch bank v41" in report
    assert telling.left_behind() == []


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("broken", "stage", "because"),
    sample(
        [
            ("prometheus", "3 the rule fires", "ServiceFails is unknown"),
            ("rule", "3 the rule fires", "Tocsin has no rule"),
            ("rollback", "8 the shop recovers", "'Switch back to the release that ran before' failed"),
        ],
        1,
    ),
)
def test_a_stage_that_does_not_happen_is_named(
    broken: str, stage: str, because: str, prometheus_binary: str, tmp_path: Path
) -> None:
    with Telling(tmp_path, prometheus_binary, "--unattended", "--break", broken) as telling:
        assert telling.ends(within=180) == 1, telling.words
    last_words = telling.words.split("\n\n")[-1]
    assert f"stage '{stage}' did not happen" in last_words
    assert because in last_words
    assert not (telling.folder / "postmortem.html").exists()
    # Nobody but the runbook touches the shop, and it only tries what it was allowed to.
    tries = [(line["what"], line["to"], telling.tocsin() in line["of"]) for line in telling.shop_log()[1:]]
    assert tries == ([("refused", "v41", True)] if broken == "rollback" else [])
    assert telling.left_behind() == []


@pytest.mark.timeout(120)
def test_a_person_says_no_in_the_terminal(prometheus_binary: str, tmp_path: Path) -> None:
    person, terminal = pty.openpty()
    try:
        with Telling(tmp_path, prometheus_binary, stdin=terminal) as telling:
            telling.says("[a]pprove or [r]eject", within=90)
            os.write(person, b"perhaps\n")
            telling.says("please answer with a or r", within=10)
            os.write(person, b"r\n")
            assert telling.ends(within=20) == 1, telling.words
    finally:
        os.close(person)
        os.close(terminal)
    assert "stage '7 a person approves' did not happen: the answer was no" in telling.words
    assert [line["to"] for line in telling.shop_log()] == ["v42"]
    assert telling.left_behind() == []


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_it_leaves_nothing_behind(number: signal.Signals, code: int, prometheus_binary: str, tmp_path: Path) -> None:
    with Telling(tmp_path, prometheus_binary) as telling:
        telling.says("Tocsin: http", within=60)
        assert len(telling.left_behind()) > 5  # the demo, three services, customers, Prometheus, Tocsin
        telling.send(number)
        assert telling.ends(within=30) == code
    assert telling.left_behind(within=15) == []


def test_a_folder_that_is_there_is_left_alone(prometheus_binary: str, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with Telling(tmp_path, prometheus_binary, "--unattended") as telling:
        assert telling.ends(within=30) == 1
    assert "exists already: choose another folder with --out" in telling.words
    assert list((tmp_path / "out").iterdir()) == []
