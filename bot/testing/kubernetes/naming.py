"""How objects and what belongs to them may be called: names, labels, annotations, owners, finalizers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from bot.testing.kubernetes.kinds import CRON_JOB, JOB, NAMESPACE, SERVICE, Kind
from bot.testing.kubernetes.refusals import Cause, Object, too_long, wrong

LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{LABEL}(\.{LABEL})*"
_QUALIFIED = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
NO_LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with "
    "an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
_NO_SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    r"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_NO_VALUE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
_NO_KEY = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
_MOST_ANNOTATED = 256 * 1024
_FINALIZERS = ("kubernetes", "orphan", "foregroundDeletion")

Causes = Iterator[Cause]


def metadata(kind: Kind, given: Object) -> Causes:
    """What is wrong with the metadata of an object."""
    name = given.get("name", "")
    longest = 63 if kind in (NAMESPACE, SERVICE) else 253
    pattern, why = (LABEL, NO_LABEL) if longest == 63 else (_SUBDOMAIN, _NO_SUBDOMAIN)
    if len(name) > longest:
        yield wrong("metadata.name", name, f"must be no more than {longest} bytes")
    if not re.fullmatch(pattern, name) and kind.group != "rbac.authorization.k8s.io":
        yield wrong("metadata.name", name, why)
    if kind is JOB and len(name) > 63:  # its pods bear it as a label
        yield wrong("spec.template.labels", name, "must be no more than 63 bytes")
    if kind is CRON_JOB and len(name) > 52:  # and those of its jobs with a number
        yield wrong("metadata.name", name, "must be no more than 52 characters")
    yield from labels(given.get("labels") or {}, "metadata.labels")
    annotations = given.get("annotations") or {}
    for key in annotations:
        yield from _key(key.lower(), "metadata.annotations")
    if sum(len(key) + len(text or "") for key, text in annotations.items()) > _MOST_ANNOTATED:
        yield too_long("metadata.annotations", _MOST_ANNOTATED)
    yield from _owners(given.get("ownerReferences") or ())
    yield from _finalizers(given.get("finalizers") or ())


def _finalizers(names: Sequence[str]) -> Causes:
    for index, name in enumerate(names):
        yield from _key(name, "metadata.finalizers")
        if "/" not in name and name not in _FINALIZERS:
            why = "name is neither a standard finalizer name nor is it fully qualified"
            yield wrong(f"metadata.finalizers[{index}]", name, why)
    if {"orphan", "foregroundDeletion"} <= {*names}:
        why = "finalizer orphan and foregroundDeletion cannot be both set"
        yield wrong("metadata.finalizers", "[...]", why)


def _owners(owners: Sequence[Object]) -> Causes:
    for owner in owners:
        for name in ("apiVersion", "kind", "name", "uid"):
            if not owner.get(name):
                what = "version must not be empty" if name == "apiVersion" else "must not be empty"
                yield wrong(f"metadata.ownerReferences.{name}", owner.get(name, ""), what)
    ruling = [f"{one.get('kind')}/{one.get('name')}" for one in owners if one.get("controller")]
    if len(ruling) > 1:
        why = (
            f'Only one reference can have Controller set to true. Found "true" in references for {" and ".join(ruling)}'
        )
        yield wrong("metadata.ownerReferences", "[...]", why)


def labels(written: Mapping[str, str], field: str) -> Causes:
    """What is wrong with labels."""
    for key, text in written.items():
        yield from _key(key, field)
        if len(text or "") > 63:
            yield wrong(field, text, "must be no more than 63 bytes")
        if text and not re.fullmatch(_QUALIFIED, text):
            yield wrong(field, text, _NO_VALUE)


def _key(key: str, field: str) -> Causes:
    prefix, slash, name = key.rpartition("/")
    if len(prefix) > 253:
        yield wrong(field, key, "prefix part must be no more than 253 bytes")
    if slash and not re.fullmatch(_SUBDOMAIN, prefix):
        yield wrong(field, key, f"prefix part {_NO_SUBDOMAIN}")
    if len(name) > 63:
        yield wrong(field, key, "name part must be no more than 63 bytes")
    if not re.fullmatch(_QUALIFIED, name):
        yield wrong(field, key, _NO_KEY)
