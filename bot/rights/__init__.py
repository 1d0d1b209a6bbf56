"""Decides who may do what: `rights.may(actor, act, object, now)`."""

from bot.rights.may import Act, No, Yes, may, require

__all__ = ["Act", "No", "Yes", "may", "require"]
