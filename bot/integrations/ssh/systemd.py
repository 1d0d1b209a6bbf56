"""What systemd says of a service, and what of that must still be so when a change of it is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.errors import Permanent
from bot.integrations.ssh.doing import Host
from bot.kit.redaction import visible

_PROPERTIES = (
    "Id,LoadState,ActiveState,SubState,Type,Result,MainPID,NRestarts,InvocationID,ActiveEnterTimestamp,"
    "UnitFileState,Description"
)
_ENDS_THE_MACHINE = (
    "reboot",
    "poweroff",
    "halt",
    "kexec",
    "soft-reboot",
    "suspend",
    "hibernate",
    "emergency",
    "rescue",
)
_WAY_IN = frozenset({"ssh.service", "sshd.service"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service as systemd tells of it. `invocation` is another one after each start; empty before the first."""

    id: str
    load: str
    active: str
    sub: str
    type: str
    result: str
    main_pid: int
    restarts: int
    invocation: str
    since: str
    enabled: str
    description: str

    @property
    def is_up(self) -> bool:
        """Whether it does its work."""
        return self.active in ("active", "reloading")

    @property
    def runs_once(self) -> bool:
        """Whether it is done when its command has ended well."""
        return self.type == "oneshot"

    @property
    def _comes_and_goes(self) -> bool:
        return self.sub == "auto-restart"

    @property
    def words(self) -> str:
        """Its state on one line. It stands in plans, so nothing in it moves while what a plan is bound to stays."""
        text = f"{self.id} is {self.active} ({self.sub})"
        if self.active == "failed":
            text += f", because of {self.result}"
        if self._comes_and_goes:
            text += ", restarted again and again by systemd"
        elif self.restarts:
            text += f", restarted {self.restarts} times by systemd"
        return text + (f", since {self.since}" if self.is_up and self.since else "")

    @property
    def bound(self) -> Mapping[str, str]:
        """What an approval of a change is bound to.

        One that systemd keeps restarting is another invocation every few seconds, so only that it does so counts. Of
        one that is inactive, systemd may forget which invocation it was.
        """
        if self._comes_and_goes:
            return {"state": "restarted again and again"}
        if self.active == "inactive":
            return {"state": "inactive"}
        return {"state": self.active, "invocation": self.invocation or self.since}

    def value(self) -> dict[str, object]:
        """As later steps read it."""
        return {
            "unit": self.id,
            "active": self.is_up,
            "state": self.active,
            "sub_state": self.sub,
            "result": self.result,
            "main_pid": self.main_pid,
            "restarts": self.restarts,
            "since": self.since,
            "enabled": self.enabled,
        }


async def service(host: Host, unit: str) -> Service:
    """What the host's systemd says of it; Permanent when there is no such service."""
    ended = await host.ask("systemctl", "show", unit, f"--property={_PROPERTIES}")
    if ended.exit_code != 0:
        said = visible(host.clean(ended.stderr).strip())[:200] or f"exit status {ended.exit_code}"
        hint = "see that the host runs systemd, and that its user may ask it"
        raise _mistake(host, f"systemd on {host.name} does not tell of {unit}: {said}", hint)
    said_of = dict(line.partition("=")[::2] for line in host.clean(ended.stdout).splitlines())
    found = Service(
        id=said_of.get("Id", unit),
        load=said_of.get("LoadState", ""),
        active=said_of.get("ActiveState", ""),
        sub=said_of.get("SubState", ""),
        type=said_of.get("Type", ""),
        result=said_of.get("Result", ""),
        main_pid=_number(said_of.get("MainPID", "")),
        restarts=_number(said_of.get("NRestarts", "")),
        invocation=said_of.get("InvocationID", ""),
        since=said_of.get("ActiveEnterTimestamp", ""),
        enabled=said_of.get("UnitFileState", ""),
        description=said_of.get("Description", ""),
    )
    if found.load != "loaded":
        hint = "`systemctl list-units --type=service --all` on the host lists them"
        raise _mistake(host, f"{host.name} has no service {unit}: systemd says {found.load or 'nothing'}", hint)
    return found


def refuse_what_no_runbook_changes(host: Host, found: Service, *, stops: bool) -> None:
    """Permanent for services whose start ends the machine's work, and for the way in, where it would be closed."""
    name = found.id.removeprefix("systemd-").removesuffix(".service")
    if name in _ENDS_THE_MACHINE or name.startswith("debug-shell"):
        raise _mistake(host, f"{found.id} is not changed by a runbook", "use host.reboot, which waits until it is back")
    if stops and found.id in _WAY_IN and not host.local:
        hint = "nobody could start it again from here; restart it instead"
        raise _mistake(host, f"{found.id} is how Tocsin reaches {host.name}", hint)


def _mistake(host: Host, message: str, hint: str) -> Permanent:
    return Permanent(message, integration=host.integration, reason="client", hint=hint)


def _number(text: str) -> int:
    return int(text) if text.isdigit() and len(text) < 10 else 0
