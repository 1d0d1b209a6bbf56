"""What `tocsin.yaml` may say of status updates: who reads them, and in which words."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from bot.config.fields import Name
from bot.documents import Strict
from bot.incidents import updates
from bot.model.actor import Contact
from bot.model.status_update import Audience, Readers


def _is_template(text: str) -> str:
    for mistake in updates.mistakes(text):
        raise ValueError(mistake)
    return text


TemplateText = Annotated[str, StringConstraints(min_length=1, max_length=10_000), AfterValidator(_is_template)]


class PlaceEntry(Strict):
    """An address that is nobody's own, such as a list or a room."""

    integration: Name = Field(description="What brings it there, by its name in `integrations`.")
    address: str = Field(default="", max_length=500, description="Where: what that integration understands.")

    @property
    def noun(self) -> Contact:
        """The same for the rest of Tocsin."""
        return Contact(integration=self.integration, address=self.address)


class UpdatesEntry(Strict):
    """How one audience is told how an incident stands."""

    audience: Audience = Field(description="`responders`, `stakeholders` or `public`.")
    template: TemplateText | None = Field(
        default=None,
        description="The words. `$text` is what somebody writes; besides it there is"
        f" {', '.join(f'`${name}`' for name in updates.NAMES if name != 'text')}."
        " A line is left out while a word in it is empty.",
    )
    people: tuple[Name, ...] = Field(
        default=(), description="Those who are told, by their names under `people`. Responders are told anyway."
    )
    places: tuple[PlaceEntry, ...] = Field(default=(), max_length=20, description="Rooms and lists that are told.")

    def over(self, standing: Readers) -> Readers:
        """What Tocsin has of it, with what this entry says instead."""
        return Readers(
            audience=self.audience, template=self.template or standing.template, people=self.people,
            contacts=tuple(place.noun for place in self.places),
        )  # fmt: skip
