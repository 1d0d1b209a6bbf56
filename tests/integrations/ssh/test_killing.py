"""Killing one process, and never another one with its number."""

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from pydantic import ValidationError

from bot.integrations.ssh.killing import _KILL_THE_SAME
from bot.model.plan import Did, Outcome
from bot.model.runbook import Risk
from tests.integrations.http_server import raised
from tests.integrations.ssh.conftest import Fleet, FleetOf


@contextmanager
def victim(*argv: str) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(argv or ("sleep", "600"), stdout=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


async def test_a_process_is_ended(web1: Fleet) -> None:
    with victim() as process:
        plan = await web1.plan("host.kill_process", host="web1", pid=process.pid)
        assert (plan.risk, plan.can_probe) == (Risk.DESTRUCTIVE, True)
        assert f"process {process.pid} is sleep" in plan.diff
        assert set(plan.preconditions) == {"web1: address", "web1: name", "web1: started", "web1: boot"}
        assert await web1.probe(plan) is Did.UNKNOWN
        assert process.poll() is None
        result = await web1.run(plan)
        assert result.outcome is Outcome.SUCCEEDED, result
        assert result.value["ended"]
        assert process.wait() == -15
        assert await web1.probe(plan) is Did.DID


async def test_one_that_will_not_end_has_not_ended(web1: Fleet) -> None:
    with victim("sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done") as process:
        assert process.stdout is not None
        await asyncio.to_thread(process.stdout.readline)
        result = await web1.do("host.kill_process", host="web1", pid=process.pid, wait="1s")
        assert result.outcome is Outcome.FAILED
        assert result.summary.endswith("was sent TERM and has not ended")
        plan = await web1.plan("host.kill_process", host="web1", pid=process.pid, signal="KILL")
        assert await web1.probe(plan) is Did.DID_NOT
        assert (await web1.run(plan)).outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize("bound", ["started", "boot", "name"])
async def test_another_process_with_its_number_is_left_alone(web1: Fleet, bound: str) -> None:
    with victim() as process:
        plan = await web1.plan("host.kill_process", host="web1", pid=process.pid)
        other = replace(plan, preconditions=plan.preconditions | {f"web1: {bound}": "1"})
        result = await web1.run(other)
        assert (result.outcome, result.temporary) == (Outcome.FAILED, False)
        assert "nothing was done" in result.summary
        assert result.untouched
        assert process.poll() is None


def test_the_start_is_compared_once_more_where_the_signal_is_sent() -> None:
    """In the moment between our look and our signal."""
    with victim() as process:
        started = _started(process.pid)
        argv = ["sh", "-c", _KILL_THE_SAME, "kill-the-same", str(process.pid)]
        assert subprocess.run([*argv, str(int(started) - 1), "KILL"], check=False).returncode == 44
        assert process.poll() is None
        assert subprocess.run([*argv, started, "KILL"], check=False).returncode == 0
        assert process.wait() == -9
        assert subprocess.run([*argv, started, "KILL"], check=False).returncode == 43


def _started(pid: int) -> str:
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rpartition(") ")[2].split()[19]


async def test_one_that_is_not_there(web1: Fleet) -> None:
    with victim() as process:
        plan = await web1.plan("host.kill_process", host="web1", pid=process.pid)
    assert "nothing was done" in (await web1.run(plan)).summary
    assert "has no process" in (await raised(web1.plan("host.kill_process", host="web1", pid=process.pid))).message


async def test_by_sudo(fleet_of: FleetOf) -> None:
    async with fleet_of("web1", sudo=True) as fleet:
        with victim() as process:
            assert (await fleet.do("host.kill_process", host="web1", pid=process.pid)).outcome is Outcome.SUCCEEDED
            assert (fleet["web1"].folder / "sudo").read_text() == f"kill -s TERM {process.pid}\n"


@pytest.mark.parametrize("pid", [0, 1, -1, "1 2", "$$", 4_194_305])
async def test_a_number_is_one_process(web1: Fleet, pid: object) -> None:
    with pytest.raises(ValidationError):
        await web1.plan("host.kill_process", host="web1", pid=pid)
