"""What kubectl makes by itself it sends as protobuf: it arrives as kubectl says in JSON that it would be."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from bot.testing.kubernetes.protobuf import TYPE
from tests.integrations.kubernetes_simulator.asking import CORE, Ask, refused
from tests.integrations.kubernetes_simulator.shop import deployment
from tests.servers import SimulatedKubernetes

MADE = [
    "create namespace bakery",
    "create configmap prices --from-literal=bread=3 --from-literal=none= --from-file=picture={picture}",
    "create secret generic key --from-literal=word=ä",
    "create serviceaccount baker",
    "create service clusterip oven --tcp=80:http",
    "create service externalname mill --external-name=mill.example",
    "create role reader --verb=get,list --resource=pods --resource-name=cart",
    "create rolebinding reads --role=reader --serviceaccount=shop:baker --user=ann",
    "create clusterrole looks --verb=get --non-resource-url=/healthz",
    "create clusterrole all --aggregation-rule=part=all",
    "create clusterrolebinding look --clusterrole=looks --group=guests",
    "create deployment oven --image=shop/oven --replicas=0 --port=80 -- bake --hot",
    "create job once --image=shop/oven -- bake",
    "create cronjob nightly --image=shop/oven --schedule='0 3 * * *' --restart=OnFailure -- bake",
    "create job now --from=cronjob/nightly",
    "create pdb most --selector=app=cart --max-unavailable=50%",
    "create pdb two --selector=app=cart --min-available=2",
    "autoscale deployment cart --min=1 --max=3 --cpu=50% --memory=1Gi",
    "expose deployment cart --name=front --port=80 --target-port=web",
]


def said(value: Any) -> Any:
    """What of an object says something: kubectl's JSON has empty parts that protobuf does not tell from none."""
    if isinstance(value, dict):
        return {key: one for key, inner in value.items() if (one := said(inner)) not in (None, {}, [])}
    return [said(one) for one in value] if isinstance(value, list) else value


def within(part: Any, whole: Any) -> bool:
    """Whether all that the one says is in the other, which may say more."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(key in whole and within(one, whole[key]) for key, one in part.items())
    if isinstance(part, list):
        return isinstance(whole, list) and len(part) == len(whole) and all(map(within, part, whole))
    return bool(part == whole)


def test_what_kubectl_makes_arrives_as_it_says(kubernetes: SimulatedKubernetes, tmp_path: Path) -> None:
    (tmp_path / "picture").write_bytes(bytes(range(256)))
    kubernetes.apply(deployment())
    for line in MADE:
        words, of_command, command = line.format(picture=tmp_path / "picture").partition(" -- ")
        argv = (*shlex.split(words), "-n", "shop", "-o", "json")
        program = ("--", *command.split()) if of_command else ()
        wanted = json.loads(kubernetes.kubectl(*argv, "--dry-run=client", *program).stdout)
        made = json.loads(kubernetes.kubectl(*argv, *program).stdout)
        wanted.pop("status", None)
        assert within(said(wanted), made), (line, wanted, made)


def test_a_namespace_that_is_there_or_is_none_is_refused_in_the_servers_words(kubernetes: SimulatedKubernetes) -> None:
    there = kubernetes.kubectl("create", "namespace", "shop", check=False)
    assert there.stderr == 'Error from server (AlreadyExists): namespaces "shop" already exists\n'
    wrong = kubernetes.kubectl("create", "namespace", "Shop", check=False)
    assert 'The Namespace "Shop" is invalid: metadata.name: Invalid value: "Shop"' in wrong.stderr


def protobuf(kind: str, raw: bytes) -> bytes:
    """An object as it is sent: four bytes, and a message of what it is and what it says."""
    meta = b"\x0a\x02v1\x12" + bytes([len(kind)]) + kind.encode()
    return b"k8s\x00\x0a" + bytes([len(meta)]) + meta + b"\x12" + bytes([len(raw)]) + raw


NAMED = b"\x0a\x03\x0a\x01a"  # metadata, with a name


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (protobuf("ConfigMap", NAMED)[4:], 400, "BadRequest"),
        (protobuf("ConfigMap", NAMED + b"\x12\xff"), 400, "BadRequest"),
        (protobuf("Gadget", NAMED), 415, "UnsupportedMediaType"),
        (protobuf("ConfigMap", NAMED + b"\xfa\x01\x01x"), 415, "UnsupportedMediaType"),  # a field that nobody knows
        (protobuf("Secret", NAMED), 400, "BadRequest"),
    ],
    ids=["no-prefix", "cut", "no-such-kind", "no-such-field", "another-kind"],
)
async def test_what_is_not_read_is_not_kept(ask: Ask, body: bytes, status: int, reason: str) -> None:
    await refused(ask("POST", f"{CORE}/configmaps", body, media=TYPE), status, reason)
    assert (await ask("GET", f"{CORE}/configmaps"))["items"] == []


async def test_a_field_that_says_nothing_may_be_unknown(ask: Ask) -> None:
    made = await ask("POST", f"{CORE}/configmaps", protobuf("ConfigMap", NAMED + b"\xfa\x01\x02\x08\x00"), media=TYPE)
    assert made["metadata"]["name"] == "a"
