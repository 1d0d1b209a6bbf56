"""Rebooting a host, and seeing whether it comes back."""

from datetime import timedelta

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


async def test_of_several_the_next_goes_when_the_one_before_is_back(fleet_of: FleetOf) -> None:
    async with fleet_of("web1", "web2", most_reboots=2) as fleet:
        plan = await fleet.plan("host.reboot", groups="web", wait="30s")
        assert plan.summary == "reboot 2 hosts, one after another: web1, web2"
        told: list[str] = []
        async with fleet.machines["web1"].reboots(), fleet.machines["web2"].reboots():
            result = await fleet.run(plan, told.append)
        assert result.outcome is Outcome.SUCCEEDED, result
        spoke = [text.partition(":")[0] for text in told]
        assert spoke == sorted(spoke)
        assert await fleet.probe(plan) is Did.DID


async def test_where_one_is_not_back_in_the_steps_time_the_next_is_left_alone(fleet_of: FleetOf) -> None:
    async with fleet_of("web1", "web2", most_reboots=2) as fleet:
        plan = await fleet.plan("host.reboot", groups="web", wait="1m", stop_after=2)
        async with fleet.machines["web1"].reboots(comes_back=False):
            result = await fleet.run(plan, within=timedelta(seconds=6))
        assert (result.outcome, result.value["unseen"]) == (Outcome.UNKNOWN, ["web1"])
        assert result.summary.endswith("left out, because there was no time left for them: web2")
        assert not fleet["web2"].changes


async def test_too_many_and_the_one_tocsin_runs_on_are_refused(fleet_of: FleetOf) -> None:
    async with fleet_of("web1", "web2") as fleet:
        error = await raised(fleet.plan("host.reboot", groups="web"))
        assert error.message == "one step may reboot 1 hosts, and this is 2"
        assert "most_reboots" in error.hint


async def test_this_machine_is_not_rebooted(fleet_of: FleetOf) -> None:
    async with fleet_of("web1", hosts={"here": {"local": "true"}}, groups={}) as fleet:
        assert "runs on" in (await raised(fleet.plan("host.reboot", host="here"))).message
