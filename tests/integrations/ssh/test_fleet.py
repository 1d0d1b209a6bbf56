"""Several hosts: who is meant, in which batches, where it stops, and what came of each."""

from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.evidence.pieces import Pieces
from bot.integrations.ssh import integration
from bot.integrations.ssh.params import OnHosts, RunParams
from bot.integrations.ssh.reading import BOOT_ID
from bot.integrations.ssh.turns import batches
from bot.kit.plugin import Tools
from bot.model.plan import ActionResult, Did, Outcome
from bot.model.runbook import Risk
from bot.ports import in_turn
from tests.integrations.http_server import raised
from tests.integrations.ssh.conftest import Fleet, fleet_config, machines
from tests.servers import Sshd


async def test_a_group_is_its_hosts_each_with_its_result(fleet: Fleet) -> None:
    said: list[str] = []
    plan = await fleet.plan("host.run", groups="web", argv=["sh", "-c", "echo hello; sleep 0.1; echo bye"], batch=3)
    assert plan.targets == ("web1", "web2", "web3")
    assert plan.places == ("host:web1", "host:web2", "host:web3", "host:127.0.0.1")
    assert plan.summary == "run on 3 hosts, 3 at once: web1, web2, web3: sh -c 'echo hello; sleep 0.1; echo bye'"
    result = await fleet.run(plan, said.append)
    assert result.outcome is Outcome.SUCCEEDED
    assert result.summary == "done on 3 of 3 hosts"
    assert {name: one["stdout"] for name, one in result.value["hosts"].items()} == dict.fromkeys(
        plan.targets, "hello\nbye\n"
    )
    lines = "".join(said).splitlines()
    assert sorted(lines) == sorted(f"{name}: {word}" for name in plan.targets for word in ("hello", "bye"))
    assert lines.index("web1: hello") < lines.index("web1: bye")


async def test_some_failed_is_failed_and_says_who(fleet: Fleet) -> None:
    fleet["web2"].unit("web.service", fails=True)
    result = await fleet.do("host.service_restart", groups="web", unit="web", settle="0s", batch=3)
    assert (result.outcome, result.temporary) == (Outcome.FAILED, False)
    assert result.summary.startswith("done on 2 of 3 hosts; failed on web2 (could not restart web.service on web2")
    assert result.value["failed"] == ["web2"]
    assert [one["outcome"] for one in result.value["hosts"].values()] == ["succeeded", "failed", "succeeded"]


async def test_a_change_goes_from_one_to_the_next_and_stops_at_the_first_that_fails(fleet: Fleet) -> None:
    fleet["web2"].unit("web.service", fails=True)
    plan = await fleet.plan("host.service_restart", groups="web", unit="web", settle="0s")
    assert plan.summary == "restart web.service on 3 hosts, one after another: web1, web2, web3"
    result = await fleet.run(plan)
    assert result.outcome is Outcome.FAILED
    assert (result.value["failed"], result.value["skipped"]) == (["web2"], ["web3"])
    assert result.summary.endswith("left out: web3")
    assert not fleet["web3"].changes
    assert await fleet.probe(plan) is Did.UNKNOWN  # one did, one did not


async def test_it_goes_on_as_far_as_the_step_says(fleet: Fleet) -> None:
    for name in ("web1", "web2"):
        fleet[name].unit("web.service", fails=True)
    result = await fleet.do("host.service_restart", groups="web", unit="web", settle="0s", stop_after=2)
    assert (result.value["failed"], result.value["skipped"]) == (["web1", "web2"], ["web3"])


async def test_one_that_nobody_saw_makes_the_whole_unknown(fleet: Fleet) -> None:
    """A machine that falls over in the middle of a change."""
    fleet["web3"].unit("web.service", fails=True)
    plan = await fleet.plan("host.run", groups="web", batch=3, argv=["sh", "-c", "echo begun; sleep 5"])

    def say(text: str) -> None:
        if text.startswith("web2: begun"):
            fleet.machines["web2"].crash()

    result = await fleet.run(plan, say)
    assert result.outcome is Outcome.UNKNOWN
    assert (result.value["unseen"], result.value["failed"]) == (["web2"], [])
    assert result.summary == "done on 2 of 3 hosts; nobody saw how it ended on web2"


async def test_what_takes_it_back_leaves_alone_where_nothing_changed(fleet: Fleet) -> None:
    fleet["web1"].unit("web.service", ActiveState="inactive", SubState="dead")
    plan = await fleet.plan("host.service_stop", groups="web", unit="web", settle="0s", batch="100%")
    result = await fleet.run(plan)
    assert result.outcome is Outcome.SUCCEEDED
    undo = fleet.actions["host.service_stop"].undo
    assert undo is not None
    back = await undo(plan, result)
    assert (back.action, back.targets) == ("host.service_start", ("web2", "web3"))
    assert back.params["batch"] == "100%"


@pytest.mark.parametrize(
    ("batch", "risk", "sizes"),
    [
        ("", Risk.WRITE, [1] * 10), ("", Risk.READ, [10]), ("3", Risk.READ, [3, 3, 3, 1]), ("25%", Risk.WRITE, [2] * 5),
        ("1%", Risk.WRITE, [1] * 10), ("100%", Risk.WRITE, [10]), ("20", Risk.WRITE, [10]),
    ],
)  # fmt: skip
def test_batches(batch: str, risk: Risk, sizes: list[int]) -> None:
    """A share is rounded down, and is one at least."""
    names = [f"web{number}" for number in range(10)]
    made = list(batches(names, OnHosts(groups=["web"], batch=batch), risk))
    assert [len(one) for one in made] == sizes
    assert [name for one in made for name in one] == names


async def test_hosts_wait_for_those_of_the_batch_before(fleet: Fleet, tmp_path: Path) -> None:
    times = tmp_path / "times"
    two = f"until [ $(grep -c begin {times}) -ge 2 ]; do sleep 0.02; done"  # as many as begin at once: one alone hangs
    write = f"echo begin >>{times}; {two}; echo end >>{times}"
    await fleet.do("host.run", hosts=["web1", "web2", "web3"], batch=2, argv=["sh", "-c", write])
    assert times.read_text().split() == ["begin", "begin", "end", "end", "begin", "end"]


async def test_one_that_hangs_hides_no_other_and_no_further_one_is_begun_without_time(fleet: Fleet) -> None:
    """web2 hangs until the step's time is over; web3, whose turn would be next, is left alone."""
    second = (fleet["web2"].folder / "boot_id").read_text().strip()
    hangs = f"[ $(cat {BOOT_ID}) = {second} ] && sleep 60; echo done"
    plan = await fleet.plan("host.run", groups="web", stop_after=3, argv=["sh", "-c", hangs])
    result = await fleet.run(plan, within=timedelta(seconds=10))
    assert result.outcome is Outcome.UNKNOWN
    assert result.value["hosts"]["web1"]["stdout"] == "done\n"
    assert (result.value["unseen"], result.value["skipped"]) == (["web2"], ["web3"])
    assert result.value["hosts"]["web2"]["summary"].startswith("no end on web2 within ")
    assert result.summary.endswith("left out, because there was no time left for them: web3")


async def test_before_each_further_batch_it_is_asked_whether_to_go_on(fleet: Fleet) -> None:
    plan = await fleet.plan("host.service_restart", groups="web", unit="web", settle="0s")
    asked = iter(["", "automation is paused by ann: stop"])

    async def why_not() -> str:
        return next(asked)

    with in_turn.asking(why_not):
        result = await fleet.run(plan)
    assert result.outcome is Outcome.FAILED
    assert result.summary == "done on 2 of 3 hosts; left out, because automation is paused by ann: stop: web3"
    assert result.value["hosts"]["web3"]["summary"] == "left out, because automation is paused by ann: stop"
    assert not fleet["web3"].changes


async def test_a_key_that_several_hosts_print_at_once_is_not_shown(fleet: Fleet, tmp_path: Path) -> None:
    """Their lines come among each other: the end of one's key is not the end of the other's."""
    first = fleet.machines["web1"].port
    begin, end = "-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----"
    script = (
        f"cd {tmp_path}; until_() {{ until [ -e $1 ]; do sleep 0.05; done; }}; "
        f'if [ "${{SSH_CONNECTION##* }}" = {first} ]; then '
        f"echo '{begin}'; echo MIIAAAA; touch a; until_ b; sleep 0.3; echo '{end}'; sleep 0.3; touch c; "
        f"else until_ a; sleep 0.3; echo '{begin}'; echo MIIBBBB; touch b; until_ c; echo MIICCCC; echo '{end}'; fi"
    )
    shown, told = Pieces(lambda text: text), list[str]()

    def say(text: str) -> None:
        shown.take(text)
        told.append(shown.give())

    plan = await fleet.plan("host.run", hosts=["web1", "web2"], argv=["sh", "-c", script], batch=2)
    result = await fleet.run(plan, say)
    assert result.outcome is Outcome.SUCCEEDED, result
    assert "web2: " in "".join(told)
    assert "MII" not in "".join(told)


async def test_where_only_a_probe_or_a_person_says_that_it_ran_all_of_it_is_taken_back(fleet: Fleet) -> None:
    plan = await fleet.plan("host.service_stop", groups="web", unit="web", settle="0s")
    undo = fleet.actions["host.service_stop"].undo
    assert undo is not None
    assert (await undo(plan, ActionResult(outcome=Outcome.SUCCEEDED, summary="it had run"))).targets == plan.targets
    not_run = undo(plan, ActionResult(outcome=Outcome.FAILED, summary="it had not run"))
    assert "changed nothing" in (await raised(not_run)).message


async def test_a_name_is_one_host_and_never_a_pattern_or_a_group(fleet: Fleet) -> None:
    for name in ("web*", "web", "*", "web1,web2", "web?"):
        for params in ({"host": name}, {"hosts": [name]}):
            error = await raised(fleet.plan("host.ping", **params))
            assert "no host is called" in error.message
    assert "no group is called 'w*'" in (await raised(fleet.plan("host.ping", groups=["w*"]))).message
    assert (await fleet.plan("host.ping", hosts=["web2", "web1", "web2"])).targets == ("web2", "web1")


@pytest.mark.parametrize(
    "params",
    [
        {}, {"host": "a", "hosts": ["b"]}, {"host": "a", "groups": ["b"]}, {"host": "a", "batch": "0"},
        {"host": "a", "batch": "101%"}, {"host": "a", "batch": "a"}, {"host": "a", "stop_after": 0},
    ],
)  # fmt: skip
def test_somewhere_must_be_named_once(params: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        OnHosts.model_validate(params)


def test_a_batch_is_a_number_or_a_share() -> None:
    assert OnHosts.model_validate({"host": "a", "batch": 5}).batch == "5"
    assert OnHosts.model_validate({"host": "a", "batch": "10%"}).batch == "10%"
    assert RunParams(host="a", argv=["b"]).hosts == []


def test_no_batch_of_a_change_is_larger_than_what_begins_at_once() -> None:
    """The others would wait within it, where neither a pause nor those that failed could keep them from beginning."""
    names = [f"web{number}" for number in range(80)]
    sizes = {
        batch: [len(one) for one in batches(names, OnHosts(host="a", batch=batch), Risk.WRITE)]
        for batch in ("100%", "50", "20", "1%")
    }
    assert sizes == {"100%": [32, 32, 16], "50": [32, 32, 16], "20": [20] * 4, "1%": [1] * 80}
    assert [len(one) for one in batches(names, OnHosts(host="a"), Risk.READ)] == [80]


# -- Jumps --


async def test_a_host_is_reached_through_two_others(tmp_path: Path, tools: Tools, sshd: Sshd) -> None:
    made = machines(tmp_path, ["gate", "inner", "web1"])
    at = {name: {"address": one.host, "port": one.port} for name, one in made.items()}
    config = fleet_config(
        tmp_path,
        made,
        hosts={
            "gate": at["gate"],
            "inner": at["inner"] | {"jump": "gate"},
            "web1": at["web1"] | {"jump": "inner"},
        },
    )
    with ExitStack() as running:
        for machine in made.values():
            running.enter_context(machine)
        async with integration.open(config, tools) as opened:
            fleet = Fleet(made, config, opened.actions)
            plan = await fleet.plan("host.ping", host="web1")
            assert plan.preconditions["web1: address"].count(" via ") == 2
            assert (await fleet.run(plan)).outcome is Outcome.SUCCEEDED
            health = {found.what: found for found in await opened.examine()}
            assert health["web1"].version.startswith("SSH-2.0-OpenSSH")
            assert "Accepted publickey" in made["gate"].log.read_text()
            made["inner"].stop()
            gone = await fleet.do("host.ping", host="web1")
            assert (gone.outcome, gone.temporary, gone.value["reason"]) == (Outcome.FAILED, True, "connection")
            assert "inner cannot be reached at 127.0.0.1" in gone.summary
            assert "through gate" in gone.summary
