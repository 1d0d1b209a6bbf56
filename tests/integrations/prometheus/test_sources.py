"""The ways into a server, at real ones: TLS with certificates on both sides, passwords, tenants, VictoriaMetrics."""

import base64
import ssl
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.errors import Permanent
from bot.integrations.prometheus import integration
from bot.integrations.prometheus.client import PrometheusSource
from bot.integrations.prometheus.config import PrometheusConfig
from bot.integrations.prometheus.remote_write import RemoteWriter
from bot.kit.plugin import Tools
from bot.kit.way_in import BasicAuth, Tls, access
from bot.model.labels import LabelSet
from bot.model.sample import Recorded, Window
from bot.testing.contracts import MetricSourceContract
from tests.integrations.http_server import HttpServer, raised, says
from tests.integrations.prometheus.remote_write import write
from tests.servers import PrometheusServer, VictoriaMetricsServer

# The example of Prometheus' own documentation: the password is `test`.
HASH = "$2b$12$hNf2lSsxfm0.i4a.1kVpSOVyBCfIB51VRjgBUyv6kdnyTlgWj81Ay"
NOBODY = b'{"status":"success","data":{"resultType":"vector","result":[]}}'


class LockedServer(PrometheusServer):
    """A Prometheus that asks for a certificate and for a password."""

    def __init__(self, folder: Path, certificate: tuple[Path, Path]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        cert, key = certificate
        web = folder / "web.yml"
        web.write_text(f"""\
tls_server_config:
  cert_file: {cert}
  key_file: {key}
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: {cert}
basic_auth_users: {{tocsin: "{HASH}"}}
""")
        super().__init__(folder, flags=[f"--web.config.file={web}"])
        self.url = self.url.replace("http:", "https:")
        self._context = ssl.create_default_context(cafile=cert)
        self._context.load_cert_chain(cert, key)

    def _get(self, path: str) -> bool:
        who = {"Authorization": "Basic " + base64.b64encode(b"tocsin:test").decode()}
        request = urllib.request.Request(self.url + path, headers=who)
        with urllib.request.urlopen(request, timeout=5, context=self._context) as answer:
            return bool(answer.status == 200)


@pytest.fixture(scope="module")
def locked(
    prometheus_binary: str, certificate: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LockedServer]:
    with LockedServer(tmp_path_factory.mktemp("locked"), certificate) as server:
        yield server


def config(server: LockedServer, certificate: tuple[Path, Path], *, password: str, own: bool) -> PrometheusConfig:
    cert, key = certificate
    tls = Tls(ca=cert, cert=cert, key=key) if own else Tls(ca=cert)
    return PrometheusConfig(
        url=server.url, tls=tls, basic_auth=BasicAuth(username="tocsin", password=SecretStr(password))
    )


async def test_with_certificate_and_password_everything_opens(
    locked: LockedServer, certificate: tuple[Path, Path], tools: Tools
) -> None:
    now = datetime.now(UTC)
    async with integration.open(config(locked, certificate, password="test", own=True), tools) as opened:
        assert opened.metrics is not None
        assert opened.recorder is not None
        await opened.recorder.record([Recorded(labels=LabelSet({"__name__": "seen"}), at=now, value=7.0)])
        answers = await opened.metrics.query_all(["seen", "seen + 1"], now)
        assert [[sample.value for sample in answer.samples] for answer in answers] == [[7.0], [8.0]]
        window = Window(start=now - timedelta(seconds=1), end=now)
        assert await opened.metrics.query_range("seen", {}, window, timedelta(seconds=1))
        assert all(health.ok for health in await opened.examine() if health.what != "clock")


@pytest.mark.parametrize(("password", "own"), [("wrong", True), ("test", False)])
async def test_without_one_of_them_nothing_does(
    locked: LockedServer, certificate: tuple[Path, Path], tools: Tools, password: str, own: bool
) -> None:
    now = datetime.now(UTC)
    async with integration.open(config(locked, certificate, password=password, own=own), tools) as opened:
        assert opened.metrics is not None
        assert opened.recorder is not None
        everything = [
            opened.metrics.query("up", {}, now),
            opened.recorder.record([Recorded(labels=LabelSet({"__name__": "seen"}), at=now, value=7.0)]),
        ]
        for asked in everything:
            error = await raised(asked)
            assert (type(error), error.reason) == (Permanent, "auth")
            assert error.hint
        answers = await opened.metrics.query_all(["up", "down", "sideways"], now)
        assert {type(answer) for answer in answers} == {Permanent}


async def test_each_tenant_is_a_source_of_its_own(impostor: HttpServer, tools: Tools) -> None:
    impostor.script = says(200, NOBODY)
    async with AsyncExitStack() as stack:
        for tenant in ("shop", "bank"):
            headers = {"X-Scope-OrgID": SecretStr(tenant)}
            opened = await stack.enter_async_context(
                integration.open(PrometheusConfig(url=impostor.url, headers=headers), tools)
            )
            assert opened.metrics is not None
            await opened.metrics.query("up", {}, datetime.now(UTC))
            assert impostor.asked[-1].headers["x-scope-orgid"] == tenant


# -- VictoriaMetrics --


@pytest.fixture(scope="module")
def victoria(
    victoria_metrics_binary: str, tmp_path_factory: pytest.TempPathFactory, at: datetime
) -> Iterator[VictoriaMetricsServer]:
    with VictoriaMetricsServer(tmp_path_factory.mktemp("victoria")) as server:
        times = [at - timedelta(minutes=6) + index * timedelta(seconds=10) for index in range(37)]
        write(
            server.url,
            [
                ({"__name__": "contract_degrees", "room": room}, time, degrees)
                for room, degrees in {"kitchen": 21.0, "cellar": 12.0}.items()
                for time in times
            ],
        )
        server.flush()
        yield server


class TestVictoriaMetrics(MetricSourceContract):
    """It is asked as a Prometheus is."""

    @pytest.fixture
    async def source(self, victoria: VictoriaMetricsServer, tools: Tools) -> AsyncIterator[PrometheusSource]:
        source = PrometheusSource(access(PrometheusConfig(url=victoria.url), tools))
        yield source
        await source.aclose()


async def test_victoria_metrics_takes_series(victoria: VictoriaMetricsServer, tools: Tools, at: datetime) -> None:
    way_in = access(PrometheusConfig(url=victoria.url), tools)
    recorder, source = RemoteWriter(way_in), PrometheusSource(way_in)
    ends, stays = (LabelSet({"__name__": "written", "which": which}) for which in ("ends", "stays"))
    await recorder.record(
        [Recorded(labels=labels, at=at - timedelta(seconds=5), value=1.0) for labels in (ends, stays)]
    )
    await recorder.record([Recorded(labels=ends, at=at, value=None), Recorded(labels=stays, at=at, value=2.0)])
    victoria.flush()
    found = (await source.query("written", {}, at)).samples
    await recorder.aclose()
    await source.aclose()
    assert {sample.labels: sample.value for sample in found} == {stays: 2.0}
