"""What stands under `integrations:` for an Alertmanager."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from bot.documents import Strict
from bot.kit.json_mapping import JsonMapping
from bot.kit.listening import Lasts
from bot.kit.way_in import WayIn
from bot.rules.relabel import ANY, SEPARATOR, WHOLE, Relabel, Relabelling


class RelabelConfig(Strict):
    """One step of `alert_relabel_configs`, in Prometheus' words."""

    action: Relabelling = Field(default=Relabelling.REPLACE, description="What to do.")
    source_labels: tuple[str, ...] = Field(default=(), description="Whose values are looked at, joined.")
    separator: str = Field(default=SEPARATOR, description="What joins them.")
    regex: str = Field(default=ANY, description="RE2; the whole text has to match.")
    modulus: int = Field(default=0, ge=0, description="For `hashmod`: into how many shares.")
    target_label: str = Field(default="", description="Where the result goes; may hold `$1`.")
    replacement: str = Field(default=WHOLE, description="What is written there; may hold `$1`.")

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        self.noun()
        return self

    def noun(self) -> Relabel:
        """The same, ready to be applied."""
        return Relabel(**self.model_dump())


class AlertmanagerConfig(WayIn):
    """One Alertmanager. Of a cluster, every member is an integration of its own: each has to be told."""

    alert_relabel_configs: tuple[RelabelConfig, ...] = Field(
        default=(), description="How labels are rewritten and alerts dropped on the way, as Prometheus does it."
    )
    mapping: JsonMapping | None = Field(
        default=None, description="Of what it posts to Tocsin: how to read it, where its receiver has a `payload` set."
    )
    resolve_after: Lasts | None = Field(
        default=None,
        description="Of what it posts to Tocsin: an alert that is not posted again for so long is over; longer than its"
        " `repeat_interval`. Default: never by itself.",
    )
