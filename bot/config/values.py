"""Values that a document only points at: secrets (`{env: NAME}`, `{file: PATH}`) and paths relative to the document.

The schema says where: a field that is a `SecretStr` takes a reference and nothing else, a field that is a `Path` is
resolved against the document's folder. The walk follows the schema, so integrations get this without doing anything.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr

from bot.documents import Path as Place
from bot.documents import suggest

_FORMS = "write {env: NAME} or {file: PATH}"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells that a file was replaced or written again."""

    inode: int
    modified: int
    size: int


def stamp(path: Path) -> Stamp | None:
    """The file's stamp now; None when it cannot be seen."""
    try:
        seen = path.stat()
    except OSError:
        return None
    return Stamp(seen.st_ino, seen.st_mtime_ns, seen.st_size)


@dataclass(slots=True, kw_only=True)
class Values:
    """Walks plain values beside their schema, and collects what it met on the way.

    `missing` are references whose secret is not there; a stand-in takes its place so that the rest can be checked.
    `wrong` are places where something else stands than a reference.
    """

    env: Mapping[str, str]
    base: Path
    files: dict[Path, Stamp | None] = field(default_factory=dict)
    secrets: list[SecretStr] = field(default_factory=list)
    missing: list[tuple[Place, str]] = field(default_factory=list)
    wrong: list[tuple[Place, str]] = field(default_factory=list)

    # Any, throughout: plain values of any shape go in, and the same with secrets and paths come out.
    def settle(self, value: Any, schema: Any, place: Place = ()) -> Any:
        """The value with every secret read and every path absolute, as far as this schema says where they are."""
        if isinstance(schema, type) and issubclass(schema, BaseModel):
            return self._model(value, schema, place)
        if schema is SecretStr:
            return self._secret(value, place)
        if schema is Path:
            return self.path(value) if isinstance(value, str) else value
        origin, arguments = get_origin(schema), get_args(schema)
        if origin is Annotated:
            return self.settle(value, arguments[0], place)
        if origin in (Union, types.UnionType):
            return self._union(value, arguments, place)
        if isinstance(value, list) and arguments:
            return [self.settle(item, arguments[0], (*place, index)) for index, item in enumerate(value)]
        if isinstance(value, dict) and len(arguments) == 2:
            return {key: self.settle(item, arguments[1], (*place, key)) for key, item in value.items()}
        return value

    def path(self, text: str) -> Path:
        """An absolute path; `~` is the home folder, and the rest is seen from the document's folder."""
        try:
            return self.base / Path(text).expanduser()
        except RuntimeError:  # `~nobody`: a home folder that cannot be found
            return self.base / text

    def _model(self, value: Any, schema: type[BaseModel], place: Place) -> Any:
        if not isinstance(value, dict):
            return value
        fields = {(info.alias or name): info.annotation for name, info in schema.model_fields.items()}
        return {
            key: self.settle(item, fields[key], (*place, key)) if key in fields else item for key, item in value.items()
        }

    def _union(self, value: Any, members: tuple[Any, ...], place: Place) -> Any:
        if value is None and type(None) in members:
            return None
        if isinstance(value, str) and str in members:
            return value
        for member in members:
            value = self.settle(value, member, place)
        return value

    def _secret(self, value: Any, place: Place) -> Any:
        if isinstance(value, SecretStr):
            return value
        if not isinstance(value, dict):
            self.wrong.append((place, f"a secret is never written here itself; {_FORMS}"))
        elif set(value) - {"env", "file"}:
            strange = next(iter(set(value) - {"env", "file"}))
            self.wrong.append((place, f"unknown key {strange!r}{suggest(strange, ('env', 'file'))}; {_FORMS}"))
        elif len(value) != 1 or not all(isinstance(name, str) and name for name in value.values()):
            self.wrong.append((place, f"a secret is one reference; {_FORMS}"))
        elif "env" in value:
            return self._from_env(value["env"], place)
        else:
            return self._from_file(self.path(value["file"]), place)
        return self._stand_in()

    def _from_env(self, name: str, place: Place) -> SecretStr:
        text = self.env.get(name, "")
        if not text:
            self.missing.append((place, f"the environment variable {name} is not set"))
            return self._stand_in()
        return self._keep(text)

    def _from_file(self, path: Path, place: Place) -> SecretStr:
        self.files[path] = stamp(path)
        try:
            text = path.read_text(encoding="utf-8").rstrip("\r\n")
        except OSError as error:
            self.missing.append((place, f"cannot read {path}: {(error.strerror or 'unknown').lower()}"))
            return self._stand_in()
        except UnicodeDecodeError:
            self.missing.append((place, f"{path} is not text"))
            return self._stand_in()
        if not text:
            self.missing.append((place, f"{path} is empty"))
            return self._stand_in()
        return self._keep(text)

    def _stand_in(self) -> SecretStr:
        """Like no other, so that two are not taken for one that is shared; in a form that any secret may have."""
        return SecretStr(f"absent-secret-{len(self.missing)}-{len(self.wrong)}")

    def _keep(self, text: str) -> SecretStr:
        secret = SecretStr(text)
        self.secrets.append(secret)
        return secret
