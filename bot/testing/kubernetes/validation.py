"""What is wrong with an object beyond its schema: values that cannot be, and what belongs together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from bot.testing.kubernetes import naming, selectors, unchanging
from bot.testing.kubernetes.kinds import (
    AUTOSCALER,
    BUDGET,
    CLAIM,
    CLUSTER_ROLE,
    CONFIG_MAP,
    CRON_JOB,
    DAEMON_SET,
    DEPLOYMENT,
    EVENT,
    JOB,
    NODE,
    POD,
    REPLICA_SET,
    ROLE,
    SECRET,
    SERVICE,
    STATEFUL_SET,
    Kind,
)
from bot.testing.kubernetes.naming import LABEL, NO_LABEL, labels
from bot.testing.kubernetes.quantities import amount, is_quantity
from bot.testing.kubernetes.refusals import (
    Cause,
    Object,
    duplicate,
    forbidden_field,
    not_there,
    required,
    too_long,
    unsupported,
    wrong,
)
from bot.testing.kubernetes.schedules import wrong_with

_NEGATIVE = "must be greater than or equal to 0"
_NO_PERCENT = (
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for "
    "validation is '[0-9]+%')"
)
_NO_QUANTITY = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
_NO_PORT = "must be between 1 and 65535, inclusive"
_NO_VARIABLE = "a valid environment variable name must consist only of printable ASCII characters other than '='"
_NO_CONFIG_KEY = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or "
    "'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
)
_MOST_DATA = 1024 * 1024
JOB_UID = "batch.kubernetes.io/controller-uid"
Causes = Iterator[Cause]


def causes(kind: Kind, value: Object, before: Object | None) -> list[Cause]:
    """Everything that is wrong with an object that is made, or that takes the place of another."""
    found = list(naming.metadata(kind, value["metadata"]))
    if kind in _SPECS:
        found += _SPECS[kind](value.get("spec") or {})
    if kind in _WHOLE:
        found += _WHOLE[kind](value)
    if before is not None:
        found += unchanging.causes(kind, value, before)
    return found


def pod(spec: Object, at: str = "spec") -> Causes:
    """What is wrong with the spec of a pod, or of a template."""
    seen: set[str] = set()
    if not spec.get("containers"):
        yield required(f"{at}.containers")
    for part in ("containers", "initContainers"):
        for index, container in enumerate(spec.get(part) or ()):
            yield from _container(container, f"{at}.{part}[{index}]", seen)
            yield from _mounts(container, spec.get("volumes") or (), f"{at}.{part}[{index}].volumeMounts")
    if (policy := spec.get("restartPolicy")) not in ("Always", "OnFailure", "Never"):
        yield unsupported(f"{at}.restartPolicy", policy, ("Always", "OnFailure", "Never"))
    if (spec.get("terminationGracePeriodSeconds") or 0) < 0:
        yield wrong(f"{at}.terminationGracePeriodSeconds", spec["terminationGracePeriodSeconds"], _NEGATIVE)


def _container(container: Object, at: str, seen: set[str]) -> Causes:
    name = container.get("name") or ""
    if not name:
        yield required(f"{at}.name")
    elif not re.fullmatch(LABEL, name) or len(name) > 63:
        yield wrong(f"{at}.name", name, NO_LABEL)
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
    for index, variable in enumerate(container.get("env") or ()):
        yield from _variable(variable.get("name") or "", f"{at}.env[{index}].name")
    for index, port in enumerate(container.get("ports") or ()):
        number = port.get("containerPort") or 0
        if not 1 <= number <= 65535:
            yield (
                wrong(f"{at}.ports[{index}].containerPort", number, _NO_PORT)
                if number
                else required(f"{at}.ports[{index}].containerPort")
            )
    yield from _resources(container.get("resources") or {}, f"{at}.resources")


def _variable(name: str, at: str) -> Causes:
    if not name:
        yield required(at)
    elif "=" in name or not (name.isascii() and name.isprintable()):
        yield wrong(at, name, _NO_VARIABLE)


def _mounts(container: Object, volumes: Sequence[Object], at: str) -> Causes:
    names = {one.get("name") for one in volumes}
    for index, mount in enumerate(container.get("volumeMounts") or ()):
        if mount.get("name") not in names:
            yield not_there(f"{at}[{index}].name", mount.get("name") or "")
        if not mount.get("mountPath"):
            yield required(f"{at}[{index}].mountPath")


def _resources(resources: Object, at: str) -> Causes:
    for part in ("limits", "requests"):
        for name, given in (resources.get(part) or {}).items():
            if not is_quantity(given):
                yield wrong(f"{at}.{part}[{name}]", given, _NO_QUANTITY)
            elif amount(given) < 0:
                yield wrong(f"{at}.{part}[{name}]", given, _NEGATIVE)
    limits = resources.get("limits") or {}
    for name, wanted in (resources.get("requests") or {}).items():
        if name in limits and amount(wanted) > amount(limits[name]):
            why = f"must be less than or equal to {name} limit of {limits[name]}"
            yield wrong(f"{at}.requests", wanted, why)


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
    yield from _selector(selector or {})
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
        yield from _share(rolling.get("maxUnavailable"), f"{at}.rollingUpdate.maxUnavailable", whole=True)
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


def _share(value: object, at: str, *, whole: bool = False) -> Causes:
    """A number, or a share in percent; `whole` is the most that it can be of."""
    if whole and isinstance(value, str) and re.fullmatch(r"[0-9]+%", value) and int(value[:-1]) > 100:
        yield wrong(at, value, "must not be greater than 100%")
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
    yield from _share(spec.get("minAvailable"), "spec.minAvailable", whole=True)
    yield from _share(spec.get("maxUnavailable"), "spec.maxUnavailable", whole=True)
    yield from _selector(spec.get("selector") or {})


def _selector(selector: Object) -> Causes:
    for index, one in enumerate(selector.get("matchExpressions") or ()):
        at, operator = f"spec.selector.matchExpressions[{index}]", one.get("operator")
        if operator not in ("In", "NotIn", "Exists", "DoesNotExist"):
            yield wrong(f"{at}.operator", operator or "", "not a valid selector operator")
        elif operator in ("In", "NotIn") and not one.get("values"):
            yield required(f"{at}.values", "must be specified when `operator` is 'In' or 'NotIn'")
        elif operator in ("Exists", "DoesNotExist") and one.get("values"):
            yield forbidden_field(f"{at}.values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
    yield from labels(selector.get("matchLabels") or {}, "spec.selector.matchLabels")


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
            yield wrong(f"spec.ports[{index}].port", number, _NO_PORT)


def _own_selector(value: Object) -> Causes:
    """A job finds its pods by its own uid: one that is made from what another was read as has the other's."""
    spec, uid = value.get("spec") or {}, value["metadata"].get("uid")
    selector, template = spec.get("selector") or {}, spec.get("template") or {}
    given = (template.get("metadata") or {}).get("labels") or {}
    if not selectors.of_object(selector)(given):
        yield wrong("spec.template.metadata.labels", _map(given), "`selector` does not match template `labels`")
    if not spec.get("manualSelector") and (selector.get("matchLabels") or {}).get(JOB_UID) != uid:
        yield wrong("spec.selector", selectors.written(selector), "`selector` not auto-generated")


def _config(value: Object) -> Causes:
    data = {**(value.get("data") or {}), **(value.get("binaryData") or {})}
    for key in data:
        if not re.fullmatch(r"[-._a-zA-Z0-9]+", key) or len(key) > 253:
            yield wrong(f"data[{key}]", key, _NO_CONFIG_KEY)
    if sum(len(str(text).encode()) for text in data.values()) > _MOST_DATA:
        yield too_long("[]" if value.get("kind") == CONFIG_MAP.kind else "data", _MOST_DATA)


def _claim(spec: Object) -> Causes:
    if not spec.get("accessModes"):
        yield required("spec.accessModes", "at least 1 access mode is required")
    if "storage" not in ((spec.get("resources") or {}).get("requests") or {}):
        yield required("spec.resources[storage]")


def _node(value: Object) -> Causes:
    effects = ("NoExecute", "NoSchedule", "PreferNoSchedule")
    for index, taint in enumerate((value.get("spec") or {}).get("taints") or ()):
        if taint.get("effect") not in effects:  # the real one says metadata too
            yield unsupported(f"metadata.taints[{index}].effect", taint.get("effect") or "", effects)


def _event(value: Object) -> Causes:
    """Of what lies in no namespace events lie in `default`."""
    about = (value.get("involvedObject") or {}).get("namespace") or ""
    if (about or "default") != value["metadata"].get("namespace"):
        yield wrong("involvedObject.namespace", about, "does not match event.namespace")


def _role(value: Object) -> Causes:
    for index, rule in enumerate(value.get("rules") or ()):
        at = f"rules[{index}]"
        if not rule.get("verbs"):
            yield required(f"{at}.verbs", "verbs must contain at least one value")
        if rule.get("nonResourceURLs"):
            if value.get("kind") == ROLE.kind:
                yield wrong(f"{at}.nonResourceURLs", "[...]", "namespaced rules cannot apply to non-resource URLs")
            continue
        if not rule.get("apiGroups"):
            yield required(f"{at}.apiGroups", "resource rules must supply at least one api group")
        if not rule.get("resources"):
            yield required(f"{at}.resources", "resource rules must supply at least one resource")


_WHOLE: dict[Kind, Callable[[Object], Causes]] = {
    JOB: _own_selector,
    CONFIG_MAP: _config,
    SECRET: _config,
    EVENT: _event,
    NODE: _node,
    ROLE: _role,
    CLUSTER_ROLE: _role,
}
_SPECS: dict[Kind, Callable[[Object], Causes]] = {
    POD: pod,
    DEPLOYMENT: _deployment,
    REPLICA_SET: _workload,
    STATEFUL_SET: _workload,
    DAEMON_SET: _daemon_set,
    JOB: _job,
    CRON_JOB: _cron_job,
    BUDGET: _budget,
    CLAIM: _claim,
    AUTOSCALER: _autoscaler,
    SERVICE: _service,
}
