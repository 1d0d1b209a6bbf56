"""`kubernetes.exec`: one command, as a list of arguments, in one container."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from bot.errors import IntegrationError
from bot.integrations.kubernetes.client import Lost
from bot.integrations.kubernetes.cluster import Cluster
from bot.integrations.kubernetes.kinds import POD, Object, Thing, at
from bot.integrations.kubernetes.logs import default_container
from bot.integrations.kubernetes.reading import Lines, failed, refused, short
from bot.integrations.kubernetes.showing import MOST_TEXT, as_printed, capped
from bot.integrations.kubernetes.words import Container, Pod
from bot.kit.redaction import visible
from bot.model.plan import ActionResult, Outcome, Plan
from bot.model.runbook import Risk
from bot.ports.actions import Action, ActionSpec, Occasion, Say

_STDOUT = 1


def _argument(text: str) -> str:
    if not text or "\x00" in text:
        raise ValueError("an argument is empty, or holds a NUL; see which template made it")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("an argument is not valid Unicode") from None
    return text


class ExecParams(Pod):
    """`with:` of kubernetes.exec."""

    container: Container = Field(default="", description="Which container; empty: the only one, or the default one.")
    argv: list[Annotated[str, AfterValidator(_argument)]] = Field(
        min_length=1, max_length=200, description="The program and its arguments. There is no shell."
    )
    bounded: bool = Field(
        default=True,
        description="Whether what does more than read runs under timeout(1), which ends it with the step; an image "
        "without it needs `false`.",
    )


EXEC = ActionSpec(
    name="kubernetes.exec",
    params=ExecParams,
    risk=Risk.DESTRUCTIVE,
    mildest=Risk.READ,
    help="Runs a command in a container; it is destructive unless tocsin.yaml lists it as one that only reads.",
    result={"exit_code": "the exit status", "stdout": "what it printed", "stderr": "what it complained of"},
    needs=("get pods", "create pods/exec", "get pods/exec"),
)


class Executing:
    """Makes the action of one cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def actions(self) -> Sequence[Action]:
        """The one."""
        return (Action(spec=EXEC, plan=self._plan, run=self._run),)

    async def _plan(self, params: ExecParams, _: Occasion) -> Plan:
        cluster, thing = self._cluster, self._thing(params)
        pod = await cluster.get(thing)
        container = self._container(params, pod)
        await cluster.may("create", POD, params.namespace, params.pod, "exec")
        reads = any(fits(pattern, params.argv) for pattern in cluster.exec_read)
        command = visible(" ".join(map(repr, params.argv)))
        return Plan(
            action=EXEC.name,
            integration=cluster.name,
            params={**params.model_dump(mode="json"), "container": container},
            targets=(f"{thing}/{container}",),
            summary=short(f"run in {thing}/{container} on {cluster.name}: {command}"),
            risk=Risk.READ if reads else Risk.DESTRUCTIVE,
            repeatable=reads,
            diff=f"{thing}/{container}$ {command}",
            preconditions={"uid": str(pod["metadata"]["uid"])},
            places=cluster.places(namespace=params.namespace, node=str(at(pod, "spec.nodeName", ""))),
        )

    def _thing(self, params: ExecParams) -> Thing:
        return self._cluster.thing(POD, params.namespace, params.pod)

    def _container(self, params: ExecParams, pod: Object) -> str:
        parts = ("containers", "initContainers", "ephemeralContainers")  # sidecars are among those that come first
        names = [str(one["name"]) for part in parts for one in at(pod, f"spec.{part}", [])]
        container = params.container or default_container(self._cluster, pod)
        if container not in names:
            raise self._cluster.mistake(f"{params.pod} has no container {container}", f"it has: {', '.join(names)}")
        return container

    async def _run(self, plan: Plan, within: timedelta, say: Say) -> ActionResult:
        params, cluster = ExecParams.model_validate(plan.params), self._cluster
        thing = self._thing(params)
        printed: dict[int, bytearray] = {1: bytearray(), 2: bytearray()}
        told = {channel: Lines(cluster, say) for channel in printed}

        def hear(channel: int, data: bytes) -> None:
            printed[channel] += data[: max(0, MOST_TEXT - len(printed[channel]))]
            told[channel].hear(data)

        argv = params.argv
        if params.bounded and not plan.repeatable:
            argv = ["timeout", "-k", "1", str(max(1, math.ceil(within.total_seconds()))), *argv]
        query = [("container", params.container), ("stdout", "true"), ("stderr", "true")]
        query += [("command", argument) for argument in argv]
        try:
            pod = await cluster.get(thing)
            if pod["metadata"]["uid"] != plan.preconditions["uid"]:
                message = f"another pod has taken the place of {thing} since it was planned"
                return refused(message)
            status = await cluster.api.execute(thing.path("exec"), query=query, hear=hear, reads=plan.repeatable)
            for lines in told.values():
                lines.end()
        except IntegrationError as error:
            return failed(error)
        except Lost:
            summary = f"the connection to {thing} was lost while the command ran"
            if plan.repeatable:
                return ActionResult(outcome=Outcome.FAILED, summary=summary, temporary=True)
            return ActionResult(outcome=Outcome.UNKNOWN, summary=short(f"{summary}: it may have had its effect"))
        return self._ended(f"{thing}/{params.container}", status, printed)

    def _ended(self, where: str, status: dict[str, Any], printed: dict[int, bytearray]) -> ActionResult:
        # Any: a Status of the API.
        stdout, stderr = (self._text(bytes(printed[channel])) for channel in (_STDOUT, 2))
        code = exit_code(status)
        lines = [line for line in stderr.splitlines() if line.strip()]
        said = lines[-1] if lines else str(status.get("message") or "") if code is None else ""
        summary = f"done in {where}"
        if code != 0:
            how = "it did not run" if code is None else f"exit status {code}"
            summary = f"{how} in {where}" + (f": {said}" if said else "")
        return ActionResult(
            outcome=Outcome.SUCCEEDED if code == 0 else Outcome.FAILED,
            summary=short(self._cluster.redactor.clean(summary)),
            value={"exit_code": code, "stdout": stdout, "stderr": stderr},
            text="\n".join(part for part in (stdout.rstrip("\n"), stderr.rstrip("\n")) if part),
        )

    def _text(self, output: bytes) -> str:
        return capped(self._cluster.redactor.clean(as_printed(output)))


def exit_code(status: dict[str, Any]) -> int | None:  # Any: a Status of the API
    """What the last message of a session says: 0 for success, the exit status, or None when nothing ran."""
    if status.get("status") == "Success":
        return 0
    for cause in at(status, "details.causes", []):
        if cause.get("reason") == "ExitCode" and str(cause.get("message", "")).isdigit():
            return int(cause["message"])
    return None


def fits(pattern: Sequence[str], argv: Sequence[str]) -> bool:
    """Whether a command is the one that is listed. `*` stands for one argument that is no option."""
    if len(pattern) != len(argv):
        return False
    return all(
        wanted == said or (wanted == "*" and not said.startswith("-"))
        for wanted, said in zip(pattern, argv, strict=True)
    )
