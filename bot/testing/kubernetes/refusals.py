"""What an API server says when it does not do what was asked: a Status, in its own words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.testing.kubernetes.kinds import Kind

Object = dict[str, Any]  # Any: whatever JSON an object of the API holds

_STALE = "the object has been modified; please apply your changes to the latest version and try again"


class Refused(Exception):
    """A request that is answered with a Status of failure."""

    def __init__(
        self, code: int, reason: str, message: str, *, details: Object | None = None, retry_after: int | None = None
    ) -> None:
        super().__init__(message)
        self.code, self.reason, self.message = code, reason, message
        self.details, self.retry_after = details, retry_after

    def status(self) -> Object:
        """The body of the answer."""
        body: Object = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
        body["message"] = self.message
        if self.reason:
            body["reason"] = self.reason
        details = dict(self.details or {})
        if self.retry_after:
            details["retryAfterSeconds"] = self.retry_after
        if details:
            body["details"] = details
        return {**body, "code": self.code}


class NoSuchPath(Exception):
    """An address that no handler has; the server answers it in plain text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One thing that is wrong with an object, as `field.Error` of apimachinery says it."""

    reason: str
    field: str
    message: str

    def said(self) -> Object:
        """As it stands in the details of a Status."""
        return {"reason": self.reason, "message": self.message, "field": self.field}


def shown(value: object) -> str:
    """A value as Go prints it in such a message."""
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def required(field: str, why: str = "") -> Cause:
    """A field that is missing."""
    return Cause(reason="FieldValueRequired", field=field, message=f"Required value{': ' + why if why else ''}")


def wrong(field: str, value: object, why: str) -> Cause:
    """A value that may not be."""
    return Cause(reason="FieldValueInvalid", field=field, message=f"Invalid value: {shown(value)}: {why}")


def forbidden_field(field: str, why: str) -> Cause:
    """A field that may not be set, or not be changed."""
    return Cause(reason="FieldValueForbidden", field=field, message=f"Forbidden: {why}")


def too_long(field: str, most: int) -> Cause:
    """A value of more bytes than there may be."""
    return Cause(reason="FieldValueTooLong", field=field, message=f"Too long: may not be more than {most} bytes")


def duplicate(field: str, value: object) -> Cause:
    """A value that is there twice."""
    return Cause(reason="FieldValueDuplicate", field=field, message=f"Duplicate value: {shown(value)}")


def not_there(field: str, value: object) -> Cause:
    """A name of something that there is none of."""
    return Cause(reason="FieldValueNotFound", field=field, message=f"Not found: {shown(value)}")


def unsupported(field: str, value: object, supported: Sequence[str]) -> Cause:
    """A word that is none of those which may stand there."""
    words = ", ".join(f'"{one}"' for one in sorted(supported))
    message = f"Unsupported value: {shown(value)}: supported values: {words}"
    return Cause(reason="FieldValueNotSupported", field=field, message=message)


def named(kind: Kind, name: str) -> Object:
    """The details that name an object."""
    details = {"name": name, "group": kind.group, "kind": kind.plural}
    return {key: value for key, value in details.items() if value}


def not_found(kind: Kind, name: str) -> Refused:
    """404."""
    return Refused(404, "NotFound", f'{kind.resource} "{name}" not found', details=named(kind, name))


def already_exists(kind: Kind, name: str) -> Refused:
    """409 to a create."""
    return Refused(409, "AlreadyExists", f'{kind.resource} "{name}" already exists', details=named(kind, name))


def conflict(kind: Kind, name: str, why: str = _STALE) -> Refused:
    """409: it is not what the client thinks it is."""
    message = f'Operation cannot be fulfilled on {kind.resource} "{name}": {why}'
    return Refused(409, "Conflict", message, details=named(kind, name))


def unlike(kind: Kind, name: str, why: str) -> Refused:
    """409 to a deletion: it is not the one that its preconditions describe. It names the kind, as the real one does."""
    what = f"{kind.kind}.{kind.group}" if kind.group else kind.kind
    details = {key: text for key, text in {"name": name, "group": kind.group, "kind": kind.kind}.items() if text}
    return Refused(409, "Conflict", f'Operation cannot be fulfilled on {what} "{name}": {why}', details=details)


def forbidden(kind: Kind, name: str, why: str) -> Refused:
    """403 to what nobody may do, whatever they are granted."""
    return Refused(403, "Forbidden", f'{kind.resource} "{name}" is forbidden: {why}', details=named(kind, name))


def undecodable_patch(why: str) -> Refused:
    """422 to a patch whose outcome is no object of its kind; it names none."""
    cause = wrong("patch", "{...}", why)
    message = f' "" is invalid: {cause.field}: {cause.message}'
    return Refused(422, "Invalid", message, details={"causes": [cause.said()]})


def untyped(kind: Kind, namespace: str, name: str, why: str) -> Refused:
    """500 to an apply of what does not fit the schema, whatever `fieldValidation` says: an error without a reason."""
    where = f"{namespace}/{name}; {kind.api_version}, Kind={kind.kind}"
    return Refused(500, "", f"failed to create typed patch object ({where}): {why}")


def invalid(kind: Kind, name: str, causes: Sequence[Cause]) -> Refused:
    """422 with every cause."""
    said = [f"{cause.field}: {cause.message}" for cause in causes]
    text = said[0] if len(said) == 1 else f"[{', '.join(said)}]"
    details = {"name": name, "group": kind.group, "kind": kind.kind, "causes": [cause.said() for cause in causes]}
    details = {key: value for key, value in details.items() if value}
    what = f"{kind.kind}.{kind.group}" if kind.group else kind.kind
    return Refused(422, "Invalid", f'{what} "{name}" is invalid: {text}', details=details)


def invalid_options(name: str, cause: Cause) -> Refused:
    """422 for options that cannot be: `ListOptions`, `PatchOptions`, ..."""
    details = {"group": "meta.k8s.io", "kind": name, "causes": [cause.said()]}
    message = f'{name}.meta.k8s.io "" is invalid: {cause.field}: {cause.message}'
    return Refused(422, "Invalid", message, details=details)


def another_namespace() -> Refused:
    """400: the object lies elsewhere than its address."""
    return bad_request("the namespace of the provided object does not match the namespace sent on the request")


def another_name(theirs: str, name: str) -> Refused:
    """400: the object is called otherwise than its address."""
    return bad_request(f"the name of the object ({theirs}) does not match the name on the URL ({name})")


def bad_request(message: str) -> Refused:
    """400."""
    return Refused(400, "BadRequest", message)


def unauthorized() -> Refused:
    """401."""
    return Refused(401, "Unauthorized", "Unauthorized")


def method_not_allowed(kind: Kind | None = None) -> Refused:
    """405."""
    details = {"group": kind.group, "kind": kind.plural} if kind else {}
    message = "the server does not allow this method on the requested resource"
    return Refused(405, "MethodNotAllowed", message, details={k: v for k, v in details.items() if v})


def not_acceptable(accepted: Sequence[str]) -> Refused:
    """406."""
    message = f"only the following media types are accepted: {', '.join(accepted)}"
    return Refused(406, "NotAcceptable", message)


def unsupported_media(accepted: Sequence[str]) -> Refused:
    """415."""
    message = "the body of the request was in an unknown format - accepted media types include: "
    return Refused(415, "UnsupportedMediaType", message + ", ".join(accepted))


def expired(message: str, *, continue_with: str = "") -> Refused:
    """410: what was asked about is no longer known."""
    refused = Refused(410, "Expired", message)
    refused.details = {"continue": continue_with} if continue_with else None
    return refused


def rejected() -> Refused:
    """422 to a JSON patch that does not apply; why, the server does not say."""
    return Refused(422, "Invalid", "the server rejected our request due to an error in our request")


def internal(message: str) -> Refused:
    """500."""
    details = {"causes": [{"message": message}]}
    return Refused(500, "InternalError", f"Internal error occurred: {message}", details=details)
