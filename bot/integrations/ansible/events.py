"""What the events of a play add up to: for each host what was done, what would be, and what nobody can know."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.kit.redaction import visible
from bot.model.plan import Outcome

_COUNTS = {"ok": "ok", "changed": "changed", "failures": "failed", "dark": "unreachable", "skipped": "skipped"}
_LONGEST = 300
SKIPPED = "skipped"
"""What a host is whose turn never came."""
_LEFT_OUT = ('"false_condition":', '"skip_reason":')
"""What Ansible says of a task that its own condition left out, rather than check mode."""


@dataclass(slots=True)
class Score:
    """A play as it is heard. `tasks` are told as `host: task`."""

    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    """Tasks that check mode leaves out, because their module cannot tell what it would do."""
    failures: dict[str, str] = field(default_factory=dict)
    diffs: list[str] = field(default_factory=list)
    others: dict[str, str] = field(default_factory=dict)
    """On which other hosts tasks acted, each with one of those tasks."""
    kept: dict[str, str] = field(default_factory=dict)
    """On which they would have, had they not been kept from it."""
    left: set[str] = field(default_factory=set)
    """The hosts that were kept from beginning, because nothing more of the run was to begin."""
    stopped: str = ""
    """Why nothing more was."""
    is_over: bool = False
    forced: str = ""
    """A task that would have acted in check mode too, and was kept from it."""
    # Any: plain JSON, as modules return it.
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)

    def hear(self, event: Mapping[str, Any]) -> None:  # Any: an event of ansible-runner
        """Adds an event."""
        data = event.get("event_data") or {}
        host, task = str(data.get("host", "")), visible(str(data.get("task", "")))
        result = data.get("res")
        result = result if isinstance(result, Mapping) else {}
        match event.get("event"):
            case "runner_on_ok":
                self._done(host, task, result)
            case "runner_on_skipped" if not any(reason in plain(event) for reason in _LEFT_OUT):
                self.unknown.append(f"{host}: {task}")
            case "runner_on_failed" if not data.get("ignore_errors"):
                self.failures[host] = f"{task}: {_why(result)}"
            case "runner_on_unreachable":
                self.failures[host] = f"cannot be reached: {_why(result)}"
            case "runner_on_file_diff":
                self.diffs.append(f"{host}: {task}\n{plain(event)}".rstrip())
            case "playbook_on_stats":
                self._end(data)
            case _:  # besides: what begins, and items of loops, which the end of their task counts
                self._hear_gate(event.get("event"), data, host, task)

    # Any: see hear
    def _hear_gate(self, event: object, data: Mapping[str, Any], host: str, task: str) -> None:
        match event:
            case "tocsin_other":
                self.others.setdefault(visible(str(data["whom"])), f"{host}: {task}")
            case "tocsin_stray":
                self.kept.setdefault(visible(str(data["whom"])), f"{host}: {task}")
            case "tocsin_forced":
                self.forced = self.forced or f"{host}: {task}"
            case "tocsin_stop":
                self.stopped = visible(str(data["why"]))
            case "tocsin_left":
                self.left.add(host)
            case _:
                pass

    def outcome(self, host: str) -> str:
        """How it ended there. One that was lost after its first task may have got further than anybody saw."""
        counts = self.counts.get(host)
        if host in self.left or (counts is None and self.is_over):
            return SKIPPED
        if counts is None:
            return Outcome.UNKNOWN
        if counts["unreachable"]:
            return Outcome.UNKNOWN if counts["ok"] or counts["changed"] else Outcome.FAILED
        return Outcome.FAILED if counts["failed"] else Outcome.SUCCEEDED

    def value(self, host: str) -> dict[str, Any]:  # Any: plain JSON
        """What later steps read of a host."""
        counts = self.counts.get(host, dict.fromkeys(_COUNTS.values(), 0))
        outcome = str(self.outcome(host))
        summary = self.failures.get(host) or f"{counts['ok']} tasks, {counts['changed']} of them changed something"
        return {
            **counts,
            "outcome": outcome,
            "summary": f"left out, because {self.why}" if outcome == SKIPPED else summary,
        }

    @property
    def why(self) -> str:
        """Why hosts were left out."""
        return self.stopped or "the play ended before their turn, or is not for them"

    def _done(self, host: str, task: str, result: Mapping[str, Any]) -> None:  # Any: plain JSON
        if result.get("changed"):
            self.changed.append(f"{host}: {task}")
        if isinstance(result.get("ansible_facts"), Mapping):
            self.facts[host] = {
                name.removeprefix("ansible_"): value for name, value in _keepable(result["ansible_facts"]).items()
            }

    def _end(self, data: Mapping[str, Any]) -> None:  # Any: plain JSON
        self.is_over = True
        for host in data.get("processed", {}):
            self.counts[host] = {ours: int(data.get(theirs, {}).get(host, 0)) for theirs, ours in _COUNTS.items()}


def plain(event: Mapping[str, Any]) -> str:  # Any: an event of ansible-runner
    """What Ansible would have printed, as lines."""
    return re.sub(r"\x1b\[[0-9;]*m", "", str(event.get("stdout", ""))).replace("\r", "").strip("\n")


def _why(result: Mapping[str, Any]) -> str:  # Any: plain JSON
    said = str(result.get("msg") or result.get("stderr") or result.get("reason") or "it does not say why")
    return visible(" ".join(said.split()))[:_LONGEST]


def _keepable(facts: Mapping[str, Any]) -> dict[str, Any]:  # Any: plain JSON
    """Facts as a database keeps them."""
    text = json.dumps(dict(facts), ensure_ascii=True, default=str).replace("\\u0000", "\\ufffd")
    found: dict[str, Any] = json.loads(re.sub(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}", r"\\ufffd", text))
    return found
