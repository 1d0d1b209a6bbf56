"""What runs in the shop: objects as their authors write them."""

import json
from typing import Any

from kubernetes.aio.client import ApiException

Json = dict[str, Any]
NAMESPACE = "shop"


def metadata(name: str, **more: Any) -> Json:
    return {"name": name, "namespace": NAMESPACE, **more}


def template(app: str, image: str = "", **spec: Any) -> Json:
    containers = [{"name": app, "image": image or f"shop/{app}:1"}]
    return {"metadata": {"labels": {"app": app}}, "spec": {"containers": containers, **spec}}


def deployment(name: str = "cart", image: str = "", replicas: int = 3, **spec: Any) -> Json:
    given = {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template(name, image)}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata(name), "spec": given | spec}


def pod(name: str = "one", image: str = "shop/one:1", **spec: Any) -> Json:
    given = {"containers": [{"name": "one", "image": image}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata(name, labels={"app": name}), "spec": given | spec}


def budget(app: str = "cart", **spec: Any) -> Json:
    selector = {"matchLabels": {"app": app}}
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata(app),
        "spec": {"selector": selector, **spec},
    }


def job(name: str = "tidy", image: str = "shop/tidy:1", **spec: Any) -> Json:
    given = {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": name, "image": image}]}}}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata(name), "spec": given | spec}


def config(name: str = "prices", **data: str) -> Json:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata(name), "data": data}


def said(error: ApiException) -> Json:
    """The Status in an answer."""
    body: Json = json.loads(error.body)
    assert body["kind"] == "Status"
    assert body["code"] == error.status
    return body
