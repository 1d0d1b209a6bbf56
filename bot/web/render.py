"""Templates and static files: read once, escaped always."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from bot import __version__
from bot.model.wording import rounded
from bot.web import words

_MEDIA_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
STATIC = "/static/"


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticFile:
    """A file the pages use. Its address holds the hash of its content, so that a browser may keep it for ever."""

    path: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Now, and the zone times are shown in."""

    now: datetime
    zone: ZoneInfo


class Templates:
    """Renders pages and their parts. Nothing that is put in is ever taken for HTML."""

    def __init__(self) -> None:
        self.files = {file.path: file for file in map(_static, ("tocsin.css", "tocsin.js", "tocsin.svg"))}
        by_name = {path.rpartition("/")[2].split(".")[0] + "." + path.rpartition(".")[2]: path for path in self.files}
        self._environment = Environment(
            loader=PackageLoader("bot.web"),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=words.visible,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._environment.globals |= {"static": by_name.__getitem__, "version": __version__, "time": _time}
        self._environment.filters |= {
            "clipped": words.clipped,
            "coded": words.coded,
            "duration": words.duration,
            "followable": words.followable,
            "host_of": words.host_of,
            "parameters": words.parameters,
            "rounded": rounded,
        }

    def page(self, template: str, moment: Moment, **values: Any) -> str:  # Any: what the template reads
        """A template with these values."""
        return self._environment.get_template(template).render(moment=moment, **values)

    def parts(self, names: Mapping[str, str], moment: Moment, **values: Any) -> Mapping[str, str]:  # Any: as above
        """Several templates with the same values, by the ids of the elements they fill."""
        return {name: self.page(template, moment, **values) for name, template in names.items()}


def _static(name: str) -> StaticFile:
    content = files("bot.web").joinpath("static", name).read_bytes()
    stem, _, ending = name.rpartition(".")
    digest = hashlib.sha256(content).hexdigest()[:12]
    return StaticFile(path=f"{STATIC}{stem}.{digest}.{ending}", media_type=_MEDIA_TYPES[ending], content=content)


def _time(at: datetime, moment: Moment, said: str = "at") -> Markup:
    """A time: on the clock (`at`), as what has passed since (`ago`), lasts (`for`), or is left until it (`left`, `in`).

    The page's script keeps all but the first going; the title always holds the time in UTC.
    """
    texts = {
        "at": words.clock(at, moment.now, moment.zone),
        "ago": words.duration(moment.now - at) + " ago",
        "for": words.duration(moment.now - at),
        "in": words.ahead(at - moment.now),
        "left": words.duration(at - moment.now) + " left" if at > moment.now else "time is over",
    }
    title = f"{at:%Y-%m-%d %H:%M:%S} UTC"
    return Markup('<time datetime="{}" title="{}" data-said="{}">{}</time>').format(
        f"{at:%Y-%m-%dT%H:%M:%SZ}", title, said, escape(texts[said])
    )
