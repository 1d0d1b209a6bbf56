"""`http.request`: asks or tells another system over HTTP, at an address that the operator has allowed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.errors import IntegrationError, Permanent, Temporary
from bot.evidence.pieces import legible
from bot.integrations.http.asking import Asked, RequestParams, asked
from bot.integrations.http.config import READS, HttpConfig, Place
from bot.kit.http_out import HttpAnswer
from bot.kit.http_trouble import Unreached
from bot.kit.json_in import read_json
from bot.kit.networks import Networks
from bot.kit.plugin import Tools
from bot.kit.redaction import visible
from bot.kit.way_in import access
from bot.model.plan import ActionResult, Outcome, Plan
from bot.model.runbook import Risk
from bot.ports.actions import Action, ActionSpec, Health, Occasion, Say

_LONGEST_SUMMARY = 200
_MOST_TEXT = 64 * 1024
_MAY_PASS = frozenset({408, 425, 429})

REQUEST = ActionSpec(
    name="http.request",
    params=RequestParams,
    risk=Risk.DESTRUCTIVE,
    mildest=Risk.READ,
    help="Asks or tells another system over HTTP, at an address that tocsin.yaml allows.",
    result={
        "status": "the status it answered with",
        "json": "what it answered, where that is JSON; else null",
        "text": f"what it answered, as text, at most {_MOST_TEXT // 1024} KiB of it",
        "content_type": "what it says its answer is",
    },
)
SPECS = (REQUEST,)


class _Unexpected(Permanent):
    """An answer that is no success, which may be one that the step expects."""

    def __init__(self, status: int, body: bytes, integration: str) -> None:
        super().__init__(f"{integration} answered {status}", integration=integration, reason="client")
        self.answer = HttpAnswer(integration=integration, status=status, headers={}, body=body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """Makes the actions for what `config` allows."""

    config: HttpConfig
    tools: Tools

    def actions(self) -> Mapping[str, Action]:
        """The actions by name."""
        return {REQUEST.name: Action(spec=REQUEST, plan=self._plan, run=self._run)}

    async def examine(self) -> Sequence[Health]:
        """Whether each place answers; the address itself is asked for with HEAD."""
        return [await self._examined(place) for place in self.config.allow]

    async def _plan(self, params: RequestParams, _: Occasion) -> Plan:
        wanted = asked(params, self.config.allow, self.tools.name)
        return Plan(
            action=REQUEST.name,
            integration=self.tools.name,
            params=params.model_dump(mode="json", by_alias=True),
            targets=(wanted.address,),
            summary=visible(f"{wanted.method} {wanted.url}")[:_LONGEST_SUMMARY],
            risk=Risk.READ if wanted.method in READS else Risk(wanted.place.risk),
            repeatable=wanted.method in READS,
            diff=_shown(wanted, params) if wanted.method not in READS else "",
            places=(f"host:{wanted.host}",),
        )

    async def _run(self, plan: Plan, within: timedelta, say: Say) -> ActionResult:
        params = RequestParams.model_validate(plan.params)
        try:
            wanted = asked(params, self.config.allow, self.tools.name)
            answer = await self._sent(wanted, within)
        except Temporary as error:
            if plan.risk is not Risk.READ and not isinstance(error, Unreached):
                raise  # it may have arrived
            return _failed(error)
        except IntegrationError as error:
            if plan.risk is not Risk.READ and error.reason == "server":
                raise  # it has arrived, and what came of it could not be read
            return _failed(error)
        text = self.tools.redactor.clean(answer.body.decode(errors="replace"))
        return _judged(answer, text, params, plan)

    async def _sent(self, wanted: Asked, within: timedelta) -> HttpAnswer:
        way_in = access(wanted.place, self.tools)
        try:
            return await self.tools.http.request(
                wanted.method,
                wanted.url,
                integration=self.tools.name,
                headers={**wanted.headers, **way_in.headers},
                content=wanted.content,
                deadline=min(way_in.timeout, within.total_seconds()),
                repeatable=wanted.method in READS,
                tls=way_in.context(),
                refused=lambda status, body, _: _Unexpected(status, body, self.tools.name),
                most=self.config.largest_answer * 1024,
                networks=Networks(tuple(wanted.place.networks)),
            )
        except _Unexpected as unexpected:
            return unexpected.answer

    async def _examined(self, place: Place) -> Health:
        what = f"reachable: {place.url}"
        request = Asked(place=place, method="HEAD", address=place.url, query="", content=None, headers={})
        try:
            answer = await self._sent(request, timedelta(seconds=5))
        except IntegrationError as error:
            return Health(what=what, ok=False, detail=error.message, hint=error.hint)
        if answer.status in (401, 403):
            hint = f"see what stands beside {place.url} under `integrations: {self.tools.name}: allow:`"
            return Health(what=what, ok=False, detail=f"it answered {answer.status}", hint=hint)
        return Health(what=what, ok=True, detail=f"it answered {answer.status}")


def _shown(wanted: Asked, params: RequestParams) -> str:
    """The request as it is sent, without what comes from tocsin.yaml."""
    said = [f"{name.lower()}: {value}" for name, value in params.headers.items()]
    body = "" if wanted.content is None else wanted.content.decode()
    return "\n".join([f"{wanted.method} {wanted.url}", *said, body])


def _judged(answer: HttpAnswer, text: str, params: RequestParams, plan: Plan) -> ActionResult:
    status, shown = answer.status, legible(text)[:_MOST_TEXT]
    is_expected = status in params.expect if params.expect else 200 <= status < 300
    broke = status >= 500 or status in _MAY_PASS
    # all but a refusal may have done it: a server before it broke, and what leads on to another page after it was done
    unseen = plan.risk is not Risk.READ and not 400 <= status < 500
    return ActionResult(
        outcome=Outcome.SUCCEEDED if is_expected else Outcome.UNKNOWN if unseen else Outcome.FAILED,
        summary=f"it answered {status}",
        value={
            "status": status,
            "json": _as_json(text),
            "text": shown,
            "content_type": visible(answer.headers.get("content-type", ""))[:_LONGEST_SUMMARY],
        },
        text=shown,
        temporary=broke,
    )


def _as_json(text: str) -> Any:  # Any: what a stranger answers; null where it is not plain JSON, or too much of it
    if len(text) > _MOST_TEXT:
        return None
    try:
        return read_json(text.encode())
    except ValueError:
        return None


def _failed(error: IntegrationError) -> ActionResult:
    return ActionResult(
        outcome=Outcome.FAILED,
        summary=error.message,
        text=error.hint,
        temporary=isinstance(error, Temporary),
        untouched=True,  # nothing was sent, or nothing but a question
    )
