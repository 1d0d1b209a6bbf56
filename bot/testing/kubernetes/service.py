"""Which handler answers what: from a request that was read to the object, or the stream, that is its answer."""

from __future__ import annotations

from dataclasses import dataclass

from bot.testing.kubernetes import asked, discovery, parts, reading, reviews, usage
from bot.testing.kubernetes.access import Ask
from bot.testing.kubernetes.asked import Asked, Target
from bot.testing.kubernetes.cluster import Cluster
from bot.testing.kubernetes.objects import Objects, allowed
from bot.testing.kubernetes.reading import Chosen
from bot.testing.kubernetes.refusals import Object, method_not_allowed

_WRITES = ("POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A status and a body."""

    code: int = 200
    body: Object


class Service:
    """The handlers of one cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    @property
    def objects(self) -> Objects:
        """The handlers of objects."""
        return Objects(self.cluster)

    def target(self, one: Asked) -> Target | None:
        """What a request is about, once its sender is known to be allowed; None for what is no object."""
        if one.path in reviews.PATHS or one.path in self._documents() or usage.is_one(one.path):
            return None
        at = asked.target(one.path)
        watches = one.method == "GET" and one.watches
        wanted = asked.ask(one, at, watches=watches)
        self.cluster.access.check(one.user, wanted, at.kind)
        if not (watches and not at.sub):
            allowed(at.kind, at.sub, "get" if wanted.verb in ("get", "list") else wanted.verb)
        if (one.method == "POST" and at.name and not at.sub) or (one.method == "PUT" and not at.name):
            raise method_not_allowed(at.kind)
        return at

    def answer(self, one: Asked, at: Target | None) -> Answer:
        """Answers what is no stream; the controllers see at once what was written."""
        if at is None:
            return self._elsewhere(one)
        made = self._read(one, at) if one.method in ("GET", "HEAD") else self._write(one, at)
        if one.method in _WRITES:
            self.cluster.settle()
            self.cluster.changed.set()
        return made

    def _elsewhere(self, one: Asked) -> Answer:
        if one.path in reviews.PATHS:
            if one.method != "POST":
                raise method_not_allowed()
            return Answer(code=201, body=reviews.review(self.cluster.access, one.user, one.path, one.written()))
        if one.method not in ("GET", "HEAD"):
            raise method_not_allowed()
        if usage.is_one(one.path):
            return Answer(body=usage.measured(self.cluster, one))
        return Answer(body=self._documents()[one.path])

    def _documents(self) -> dict[str, Object]:
        return dict(discovery.documents(metrics=self.cluster.settings.metrics))

    def _read(self, one: Asked, at: Target) -> Answer:
        if at.sub == "scale":
            return Answer(body=parts.scale(self.objects.found(at)))
        if at.name:
            return Answer(body=self.objects.found(at))
        return Answer(body=reading.listed(self.cluster, one, at))

    def _write(self, one: Asked, at: Target) -> Answer:
        objects = self.objects
        if at.sub == "scale":
            return Answer(body=parts.rescale(objects, one, at))
        if at.sub == "eviction":
            return Answer(code=201, body=parts.evict(self.cluster, objects, one, at))
        if one.method == "POST":
            return Answer(code=201, body=objects.create(one, at))
        if one.method == "DELETE":
            if at.name:
                return Answer(body=objects.delete(one, at))
            return Answer(body=objects.delete_all(one, at, self._chosen(one, at)))
        made = {"PUT": objects.update, "PATCH": objects.patch}[one.method]
        is_new = one.method == "PATCH" and self._is_new(one, at)
        if is_new:  # an apply that makes something needs the right to make it as well
            create = Ask(
                verb="create", group=at.kind.group, resource=at.kind.plural, namespace=at.namespace, name=at.name
            )
            self.cluster.access.check(one.user, create)
        return Answer(code=201 if is_new else 200, body=made(one, at))

    def _is_new(self, one: Asked, at: Target) -> bool:
        key = (at.namespace if at.kind.namespaced else "", at.name)
        return one.content_type == asked.APPLY and self.cluster.store.get(at.kind, key) is None

    def _chosen(self, one: Asked, at: Target) -> list[Object]:
        chosen = Chosen.of(one, at)
        return [
            value
            for value in self.cluster.store.all(at.kind, chosen.namespace)
            if chosen.takes((value["metadata"].get("namespace", ""), value["metadata"]["name"]), value)
        ]
