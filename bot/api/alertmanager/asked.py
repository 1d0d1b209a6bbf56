"""The parameters of a request, as Alertmanager reads them: what is not there takes its default."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs

from bot.alerts import filters
from bot.kit.http_in import Scope
from bot.model.labels import LabelSet, Matcher
from bot.model.matchers import fits

_TRUE = frozenset({"true", "1", "yes", "ok", "y", "on", "selected", "checked", "t", "enabled"})
"""What Alertmanager's server takes for yes; anything else is no."""
_MOST = 1000


class Unfit(Exception):
    """A parameter that cannot be read; the message is for the client."""


class Parameters:
    """Of one request."""

    def __init__(self, scope: Scope) -> None:
        try:
            text = scope["query_string"].decode("ascii")
            self._given = parse_qs(text, keep_blank_values=True, errors="strict", max_num_fields=_MOST)
        except ValueError:
            raise Unfit("the query cannot be read: write it in UTF-8, percent-encoded") from None

    def flag(self, name: str, default: bool = True) -> bool:
        """Yes or no."""
        given = self._given.get(name)
        return given[0].lower() in _TRUE if given and given[0] else default

    def matchers(self, name: str = "filter") -> tuple[Matcher, ...]:
        """Each value is one matcher."""
        try:
            return filters.matchers(self._given.get(name, ()))
        except ValueError as error:
            raise Unfit(str(error)) from None

    def receiver(self) -> Callable[[str], bool] | None:
        """Which receivers are meant; None: all."""
        given = self._given.get("receiver", [""])[0]
        if not given:
            return None
        try:
            return filters.named(given)
        except ValueError as error:
            raise Unfit(str(error)) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which alerts a client wants to see."""

    active: bool
    silenced: bool
    inhibited: bool
    muted: bool
    matchers: tuple[Matcher, ...]
    receiver: Callable[[str], bool] | None
    receiver_matchers: tuple[Matcher, ...]

    @classmethod
    def of(cls, scope: Scope) -> Wanted:
        """What the request says; Unfit."""
        given = Parameters(scope)
        return cls(
            active=given.flag("active"),
            silenced=given.flag("silenced"),
            inhibited=given.flag("inhibited"),
            muted=given.flag("muted"),
            matchers=given.matchers(),
            receiver=given.receiver(),
            receiver_matchers=given.matchers("receiver_matchers"),
        )

    def hears(self, receiver: str) -> bool:
        """Whether this receiver is meant. The only label that a receiver has is its name."""
        named = self.receiver is None or self.receiver(receiver)
        return named and (not self.receiver_matchers or fits(self.receiver_matchers, LabelSet({"name": receiver})))
