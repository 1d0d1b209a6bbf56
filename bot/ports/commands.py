"""What people ask of Tocsin in a chat; handed to each integration that has one, and to the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from bot.model.actor import Actor
from bot.model.answer import Answer
from bot.model.utterance import Filled, Missed, Speaker, Utterance
from bot.ports.remarks import Remarks


class Commands(Protocol):
    """Whoever does what is asked. Nothing here raises what a person could have caused: the answer says it."""

    @property
    def remarks(self) -> Remarks:
        """Keeps messages on timelines."""
        ...

    async def keep(self, integration: str, key: str, heard: Mapping[str, str]) -> bool:
        """Writes down what was heard in the chat of an integration, before its vendor is told that it came.

        It comes back to that integration's `ChatListener`, also after a crash. `key` is of this one thing. False: it
        was brought before. StoreUnavailable: it was not written down, and will not be followed.
        """
        ...

    async def said(self, speaker: Speaker, what: Utterance | Filled) -> Answer:
        """Does it, as the person who is linked to the speaker, if they may at this moment; else says why not."""
        ...

    async def asked(self, actor: Actor, what: Utterance | Filled) -> Answer:
        """The same for somebody whom another door knows already."""
        ...

    def asks(self, what: Utterance | Filled) -> bool:
        """Whether nothing can be done before a form is filled in; at once, and without doing anything."""
        ...

    def missed(self, what: Utterance | Filled, missed: Missed) -> Answer:
        """What whoever said it reads, as it is not done."""
        ...

    def objections(self, filled: Filled) -> Mapping[str, str]:
        """What is wrong with a form, by the name of the blank; at once, and without doing anything."""
        ...
