"""What a command is taken for: a read only when it is surely one, a write only when the operator says so."""

import pytest
from pydantic import SecretStr, ValidationError

from bot.integrations.ssh import integration
from bot.integrations.ssh.config import HostConfig, SshConfig, WriteConfig
from bot.integrations.ssh.params import RunParams
from bot.integrations.ssh.patterns import Pattern, put_in
from bot.integrations.ssh.reading import only_reads
from bot.kit.http_out import HttpOut
from bot.kit.plugin import Tools
from bot.kit.redaction import Redactor
from bot.model.plan import Plan
from bot.model.runbook import Risk
from bot.ports.actions import Occasion
from bot.testing.clock import FakeClock

HERE = {"here": HostConfig(local=True)}

READS = """
df
df -h
df -hT / /var
df -PT
df -Pi --local
df --output=source,pcent /
df -t ext4
du -sh /var/log
du -xhd 1 /var
du --max-depth=2 /srv
free -m
uptime
ss -tlnp
ss --summary
ps aux
ps -ef
journalctl -u nginx -n 200 --no-pager
journalctl -u nginx --since=-15min -o short-iso
journalctl -k -p err -n50
systemctl status nginx
systemctl is-active nginx
systemctl show nginx --property=ActiveState,NRestarts,InvocationID
systemctl is-system-running
ps -eo pid,pcpu,stat,user,etime,comm --sort=-pcpu
ps -eo pid=,comm=
journalctl -u nginx --grep=a --case-sensitive=yes
systemctl list-units --state=failed --no-legend
uname -a
lsblk -o NAME,SIZE
nproc
who -b
ip addr
hostname
date
"""
NOT_READS = """
sh -c id
bash
python3 -c pass
env
cat /etc/shadow
tail -n 5 /etc/shadow
head /etc/shadow
find / -delete
sudo df
/tmp/df
df --sync
du --files0-from=/etc/shadow
du -X /etc/shadow
du --exclude-from /etc/shadow
free -s 1
ss -K dst 10.0.0.1
ss --kill
ss -D /tmp/dump
ss -tK
ss -F /etc/shadow
ss state established
ps auxe
ps e
ps -o cmd e
ps -eo pid,args
ps -eo pid,cmd --sort=-pcpu
ps -eo pid --sort=-pcpu,args
ps -eo pid e
cat /proc/sys/kernel/random/boot_id
journalctl --vacuum-size=1
journalctl --vacuum-time=1s
journalctl --vac=1
journalctl --rotate
journalctl --flush
journalctl --file=/etc/shadow
journalctl --root /
journalctl -D /
journalctl -f
journalctl -n --vacuum-size=1
journalctl -u --rotate
journalctl --lines --rotate
systemctl restart nginx
systemctl stop nginx
systemctl show nginx
systemctl show nginx --property=Environment
systemctl show nginx --property=ActiveState,Environment
systemctl show nginx -p Environment
systemctl cat nginx
systemctl -H other status nginx
systemctl status nginx -H other
systemctl status --root=/ nginx
systemctl
hostname other
date -s 2020-01-01
date 010100002020
ip link set eth0 down
ip netns exec x sh
ip -batch /x
mount
vmstat 1
lsblk /dev/sda
who /etc/shadow
uname -h5
df --
df -h --nonsense
--
-h
"""


def lines(text: str) -> list[list[str]]:
    return [line.split() for line in text.strip().splitlines()]


@pytest.mark.parametrize("argv", lines(READS), ids=" ".join)
def test_these_only_read(argv: list[str]) -> None:
    assert only_reads(argv)


@pytest.mark.parametrize("argv", [*lines(NOT_READS), [""]], ids=" ".join)
def test_these_may_do_more(argv: list[str]) -> None:
    assert not only_reads(argv)


@pytest.mark.parametrize(
    ("pattern", "argv", "captured"),
    [
        (["release", "switch", "*", "*"], ["release", "switch", "cart", "v1"], ("cart", "v1")),
        (["release", "switch", "*"], ["release", "switch", "a b\n*"], ("a b\n*",)),
        (["x", "--name=*", "v*.*"], ["x", "--name=a=b", "v1.2"], ("a=b", "1", "2")),
        (["x", "--name=*"], ["x", "--name=--all"], None),
        (["x", "[ab]?"], ["x", "[ab]?"], ()),
        (["x", "[ab]?"], ["x", "a1"], None),
        (["x", "*"], ["x"], None),
        (["x", "*"], ["x", "a", "b"], None),
        (["x", "*"], ["X", "a"], None),
        (["x", "*"], ["x", "--force"], None),
        (["x", "*"], ["x", "-"], None),
        (["x", "-*"], ["x", "-rf"], ("rf",)),
        (["x", "a*"], ["x", "b"], None),
    ],
)
def test_a_pattern(pattern: list[str], argv: list[str], captured: tuple[str, ...] | None) -> None:
    assert Pattern(tuple(pattern)).match(argv) == captured


def test_what_was_captured_is_put_in_as_text() -> None:
    filled = put_in(["probe", "{1}", "{2}-{1}", "{}", "{0}", "{x}"], ["{2}", "b"])
    assert filled == ("probe", "{2}", "b-{2}", "{}", "{0}", "{x}")


async def planned(config: SshConfig, *argv: str) -> Plan:
    tools = Tools(name="hosts", clock=FakeClock(), http=HttpOut(), redactor=Redactor())
    async with integration.open(config, tools) as opened:
        return await opened.actions["host.run"].plan(RunParams(host="here", argv=list(argv)), Occasion())


async def test_the_first_pattern_that_fits_decides_and_reading_comes_first() -> None:
    config = SshConfig(
        hosts=HERE,
        read=[["release", "history", "*"]],
        write=[
            WriteConfig(argv=["release", "switch", "*", "v1"], undo=["release", "undo", "{1}"]),
            WriteConfig(argv=["release", "*", "*", "*"], probe=["release", "check", "{2}"]),
            WriteConfig(argv=["release", "history", "*"]),
        ],
    )
    history = await planned(config, "release", "history", "cart")
    assert (history.risk, history.repeatable, history.can_probe) == (Risk.READ, True, False)
    first = await planned(config, "release", "switch", "cart", "v1")
    assert (first.risk, first.repeatable, first.can_probe) == (Risk.WRITE, False, False)
    assert first.undo == "on here: release undo cart"
    second = await planned(config, "release", "switch", "cart", "v2")
    assert (second.risk, second.can_probe, second.undo) == (Risk.WRITE, True, "")
    assert (await planned(config, "release", "switch", "cart", "--force")).risk is Risk.DESTRUCTIVE
    known = SshConfig(hosts=HERE, write=[WriteConfig(argv=["drain", "--node=*"], undo=["undrain", "{1}"])])
    assert (await planned(known, "drain", "--node=n1")).undo == "on here: undrain n1"
    hostile = await planned(known, "drain", "--node=--all")
    assert (hostile.risk, hostile.undo) == (Risk.DESTRUCTIVE, ""), "alone in the undo it would be an option"
    assert (await planned(config, "df", "-h")).risk is Risk.READ
    assert (await planned(config, "rm", "-rf", "/")).risk is Risk.DESTRUCTIVE


KEY = SecretStr("a key")
LOGIN = {"key": KEY, "known_hosts": "/k", "user": "tocsin"}
REMOTE = {"there": HostConfig(address="10.0.0.1")}


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"hosts": {}}, "at least 1"),
        ({"hosts": {"a": {"local": "true", "address": "b"}}}, "either"),
        ({"hosts": {"a": {}}}, "either"),
        ({"hosts": {"a": {"address": "b", "port": "0"}}}, "port"),
        ({"hosts": REMOTE, "key": KEY, "user": "tocsin"}, "known_hosts"),
        ({"hosts": REMOTE, "known_hosts": "/k", "user": "tocsin"}, "key"),
        ({"hosts": REMOTE, "known_hosts": "/k", "key": KEY}, "who logs in to there"),
        ({"hosts": HERE, "read": [[]]}, "program"),
        ({"hosts": HERE, "read": [["df", ""]]}, "empty argument"),
        ({"hosts": HERE, "read": [["*", "x"]]}, "name the program"),
        ({"hosts": HERE, "write": [{"argv": ["/opt/*", "x"]}]}, "name the program"),
        ({"hosts": HERE, "write": [{"argv": ["x", "*"], "probe": ["y", "{2}"]}]}, "names {2}"),
        ({"hosts": HERE, "write": [{"argv": ["x"], "undo": ["y", "{1}"]}]}, "names {1}"),
        ({"hosts": HERE, "wirte": []}, "wirte"),
        ({"hosts": HERE, "files": ["logs/*.log"]}, "begins with"),
        ({"hosts": HERE, "files": ["/var/../etc/*"]}, "begins with"),
        ({"hosts": HERE, "groups": {"web": ["web*"]}}, "no host fits web"),
        ({"hosts": HERE, "groups": {"web": []}}, "no host fits it of group web"),
        ({"hosts": {"a": {"local": "true", "jump": "b"}}}, "not reached through another"),
        (LOGIN | {"hosts": {"a": {"address": "a", "jump": "b"}}}, "which is no host"),
        (LOGIN | {"hosts": {"a": {"address": "a", "jump": "b"}, "b": {"local": "true"}}}, "which is no host"),
        (LOGIN | {"hosts": {"a": {"address": "a", "jump": "b"}, "b": {"address": "b", "jump": "a"}}}, "a -> b -> a"),
    ],
)
def test_a_configuration_that_cannot_work_is_refused(values: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint.replace("{", r"\{")):
        SshConfig.model_validate(values)


def test_numbers_and_truths_are_read_from_text() -> None:
    config = SshConfig.model_validate(
        {
            "hosts": {"a": {"local": "true"}, "b": {"address": "b", "port": "2222", "user": "root"}},
            "key": "k",
            "known_hosts": "/k",
        }
    )
    assert config.hosts["a"].local
    assert config.hosts["b"].port == 2222
