"""What the app is set up to do, as `apps.manifest.export` shows it: whatever the settings say it does."""

from __future__ import annotations

from bot.testing.slack.settings import Settings
from bot.testing.slack.words import Json


def manifest(settings: Settings) -> Json:
    """Over Socket Mode, unless it posts anywhere; an address that is not set is left out."""
    urls = settings.urls
    command = {"command": settings.command, "description": "Ask Tocsin", "should_escape": True}
    return {
        "_metadata": {"major_version": 1, "minor_version": 1},
        "display_information": {"name": "Tocsin"},
        "features": {
            "app_home": {"home_tab_enabled": True, "messages_tab_enabled": True},
            "bot_user": {"display_name": "tocsin", "always_online": True},
            "slash_commands": [{**command, **_at("url", urls.commands)}] if settings.command else [],
        },
        "oauth_config": {"scopes": {"bot": settings.scopes.split()}},
        "settings": {
            "event_subscriptions": {**_at("request_url", urls.events), "bot_events": list(settings.events)},
            "interactivity": {"is_enabled": settings.interactivity, **_at("request_url", urls.interactivity)},
            "org_deploy_enabled": False,
            "socket_mode_enabled": not any((urls.events, urls.interactivity, urls.commands)),
            "token_rotation_enabled": False,
        },
    }


def _at(name: str, url: str) -> Json:
    return {name: url} if url else {}
