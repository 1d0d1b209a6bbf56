"""Logging in, what the server says of itself, its messages, and the parser of searches."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.testing.splunk import answers, dispatch
from bot.testing.splunk.answers import Entry, Refused
from bot.testing.splunk.asked import Asked, arguments_of
from bot.testing.splunk.events import SERVER
from bot.testing.splunk.simulator import Simulator, refusal


class System:
    """The handlers."""

    def __init__(self, simulator: Simulator) -> None:
        """Of this server."""
        self.simulator = simulator

    def routes(self) -> list[Route]:
        """All of them; logging in needs no account."""
        endpoint = self.simulator.endpoint
        return [
            Route("/auth/login", self.login, methods=["POST"]),
            Route("/server/info", endpoint(self.info), methods=["GET"]),
            Route("/server/info/server-info", endpoint(self.info), methods=["GET"]),
            Route("/authentication/current-context", endpoint(self.context), methods=["GET"]),
            Route("/messages", endpoint(self.messages), methods=["GET"]),
            Route("/apps/local", endpoint(self.apps), methods=["GET"]),
            Route("/search/parser", endpoint(self.parser, "search"), methods=["GET"]),
            Route("/search/v2/parser", endpoint(self.parser_v2, "search"), methods=["GET", "POST"]),
        ]

    async def login(self, request: Request) -> Response:
        """A session key, and with `cookie=1` the same as a cookie."""
        given = arguments_of(request)
        name, password = (given.get(key, ("",))[-1] for key in ("username", "password"))
        try:
            key = self.simulator.sessions.login(name, password)
        except Refused as refused:
            return refusal(request, refused)
        as_json = given.get("output_mode", ("",))[-1] == "json"
        answer = answers.key_of_session(key, as_json=as_json)
        if given.get("cookie", ("",))[-1] == "1":
            answer.headers["Set-Cookie"] = f"splunkd_8089={key}; Path=/; HttpOnly; Max-Age=3600"
        return answer

    async def info(self, request: Request, asked: Asked) -> Response:
        """Version, names, roles."""
        settings = self.simulator.settings
        content: dict[str, answers.Json] = {
            "activeLicenseGroup": "Enterprise",
            "build": "simulator",
            "cpu_arch": "x86_64",
            "guid": "00000000-0000-0000-0000-000000000000",
            "health_info": "green",
            "host": SERVER,
            "isFree": False,
            "isTrial": False,
            "kvStoreStatus": "ready",
            "licenseState": "OK",
            "mode": "normal",
            "numberOfCores": 2,
            "os_name": "Linux",
            "product_type": "enterprise",
            "serverName": SERVER,
            "server_roles": ["indexer", "search_head", "kv_store"],
            "version": settings.version,
        }
        entry = Entry(
            name="server-info",
            path="/services/server/info/server-info",
            content=content,
            owner="system",
            app="",
            sharing="system",
        )
        return answers.feed("server/info", [entry], as_json=asked.as_json)

    async def context(self, request: Request, asked: Asked) -> Response:
        """Who one is, and what one may do."""
        may = sorted(self.simulator.settings.accounts[asked.user].capabilities)
        content: dict[str, answers.Json] = {"username": asked.user, "capabilities": may, "roles": ["user"], "tz": "UTC"}
        entry = Entry(
            name="context",
            path="/services/authentication/current-context/context",
            content=content,
            owner="system",
            app="",
        )
        return answers.feed("authentication/current-context", [entry], as_json=asked.as_json)

    async def messages(self, request: Request, asked: Asked) -> Response:
        """What the server wants its people to know: a peer that is down, as long as one is."""
        down = any(fault.share < 1 and fault.times != 0 for fault in self.simulator.faults.jobs)
        content: dict[str, answers.Json] = {
            "message": "Search peer peer2 has status Down.",
            "severity": "warn",
            "server": SERVER,
            "timeCreated_epochSecs": 0,
        }
        entries = (
            [Entry(name="peer-down", path="/services/messages/peer-down", content=content, owner="system")]
            if down
            else []
        )
        return answers.feed("messages", entries, as_json=asked.as_json)

    async def apps(self, request: Request, asked: Asked) -> Response:
        """The apps that are installed."""
        entries = [
            Entry(
                name=app,
                path=f"/servicesNS/nobody/system/apps/local/{app}",
                content={"label": app, "disabled": False},
                app="system",
            )
            for app in sorted(self.simulator.settings.apps)
        ]
        return answers.feed("apps/local", entries, as_json=asked.as_json)

    async def parser_v2(self, request: Request, asked: Asked) -> Response:
        """As `parser`, of the newer interface."""
        if not self.simulator.faults.v2:
            raise Refused(404, "ERROR", "Not Found")
        return await self.parser(request, asked)

    async def parser(self, request: Request, asked: Asked) -> Response:
        """Whether a search can be read, and of which commands it is made."""
        asked.only("q", "enable_lookups", "parse_only", "reload_macros")
        pipeline = dispatch.understood(self.simulator, asked, asked.get("q"))
        return answers.parsed(
            [(stage.name, stage.transforms) for stage in pipeline.stages], asked.get("q"), as_json=asked.as_json
        )
