"""What is wrong with an object beyond its schema: names, labels, what belongs together, what may not change."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from bot.testing.kubernetes import selectors
from bot.testing.kubernetes.kinds import (
    AUTOSCALER,
    BUDGET,
    CRON_JOB,
    DAEMON_SET,
    DEPLOYMENT,
    JOB,
    NAMESPACE,
    POD,
    REPLICA_SET,
    SERVICE,
    STATEFUL_SET,
    Kind,
)
from bot.testing.kubernetes.quantities import is_quantity
from bot.testing.kubernetes.refusals import (
    Cause,
    Object,
    duplicate,
    forbidden_field,
    required,
    too_long,
    unsupported,
    wrong,
)
from bot.testing.kubernetes.schedules import wrong_with

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_QUALIFIED = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_NO_LABEL = (
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
_NEGATIVE = "must be greater than or equal to 0"
_POD_UPDATE = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)
_SET_UPDATE = (
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
    "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
)
_SET_MAY_CHANGE = (
    "replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit", "minReadySeconds",
    "persistentVolumeClaimRetentionPolicy",
)  # fmt: skip
_NO_PERCENT = (
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for "
    "validation is '[0-9]+%')"
)
_NO_QUANTITY = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
_IMMUTABLE = "field is immutable"
_MOST_ANNOTATED = 256 * 1024

Causes = Iterator[Cause]


def causes(kind: Kind, value: Object, before: Object | None) -> list[Cause]:
    """Everything that is wrong with an object that is made, or that takes the place of another."""
    found = list(_metadata(kind, value["metadata"]))
    found += _owners(value["metadata"].get("ownerReferences") or ())
    if kind in _SPECS:
        found += _SPECS[kind](value.get("spec") or {})
    if before is not None and kind in _CHANGES:
        found += _CHANGES[kind](value.get("spec") or {}, before.get("spec") or {})
    return found


def _metadata(kind: Kind, metadata: Object) -> Causes:
    name = metadata.get("name", "")
    longest = 63 if kind in (NAMESPACE, SERVICE) else 253
    pattern, why = (_LABEL, _NO_LABEL) if longest == 63 else (_SUBDOMAIN, _NO_SUBDOMAIN)
    if len(name) > longest:
        yield wrong("metadata.name", name, f"must be no more than {longest} bytes")
    if not re.fullmatch(pattern, name) and kind.group != "rbac.authorization.k8s.io":
        yield wrong("metadata.name", name, why)
    if kind is JOB and len(name) > 63:  # its pods bear it as a label
        yield wrong("spec.template.labels", name, "must be no more than 63 bytes")
    if kind is CRON_JOB and len(name) > 52:  # and those of its jobs with a number
        yield wrong("metadata.name", name, "must be no more than 52 characters")
    yield from labels(metadata.get("labels") or {}, "metadata.labels")
    annotations = metadata.get("annotations") or {}
    for key in annotations:
        yield from _key(key.lower(), "metadata.annotations")
    if sum(len(key) + len(text or "") for key, text in annotations.items()) > _MOST_ANNOTATED:
        yield too_long("metadata.annotations", _MOST_ANNOTATED)


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
    if slash and not re.fullmatch(_SUBDOMAIN, prefix):
        yield wrong(field, key, f"prefix part {_NO_SUBDOMAIN}")
    if len(name) > 63:
        yield wrong(field, key, "name part must be no more than 63 bytes")
    if not re.fullmatch(_QUALIFIED, name):
        yield wrong(field, key, _NO_KEY)


def pod(spec: Object, at: str = "spec") -> Causes:
    """What is wrong with the spec of a pod, or of a template."""
    seen: set[str] = set()
    if not spec.get("containers"):
        yield required(f"{at}.containers")
    for part in ("containers", "initContainers"):
        for index, container in enumerate(spec.get(part) or ()):
            yield from _container(container, f"{at}.{part}[{index}]", seen)
    if (policy := spec.get("restartPolicy")) not in ("Always", "OnFailure", "Never"):
        yield unsupported(f"{at}.restartPolicy", policy, ("Always", "OnFailure", "Never"))
    if (spec.get("terminationGracePeriodSeconds") or 0) < 0:
        yield wrong(f"{at}.terminationGracePeriodSeconds", spec["terminationGracePeriodSeconds"], _NEGATIVE)


def _container(container: Object, at: str, seen: set[str]) -> Causes:
    name = container.get("name") or ""
    if not name:
        yield required(f"{at}.name")
    elif not re.fullmatch(_LABEL, name) or len(name) > 63:
        yield wrong(f"{at}.name", name, _NO_LABEL)
    elif name in seen:
        yield duplicate(f"{at}.name", name)
    seen.add(name)
    image = container.get("image")
    if not image:
        yield required(f"{at}.image")
    elif image.strip() != image:
        yield wrong(f"{at}.image", image, "must not have leading or trailing whitespace")
    if (policy := container.get("imagePullPolicy")) not in ("Always", "IfNotPresent", "Never"):
        yield unsupported(f"{at}.imagePullPolicy", policy, ("Always", "IfNotPresent", "Never"))
    yield from _resources(container.get("resources") or {}, f"{at}.resources")


def _resources(resources: Object, at: str) -> Causes:
    for part in ("limits", "requests"):
        for name, amount in (resources.get(part) or {}).items():
            if not is_quantity(amount):
                yield wrong(
                    f"{at}.{part}[{name}]",
                    amount,
                    _NO_QUANTITY,
                )


def _workload(spec: Object) -> Causes:
    """What all that make pods from a template have in common."""
    yield from _whole(spec, "replicas", "spec")
    yield from _whole(spec, "minReadySeconds", "spec")
    yield from _whole(spec, "revisionHistoryLimit", "spec")
    selector, template = spec.get("selector"), spec.get("template") or {}
    given = (template.get("metadata") or {}).get("labels") or {}
    if selector is None:
        yield required("spec.selector")
    elif not selector.get("matchLabels") and not selector.get("matchExpressions"):
        yield wrong("spec.selector", "{}", "empty selector is invalid for deployment")
    elif not selectors.of_object(selector)(given):
        yield wrong("spec.template.metadata.labels", _map(given), "`selector` does not match template `labels`")
    yield from labels(given, "spec.template.metadata.labels")
    inner = template.get("spec") or {}
    yield from pod(inner, "spec.template.spec")
    if inner.get("restartPolicy", "Always") in ("OnFailure", "Never"):
        yield unsupported("spec.template.spec.restartPolicy", inner["restartPolicy"], ("Always",))


def _map(value: Mapping[str, str]) -> str:
    return "{" + ",".join(f'"{name}":"{text}"' for name, text in sorted(value.items())) + "}"


def _whole(spec: Object, name: str, at: str) -> Causes:
    number = spec.get(name)
    if isinstance(number, int) and number < 0:
        yield wrong(f"{at}.{name}", number, _NEGATIVE)


def _deployment(spec: Object) -> Causes:
    yield from _workload(spec)
    strategy = spec.get("strategy") or {}
    rolling = strategy.get("rollingUpdate")
    at = "spec.strategy"
    if strategy.get("type") not in ("RollingUpdate", "Recreate"):
        yield unsupported(f"{at}.type", strategy.get("type"), ("Recreate", "RollingUpdate"))
    elif strategy["type"] == "Recreate" and rolling is not None:
        yield forbidden_field(f"{at}.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'")
    elif rolling is not None:
        yield from _share(rolling.get("maxUnavailable"), f"{at}.rollingUpdate.maxUnavailable")
        yield from _share(rolling.get("maxSurge"), f"{at}.rollingUpdate.maxSurge")
        if rolling.get("maxUnavailable") in (0, "0%") and rolling.get("maxSurge") in (0, "0%"):
            yield wrong(f"{at}.rollingUpdate.maxUnavailable", 0, "may not be 0 when `maxSurge` is 0")
    deadline = spec.get("progressDeadlineSeconds")
    if deadline is not None and deadline <= (spec.get("minReadySeconds") or 0):
        yield wrong("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds")


def _daemon_set(spec: Object) -> Causes:
    yield from _workload(spec)
    rolling = (spec.get("updateStrategy") or {}).get("rollingUpdate") or {}
    for name in ("maxUnavailable", "maxSurge"):
        yield from _share(rolling.get(name), f"spec.updateStrategy.rollingUpdate.{name}")


def _share(value: object, at: str) -> Causes:
    """A number, or a share in percent."""
    if isinstance(value, int) and value < 0:
        yield wrong(at, value, _NEGATIVE)
    elif isinstance(value, str) and not re.fullmatch(r"[0-9]+%", value):
        yield wrong(
            at,
            value,
            _NO_PERCENT,
        )


def _job(spec: Object) -> Causes:
    for name in ("parallelism", "completions", "backoffLimit", "activeDeadlineSeconds", "ttlSecondsAfterFinished"):
        yield from _whole(spec, name, "spec")
    inner = (spec.get("template") or {}).get("spec") or {}
    yield from pod(inner, "spec.template.spec")
    if inner.get("restartPolicy") == "Always":
        yield required("spec.template.spec.restartPolicy", 'valid values: "OnFailure", "Never"')


def _cron_job(spec: Object) -> Causes:
    schedule = spec.get("schedule") or ""
    if not schedule:
        yield required("spec.schedule")
    elif why := wrong_with(schedule):
        yield wrong("spec.schedule", schedule, why)
    for cause in _job((spec.get("jobTemplate") or {}).get("spec") or {}):
        at = cause.field.replace("spec.", "spec.jobTemplate.spec.", 1)
        yield Cause(reason=cause.reason, field=at, message=cause.message)


def _budget(spec: Object) -> Causes:
    if spec.get("minAvailable") is not None and spec.get("maxUnavailable") is not None:
        yield wrong("spec", "{}", "minAvailable and maxUnavailable cannot be both set")
    yield from _share(spec.get("minAvailable"), "spec.minAvailable")
    yield from _share(spec.get("maxUnavailable"), "spec.maxUnavailable")


def _autoscaler(spec: Object) -> Causes:
    most, least = spec.get("maxReplicas") or 0, spec.get("minReplicas") or 0
    if least < 1:
        yield wrong("spec.minReplicas", least, "must be greater than or equal to 1")
    if most < 1:
        yield wrong("spec.maxReplicas", most, "must be greater than 0")
    elif most < least:
        yield wrong("spec.maxReplicas", most, "must be greater than or equal to `minReplicas`")
    for name in ("kind", "name"):
        if not (spec.get("scaleTargetRef") or {}).get(name):
            yield required(f"spec.scaleTargetRef.{name}")


def _service(spec: Object) -> Causes:
    if not spec.get("ports") and spec.get("clusterIP") != "None" and spec.get("type") != "ExternalName":
        yield required("spec.ports")
    for index, port in enumerate(spec.get("ports") or ()):
        number = port.get("port") or 0
        if not 1 <= number <= 65535:
            yield wrong(f"spec.ports[{index}].port", number, "must be between 1 and 65535, inclusive")


def _same_selector(spec: Object, before: Object) -> Causes:
    if spec.get("selector") != before.get("selector"):
        yield wrong("spec.selector", selectors.written(spec.get("selector")), _IMMUTABLE)


def _same_set(spec: Object, before: Object) -> Causes:
    if {**before, **dict.fromkeys(_SET_MAY_CHANGE)} != {**spec, **dict.fromkeys(_SET_MAY_CHANGE)}:
        yield forbidden_field("spec", _SET_UPDATE)


def _same_job(spec: Object, before: Object) -> Causes:
    fixed = ["selector", "completions", "completionMode"]
    if not before.get("suspend"):
        fixed.append("template")
    for name in fixed:
        if spec.get(name) != before.get(name):
            yield wrong(f"spec.{name}", "{...}", _IMMUTABLE)


def _same_pod(spec: Object, before: Object) -> Causes:
    if len(spec.get("containers") or ()) != len(before.get("containers") or ()):
        yield forbidden_field("spec.containers", "pod updates may not add or remove containers")
    elif _fixed(spec) != _fixed(before) or any(
        one not in (spec.get("tolerations") or ()) for one in before.get("tolerations") or ()
    ):
        yield forbidden_field("spec", _POD_UPDATE)


def _fixed(spec: Object) -> Object:
    parts: Object = {
        part: [{**one, "image": "", "resources": {}} for one in spec.get(part) or ()]
        for part in ("containers", "initContainers", "ephemeralContainers")
    }
    return {**spec, **parts, "activeDeadlineSeconds": None, "tolerations": None}


def _same_address(spec: Object, before: Object) -> Causes:
    if before.get("clusterIP") and spec.get("clusterIP") != before["clusterIP"]:
        yield wrong("spec.clusterIPs[0]", spec.get("clusterIP"), "may not change once set")


_SPECS: dict[Kind, Callable[[Object], Causes]] = {
    POD: pod,
    DEPLOYMENT: _deployment,
    REPLICA_SET: _workload,
    STATEFUL_SET: _workload,
    DAEMON_SET: _daemon_set,
    JOB: _job,
    CRON_JOB: _cron_job,
    BUDGET: _budget,
    AUTOSCALER: _autoscaler,
    SERVICE: _service,
}
_CHANGES: dict[Kind, Callable[[Object, Object], Causes]] = {
    POD: _same_pod,
    DEPLOYMENT: _same_selector,
    REPLICA_SET: _same_selector,
    DAEMON_SET: _same_selector,
    STATEFUL_SET: _same_set,
    JOB: _same_job,
    SERVICE: _same_address,
}
