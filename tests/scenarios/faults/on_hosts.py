"""Faults of a host with a real sshd, seen through what a node exporter would tell of it."""

import os
import subprocess
from pathlib import Path

from bot.integrations.ssh.config import SshConfig
from tests.integrations.ssh.conftest import fleet_config
from tests.scenarios.faults.responding import End, responding
from tests.scenarios.faults.site import Site, sample
from tests.scenarios.faults.stories import story
from tests.servers import Machine

INSTANCE = "web1:9100"
FAILED = {"ActiveState": "failed", "SubState": "failed", "Result": "exit-code", "MainPID": "0"}
DOWN = {"ActiveState": "inactive", "SubState": "dead", "MainPID": "0"}
GIB = 1024**3


def host(site: Site) -> tuple[Machine, SshConfig]:
    """A host that is called web1."""
    machine = site.machine()
    return machine, fleet_config(site.folder, {"web1": machine})


@story("service down on a host")
async def service_down(site: Site, helps: bool) -> End:
    machine, hosts = host(site)
    machine.systemd.unit("nginx.service", **FAILED, fails=not helps)

    def units() -> str:
        state = machine.systemd["nginx.service"]["ActiveState"]
        return sample("node_systemd_unit_state", state == "failed", name="nginx.service", state="failed")

    site.shows("node", INSTANCE, units)
    async with responding(site, "unit-failed", "NodeUnitFailed", helps=helps, hosts=hosts) as tocsin:
        await tocsin.agreed("restart")
        end = await tocsin.ended()
    assert machine.systemd.changes == [["systemctl", "restart", "nginx.service"]], "once"
    return end


@story("host down")
async def host_down(site: Site, helps: bool) -> End:
    machine, hosts = host(site)
    machine.systemd.unit("node_exporter.service", **DOWN)

    def exporter() -> str:
        if machine.systemd["node_exporter.service"]["ActiveState"] != "active" or not helps:
            raise ConnectionError("nobody listens")
        return sample("node_load5", 0.1)

    site.shows("node", INSTANCE, exporter)
    async with responding(site, "host-down", "NodeDown", helps=helps, hosts=hosts) as tocsin:
        await tocsin.agreed("start")
        return await tocsin.ended()


@story("disk almost full on a host")
async def disk_full(site: Site, helps: bool) -> End:
    machine, hosts = host(site)
    disk = site.folder / "disk"
    for name, size in (("journal", 12), ("data", 7)) if helps else (("journal", 1), ("data", 18)):
        _fill(disk / name, size * GIB + GIB // 2)
    machine.systemd.keeps_journal_in(disk / "journal")

    def room() -> str:
        used = sum(file.stat().st_size for file in disk.iterdir())
        labels = {"device": "/dev/vda1", "mountpoint": str(disk), "fstype": "ext4"}
        size = sample("node_filesystem_size_bytes", 20 * GIB, **labels)
        return size + sample("node_filesystem_avail_bytes", 20 * GIB - used, **labels)

    site.shows("node", INSTANCE, room)
    async with responding(
        site, "disk-almost-full", "NodeFilesystemAlmostOutOfSpace", helps=helps, hosts=hosts
    ) as tocsin:
        question = await tocsin.agreed("trim_journal")
        assert question.count == 2, "what is deleted does not come back"
        return await tocsin.ended()


@story("high load")
async def high_load(site: Site, helps: bool) -> End:
    _, hosts = host(site)
    hogs = _processes(site, 3)

    def load() -> str:
        waiting = sum(hog.poll() is None for hog in hogs)
        return sample("node_load5", waiting) + sample("node_cpu_seconds_total", 100, cpu="0", mode="idle")

    site.shows("node", INSTANCE, load)
    async with responding(site, "host-saturated", "NodeSaturated", helps=helps, hosts=hosts) as tocsin:
        await tocsin.looked("busiest")
        if helps:
            for hog in hogs:
                hog.kill()  # somebody reads who it is, and ends them
        return await tocsin.ended()


def _processes(site: Site, count: int) -> list[subprocess.Popen[bytes]]:
    """Processes that are there until somebody ends them; what they take of the machine only the exporter says."""
    made = [site.running.enter_context(subprocess.Popen(["/bin/sleep", "600"])) for _ in range(count)]
    for one in made:
        site.running.callback(one.kill)
    return made


def _fill(file: Path, size: int) -> None:
    """A file of this size, without anything in it: it takes no room on the disk of these tests."""
    file.parent.mkdir(exist_ok=True)
    with file.open("wb") as sparse:
        os.truncate(sparse.fileno(), size)
