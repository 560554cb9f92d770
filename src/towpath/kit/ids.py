"""Ids: UUIDv7 made here and nowhere else, and their written forms.

A UUIDv7 sorts by the millisecond it was made in; within one process ids never go backwards, so
"in recorded order" is "ordered by id".
"""

import secrets
import time
from uuid import UUID

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CROCKFORD_LENGTH = 26
SHORT_ID_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789"
SHORT_ID_LENGTH = 6

_VALUES = {letter: value for value, letter in enumerate(CROCKFORD)}
_COUNTER_BITS = 18
_RANDOM_BITS = 74 - _COUNTER_BITS


class _Sequence:
    """The last moment an id was made in, and how many have been made in it."""

    millisecond = 0
    counter = 0


def new_id() -> UUID:
    """Make one UUIDv7, larger than every id this process made before."""
    return new_ids(1)[0]


def new_ids(count: int) -> list[UUID]:
    """Make `count` increasing UUIDv7 at once; cheaper than one by one."""
    made = []
    now = time.time_ns() // 1_000_000
    if now > _Sequence.millisecond:
        _Sequence.millisecond, _Sequence.counter = now, 0
    entropy = secrets.randbits(_RANDOM_BITS)
    for _ in range(count):
        _Sequence.counter += 1
        if _Sequence.counter >= 1 << _COUNTER_BITS:
            _Sequence.millisecond, _Sequence.counter = _Sequence.millisecond + 1, 0
        made.append(_assemble(_Sequence.millisecond, _Sequence.counter, entropy))
        entropy = (entropy * 6364136223846793005 + 1442695040888963407) & ((1 << _RANDOM_BITS) - 1)
    return made


def _assemble(millisecond: int, counter: int, entropy: int) -> UUID:
    tail = counter << _RANDOM_BITS | entropy
    high, low = tail >> 62, tail & ((1 << 62) - 1)
    return UUID(int=millisecond << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low)


def to_base32(identifier: UUID) -> str:
    """Write an id as 26 characters of Crockford base32, as the API shows it."""
    value = identifier.int
    return "".join(CROCKFORD[value >> shift & 31] for shift in range(125, -1, -5))


def from_base32(text: str) -> UUID | None:
    """Read what `to_base32` wrote; None when the text is no such id."""
    if len(text) != CROCKFORD_LENGTH:
        return None
    value = 0
    for letter in text.upper():
        digit = _VALUES.get(letter)
        if digit is None:
            return None
        value = value << 5 | digit
    return UUID(int=value) if value < 1 << 128 else None


def new_short_id() -> str:
    """Make a six-character id for flows, lists, segments, metrics, templates and actions."""
    return "".join(secrets.choice(SHORT_ID_ALPHABET) for _ in range(SHORT_ID_LENGTH))


def new_token(byte_count: int = 32) -> str:
    """Make an unguessable URL-safe token of `byte_count` random bytes."""
    return secrets.token_urlsafe(byte_count)
