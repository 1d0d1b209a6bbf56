"""The official client, opened on an empty simulated cluster for each test."""

from collections.abc import AsyncIterator

import pytest
from kubernetes.aio import client, config

from tests.integrations.kubernetes_simulator.asking import Ask
from tests.servers import SimulatedKubernetes


@pytest.fixture
async def api(kubernetes: SimulatedKubernetes) -> AsyncIterator[client.ApiClient]:
    """The client as admin."""
    async with await config.new_client_from_config(config_file=str(kubernetes.kubeconfig)) as opened:
        yield opened


@pytest.fixture
def core(api: client.ApiClient) -> client.CoreV1Api:
    return client.CoreV1Api(api)


@pytest.fixture
def apps(api: client.ApiClient) -> client.AppsV1Api:
    return client.AppsV1Api(api)


@pytest.fixture
def ask(api: client.ApiClient) -> Ask:
    return Ask(api)


@pytest.fixture
def kubernetes_frozen(kubernetes: SimulatedKubernetes) -> None:
    """Nothing moves in the cluster but what is asked for."""
    kubernetes.set(frozen=True)
