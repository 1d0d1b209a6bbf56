"""The contract of those who listen to what a vendor posts: the same cases for each, whatever the vendor signs with.

Subclass `SigningHookContract` where calls are signed, `SecretHookContract` where they hold a secret in the clear, and
give the fixture `vendor`, which posts to the whole way in: nothing here looks at how a call is judged, only at its
answer and at what was kept.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One call, as somebody makes it."""

    body: bytes
    headers: Headers = ()
    path: str = ""

    def with_header(self, name: str, value: str) -> Attempt:
        """The same with another value of this header."""
        others = tuple(pair for pair in self.headers if pair[0].lower() != name.lower())
        return replace(self, headers=(*others, (name, value)))

    def without_header(self, name: str) -> Attempt:
        """The same without this header."""
        return replace(self, headers=tuple(pair for pair in self.headers if pair[0].lower() != name.lower()))

    def header(self, name: str) -> str:
        """The value of this header."""
        return next(value for key, value in self.headers if key.lower() == name.lower())


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, in how many seconds."""

    status: int
    body: bytes
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """A source and the way to post to it.

    `body` tells of one alert, `other` is genuine and of a kind nobody knows. `prove` makes a call as the vendor would
    at this time with this secret: `current`, `previous` (both configured) or `strange`. `post` makes the call; `kept`
    counts calls that are kept, `active` the alerts that fire; `now` is the time in Tocsin.
    """

    body: bytes
    other: bytes
    prove: Callable[[bytes, datetime, str], Attempt]
    post: Callable[[Attempt], Awaitable[Answer]]
    kept: Callable[[], Awaitable[int]]
    active: Callable[[], int]
    now: Callable[[], datetime]
    within: float = 1.0
    """Seconds in which the vendor wants its answer."""
    repeats: bool = False
    """Whether the vendor has no id of a call, so that saying it again is kept again, and changes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningVendor(Vendor):
    """One whose calls are signed in `header`, with `prefix` before the signature.

    `between` separates several signatures, where there may be several; `timestamp_header` is signed too.
    """

    header: str
    prefix: str = ""
    between: str = ""
    timestamp_header: str = ""


async def _is_refused(vendor: Vendor, *attempts: Attempt) -> None:
    """In the words that a stranger hears at a hook that does not exist, with nothing kept."""
    nobody = await vendor.post(Attempt(path="/hooks/nobody-here", body=vendor.body))
    assert nobody.status == 401
    before = (await vendor.kept(), vendor.active())
    for attempt in attempts:
        answer = await vendor.post(attempt)
        assert (answer.status, answer.body) == (nobody.status, nobody.body), attempt
    assert (await vendor.kept(), vendor.active()) == before


async def _is_taken(vendor: Vendor, attempt: Attempt) -> None:
    kept = await vendor.kept()
    answer = await vendor.post(attempt)
    assert 200 <= answer.status < 300, answer
    assert await vendor.kept() == kept + 1


def _genuine(vendor: Vendor) -> Attempt:
    return vendor.prove(vendor.body, vendor.now(), "current")


class HookContract:
    """What holds for every source. Fixture: `vendor`."""

    async def test_a_genuine_call_is_taken_in_time(self, vendor: Vendor) -> None:
        """Kept, its alert fires, and the vendor does not wait longer than it would."""
        before = vendor.active()
        answer = await vendor.post(vendor.prove(vendor.body, vendor.now(), "current"))
        assert 200 <= answer.status < 300, answer
        assert answer.seconds < vendor.within
        assert (await vendor.kept(), vendor.active()) == (1, before + 1)

    async def test_a_call_that_is_made_again_has_no_second_effect(self, vendor: Vendor) -> None:
        """It is answered as well as the first."""
        attempt = vendor.prove(vendor.body, vendor.now(), "current")
        first, active = await vendor.post(attempt), vendor.active()
        again = await vendor.post(attempt)
        assert 200 <= first.status < 300
        assert 200 <= again.status < 300
        assert vendor.active() == active
        assert await vendor.kept() == 1 or vendor.repeats

    async def test_the_secret_before_counts_while_it_is_replaced(self, vendor: Vendor) -> None:
        """Both do."""
        await _is_taken(vendor, vendor.prove(vendor.body, vendor.now(), "previous"))

    async def test_another_secret_is_none(self, vendor: Vendor) -> None:
        """However well it is used."""
        await _is_refused(vendor, vendor.prove(vendor.body, vendor.now(), "strange"))

    async def test_a_kind_that_nobody_knows_is_no_mistake_of_the_vendors(self, vendor: Vendor) -> None:
        """2xx, kept, and no alert: vendors give up on those who refuse."""
        before = vendor.active()
        await _is_taken(vendor, vendor.prove(vendor.other, vendor.now(), "current"))
        assert vendor.active() == before


class SigningHookContract(HookContract):
    """A source that signs. Fixture: `vendor`, a `SigningVendor`."""

    async def test_every_byte_of_the_body_is_signed(self, vendor: SigningVendor) -> None:
        """One bit in the middle, one byte more, one less."""
        genuine = _genuine(vendor)
        middle = len(genuine.body) // 2
        flipped = bytearray(genuine.body)
        flipped[middle] ^= 1
        bodies = [bytes(flipped), genuine.body + b" ", genuine.body[:-1], b""]
        await _is_refused(vendor, *(replace(genuine, body=body) for body in bodies))

    async def test_what_was_written_anew_is_not_what_was_signed(self, vendor: SigningVendor) -> None:
        """The bytes count, not what they mean."""
        genuine = _genuine(vendor)
        anew = json.dumps(json.loads(genuine.body), indent=1).encode()
        await _is_refused(vendor, replace(genuine, body=anew))

    async def test_there_is_one_signature_header(self, vendor: SigningVendor) -> None:
        """Not none, not two of which one is right."""
        genuine = _genuine(vendor)
        right = genuine.header(vendor.header)
        twice = [
            replace(genuine, headers=(*genuine.headers, (vendor.header, value)))
            for value in (right, "x", vendor.prefix)
        ]
        await _is_refused(vendor, genuine.without_header(vendor.header), *twice)

    async def test_what_is_no_signature_is_none(self, vendor: SigningVendor) -> None:
        """Empty, the prefix alone, cut short, in other letters, with a space in it, without its prefix, no letters."""
        genuine = _genuine(vendor)
        right = genuine.header(vendor.header)
        bare = right.removeprefix(vendor.prefix)
        wrong = ["", vendor.prefix, right[:-1], right[: len(vendor.prefix) + 8], vendor.prefix + bare.swapcase()]
        wrong += [f"{vendor.prefix}{bare[:9]} {bare[9:]}", f"{vendor.prefix}{'z' * len(bare)}", f"{vendor.prefix}\xe9"]
        wrong += [f"{right}{bare[-1]}", "v0=", f"{vendor.prefix}{'=' * 40}"]
        wrong += [bare, f"{vendor.prefix * 2}{bare}"] if vendor.prefix else []
        await _is_refused(vendor, *(genuine.with_header(vendor.header, value) for value in wrong))

    async def test_of_several_signatures_one_has_to_be_right(self, vendor: SigningVendor) -> None:
        """Where the vendor sends several."""
        genuine = _genuine(vendor)
        right = genuine.header(vendor.header)
        both = genuine.with_header(vendor.header, f"{vendor.prefix}{'0' * 64}{vendor.between or ','}{right}")
        if vendor.between:
            await _is_taken(vendor, both)
        else:
            await _is_refused(vendor, both)

    async def test_a_time_that_is_none_is_refused(self, vendor: SigningVendor) -> None:
        """In the same words, and without a stumble; and so is one that was not signed."""
        genuine = _genuine(vendor)
        if vendor.timestamp_header:
            times = ["", "soon", "1e9", "-1", "0x10", "9" * 400, "\xb2", "1 2", str(int(vendor.now().timestamp()) + 1)]
            await _is_refused(vendor, *(genuine.with_header(vendor.timestamp_header, time) for time in times))
            await _is_refused(vendor, genuine.without_header(vendor.timestamp_header))

    async def test_a_signature_is_good_for_five_minutes(self, vendor: SigningVendor) -> None:
        """Either way; where the time is signed."""
        for seconds, counts in ((-301, False), (301, False), (-299, True), (299, True)):
            at = vendor.now() + timedelta(seconds=seconds)
            attempt = vendor.prove(vendor.body, at, "current")
            if counts:
                assert (await vendor.post(attempt)).status < 300
            elif vendor.timestamp_header:
                await _is_refused(vendor, attempt)

    async def test_bytes_that_are_no_text_are_judged_like_all_others(self, vendor: SigningVendor) -> None:
        """Signed, they are kept for people; unsigned, they are refused."""
        for body in (b"\xff\xfe{}", b"", b"[" * 5000, b'{"a":' * 40 + b"1" + b"}" * 40, b'{"a": NaN}', b"9" * 5000):
            attempt = vendor.prove(body, vendor.now(), "current")
            answer = await vendor.post(attempt)
            assert answer.status == 202, (body[:20], answer)
            await _is_refused(vendor, vendor.prove(body, vendor.now(), "strange"))


class SecretHookContract(HookContract):
    """A source that shows a secret. Fixtures: `vendor`; `shown`: given a text, a call that shows it as its secret."""

    async def test_what_is_not_the_secret_is_none(
        self, vendor: Vendor, shown: Callable[[str], Sequence[Attempt]]
    ) -> None:
        """Empty, cut short, longer, in other letters, with a space or an accent in it."""
        right = "current-secret-of-this-source"
        for attempt in shown(right):
            assert (await vendor.post(attempt)).status < 300
        wrong = ["", right[:-1], f"{right}x", right.upper(), f"{right[:5]} {right[5:]}", "\xe9" * 29, right * 100]
        for text in wrong:
            await _is_refused(vendor, *shown(text))

    async def test_bytes_that_are_no_text_are_kept_for_people(self, vendor: Vendor) -> None:
        """From whoever knows the secret, and from nobody else."""
        for body in (b"\xff\xfe{}", b"[" * 5000, b'{"a": NaN}'):
            answer = await vendor.post(vendor.prove(body, vendor.now(), "current"))
            assert answer.status == 202, (body[:20], answer)
            await _is_refused(vendor, vendor.prove(body, vendor.now(), "strange"))
