"""What can be looked at on a host."""

import os
from pathlib import Path

import pytest

from bot.errors import Permanent
from bot.model.plan import Outcome
from bot.model.runbook import Risk
from tests.integrations.http_server import raised
from tests.integrations.ssh.conftest import Fleet, FleetOf


async def test_the_journal_of_a_service(web1: Fleet) -> None:
    for message, ago in (("old", 3600), ("GET /a.b 500", 60), ("GET /aXb 500", 30), ("get /a.b 500", 10)):
        web1["web1"].log("web.service", message, ago=ago)
    web1["web1"].log("db.service", "GET /a.b 500")
    plan = await web1.plan("host.journal", host="web1", unit="web", since="15m", grep="GET /a.b")
    assert (plan.risk, plan.repeatable) == (Risk.READ, True)
    result = await web1.run(plan)
    assert result.outcome is Outcome.SUCCEEDED
    assert [line.partition("]: ")[2] for line in result.value["lines"]] == ["GET /a.b 500"]
    every = await web1.do("host.journal", host="web1", unit="web", lines=2)
    assert every.value["count"] == 2
    nothing = await web1.do("host.journal", host="web1", unit="web", grep="no such words")
    assert (nothing.outcome, nothing.value["lines"]) == (Outcome.SUCCEEDED, [])
    empty = await web1.do("host.journal", host="web1", unit="web", since="1s")
    assert (empty.outcome, empty.value["lines"]) == (Outcome.SUCCEEDED, [])


async def test_how_full_the_disks_are(web1: Fleet) -> None:
    result = await web1.do("host.disk_usage", host="web1")
    assert result.outcome is Outcome.SUCCEEDED
    percents = [one["percent"] for one in result.value["filesystems"]]
    assert percents == sorted(percents, reverse=True)
    one = await web1.do("host.disk_usage", host="web1", path="/")
    assert [found["mount"] for found in one.value["filesystems"]] == ["/"]
    seen = os.statvfs("/")
    assert one.value["fullest"]["size"] == seen.f_blocks * seen.f_frsize


async def test_a_disk_that_is_not_there(web1: Fleet) -> None:
    result = await web1.do("host.disk_usage", host="web1", path="/no/such/folder")
    assert result.outcome is Outcome.FAILED
    assert "No such file" in result.summary


async def test_the_largest_processes(web1: Fleet) -> None:
    by_memory = await web1.do("host.processes", host="web1", by="memory", count=3)
    memories = [one["memory"] for one in by_memory.value["processes"]]
    assert len(memories) == 3
    assert memories == sorted(memories, reverse=True)
    assert by_memory.value["total"] > 3
    every = (await web1.do("host.processes", host="web1", count=500)).value["processes"]
    assert os.getpid() in {one["pid"] for one in every}
    assert set(every[0]) == {"pid", "parent", "user", "cpu", "memory", "seconds", "name"}


async def test_the_end_of_a_file_that_may_be_shown(fleet_of: FleetOf, tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    (logs / "deep").mkdir(parents=True)
    (logs / "app.log").write_text("".join(f"line {number}\n" for number in range(1000)))
    (logs / "deep" / "app.log").write_text("deep\n")
    secret = tmp_path / "shadow"
    secret.write_text("secret\n")
    (logs / "way-out.log").symlink_to(secret)
    async with fleet_of("web1", files=[f"{logs}/*.log"]) as fleet:
        result = await fleet.do("host.file_tail", host="web1", path=f"{logs}/app.log", lines=2)
        assert result.value["lines"] == ["line 998", "line 999"]
        for path in (f"{logs}/deep/app.log", f"{secret}", "/etc/shadow", f"{logs}/way-out.log"):
            error = await raised(fleet.plan("host.file_tail", host="web1", path=path))
            assert isinstance(error, Permanent), path
            assert "not among the files that may be shown" in error.message
        assert "has no file" in (await raised(fleet.plan("host.file_tail", host="web1", path=f"{logs}/no.log"))).message
        plan = await fleet.plan("host.file_tail", host="web1", path=f"{logs}/app.log")
        (logs / "app.log").unlink()
        (logs / "app.log").symlink_to(secret)  # between the plan and the deed
        result = await fleet.run(plan)
        assert result.outcome is Outcome.FAILED
        assert "secret" not in f"{result}"


async def test_whether_a_host_lets_us_in(fleet: Fleet) -> None:
    fleet.machines["web2"].stop()
    result = await fleet.do("host.ping", groups="web")
    assert (result.outcome, result.temporary) == (Outcome.FAILED, True)
    assert result.value["failed"] == ["web2"]
    assert result.value["hosts"]["web2"]["reason"] == "connection"
    assert result.value["hosts"]["web1"]["milliseconds"] >= 0


@pytest.mark.parametrize("path", ["relative", "/a/../etc/shadow", "/a//b", "/a/./b", "/a\nb", "/a\0", "-rf", "", "/a/"])
async def test_a_path_leads_nowhere_else(web1: Fleet, path: str) -> None:
    from pydantic import ValidationError

    with pytest.raises(ValidationError):
        await web1.plan("host.file_tail", host="web1", path=path)
