"""Kubernetes clusters: what runs in them is looked at and changed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from bot.integrations.kubernetes.client import Api
from bot.integrations.kubernetes.cluster import Cluster
from bot.integrations.kubernetes.config import KubernetesConfig
from bot.integrations.kubernetes.health import Examination
from bot.integrations.kubernetes.offered import SPECS, offered
from bot.integrations.kubernetes.rbac import manifest
from bot.kit.plugin import Capabilities, Integration, Tools, Use


@asynccontextmanager
async def _open(config: KubernetesConfig, tools: Tools) -> AsyncIterator[Capabilities]:
    api = Api(config, tools.name, tools.redactor)
    cluster = Cluster(
        name=tools.name,
        api=api,
        redactor=tools.redactor,
        clock=tools.clock,
        namespaces=frozenset(config.namespaces),
        allow=frozenset(config.allow),
        exec_read=tuple(tuple(argv) for argv in config.exec_read),
    )
    try:
        yield Capabilities(examine=Examination(cluster=cluster).examine, actions=offered(cluster))
    finally:
        await api.close()


def _grants(uses: Sequence[Use], config: KubernetesConfig, account: str) -> str:
    return manifest(uses, namespaces=config.namespaces, account=account)


integration = Integration(
    name="kubernetes",
    help="Looks at what runs in a Kubernetes cluster, and changes it.",
    config=KubernetesConfig,
    provides=frozenset({"actions"}),
    open=_open,
    specs=SPECS,
    grants=_grants,
)
