"""How a simulated server is set up, and its knobs: what may be broken while it runs. Unknown keys are refused."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _pattern(written: str) -> str:
    re.compile(written)
    return written


Pattern = Annotated[str, AfterValidator(_pattern)]


class Strict(BaseModel):
    """A document whose keys are all known."""

    model_config = ConfigDict(extra="forbid")


class Account(Strict):
    """Who may come in, and what as."""

    password: str
    capabilities: set[str] = {
        "search",
        "schedule_search",
        "list_settings",
        "edit_tokens_own",
        "dispatch_rest_to_indexers",
    }


class Settings(Strict):
    """A server as it stands: people, tokens, apps with their macros, version and limits."""

    version: str = "10.0.1"
    accounts: dict[str, Account] = {
        "admin": Account(password="changed-it"),  # noqa: S106 - a made-up server's
        "guest": Account(password="guest-guest", capabilities=set()),  # noqa: S106 - as well
    }
    tokens: dict[str, str] = {"token-of-admin": "admin", "token-of-guest": "guest"}
    """Bearer token -> account."""
    hec_tokens: dict[str, str] = {"11111111-2222-3333-4444-555555555555": "main"}
    """HEC token -> index."""
    hec_acknowledges: bool = True
    """Whether these tokens were made with acknowledgement: a channel is then required."""
    indexes: set[str] = {"main", "_internal", "tocsin"}
    apps: set[str] = {"search", "system", "launcher"}
    macros: dict[str, str] = {}
    """`app/name` or, with arguments, `app/name(2)` -> its text, with `$argument1$` and `$argument2$`."""
    max_result_rows: int = 50_000
    """`maxresultrows`: the most rows of one page."""
    max_searches: int = 10
    """How many searches run at once; the next is refused with 503."""


class SavedOne(Strict):
    """A saved search: where it is, whose it is, and its settings by their names in REST (`alert_type`)."""

    name: str
    app: str = "search"
    owner: str = "admin"
    sharing: Literal["user", "app", "global"] = "app"
    content: dict[str, str | int | float | bool]


class FiredAlert(Strict):
    """An alert that Splunk's own scheduler fired."""

    savedsearch_name: str
    sid: str
    trigger_time: float
    app: str = "search"
    severity: int = 3
    actions: str = ""


class Answer(Strict):
    """What is answered in place of, or on top of, the truth."""

    status: int = 200
    type: Literal["INFO", "WARN", "ERROR", "FATAL"] = "FATAL"
    text: str = "simulated"
    html: bool = False
    """An HTML page, as a proxy on the way would answer."""
    retry_after: int | None = None


class WireFault(Strict):
    """What goes wrong with a request whose method and path match, so many times (None: until it is taken away)."""

    method: Pattern = ".*"
    path: Pattern = ".*"
    times: int | None = None
    latency: float = 0
    answer: Answer | None = None
    drop: Literal["no", "before", "after"] = "no"
    """The connection ends without an answer: before anything was done, or after it was done."""
    truncate: int | None = None
    """So many bytes of the body, then the connection ends."""
    slow: float = 0
    """Seconds between pieces of 1 KiB of the body."""


class JobFault(Strict):
    """What goes wrong with a job whose search matches."""

    search: Pattern = ".*"
    times: int | None = None
    queued: float = 0
    """Seconds in the state QUEUED."""
    running: float = 0
    """Seconds in the state RUNNING beyond what the search takes."""
    fails: str = ""
    """It ends as FAILED with this message."""
    messages: list[tuple[Literal["INFO", "WARN", "ERROR", "FATAL"], str]] = []
    share: float = Field(default=1, ge=0, le=1)
    """How much of its events it sees: less than all is a search peer that is down, and it says so."""
    vanishes: Literal["never", "running", "done", "read"] = "never"
    """It is forgotten while it runs, when it is done, or after its results were first read."""


class HecFault(Strict):
    """What goes wrong with the event collector."""

    code: int | None = Field(default=None, ge=1, le=15)
    """Every event is refused with this code (9: the server is busy), so many `times`."""
    times: int | None = None
    acknowledges_after: float = 0
    """Seconds until what was taken is indexed, as far as acknowledgements tell."""
    loses: bool = False
    """It takes events, never indexes them, and never acknowledges them."""


class Faults(Strict):
    """Everything that is broken at this moment."""

    wire: list[WireFault] = []
    jobs: list[JobFault] = []
    hec: HecFault = Field(default_factory=HecFault)
    v2: bool = True
    """False: a server older than 9.0.1, which has no search/v2."""
    max_searches: int | None = None
    """In place of the setting; 0: nothing can be started."""

    def of_job(self, search: str) -> JobFault:
        """The first that matches, used up by one."""
        for fault in self.jobs:
            if fault.times != 0 and re.search(fault.search, search):
                fault.times = None if fault.times is None else fault.times - 1
                return fault
        return JobFault()

    def of_request(self, method: str, path: str) -> WireFault | None:
        """The first that matches, used up by one."""
        for fault in self.wire:
            if fault.times != 0 and re.fullmatch(fault.method, method) and re.search(fault.path, path):
                fault.times = None if fault.times is None else fault.times - 1
                return fault
        return None
