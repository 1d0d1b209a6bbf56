"""`ansible.playbook`, `ansible.ping` and `ansible.facts`.

A playbook is planned by playing it in check mode: Ansible's own rehearsal, which tells of each task what it would
change. What check mode cannot know is named, not guessed: modules that do not support it, such as `command`, are left
out there.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, cast

from bot.errors import IntegrationError, Permanent, Temporary
from bot.integrations.ansible.config import AnsibleConfig
from bot.integrations.ansible.elsewhere import HERE, Elsewhere, acts_elsewhere, reached_from_here
from bot.integrations.ansible.events import SKIPPED, Score, plain
from bot.integrations.ansible.inventory import Inventory, read_inventory
from bot.integrations.ansible.params import OnInventory, PlaybookParams
from bot.integrations.ansible.playing import Silent, played
from bot.integrations.ansible.sources import TooMuch, content_hash, runs_even_in_check_mode
from bot.integrations.ansible.workspace import Play
from bot.kit.redaction import Redactor, visible
from bot.model.plan import ActionResult, Did, Outcome, Plan
from bot.model.runbook import Risk
from bot.ports.actions import Action, ActionSpec, Occasion, Say, nobody

_CHECKED_WITHIN = timedelta(minutes=5)
_MOST_DIFF = 16_000  # characters
_MOST_TEXT = 256 * 1024
_PASSING = re.compile(r"/\S*tocsin-ansible-\S+")

_RESULT = {
    "hosts": "for each host its `outcome` (succeeded, failed, unknown or skipped), a `summary`, and how many of its "
    "tasks were `ok`, `changed`, `failed`, `unreachable` and `skipped`",
    "changed": "the tasks that changed something, as `host: task`",
    "failed": "the hosts on which it failed, or that could not be reached",
    "unseen": "the hosts on which nobody saw how it ended",
    "skipped": "the hosts on which nothing was begun, because nothing more of the run was to begin, or the play ended "
    "before their turn",
}
PLAYBOOK = ActionSpec(
    name="ansible.playbook",
    params=PlaybookParams,
    risk=Risk.DESTRUCTIVE,
    help="Plays a playbook on hosts of the inventory, after it was played in check mode.",
    result=_RESULT,
)
PING = ActionSpec(
    name="ansible.ping",
    params=OnInventory,
    risk=Risk.READ,
    help="Tells whether Ansible can work on hosts.",
    result=_RESULT,
)
FACTS = ActionSpec(
    name="ansible.facts",
    params=OnInventory,
    risk=Risk.READ,
    help="Tells what Ansible finds out about hosts.",
    result=_RESULT | {"facts": "for each host its facts by name, without `ansible_`"},
)
_OWN: Mapping[str, Sequence[Mapping[str, Any]]] = {  # Any: plain JSON
    PING.name: [{"hosts": "all", "gather_facts": False, "tasks": [{"name": "ping", "ansible.builtin.ping": {}}]}],
    FACTS.name: [
        {
            "hosts": "all",
            "gather_facts": False,
            "tasks": [
                {"name": "find out", "ansible.builtin.setup": {"gather_subset": ["!all", "min", "hardware", "network"]}}
            ],
        }
    ],
}


@dataclass(frozen=True, slots=True)
class _Sources:
    """What a play is bound to."""

    playbook: Path
    content: str
    forced: str
    """Where a task disregards check mode."""
    elsewhere: Sequence[Elsewhere]


class Playing:
    """Makes the actions of one integration, which tocsin.yaml calls `name`."""

    def __init__(self, name: str, config: AnsibleConfig, redactor: Redactor) -> None:
        self._name = name
        self._config = config
        self._redactor = redactor

    def actions(self) -> Mapping[str, Action]:
        """The actions by name."""
        made = {spec.name: Action(spec=spec, plan=self._reads(spec), run=self._read) for spec in (PING, FACTS)}
        playbook = Action(spec=PLAYBOOK, plan=self._plan, run=self._run, probe=self._probe)
        return {PLAYBOOK.name: playbook, **made}

    def _reads(self, spec: ActionSpec) -> Any:  # Any: Action.plan, of this spec's parameters
        async def plan(params: OnInventory, _: Occasion) -> Plan:
            inventory = await read_inventory(self._config, self._name)
            hosts = inventory.meant(params)
            line = {"ansible.ping": "see whether Ansible can work", "ansible.facts": "find out about"}[spec.name]
            summary = f"{line} on {', '.join(hosts)}"
            return self._planned(spec, {}, hosts, summary, Risk.READ, places=inventory.places(hosts))

        return plan

    async def _plan(self, params: PlaybookParams, _: Occasion) -> Plan:
        inventory = await read_inventory(self._config, self._name)
        hosts = inventory.meant(params)
        sources = await asyncio.to_thread(self._sources, params.playbook)
        others = self._others(sources, inventory, hosts)
        given = {"playbook": params.playbook, "variables": params.variables}
        bound = {"inventory": inventory.hash, "content": sources.content}
        known = any(fnmatchcase(params.playbook, pattern) for pattern in self._config.write)
        score = None if sources.forced else await self._checked(sources, hosts, params.variables)
        others = self._met(score, others) if score is not None else others
        can_probe = False
        if score is None or score.forced:
            where = f"what stands at {sources.forced}" if score is None else f"the task {score.forced}"
            shown = f"not rehearsed: {where} runs in check mode too, and it would change things"
        else:
            bound["changes"] = _hash(score)
            shown = _shown(score, hosts)
            can_probe = bool(score.changed) and not score.unknown and not score.failures
        summary = f"play {params.playbook} on {', '.join(hosts)}"
        summary += f"; it may act on {', '.join(others)} too" if others else ""
        risk = Risk.WRITE if known else Risk.DESTRUCTIVE
        return self._planned(
            PLAYBOOK,
            given,
            hosts,
            summary,
            risk,
            places=inventory.places((*hosts, *others)),
            others=others,
            bound=bound,
            diff=self._redactor.clean(shown),
            can_probe=can_probe,
        )

    def _others(self, sources: _Sources, inventory: Inventory, hosts: Sequence[str]) -> tuple[str, ...]:
        """The hosts on which it may act besides; Permanent where one of them is not to be, or cannot be told."""
        found = (*sources.elsewhere, *reached_from_here(inventory.connections, hosts))
        for one in found:
            if one.host not in (*hosts, *self._config.elsewhere):
                whom = f"on {one.host}" if one.host else "on a host that only the play will know"
                raise self._strays(f"what stands at {one.place} acts {whom}, and not only where it is played")
        return tuple(sorted({one.host for one in found} - set(hosts)))

    def _met(self, score: Score, others: Sequence[str]) -> tuple[str, ...]:
        """The same with those that only check mode came to, from outside of the folder; Permanent as above."""
        for host, task in sorted(score.kept.items()):
            raise self._strays(f"in check mode {task} was about to act on {host}, and not only where it is played")
        return tuple(sorted({*others, *score.others}))

    def _strays(self, message: str) -> Permanent:
        hint = (
            f"name the host there, and under `elsewhere` of the integration {self._name}, so that every plan shows it;"
            " or keep such playbooks in a folder, and an integration, of their own"
        )
        return Permanent(self._redactor.clean(message), integration=self._name, reason="client", hint=hint)

    def _planned(
        self,
        spec: ActionSpec,
        params: Mapping[str, Any],  # Any: plain JSON
        hosts: Sequence[str],
        summary: str,
        risk: Risk,
        *,
        places: tuple[str, ...],
        others: Sequence[str] = (),
        bound: Mapping[str, str] | None = None,
        diff: str = "",
        can_probe: bool = False,
    ) -> Plan:
        return Plan(
            action=spec.name,
            integration=self._name,
            params={**params, "hosts": list(hosts)},
            targets=(*hosts, *others),
            places=places,
            summary=visible(summary)[:200],
            risk=risk,
            repeatable=risk is Risk.READ,
            can_probe=can_probe,
            diff=diff,
            preconditions=bound or {},
        )

    async def _checked(self, sources: _Sources, hosts: Sequence[str], variables: Mapping[str, Any]) -> Score:
        """How it goes in check mode; Temporary when a host cannot be reached, for then nothing is known of it."""
        score = Score()
        play = Play(
            playbook=sources.playbook, hosts=hosts, others=self._config.elsewhere, variables=variables, check=True
        )
        try:
            async with asyncio.timeout(_CHECKED_WITHIN.total_seconds()):
                await played(self._config, self._name, play, _CHECKED_WITHIN, score.hear)
        except TimeoutError:
            message = f"{sources.playbook.name} was not through check mode within {_CHECKED_WITHIN}"
            raise Temporary(message, integration=self._name, reason="timeout") from None
        except Silent as silent:
            message = f"Ansible cannot play {sources.playbook.name}: {visible(self._redactor.clean(str(silent)))}"
            hint = "play it by hand with --check, and correct what it says"
            raise Permanent(message, integration=self._name, reason="client", hint=hint) from None
        for host in hosts:
            if score.counts.get(host, {}).get("unreachable"):
                message = self._redactor.clean(f"{host} {score.failures[host]}")
                raise Temporary(message, integration=self._name, reason="connection")
        return score

    async def _read(self, plan: Plan, within: timedelta, say: Say) -> ActionResult:
        # also on those that the inventory reaches from here: nothing is changed there
        play = Play(playbook=_OWN[plan.action], hosts=plan.params["hosts"], others=[HERE], check=True)
        return await self._heard(plan, play, within, say)

    async def _run(self, plan: Plan, within: timedelta, say: Say) -> ActionResult:
        params = PlaybookParams.model_validate(plan.params)
        try:
            inventory = await read_inventory(self._config, self._name)
            sources = await asyncio.to_thread(self._sources, params.playbook)
            self._others(sources, inventory, params.hosts)
        except IntegrationError as error:
            return _failed(error)
        moved = self._moved(plan, inventory, sources)
        if moved:
            return ActionResult(outcome=Outcome.FAILED, summary=f"nothing was done: since it was planned, {moved}")
        others = [host for host in plan.targets if host not in params.hosts]
        play = Play(
            playbook=sources.playbook, hosts=params.hosts, others=others, variables=params.variables, check=False
        )
        return await self._heard(plan, play, within, say)

    async def _probe(self, plan: Plan) -> Did:
        """By check mode: nothing left to change, or as much as before."""
        params = PlaybookParams.model_validate(plan.params)
        try:
            sources = await asyncio.to_thread(self._sources, params.playbook)
            if sources.forced or sources.content != plan.preconditions["content"]:
                return Did.UNKNOWN
            score = await self._checked(sources, params.hosts, params.variables)
        except IntegrationError:
            return Did.UNKNOWN
        if score.unknown or score.failures or score.forced:
            return Did.UNKNOWN
        if not score.changed:
            return Did.DID
        return Did.DID_NOT if _hash(score) == plan.preconditions.get("changes") else Did.UNKNOWN

    async def _heard(self, plan: Plan, play: Play, within: timedelta, say: Say) -> ActionResult:
        score, lines = Score(), _Lines(self._redactor, say)

        def hear(event: Mapping[str, Any]) -> None:  # Any: an event of ansible-runner
            score.hear(event)
            lines.add(plain(event))

        try:
            await played(self._config, self._name, play, within, hear)
        except IntegrationError as error:
            return _failed(error)
        except Silent as silent:
            began = bool(score.changed) or any(text.startswith("TASK") for text in lines.kept)
            why = visible(self._redactor.clean(str(silent)))
            outcome = Outcome.UNKNOWN if began and not plan.repeatable else Outcome.FAILED
            return ActionResult(outcome=outcome, summary=f"Ansible ended without saying how: {why}"[:200])
        return self._result(plan, score, lines)

    def _result(self, plan: Plan, score: Score, lines: _Lines) -> ActionResult:
        each = {host: score.value(host) for host in plan.params["hosts"]}
        failed = [host for host, one in each.items() if one["outcome"] == Outcome.FAILED]
        unseen = [host for host, one in each.items() if one["outcome"] == Outcome.UNKNOWN]
        skipped = [host for host, one in each.items() if one["outcome"] == SKIPPED]
        short = failed or skipped or score.kept
        outcome = Outcome.UNKNOWN if unseen else Outcome.FAILED if short else Outcome.SUCCEEDED
        # Any: plain JSON.
        value: dict[str, Any] = {"hosts": each, "changed": score.changed, "failed": failed, "unseen": unseen}
        value["skipped"] = skipped
        if plan.action == FACTS.name:
            value["facts"] = score.facts
        parts = [f"done on {len(each) - len(failed) - len(unseen) - len(skipped)} of {len(each)} hosts"]
        parts.append(f"{len(score.changed)} tasks changed something") if plan.risk is not Risk.READ else None
        parts += [
            f"{task} was kept from acting on {host}, which the plan did not name" for host, task in score.kept.items()
        ]
        if unseen:
            parts.append(f"nobody saw how it ended on {', '.join(unseen)}")
        if failed:
            parts.append(f"failed on {', '.join(failed)} ({each[failed[0]]['summary']})")
        if skipped:
            parts.append(f"left out, because {score.why}: {', '.join(skipped)}")
        return ActionResult(
            outcome=outcome,
            summary=self._redactor.clean("; ".join(parts))[:200],
            value=cast(dict[str, Any], self._redactor.clean_tree(value)),
            text="\n".join(lines.kept),
            temporary=plan.repeatable and all(each[host]["unreachable"] for host in failed),
            untouched=len(skipped) == len(each),
        )

    def _sources(self, name: str) -> _Sources:
        """The playbook and all that lies beside it; Permanent when it is not within the folder, wherever links lead."""
        try:
            folder = self._config.playbooks.resolve(strict=True)
            playbook = (folder / name).resolve(strict=True)
            if not playbook.is_relative_to(folder) or not playbook.is_file():
                raise FileNotFoundError
            return _Sources(playbook, content_hash(folder), runs_even_in_check_mode(folder), acts_elsewhere(folder))
        except TooMuch:
            message, hint = (
                f"{self._config.playbooks} holds too many files",
                "let it hold playbooks and their roles alone",
            )
        except OSError as error:
            message = f"there is no playbook {name} in {self._config.playbooks}"
            hint = f"see `playbooks` of the integration {self._name}: {error.strerror or 'it is not within'}"
        raise Permanent(message, integration=self._name, reason="client", hint=hint)

    def _moved(self, plan: Plan, inventory: Inventory, sources: _Sources) -> str:
        if inventory.hash != plan.preconditions["inventory"]:
            return "the inventory has changed"
        if sources.content != plan.preconditions["content"]:
            return "the playbook, or a file beside it, has changed"
        return ""


class _Lines:
    """What Ansible prints: told as it comes, and kept up to a bound."""

    def __init__(self, redactor: Redactor, say: Say = nobody) -> None:
        self._redactor = redactor
        self._say = say
        self._left = _MOST_TEXT
        self.kept: list[str] = []

    def add(self, text: str) -> None:
        """Tells a piece of it."""
        if not text or self._left <= 0:
            return
        clean = self._redactor.clean(text).replace("\x00", "\ufffd")
        if len(clean) > self._left:
            clean = f"{clean[: self._left]}\n(cut after {_MOST_TEXT // 1024} KiB)"
            self._left = 0
        self._left -= len(clean)
        self.kept.append(clean)
        self._say(f"{clean}\n")


def _failed(error: IntegrationError) -> ActionResult:
    temporary = isinstance(error, Temporary)
    return ActionResult(outcome=Outcome.FAILED, summary=error.message, text=error.hint, temporary=temporary)


def _hash(score: Score) -> str:
    """What would change, wherever and in whatever order hosts are worked on."""
    seen = sorted([*score.changed, *score.unknown, *(f"{host}: {why}" for host, why in score.failures.items())])
    return hashlib.sha256("\n".join(seen).encode(errors="replace")).hexdigest()


def _shown(score: Score, hosts: Sequence[str]) -> str:
    """What people see before they approve."""
    lines = [f"would change: {task}" for task in score.changed] or ["nothing would change"]
    lines += [f"cannot be known before: {task}" for task in score.unknown]
    lines += [
        f"fails in check mode, so what follows is not known: {host}: {why}" for host, why in score.failures.items()
    ]
    lines += [f"no play of it is for {host}" for host in hosts if host not in score.counts]
    text = _PASSING.sub("(a passing file)", "\n".join([*lines, "", *sorted(score.diffs)])).rstrip()
    return text if len(text) <= _MOST_DIFF else f"{text[:_MOST_DIFF]}\n(cut here)"
