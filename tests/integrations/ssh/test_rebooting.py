"""Rebooting a host, and seeing whether it comes back."""

from bot.model.plan import Did, Outcome
from bot.model.runbook import Risk
from tests.integrations.http_server import raised
from tests.integrations.ssh.conftest import Fleet, FleetOf


async def test_it_is_rebooted_and_comes_back(web1: Fleet) -> None:
    plan = await web1.plan("host.reboot", host="web1", wait="30s")
    assert (plan.risk, plan.can_probe) == (Risk.DESTRUCTIVE, True)
    assert await web1.probe(plan) is Did.DID_NOT
    said: list[str] = []
    async with web1.machines["web1"].reboots():
        result = await web1.run(plan, said.append)
    assert result.outcome is Outcome.SUCCEEDED, result
    assert result.summary.startswith("web1 is back after")
    assert result.value["boot_id"] != plan.preconditions["web1: boot"]
    assert web1["web1"].changes == [["systemctl", "reboot"]]
    assert await web1.probe(plan) is Did.DID


async def test_one_that_was_rebooted_meanwhile_is_left_alone(web1: Fleet) -> None:
    plan = await web1.plan("host.reboot", host="web1")
    web1["web1"].boots()
    result = await web1.run(plan)
    assert result.outcome is Outcome.FAILED
    assert result.summary == "nothing was done: since it was planned, web1 has been rebooted"
    assert result.untouched
    assert not web1["web1"].changes


async def test_one_that_does_not_come_back_in_time_is_unknown(web1: Fleet) -> None:
    plan = await web1.plan("host.reboot", host="web1", wait="3s")
    async with web1.machines["web1"].reboots(comes_back=False):
        result = await web1.run(plan)
    assert result.outcome is Outcome.UNKNOWN
    assert result.summary.startswith("web1 is not back yet: web1 cannot be reached")
    assert await web1.probe(plan) is Did.UNKNOWN


async def test_one_that_does_not_go_has_failed(web1: Fleet) -> None:
    plan = await web1.plan("host.reboot", host="web1", wait="2s")
    result = await web1.run(plan)
    assert result.outcome is Outcome.FAILED
    assert result.summary == "web1 was told to reboot and has not"
    assert await web1.probe(plan) is Did.UNKNOWN  # systemd says that it is stopping


async def test_too_many_and_the_one_tocsin_runs_on_are_refused(fleet_of: FleetOf) -> None:
    async with fleet_of("web1", "web2") as fleet:
        error = await raised(fleet.plan("host.reboot", groups="web"))
        assert error.message == "one step may reboot 1 hosts, and this is 2"
        assert "most_reboots" in error.hint


async def test_this_machine_is_not_rebooted(fleet_of: FleetOf) -> None:
    async with fleet_of("web1", hosts={"here": {"local": "true"}}, groups={}) as fleet:
        assert "runs on" in (await raised(fleet.plan("host.reboot", host="here"))).message
