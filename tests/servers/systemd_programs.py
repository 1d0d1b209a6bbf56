"""systemctl and journalctl over a folder instead of a running systemd: what Tocsin uses of them, as in their manuals.

Run as `python -IS systemd_programs.py PROGRAM FOLDER ARGUMENT...`; imports nothing of ours. What their manuals allow
and Tocsin never means is here too - patterns of names, targets that reboot - so that a hostile name would do harm.
"""

import fcntl
import fnmatch
import json
import os
import re
import sys
import time

STAMP = "%a %Y-%m-%d %H:%M:%S UTC"
NOT_FOUND = {
    "LoadState": "not-found", "ActiveState": "inactive", "SubState": "dead", "Type": "", "Result": "success",
    "MainPID": "0", "NRestarts": "0", "InvocationID": "", "ActiveEnterTimestamp": "", "UnitFileState": "",
}  # fmt: skip
ENDS = {"reboot.target", "systemd-reboot.service", "poweroff.target", "systemd-poweroff.service"}


class the_state:  # noqa: N801 - it reads as a block: with the_state(folder) as state
    """What is known of the units, for the length of a block; this module imports little, for it is started often."""

    def __init__(self, folder: str) -> None:
        self.file = f"{folder}/state.json"
        self.lock = open(f"{folder}/lock", "w")  # noqa: SIM115 - closed when the program ends

    def __enter__(self) -> dict:
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        with open(self.file) as file:
            self.state = json.load(file)
        return self.state

    def __exit__(self, *_: object) -> None:
        with open(f"{self.file}.new", "w") as file:
            json.dump(self.state, file)
        os.replace(f"{self.file}.new", self.file)  # who looks meanwhile sees the one or the other


def options(program: str, arguments: list[str], known: set[str]) -> tuple[dict[str, str], list[str]]:
    """Long options with a value attached, and the rest; another option ends the program as getopt does."""
    found, rest = {}, []
    for index, argument in enumerate(arguments):
        if argument == "--":
            rest += arguments[index + 1 :]
            break
        if not argument.startswith("-") or argument == "-":
            rest.append(argument)
            continue
        name, _, value = argument.partition("=")
        if name not in known:
            sys.exit(f"{program}: unrecognized option '{argument}'")
        found[name] = value
    return found, rest


def named(unit: str) -> str:
    kinds = (".service", ".target", ".socket", ".timer", ".mount")
    return unit if unit.endswith(kinds) else f"{unit}.service"


def meant(state: dict, pattern: str) -> list[str]:
    """A pattern stands for all units it fits, as in systemctl(1)."""
    if any(char in pattern for char in "*?["):
        return [unit for unit in state["units"] if fnmatch.fnmatchcase(unit, named(pattern))]
    unit = named(pattern)
    return [state["aliases"].get(unit, unit)]


def begin(state: dict, unit: dict) -> bool:
    state["invocations"] += 1
    unit |= {
        "InvocationID": f"{state['invocations']:032x}",
        "ActiveEnterTimestamp": time.strftime(STAMP, time.gmtime()),
    }
    if unit.get("fails"):
        unit |= {"ActiveState": "failed", "SubState": "failed", "Result": "exit-code", "MainPID": "0"}
        return False
    if unit["Type"] == "oneshot":
        unit |= {"ActiveState": "inactive", "SubState": "dead", "Result": "success", "MainPID": "0"}
        return True
    unit |= {"ActiveState": "active", "SubState": "running", "Result": "success", "MainPID": str(state["invocations"])}
    return True


def end(unit: dict) -> None:
    unit |= {"ActiveState": "inactive", "SubState": "dead", "Result": "success", "MainPID": "0"}


def change(folder: str, verb: str, patterns: list[str]) -> int:
    with the_state(folder) as state:
        for unit in (unit for pattern in patterns for unit in meant(state, pattern)):
            if unit in ENDS:
                open(f"{folder}/rebooting", "w").close()
                continue
            if unit not in state["units"]:
                print(f"Failed to {verb} {unit}: Unit {unit} not found.", file=sys.stderr)
                return 5
            found = state["units"][unit]
            if verb in ("stop", "restart"):
                end(found)
            if found.get("dies") and verb == "restart":
                found["dying"] = True
            starts = verb == "restart" or (verb == "start" and found["ActiveState"] != "active")
            if starts and not begin(state, found):
                print(f"Job for {unit} failed because the control process exited with error code.", file=sys.stderr)
                return 1
    return 0


def show(folder: str, given: dict[str, str], units: list[str]) -> int:
    with the_state(folder) as state:
        for unit in state["units"].values():
            if unit.get("dying") and (looks := unit.get("looks", 0)) is not None:
                unit["looks"] = looks + 1
                if looks == 1:  # it was seen alive once; then systemd had to start it again
                    begin(state, unit)
        for index, unit in enumerate(units):
            unit = state["aliases"].get(named(unit), named(unit))
            loaded = {"LoadState": "loaded", "UnitFileState": "enabled"} if unit in state["units"] else {}
            values = {"Id": unit, "Description": unit} | NOT_FOUND | loaded | state["units"].get(unit, {})
            wanted = given.get("--property", "").split(",")
            print("\n" * (index > 0) + "\n".join(f"{name}={values[name]}" for name in wanted if name in values))
    return 0


def systemctl(folder: str, arguments: list[str]) -> int:
    given, words = options("systemctl", arguments, {"--property"})
    verb, *units = words or [""]
    match verb:
        case "show":
            return show(folder, given, units)
        case "start" | "stop" | "restart":
            return change(folder, verb, units)
        case "reboot":
            open(f"{folder}/rebooting", "w").close()
            return 0
        case "is-system-running":
            print("stopping" if os.path.exists(f"{folder}/rebooting") else "running")
            return int(os.path.exists(f"{folder}/rebooting"))
        case _:
            print(f"Unknown command verb {verb}.", file=sys.stderr)
            return 1


def vacuum(folder: str, size: str) -> int:
    """Leaves no more than this of the journal's files; a test says where they are."""
    most = int(size[:-1]) * {"M": 1024**2, "G": 1024**3}[size[-1]]
    with the_state(folder) as state:
        kept = state["journal"]
    if (before := os.path.getsize(kept)) > most:
        os.truncate(kept, most)
    print(f"Vacuuming done, freed {max(0, before - most)}B of archived journals from {kept}.", file=sys.stderr)
    return 0


def journalctl(folder: str, arguments: list[str]) -> int:
    known = {"--unit", "--since", "--lines", "--output", "--no-pager", "--utc", "--grep", "--case-sensitive"}
    given, rest = options("journalctl", arguments, known | {"--vacuum-size"})
    if "--vacuum-size" in given:
        return vacuum(folder, given["--vacuum-size"])
    if rest:
        sys.exit(f"Failed to add match '{rest[0]}': Invalid argument")
    ago = re.fullmatch(r"-(\d+)s", given.get("--since", "-99999999s"))
    if ago is None or given.get("--output", "short-iso") != "short-iso":
        sys.exit("Failed to parse timestamp")
    since = time.time() - int(ago[1])
    pattern = re.compile(given.get("--grep", ""), 0 if given.get("--case-sensitive") == "yes" else re.IGNORECASE)
    with open(f"{folder}/journal") as journal:
        entries = [json.loads(line) for line in journal]
    shown = [
        one
        for one in entries
        if one["at"] >= since and one["unit"] == named(given["--unit"]) and pattern.search(one["message"])
    ][-int(given.get("--lines", "100000")) :]
    for one in shown:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime(one["at"]))
        print(f"{stamp} host {one['unit'].removesuffix('.service')}[1]: {one['message']}")
    if not shown:
        print("-- No entries --")
    return int(not shown and "--grep" in given)


if __name__ == "__main__":
    program, where, *given_arguments = sys.argv[1:]
    with open(f"{where}/calls", "a") as calls:
        calls.write(json.dumps([program, *given_arguments]) + "\n")
    sys.exit({"systemctl": systemctl, "journalctl": journalctl}[program](where, given_arguments))
