"""Reads the bodies of answers: capped, and never unpacked, so that a small answer cannot become a large one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.errors import Permanent

if TYPE_CHECKING:
    import httpx

_MOST_OF_A_COMPLAINT = 64 * 1024


def refuse_compressed(response: httpx.Response, integration: str) -> None:
    """An answer compressed unasked is refused: a small one could unpack without end."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise Permanent(
            f"{integration} sent a compressed answer that nobody asked for", integration=integration, reason="server"
        )


async def complaint(response: httpx.Response) -> bytes:
    """The beginning of what a server says of its refusal; nothing where it cannot be read."""
    said = bytearray()
    if response.headers.get("content-encoding", "identity") == "identity":
        async for chunk in response.aiter_raw():
            said += chunk
            if len(said) > _MOST_OF_A_COMPLAINT:
                break
    return bytes(said[:_MOST_OF_A_COMPLAINT])


async def read(response: httpx.Response, integration: str, most: int) -> bytes:
    """The raw body up to the cap of `most` bytes; Permanent beyond it."""
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > most:
            message = f"{integration} sent more than {most // 1024} KiB"
            raise Permanent(message, integration=integration, reason="server", hint="ask for less")
    return bytes(body)
