"""Faults of what is reached over the network, and of what is to be heard of: TLS, queues, targets, signs of life."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bot.engine.watch import Watch
from bot.kit.telemetry import Telemetry
from bot.model.actor import Actor, ActorKind
from bot.model.deadman import Deadman
from bot.response import deadman_heard
from bot.response.rule_due import LEASE
from tests.scenarios.faults.responding import End, responding
from tests.scenarios.faults.site import Site, exporter, sample
from tests.scenarios.faults.stories import story

CRON = Actor(kind=ActorKind.SOURCE, name="backup", via="ping")


@story("certificate expiring")
async def certificate_expires(site: Site, helps: bool) -> End:
    pair = site.folder / "pair.pem"
    _certificate(pair, days=5)
    address, serving = site.running.enter_context(_tls_server(pair))

    def probed() -> str:
        return sample("probe_ssl_earliest_cert_expiry", _expiry(address)) + sample("probe_success", 1)

    site.shows("blackbox", "https://shop.example.net", probed)
    async with responding(site, "certificate-expiring", "CertificateExpiresSoon", helps=helps) as tocsin:
        await tocsin.looked("others")
        _certificate(pair, days=90)  # somebody renews it
        if helps:
            serving.load_cert_chain(pair)  # and tells the server
        return await tocsin.ended()


@story("queue backing up")
async def queue_backs_up(site: Site, helps: bool) -> End:
    queue = [b"order"] * 5000

    def rabbit() -> str:
        labels = {"vhost": "/", "queue": "orders"}
        waiting = sample("rabbitmq_queue_messages_ready", len(queue), **labels)
        return waiting + sample("rabbitmq_queue_consumers", 0, **labels)

    site.shows("rabbitmq", "mq1:15692", rabbit)
    async with responding(site, "queue-backing-up", "RabbitMQQueueBacksUp", helps=helps) as tocsin:
        await tocsin.looked("held_back")
        del queue[100 if helps else 4000 :]  # somebody starts consumers: enough of them, or too few
        return await tocsin.ended()


@story("target down in Prometheus")
async def target_down(site: Site, helps: bool) -> End:
    with exporter(lambda: sample("shop_orders", 1)) as address:
        site.scrapes("shop", address, instance="shop1:8080")
    async with responding(site, "target-down", "TargetDown", helps=helps) as tocsin:
        await tocsin.looked("slow")
        if helps:  # somebody starts it again
            port = urlsplit(f"//{address}").port
            site.running.enter_context(exporter(lambda: sample("shop_orders", 2), port=port or 0))
        return await tocsin.ended()


@story("deadman missing")
async def deadman_missing(site: Site, helps: bool) -> End:
    backup = Deadman(name="backup", interval=timedelta(seconds=2), grace=timedelta(seconds=1))
    async with responding(site, "deadman-missing", "TargetDown", helps=helps) as tocsin:
        world = tocsin.world
        world.writer = "here"
        world.setup = replace(world.setup, groups=(), deadmen=(backup,))
        world.alerts.become(world.setup, world.clock.now().timestamp())
        epoch = await world.store.write(lambda tx: tx.leases.acquire(LEASE, "here", timedelta(days=1)))
        watch = asyncio.create_task(Watch(world, lambda: epoch, Telemetry()).run())
        try:
            await tocsin.looked("gone")
            if helps:  # somebody starts the backup, and it lives on
                tocsin.also(lambda: deadman_heard.hear(world, CRON, "backup"))
            return await tocsin.ended()
        finally:
            watch.cancel()


def _certificate(file: Path, *, days: int) -> None:
    """A key and a certificate that it signed itself, which ends in so many days."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop.example.net")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))


@contextmanager
def _tls_server(pair: Path) -> Iterator[tuple[tuple[str, int], ssl.SSLContext]]:
    """A server that greets by TLS and hangs up; yields its address, and what its next connections are made with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair)
    listening = socket.create_server(("127.0.0.1", 0))

    def greet() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection, context.wrap_socket(connection, server_side=True):
                pass

    thread = threading.Thread(target=greet)
    thread.start()
    try:
        yield listening.getsockname(), context
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()


def _expiry(address: tuple[str, int]) -> float:
    """When the certificate ends that is shown there, as blackbox_exporter tells it."""
    shown = x509.load_pem_x509_certificate(ssl.get_server_certificate(address).encode())
    return shown.not_valid_after_utc.timestamp()
