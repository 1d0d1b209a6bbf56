"""What stands under `integrations:` for a Kubernetes cluster."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator

from bot.documents import Duration, Strict
from bot.integrations.kubernetes.words import Namespace
from bot.model.runbook import Risk


def _named(argv: list[str]) -> list[str]:
    if not argv or not all(argv):
        raise ValueError("a command has a program, and no empty argument")
    if "*" in argv[0]:
        raise ValueError("name the program in full: `*` may stand in place of its arguments only")
    return argv


def _address(text: str) -> str:
    parts = urlsplit(text)
    if text and (parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query):
        raise ValueError("write it like https://10.0.0.1:6443, without a user in it")
    return text.rstrip("/")


Command = Annotated[list[str], AfterValidator(_named)]


class KubernetesConfig(Strict):
    """One cluster: how to reach it, and what may be done there. Several clusters are several integrations."""

    kubeconfig: Path | None = Field(
        default=None, description="File as kubectl reads it; its certificates, tokens and login programs are used."
    )
    context: str = Field(default="", description="Context of that file; without one, its current context.")
    in_cluster: bool = Field(
        default=False, description="Whether Tocsin runs as a pod in this cluster, and is who its service account says."
    )
    server: str | None = Field(
        default=None, description="The API server's address, where there is no kubeconfig file; needs `token`."
    )
    token: SecretStr | None = Field(
        default=None, description="Token of a service account, as `{file: PATH}` or `{env: NAME}`; goes with `server`."
    )
    ca: Path | None = Field(
        default=None, description="File with the certificates that the API server's own is signed by."
    )
    namespaces: list[Namespace] = Field(
        default_factory=list, description="The only namespaces that runbooks may read or change; none listed: all."
    )
    allow: list[Risk] = Field(
        default_factory=lambda: [Risk.READ, Risk.WRITE],
        min_length=1,
        description="Which actions there are here. `destructive` ones (drain, exec, force) only when it is named.",
    )
    exec_read: list[Command] = Field(
        default_factory=list,
        description="Commands for `kubernetes.exec` that only read; a `*` element stands for any one argument.",
    )
    timeout: Duration = Field(default=timedelta(seconds=10), description="How long the API server gets for an answer.")

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        ways = [self.kubeconfig is not None, self.in_cluster, self.server is not None]
        if sum(ways) != 1:
            raise ValueError("write one of `kubeconfig`, `in_cluster: true`, or `server` with a `token`")
        if self.server is not None:
            _address(self.server)
        if (self.server is not None) != (self.token is not None):
            raise ValueError("`server` and `token` go together")
        if self.context and self.kubeconfig is None:
            raise ValueError("`context` names a context of a `kubeconfig`")
        if not timedelta(seconds=1) <= self.timeout <= timedelta(minutes=2):
            raise ValueError("`timeout` lies between 1s and 2m")
        return self
