"""By what the door knows people, vendors and jobs: of the secrets in tocsin.yaml only their hashes are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.config.examine import Loaded
from bot.kit.who_asks import secret_hash
from bot.model.actor import Person


def tokens(loaded: Loaded) -> Mapping[str, Person]:
    """By what is kept of a token, whose it is."""
    return {
        secret_hash(entry.token.get_secret_value()): loaded.setup.people[entry.name]
        for entry in loaded.config.people
        if entry.token is not None
    }


def hooks(loaded: Loaded) -> Mapping[str, Sequence[str]]:
    """By the name of an integration what is kept of the secrets that its vendor posts with, the one before too."""
    return {
        name: [
            secret_hash(secret.get_secret_value())
            for secret in (entry.hook_secret, entry.previous_hook_secret)
            if secret is not None
        ]
        for name, entry in loaded.config.integrations.items()
    }


def pings(loaded: Loaded) -> Mapping[str, str]:
    """By the name of a deadman what is kept of the secret that its pings end in; of no secret, where it has none."""
    return {
        entry.name: secret_hash(entry.secret.get_secret_value() if entry.secret is not None else "")
        for entry in loaded.config.deadmen
    }
