"""What a test may say about the simulated cluster: how fast it is, how its containers behave, and what is broken."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Strict(BaseModel):
    """A mistyped key is refused."""

    model_config = ConfigDict(extra="forbid")


class Settings(Strict):
    """How the cluster is. Times are seconds; a real one is slower in most of them, and the tests have no patience.

    `frozen`: the controllers, the scheduler and the kubelets do nothing. `nodes`: how many there are at the beginning.
    `metrics`: whether there is a metrics server.
    """

    nodes: int = Field(default=3, ge=0)
    seed: int = 7
    frozen: bool = False
    metrics: bool = True
    start: float = Field(default=0.05, ge=0, description="from being scheduled to running")
    crash_after: float = Field(default=0.05, ge=0, description="how long a container runs that crashes or ends")
    backoff: float = Field(default=0.5, ge=0, description="the first wait before a restart; it doubles")
    longest_backoff: float = Field(default=5.0, ge=0)
    stop: float = Field(default=0.05, ge=0, description="how long a container takes to end when told to")
    bookmarks: float = Field(default=60.0, gt=0, description="between two bookmarks of a watch")


class Does(StrEnum):
    """What a container does."""

    RUN = "run"
    CRASH = "crash"
    OOM = "oom"
    MISSING = "missing"
    UNCONFIGURED = "unconfigured"
    SLOW = "slow"
    DONE = "done"


class Behaviour(Strict):
    """How the containers of an image behave. `log` is what each instance writes when it starts."""

    does: Does = Does.RUN
    exit_code: int = 1
    log: list[str] = Field(default_factory=list)
    after: float | None = Field(default=None, ge=0, description="seconds until it crashes or ends")


class Exec(Strict):
    """What a command in a container answers: the first whose `argv` begins the command's is taken."""

    argv: list[str]
    stdout: str = ""
    stderr: str = ""
    exit_code: int = 0
    seconds: float = Field(default=0, ge=0)


class Fault(Strict):
    """Something that goes wrong with requests whose path begins with `path`; `times` often, or until it is mended.

    It takes `latency` seconds, then does what was asked if `effect` says so, then answers with `status` (a Status
    body, or a page of HTML where `html` says so), or hangs up if `drop` says so, or answers as usual.
    """

    path: str = "/"
    method: str = ""
    times: int | None = Field(default=None, ge=1)
    latency: float = Field(default=0, ge=0)
    status: int = 0
    reason: str = ""
    message: str = ""
    retry_after: int | None = None
    html: bool = False
    drop: bool = False
    effect: bool = False

    def meets(self, method: str, path: str) -> bool:
        """Whether it is about such a request."""
        return path.startswith(self.path) and self.method in ("", method)


class Faults(Strict):
    """What is broken; of each request the first that is about it happens."""

    faults: list[Fault] = Field(default_factory=list)

    def of(self, method: str, path: str) -> Fault | None:
        """The one that is about such a request; it counts."""
        found = next((one for one in self.faults if one.meets(method, path)), None)
        if found is not None and found.times is not None:
            found.times -= 1
            if not found.times:
                self.faults.remove(found)
        return found
