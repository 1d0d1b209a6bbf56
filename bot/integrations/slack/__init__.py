"""Slack: pages people by a direct message, tells channels of groups, and edits both as things change."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from bot.integrations.slack.answers import Answers, Manner
from bot.integrations.slack.api import Api
from bot.integrations.slack.client import Slack
from bot.integrations.slack.config import SlackConfig, check_person
from bot.integrations.slack.health import Examination
from bot.integrations.slack.keeping import catching_up
from bot.integrations.slack.listening import Listening, Posted, listening
from bot.integrations.slack.manifest import app, channels, manifest, scopes
from bot.integrations.slack.notices import Notices
from bot.integrations.slack.responding import Responding
from bot.integrations.slack.room import Room
from bot.integrations.slack.subscriptions import Subscriptions
from bot.integrations.slack.writing import Writing
from bot.kit.plugin import Capabilities, Integration, Tools
from bot.ports.commands import Commands


def _answers(api: Api, config: SlackConfig, tools: Tools, commands: Commands) -> Answers:
    emoji = frozenset(config.incidents.emoji) if config.incidents is not None else None
    manner = Manner(command=config.command, trusts=config.trust_emails, emoji=emoji)
    return Answers(api, Responding(config, tools), commands, manner)


def _subscriptions(api: Api, config: SlackConfig, tools: Tools) -> Subscriptions | None:
    """Where people are heard. Our own address is not known here: of addresses only their end is compared."""
    if config.app_token is None and config.signing_secret is None:
        return None
    owner = Api(config, tools, config.configuration_token) if config.configuration_token is not None else None
    return Subscriptions(bot=api, owner=owner, wanted=app(config, tools.name, ""))


@asynccontextmanager
async def _open(config: SlackConfig, tools: Tools) -> AsyncIterator[Capabilities]:
    api = Api(config, tools, config.bot_token)
    writing = Writing(api)
    async with AsyncExitStack() as stack:
        heard: Listening | None = None
        hook: Posted | None = None
        answers: Answers | None = None
        if tools.commands is not None:
            answers = _answers(api, config, tools, tools.commands)
            if config.app_token or config.signing_secret:
                await stack.enter_async_context(catching_up(answers.keeping))
                heard = await stack.enter_async_context(listening(tools.name, answers))
            if heard is not None and config.app_token is not None:
                heard.open_socket(Api(config, tools, config.app_token))
            if heard is not None and config.signing_secret is not None:
                hook = Posted(config.signing_secret.get_secret_value(), heard)
        hears = heard is not None and heard.hears
        slack = Slack(writing, hears=hears)
        examination = Examination(
            api=api,
            writing=writing,
            clock=tools.clock,
            scopes=scopes(config),
            channels=channels(config),
            subscriptions=_subscriptions(api, config, tools),
            socket=None if heard is None else heard.examine,
        )
        yield Capabilities(
            examine=examination.examine,
            pager=slack,
            messenger=slack,
            mirror=slack,
            board=Notices(api, writing, config.incidents, tools.clock) if config.incidents is not None else None,
            chat=hook,
            listener=answers,
            notifier=Room(writing, config.channel, hears=hears),
        )


integration = Integration(
    name="slack",
    help="Pages people in Slack, brings them messages, and tells channels of groups; each is edited as things change.",
    config=SlackConfig,
    provides=frozenset({"pager", "messenger", "mirror", "notifier"}),
    open=_open,
    reaches=check_person,
    app=manifest,
)
