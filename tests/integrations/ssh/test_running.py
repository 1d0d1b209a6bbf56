"""What `host.run` does on a host, and what it says of it: the same here and over SSH."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from pydantic import SecretStr

from bot.errors import Permanent
from bot.integrations.ssh import integration as ssh_integration
from bot.integrations.ssh.config import HostConfig, SshConfig, WriteConfig
from bot.integrations.ssh.ended import MAX_OUTPUT
from bot.integrations.ssh.params import RunParams
from bot.kit.plugin import Capabilities, Integration, Tools
from bot.model.plan import ActionResult, Did, Outcome, Plan
from bot.model.runbook import Risk
from bot.ports.actions import Action, Occasion, nobody
from bot.runbooks.moves import ENDING
from bot.testing.contracts import HOSTILE, WITHIN, ActionContract, IntegrationContract
from tests.integrations.http_server import raised
from tests.integrations.ssh.conftest import Inventory
from tests.servers import Sshd, free_port

Opened = Callable[[SshConfig], Any]
SHOW = [sys.executable, "-c", "import sys; print(sys.argv[1:])"]


async def run(capabilities: Capabilities, host: str, *argv: str) -> ActionResult:
    action = capabilities.actions["host.run"]
    return await action.run(await action.plan(RunParams(host=host, argv=list(argv)), Occasion()), WITHIN, nobody)


def soon(true: Callable[[], bool]) -> None:
    """Returns once another process has made this true; to be called in a thread."""
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)


async def gone(pid: int) -> None:
    """Returns once no process has this id."""
    await asyncio.to_thread(
        soon, lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    )


async def written(path: Path) -> str:
    """What is in a file, once something is."""
    await asyncio.to_thread(soon, lambda: made(path) and bool(path.read_text()))
    return await asyncio.to_thread(path.read_text)


def made(path: Path) -> bool:
    """Whether a command made this file."""
    return path.exists()


class TestAction(ActionContract):
    @pytest.fixture
    def action(self, capabilities: Capabilities) -> Action:
        return capabilities.actions["host.run"]

    @pytest.fixture(params=[["uname"], [sys.executable, "-c", r"print('{\"a\": [1, null], \"b\": \"\\u0000\"}')"]])
    def params(self, request: pytest.FixtureRequest, host: str) -> RunParams:
        return RunParams(host=host, argv=request.param)

    @pytest.fixture(params=[["nobody", "id"], ["here", ""], ["here", "a\0b"], ["here", "\ud800"], ["here", "a", ""]])
    def mistaken(self, request: pytest.FixtureRequest) -> RunParams:
        return RunParams(host=request.param[0], argv=request.param[1:])


class TestIntegration(IntegrationContract):
    @pytest.fixture
    def integration(self) -> Integration:
        return ssh_integration

    @pytest.fixture
    def secrets(self, sshd: Sshd) -> tuple[str, ...]:
        return tuple(line for line in sshd.client_key.read_text().splitlines() if "--" not in line)

    @pytest.fixture
    def unreachable(self, inventory: Inventory) -> SshConfig:
        return inventory(there={"port": free_port()})


async def test_output_and_exit_status_come_back(capabilities: Capabilities, host: str) -> None:
    result = await run(capabilities, host, "sh", "-c", "echo out; echo one >&2; echo why >&2; exit 3")
    assert result.outcome is Outcome.FAILED
    assert not result.temporary
    assert result.summary == f"exit status 3 on {host}: why"
    assert result.value == {
        "exit_code": 3, "stdout": "out\n", "stderr": "one\nwhy\n", "failed": [host], "unseen": [], "skipped": [],
        "hosts": {host: {"outcome": "failed", "summary": result.summary, "changed": True}},
    }  # fmt: skip
    assert result.text == "out\none\nwhy"


async def test_json_is_read(capabilities: Capabilities, host: str) -> None:
    result = await run(capabilities, host, "echo", '{"release": "v2", "previous": ["v1"]}')
    assert result.value["json"] == {"release": "v2", "previous": ["v1"]}


@pytest.mark.parametrize("output", ["v1", '{"a": NaN}', '{"a": 1e999}', r'"\ud800"', r'"\u0000"', "[" * 100_000])
async def test_what_no_later_step_could_keep_is_no_json(capabilities: Capabilities, output: str) -> None:
    assert "json" not in (await run(capabilities, "here", "printf", "%s", output)).value


async def test_every_argument_arrives_as_it_is(capabilities: Capabilities, host: str) -> None:
    """No shell, here or there, makes anything of them."""
    arguments = [
        value
        for value in (*HOSTILE, "$(id)", "`id`", "; id", "a  b", "~", "*", "-n", "'", "!!", "\\n")
        if "\0" not in value
    ]
    result = await run(capabilities, host, *SHOW, *arguments)
    assert result.value["stdout"] == f"{arguments}\n".replace("\0", "\ufffd")


async def test_nothing_of_our_environment_is_passed_on(capabilities: Capabilities, host: str) -> None:
    stdout = (await run(capabilities, host, "env")).value["stdout"]
    assert "PATH=" in stdout
    assert "PYTEST_CURRENT_TEST" not in stdout


async def test_a_known_secret_is_not_shown(capabilities: Capabilities, tools: Tools, host: str) -> None:
    tools.redactor.add("hunter22")
    result = await run(capabilities, host, "sh", "-c", "echo it is hunter22; echo hunter22 >&2; exit 1")
    assert "hunter22" not in f"{result}"


async def test_a_flood_is_cut_and_the_command_ends(capabilities: Capabilities, host: str) -> None:
    result = await run(capabilities, host, "head", "-c", "50000000", "/dev/zero")
    assert result.outcome is Outcome.SUCCEEDED
    assert MAX_OUTPUT - 4096 <= len(result.value["stdout"]) <= MAX_OUTPUT
    assert result.text.endswith("(cut after 256 KiB)")


async def test_no_half_of_a_secret_is_shown_where_output_is_cut(
    capabilities: Capabilities, tools: Tools, host: str
) -> None:
    """Neither in a line that comes in pieces, nor where no more is kept."""
    tools.redactor.add("hunter22-and-more")
    program = (
        "import sys, time; sys.stdout.write('x' * 9000 + ' hunter22-'); sys.stdout.flush(); time.sleep(1);"
        f"print('and-more\\nshort'); print('y' * {MAX_OUTPUT - 9040}, 'hunter22-and-more')"
    )
    said: list[str] = []
    action = capabilities.actions["host.run"]
    plan = await action.plan(RunParams(host=host, argv=[sys.executable, "-c", program]), Occasion())
    result = await action.run(plan, WITHIN, said.append)
    shown = f"{said} {result}"
    assert "hunter" not in shown
    assert "and-more" not in shown
    assert "[a line too long to be shown as it comes]\n" in "".join(said)
    assert "short\n" in "".join(said)


async def test_a_program_that_is_not_there(capabilities: Capabilities, host: str) -> None:
    result = await run(capabilities, host, "/no/such/program")
    assert result.outcome is Outcome.FAILED
    assert not result.temporary
    assert "program" in result.summary


async def test_a_signal_is_named(capabilities: Capabilities, host: str) -> None:
    result = await run(capabilities, host, sys.executable, "-c", "import os; os.kill(os.getpid(), 9)")
    assert result.outcome is Outcome.FAILED
    assert "SIGKILL" in result.summary or result.value["exit_code"] == 137


async def test_cancelled_it_stops_with_all_it_started(capabilities: Capabilities, host: str, marker: Path) -> None:
    command = f"sleep 600 & echo $! > '{marker}'; wait"
    task = asyncio.create_task(run(capabilities, host, "sh", "-c", command))
    child = int(await written(marker))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await gone(child)


async def test_cancelled_one_that_will_not_listen_is_ended(capabilities: Capabilities, host: str, marker: Path) -> None:
    command = f"trap '' TERM; echo $$ > '{marker}'; while :; do sleep 0.1; done"
    task = asyncio.create_task(run(capabilities, host, "sh", "-c", command))
    pid = int(await written(marker))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await gone(pid)


async def started_by_another(
    host: str, inventory: Inventory, within: float, command: str
) -> asyncio.subprocess.Process:
    """Another process, to be killed, that runs a shell command on the host and gives it so many seconds."""
    program = (
        "import asyncio, sys\n"
        "from datetime import timedelta\n"
        "from bot.integrations.ssh.client import Login, RemoteHost\n"
        "from bot.integrations.ssh.local import LocalHost\n"
        "within, command, address, port, user, known, key = sys.argv[1:]\n"
        "login = Login(host='there', address=address, port=int(port), user=user, known_hosts=known, key=key)\n"
        "place = RemoteHost(login, 'hosts') if address else LocalHost('hosts')\n"
        "asyncio.run(place.run(['sh', '-c', command], timedelta(seconds=float(within))))\n"
    )
    config = inventory()
    there = config.hosts[host]
    login = [there.address, str(there.port), config.user, config.known_hosts, config.key.get_secret_value()]
    return await asyncio.create_subprocess_exec(sys.executable, "-c", program, str(within), command, *login)


async def test_a_command_outlives_a_killed_tocsin_by_no_more_than_its_time(
    host: str, inventory: Inventory, marker: Path
) -> None:
    command = f"echo $$ > '{marker}'; sleep 600; touch '{marker}.done'"
    tocsin = await started_by_another(host, inventory, 1, command)
    pid = int(await written(marker))
    tocsin.kill()
    await tocsin.wait()
    began = time.monotonic()
    await gone(pid)
    assert time.monotonic() - began < ENDING.total_seconds()
    assert not made(Path(f"{marker}.done"))


async def test_a_local_command_outlives_a_killed_tocsin(
    capabilities: Capabilities, inventory: Inventory, marker: Path
) -> None:
    """`kill -9` of the process that started it: the command prints on, and finishes what it began."""
    command = (
        f"echo began > '{marker}.began'; while [ ! -e '{marker}.killed' ]; do echo printing; sleep 0.05; done; "
        + (f"for n in 1 2 3 4 5; do echo still printing; done; echo done > '{marker}'")
    )
    tocsin = await started_by_another("here", inventory, 30, command)
    await written(Path(f"{marker}.began"))
    tocsin.kill()
    await tocsin.wait()
    await run(capabilities, "here", "touch", f"{marker}.killed")
    assert await written(marker) == "done\n"


# -- Over SSH alone --


async def test_an_unknown_host_key_is_refused(inventory: Inventory, opened: Opened, tmp_path: Path) -> None:
    (tmp_path / "known_hosts").touch()
    async with opened(inventory(known_hosts=str(tmp_path / "known_hosts"))) as capabilities:
        result = await run(capabilities, "there", "uname")
    assert (result.outcome, result.temporary) == (Outcome.FAILED, False)
    assert "is not in" in result.summary
    assert "ssh-keyscan -p" in result.text


async def test_a_changed_host_key_is_refused(
    inventory: Inventory, opened: Opened, sshd: Sshd, tmp_path: Path, marker: Path
) -> None:
    public = (sshd.folder / "authorized_keys").read_text().split()[:2]  # of the right kind, and not the host's
    (tmp_path / "known_hosts").write_text(f"[{sshd.host}]:{sshd.port} {' '.join(public)}\n")
    async with opened(inventory(known_hosts=str(tmp_path / "known_hosts"))) as capabilities:
        result = await run(capabilities, "there", "touch", str(marker))
        (health,) = [found for found in await capabilities.examine() if found.what == "there"]
    assert (result.outcome, result.temporary) == (Outcome.FAILED, False)
    assert "is not the one in" in result.summary
    assert "somebody stands in between" in result.text
    assert (health.ok, health.detail) == (False, result.summary)
    assert not made(marker)


async def test_without_a_known_hosts_file_nobody_is_connected_to(inventory: Inventory, opened: Opened) -> None:
    async with opened(inventory(known_hosts="/no/such/file")) as capabilities:
        result = await run(capabilities, "there", "uname")
    assert result.outcome is Outcome.FAILED
    assert "No such file" in result.summary


async def test_a_key_that_opens_nothing(inventory: Inventory, opened: Opened, sshd: Sshd) -> None:
    stranger = SecretStr((sshd.folder / "host_key").read_text())
    async with opened(inventory(key=stranger)) as capabilities:
        result = await run(capabilities, "there", "uname")
    assert (result.outcome, result.temporary) == (Outcome.FAILED, False)
    assert "authorized_keys" in result.text


async def test_a_key_that_is_none(inventory: Inventory, opened: Opened) -> None:
    async with opened(inventory(key=SecretStr("not a key"))) as capabilities:
        result = await run(capabilities, "there", "uname")
    assert (result.outcome, result.temporary) == (Outcome.FAILED, False)


async def test_nobody_there_may_pass(inventory: Inventory, opened: Opened) -> None:
    async with opened(inventory(there={"port": free_port()})) as capabilities:
        result = await run(capabilities, "there", "touch", "/tmp/x")
    assert (result.outcome, result.temporary) == (Outcome.FAILED, True)


async def test_somebody_else_there_may_pass(inventory: Inventory, opened: Opened) -> None:
    async def not_ssh(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(not_ssh, "127.0.0.1", 0) as web:
        port = web.sockets[0].getsockname()[1]
        async with opened(inventory(there={"port": port})) as capabilities:
            result = await run(capabilities, "there", "touch", "/tmp/x")
    assert (result.outcome, result.temporary) == (Outcome.FAILED, True)


class Wire:
    """A wire to the sshd that can be cut."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._writers: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> "Wire":
        self._server = await asyncio.start_server(self._meet, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(self, *_: object) -> None:
        self.cut()
        self._server.close()

    def cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._to)
        self._writers += [writer, back]
        await asyncio.gather(self._carry(reader, back), self._carry(there, writer), return_exceptions=True)

    @staticmethod
    async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()


@pytest.mark.parametrize(
    ("read", "outcome", "temporary"), [([], Outcome.UNKNOWN, False), ([["sh", "-c", "*"]], Outcome.FAILED, True)]
)
async def test_a_connection_lost_in_the_middle(
    inventory: Inventory,
    opened: Opened,
    sshd: Sshd,
    marker: Path,
    tmp_path: Path,
    read: list[list[str]],
    outcome: Outcome,
    temporary: bool,
) -> None:
    """A change may have happened; a read may be repeated."""
    async with Wire(sshd.port) as wire:
        known = tmp_path / "known_hosts"
        known.write_text(sshd.known_hosts.replace(str(sshd.port), str(wire.port)))
        config = inventory(there={"port": wire.port}, known_hosts=str(known), read=read)
        async with opened(config) as capabilities:
            task = asyncio.create_task(run(capabilities, "there", "sh", "-c", f"echo $$ > '{marker}'; exec sleep 600"))
            pid = int(await written(marker))
            wire.cut()
            result = await task
    os.kill(pid, signal.SIGKILL)
    assert (result.outcome, result.temporary) == (outcome, temporary)
    assert "lost" in result.summary


async def test_many_at_once_take_turns(capabilities: Capabilities) -> None:
    results = await asyncio.gather(*(run(capabilities, "there", "sleep", "0.1") for _ in range(6)))
    assert {result.outcome for result in results} == {Outcome.SUCCEEDED}


async def test_the_doctor_sees_version_and_clock(inventory: Inventory, opened: Opened, tools: Tools) -> None:
    async with opened(inventory()) as capabilities:
        here, there = await capabilities.examine()
    assert here.ok
    assert there.version.startswith("SSH-2.0-OpenSSH") or "OpenSSH" in there.version
    assert there.skew is not None  # the fake clock stands at new year
    assert not there.ok
    assert "ahead of ours" in there.detail


# -- Probes --


@pytest.fixture
def known_change() -> WriteConfig:
    return WriteConfig(
        argv=["touch", "*"],
        probe=["sh", "-c", 'test -e "$1"', "probe", "{1}"],
        undo=["rm", "{1}"],
    )


async def test_a_probe_says_whether_it_happened(
    inventory: Inventory, opened: Opened, host: str, marker: Path, known_change: WriteConfig
) -> None:
    async with opened(inventory(write=[known_change])) as capabilities:
        action = capabilities.actions["host.run"]
        plan = await action.plan(RunParams(host=host, argv=["touch", str(marker)]), Occasion())
        assert action.probe is not None
        assert (plan.risk, plan.can_probe, plan.repeatable) == (Risk.WRITE, True, False)
        assert plan.undo == f"on {host}: rm '{marker}'"
        assert await action.probe(plan) is Did.DID_NOT
        assert (await action.run(plan, WITHIN, nobody)).outcome is Outcome.SUCCEEDED
        assert await action.probe(plan) is Did.DID


async def test_a_probe_that_cannot_tell_says_so(inventory: Inventory, opened: Opened, marker: Path) -> None:
    confused = WriteConfig(argv=["touch", "*"], probe=["sh", "-c", "exit 2"])
    async with opened(inventory(write=[confused], there={"port": free_port()})) as capabilities:
        action = capabilities.actions["host.run"]
        assert action.probe is not None
        for host in ("here", "there"):
            plan = await action.plan(RunParams(host=host, argv=["touch", str(marker)]), Occasion())
            assert await action.probe(plan) is Did.UNKNOWN
        unprobed = await action.plan(RunParams(host="here", argv=["rm", str(marker)]), Occasion())
        assert not unprobed.can_probe
        assert await action.probe(unprobed) is Did.UNKNOWN


async def test_a_plan_is_bound_to_where_the_host_was(inventory: Inventory, opened: Opened, marker: Path) -> None:
    async with opened(inventory()) as capabilities:
        touch = RunParams(host="here", argv=["touch", str(marker)])
        plan: Plan = await capabilities.actions["host.run"].plan(touch, Occasion())
    moved = {"here": HostConfig(address="127.0.0.1", user="other")}
    for hosts in (moved, {"elsewhere": HostConfig(local=True)}):
        async with opened(inventory(hosts=hosts)) as capabilities:
            result = await capabilities.actions["host.run"].run(plan, WITHIN, nobody)
            assert (result.outcome, result.temporary) == (Outcome.FAILED, False)
    assert not made(marker)


async def test_a_host_is_found_by_name_or_address_with_an_exporters_port(
    inventory: Inventory, opened: Opened, sshd: Sshd
) -> None:
    hosts = {
        "db-1": HostConfig(address="10.1.2.3"),
        "db-2": HostConfig(address="2001:db8::7"),
        "two-a": HostConfig(address="10.9.9.9"),
        "two-b": HostConfig(address="10.9.9.9", port=2222),
    }
    async with opened(inventory(hosts=hosts)) as capabilities:
        plan = capabilities.actions["host.run"].plan
        for said, meant in {
            "db-1": "db-1",
            "db-1:9100": "db-1",
            "10.1.2.3:9100": "db-1",
            "[2001:db8::7]:9100": "db-2",
            "2001:db8::7": "db-2",
        }.items():
            assert (await plan(RunParams(host=said, argv=["uname"]), Occasion())).targets == (meant,), said
        assert "several" in (await raised(plan(RunParams(host="10.9.9.9:9100", argv=["uname"]), Occasion()))).message
        error = await raised(plan(RunParams(host="bd-1", argv=["uname"]), Occasion()))
        assert isinstance(error, Permanent)
        assert "did you mean 'db-1'" in error.message


async def test_a_protection_holds_by_every_name_and_address_of_a_host(inventory: Inventory, opened: Opened) -> None:
    hosts = {
        "db-1": HostConfig(address="DB1.example.com"),
        "primary": HostConfig(address="db1.example.com", user="admin"),
        "behind": HostConfig(address="db1.example.com", port=2222),
        "me": HostConfig(local=True),
        "self": HostConfig(local=True),
    }
    async with opened(inventory(hosts=hosts)) as capabilities:
        plan = capabilities.actions["host.run"].plan
        places = (await plan(RunParams(host="primary", argv=["uname"]), Occasion())).places
        assert places == ("host:primary", "host:db1.example.com", "host:db-1")
        places = (await plan(RunParams(host="me", argv=["uname"]), Occasion())).places
        assert places == ("host:me", "host:localhost", "host:self")


async def test_who_approves_sees_what_is_there(inventory: Inventory, opened: Opened) -> None:
    """A command that draws itself differently on a screen is shown as it is."""
    async with opened(inventory()) as capabilities:
        plan = await capabilities.actions["host.run"].plan(
            RunParams(host="here", argv=["rm", "-rf", "/tmp/x\n\x1b[2K\u202e/", "a b"]), Occasion()
        )
    assert plan.summary == r"run on here: rm -rf '/tmp/x\n\x1b[2K\u202e/' 'a b'"
    assert plan.diff == r"local$ rm -rf '/tmp/x\n\x1b[2K\u202e/' 'a b'"
