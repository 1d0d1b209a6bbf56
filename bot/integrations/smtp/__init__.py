"""Mail over SMTP: pages people who wake up for mail, and brings them messages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.integrations.smtp.client import Smtp
from bot.integrations.smtp.config import SmtpConfig, check_address
from bot.kit.plugin import Capabilities, Integration, Tools


@asynccontextmanager
async def _open(config: SmtpConfig, tools: Tools) -> AsyncIterator[Capabilities]:
    smtp = Smtp(config, tools)
    try:
        yield Capabilities(examine=smtp.examine, pager=smtp, messenger=smtp)
    finally:
        smtp.close()


integration = Integration(
    name="smtp",
    help="Sends mail: pages, reminders, handover notes and status updates.",
    config=SmtpConfig,
    provides=frozenset({"pager", "messenger"}),
    open=_open,
    reaches=check_address,
)
