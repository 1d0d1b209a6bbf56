"""Whatever is done to a cluster, it comes to rest; and once nothing is wrong any more, it is as it was asked to be."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.testing.kubernetes.asked import Asked, Target
from bot.testing.kubernetes.cluster import Cluster
from bot.testing.kubernetes.controllers import controllers
from bot.testing.kubernetes.controllers.owned import is_going, is_ready
from bot.testing.kubernetes.kinds import BUDGET, DEPLOYMENT, NAMESPACE, NODE, POD, REPLICA_SET, Kind
from bot.testing.kubernetes.objects import Objects
from bot.testing.kubernetes.schema import Schema
from bot.testing.kubernetes.settings import Settings
from tests.integrations.kubernetes_simulator.shop import budget, deployment
from tests.soak import many

CART = ("shop", "cart")
SCHEMA = Schema.installed()
ACTS = st.one_of(
    st.tuples(st.just("image"), st.sampled_from(["shop/cart:1", "shop/cart:2", "shop/cart:bad", "shop/cart:missing"])),
    st.tuples(st.just("replicas"), st.integers(0, 4)),
    st.tuples(st.just("paused"), st.booleans()),
    st.tuples(st.just("cordon"), st.sampled_from(["node-1", "node-2", "node-3"])),
    st.tuples(st.just("lose"), st.sampled_from(["node-1", "node-2"])),
    st.tuples(st.just("find"), st.sampled_from(["node-1", "node-2"])),
    st.tuples(st.just("delete"), st.integers(0, 4)),
    st.tuples(st.just("wait"), st.sampled_from([0.05, 1, 30, 400])),
)


class Shop:
    """A cluster with a deployment and its budget, in this process."""

    def __init__(self, seed: int) -> None:
        self.cluster = Cluster(SCHEMA, controllers())
        self.cluster.became(Settings(seed=seed))
        self.cluster.make(NAMESPACE, {"metadata": {"name": "shop"}, "status": {"phase": "Active"}})
        self.make(DEPLOYMENT, deployment(progressDeadlineSeconds=60))
        self.make(BUDGET, budget(maxUnavailable=1))

    def make(self, kind: Kind, value: dict[str, Any]) -> None:
        user = next(iter(self.cluster.access.users.values()))
        asked = Asked(method="POST", path="", query={}, user=user)
        Objects(self.cluster)._create(asked, Target(kind=kind, namespace="shop"), value)
        self.cluster.settle()

    def does(self, act: str, how: Any) -> None:
        getattr(self, act)(how)
        self.cluster.settle()

    def spec(self, **parts: Any) -> None:
        before = self.cluster.store.get(DEPLOYMENT, CART)
        assert before is not None
        self.cluster.set(DEPLOYMENT, before, spec={**before["spec"], **parts})

    def image(self, name: str) -> None:
        made = deployment(image=name)["spec"]["template"]
        before = self.cluster.store.get(DEPLOYMENT, CART)
        assert before is not None
        container = {**before["spec"]["template"]["spec"]["containers"][0], "image": name}
        inner = {**before["spec"]["template"]["spec"], "containers": [container]}
        self.spec(template={"metadata": made["metadata"], "spec": inner})

    def replicas(self, number: int) -> None:
        self.spec(replicas=number)

    def paused(self, is_so: bool) -> None:
        self.spec(paused=is_so)

    def cordon(self, name: str, is_so: bool = True) -> None:
        node = self.cluster.store.get(NODE, ("", name))
        assert node is not None
        self.cluster.set(NODE, node, spec={**node["spec"], "unschedulable": is_so})

    def lose(self, name: str, status: str = "Unknown") -> None:
        node = self.cluster.store.get(NODE, ("", name))
        assert node is not None
        conditions = [
            {**one, "status": status} if one["type"] == "Ready" else one for one in node["status"]["conditions"]
        ]
        self.cluster.set(NODE, node, status={**node["status"], "conditions": conditions})

    def find(self, name: str) -> None:
        self.lose(name, "True")

    def delete(self, number: int) -> None:
        for pod in self.cluster.store.all(POD, "shop")[number : number + 1]:
            self.cluster.delete(POD, pod, grace=30)

    def wait(self, seconds: float) -> None:
        self.cluster.advance(seconds)


@settings(max_examples=many(25, 2000), deadline=None)
@given(seed=st.integers(0, 99), acts=st.lists(ACTS, max_size=12), replicas=st.integers(0, 4))
def test_it_comes_to_what_was_asked_for(seed: int, acts: list[tuple[str, Any]], replicas: int) -> None:
    shop = Shop(seed)
    for act, how in acts:
        shop.does(act, how)
    for name in ("node-1", "node-2", "node-3"):
        shop.find(name)
        shop.cordon(name, False)
    shop.image("shop/cart:9")
    shop.spec(paused=False, replicas=replicas)
    shop.cluster.advance(60)
    shop.cluster.advance(60)
    store = shop.cluster.store
    pods = store.all(POD, "shop")
    assert [is_ready(pod) and not is_going(pod) for pod in pods] == [True] * replicas
    assert {pod["spec"]["containers"][0]["image"] for pod in pods} <= {"shop/cart:9"}
    made = store.get(DEPLOYMENT, CART)
    assert made is not None
    status = made["status"]
    numbers = [status.get(name, 0) for name in ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")]
    assert numbers == [replicas] * 4
    said = {one["type"]: (one["status"], one["reason"]) for one in status["conditions"]}
    assert said["Progressing"] == ("True", "NewReplicaSetAvailable")
    assert said["Available"] == ("True", "MinimumReplicasAvailable")
    assert sum(one["spec"]["replicas"] for one in store.all(REPLICA_SET, "shop")) == replicas
    kept = store.get(BUDGET, CART)
    assert kept is not None
    assert kept["status"]["currentHealthy"] == replicas
