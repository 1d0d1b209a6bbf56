"""AWS SNS as a source of alerts: CloudWatch's alarms, and whatever else is published, mapped by expressions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.integrations.sns.certificates import Certificates
from bot.integrations.sns.config import SnsConfig
from bot.integrations.sns.hook import SnsHook, SnsMessages
from bot.integrations.sns.proof import SnsProof
from bot.kit.listening import listening
from bot.kit.plugin import Capabilities, Integration, Tools


def _messages(config: SnsConfig | None, name: str) -> SnsMessages:
    return SnsMessages(
        name=name, severity=config.severity if config else "", mapping=config.mapping if config else None
    )


@asynccontextmanager
async def _open(config: SnsConfig, tools: Tools) -> AsyncIterator[Capabilities]:
    async def fetch(url: str) -> bytes:
        answer = await tools.http.request("GET", url, integration=tools.name, deadline=5)
        return answer.body

    proof = SnsProof(topics=frozenset(config.topics), certificates=Certificates(fetch))
    yield listening(SnsHook(messages=_messages(config, tools.name), proof=proof, fetch=fetch), tools)


integration = Integration(
    name="sns",
    help="Takes the alarms of CloudWatch, and other messages, that AWS SNS posts.",
    config=SnsConfig,
    provides=frozenset({"hook"}),
    open=_open,
    reads=_messages,
)
