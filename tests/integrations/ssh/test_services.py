"""Services: how they are, and changes of them that are bound to what people saw and read back."""

import asyncio

import pytest

from bot.errors import Permanent
from bot.model.plan import Did, Outcome
from bot.model.runbook import Risk
from tests.integrations.http_server import raised
from tests.integrations.ssh.conftest import Fleet, FleetOf

DOWN = {"ActiveState": "inactive", "SubState": "dead", "MainPID": "0"}
FAILED = {"ActiveState": "failed", "SubState": "failed", "Result": "oom-kill", "MainPID": "0"}
LOOPING = {"ActiveState": "activating", "SubState": "auto-restart", "Result": "exit-code", "NRestarts": "7"}


async def test_how_a_service_is(web1: Fleet) -> None:
    web1["web1"].unit("web.service", **FAILED)
    result = await web1.do("host.service_status", host="web1", unit="web")
    assert result.outcome is Outcome.SUCCEEDED  # it was seen, and that was the question
    assert result.summary == "web.service is failed (failed), because of oom-kill on web1"
    assert {key: result.value[key] for key in ("unit", "active", "state", "result")} == {
        "unit": "web.service", "active": False, "state": "failed", "result": "oom-kill",
    }  # fmt: skip


async def test_one_that_is_not_there(web1: Fleet) -> None:
    result = await web1.do("host.service_status", host="web1", unit="nginx")
    assert (result.outcome, result.temporary) == (Outcome.FAILED, False)
    assert result.summary == "web1 has no service nginx.service: systemd says not-found"
    assert "has no service" in (await raised(web1.plan("host.service_restart", host="web1", unit="nginx"))).message


async def test_a_restart_is_planned_shown_done_and_read_back(web1: Fleet) -> None:
    before = web1["web1"]["web.service"]["InvocationID"]
    plan = await web1.plan("host.service_restart", host="web1", unit="web", settle="0s")
    assert (plan.risk, plan.repeatable, plan.can_probe, plan.can_undo) == (Risk.WRITE, False, True, False)
    assert plan.places == ("host:web1", "host:127.0.0.1")
    address = f"{web1.config.user}@127.0.0.1:{web1.machines['web1'].port}"
    assert plan.diff == (
        f"{address}$ restart web.service\n- web.service is active (running)\n"
        "+ web.service is active (running), as another invocation"
    )
    assert plan.preconditions == {"web1: address": address, "web1: state": "active", "web1: invocation": before}
    assert not web1["web1"].changes
    assert await web1.probe(plan) is Did.DID_NOT
    said: list[str] = []
    result = await web1.run(plan, said.append)
    assert result.outcome is Outcome.SUCCEEDED, result
    assert result.value["active"]
    assert web1["web1"]["web.service"]["InvocationID"] != before
    assert web1["web1"].changes == [["systemctl", "restart", "web.service"]]
    assert "".join(said).startswith("web.service is active (running)\n")
    assert await web1.probe(plan) is Did.DID


async def test_what_was_restarted_meanwhile_is_left_alone(web1: Fleet) -> None:
    plan = await web1.plan("host.service_restart", host="web1", unit="web")
    web1["web1"].unit("web.service", InvocationID="f" * 32)
    result = await web1.run(plan)
    assert (result.outcome, result.temporary) == (Outcome.FAILED, False)
    assert result.summary.startswith("nothing was done: since it was planned, web.service is active")
    assert not web1["web1"].changes


async def test_one_that_is_restarted_again_and_again_is_the_same_all_the_time(web1: Fleet) -> None:
    web1["web1"].unit("web.service", **LOOPING)
    plan = await web1.plan("host.service_restart", host="web1", unit="web", settle="0s")
    web1["web1"].unit("web.service", InvocationID="f" * 32, NRestarts="8")
    assert (await web1.plan("host.service_restart", host="web1", unit="web", settle="0s")).hash == plan.hash
    assert await web1.probe(plan) is Did.UNKNOWN
    assert (await web1.run(plan)).outcome is Outcome.SUCCEEDED


async def test_a_restart_that_fails_says_so(web1: Fleet) -> None:
    web1["web1"].unit("web.service", fails=True)
    result = await web1.do("host.service_restart", host="web1", unit="web", settle="0s")
    assert (result.outcome, result.temporary) == (Outcome.FAILED, False)
    assert "Job for web.service failed" in result.summary


async def test_one_that_does_not_stay_up_has_not_been_restarted(web1: Fleet) -> None:
    """systemd takes a service for started as soon as its process is there; what counts is whether it stays."""
    plan = await web1.plan("host.service_restart", host="web1", unit="web", settle="1s")

    def say(text: str) -> None:
        if "web.service is active" in text:  # it is about to be restarted; then it dies
            web1["web1"].unit("web.service", dies=True)

    result = await web1.run(plan, say)
    assert result.outcome is Outcome.FAILED
    assert "it has been started again meanwhile" in result.summary


async def test_what_was_done_and_could_not_be_read_back_is_unknown(web1: Fleet) -> None:
    """Not failed: it would be done again."""
    before = web1["web1"]["web.service"]["InvocationID"]
    plan = await web1.plan("host.service_restart", host="web1", unit="web", settle="5s")
    restarting = asyncio.create_task(web1.run(plan))
    while web1["web1"]["web.service"]["InvocationID"] == before:  # noqa: ASYNC110 - another process changes it
        await asyncio.sleep(0.05)
    await asyncio.sleep(1)  # it is within its five seconds now
    web1.machines["web1"].crash()
    result = await restarting
    assert result.outcome is Outcome.UNKNOWN
    assert result.summary.startswith("it was done, and could not be read back: web1 cannot be reached")


async def test_a_stop_is_taken_back_by_a_start(web1: Fleet) -> None:
    plan = await web1.plan("host.service_stop", host="web1", unit="web", settle="0s")
    assert (plan.can_undo, plan.undo) == (True, "on web1: systemctl start web.service")
    result = await web1.run(plan)
    assert result.outcome is Outcome.SUCCEEDED
    assert await web1.probe(plan) is Did.DID
    assert web1["web1"]["web.service"]["ActiveState"] == "inactive"
    undo = web1.actions["host.service_stop"].undo
    assert undo is not None
    back = await undo(plan, result)
    assert (back.action, back.params) == (
        "host.service_start", {"hosts": ["web1"], "unit": "web.service", "settle": "0s"},
    )  # fmt: skip
    assert await web1.probe(back) is Did.DID_NOT
    assert (await web1.run(back)).outcome is Outcome.SUCCEEDED
    assert await web1.probe(back) is Did.DID


async def test_what_changed_nothing_is_not_taken_back(web1: Fleet) -> None:
    plan = await web1.plan("host.service_start", host="web1", unit="web")
    assert (plan.can_undo, plan.diff.splitlines()[-1]) == (False, "+ nothing would change")
    result = await web1.run(plan)
    assert result.outcome is Outcome.SUCCEEDED
    assert result.summary.startswith("nothing to do")
    undo = web1.actions["host.service_start"].undo
    assert undo is not None
    assert "changed nothing" in (await raised(undo(plan, result))).message
    assert not web1["web1"].changes


async def test_a_service_that_runs_once_need_not_stay(web1: Fleet) -> None:
    web1["web1"].unit("backup.service", **DOWN, Type="oneshot")
    plan = await web1.plan("host.service_start", host="web1", unit="backup", settle="0s")
    assert (await web1.run(plan)).outcome is Outcome.SUCCEEDED
    assert await web1.probe(plan) is Did.UNKNOWN  # it looks as before


@pytest.mark.parametrize(
    ("verb", "unit", "why"),
    [
        ("start", "systemd-reboot", "not changed by a runbook"),
        ("restart", "systemd-poweroff.service", "not changed by a runbook"),
        ("start", "innocent", "not changed by a runbook"),
        ("stop", "sshd", "how Tocsin reaches web1"),
    ],
)
async def test_what_ends_the_machine_or_the_way_to_it_is_refused(web1: Fleet, verb: str, unit: str, why: str) -> None:
    """By the name that systemd knows it by: an alias hides nothing."""
    for name in ("systemd-reboot.service", "systemd-poweroff.service", "ssh.service"):
        web1["web1"].unit(name, **DOWN)
    web1["web1"].alias("innocent.service", "systemd-reboot.service")
    web1["web1"].alias("sshd.service", "ssh.service")
    error = await raised(web1.plan(f"host.service_{verb}", host="web1", unit=unit))
    assert isinstance(error, Permanent)
    assert why in error.message


async def test_changes_are_made_by_sudo_where_the_configuration_says_so(fleet_of: FleetOf) -> None:
    async with fleet_of("web1", sudo=True) as fleet:
        result = await fleet.do("host.service_restart", host="web1", unit="web", settle="0s")
        assert result.outcome is Outcome.SUCCEEDED, result
        assert (fleet["web1"].folder / "sudo").read_text() == "systemctl restart web.service\n"
