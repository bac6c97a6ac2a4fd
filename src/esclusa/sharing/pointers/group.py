"""The group ristretto255 (RFC 9496), computed by libsodium through ``rbcl``.

Here is no arithmetic of our own: only lengths and values are checked before libsodium sees them,
because the bindings look at lengths alone, call the identity a valid element and return zeros
where an addition failed.

``rbcl`` carries libsodium in its wheel and unpacks it into the temporary folder each time it is
loaded. The file is removed as soon as it is mapped. A temporary folder that allows no programs
needs another one in ``TMPDIR``.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Final

from esclusa.errors import ConfigError

SIZE: Final = 32
"""Bytes of an element and of a scalar (RFC 9496 §4.3.2, §4.4)."""
WIDE: Final = 64
"""Uniform bytes that make an element or a scalar (RFC 9496 §4.3.4, §4.4)."""
ORDER: Final = 2**252 + 27742317777372353535851937790883648493

Random = Callable[[int], bytes]
"""How many bytes → as many that nobody can guess: ``secrets.token_bytes``."""

_IDENTITY: Final = bytes(SIZE)


@cache
def _sodium() -> Any:
    """Load libsodium on first use: it takes 0.2 s, and most commands never search.

    :raises ConfigError: when the temporary folder does not let it be loaded.
    """
    try:
        import rbcl
    except OSError as error:
        raise ConfigError(
            "libsodium cannot be loaded from the temporary folder; name one in TMPDIR that may "
            "hold programs"
        ) from error
    with suppress(OSError):  # a system that locks mapped files keeps it
        Path(rbcl._sodium._name).unlink()
    return rbcl


def is_element(data: bytes) -> bool:
    """Tell whether bytes are the one encoding of an element other than the identity."""
    return (
        len(data) == SIZE
        and data != _IDENTITY
        and bool(_sodium().crypto_core_ristretto255_is_valid_point(data))
    )


def is_scalar(data: bytes) -> bool:
    """Tell whether bytes are the one encoding of a scalar other than zero (little-endian)."""
    return len(data) == SIZE and 0 < int.from_bytes(data, "little") < ORDER


def element(uniform: bytes) -> bytes:
    """Return the element that 64 uniform bytes map to (RFC 9496 §4.3.4)."""
    return bytes(_sodium().crypto_core_ristretto255_from_hash(uniform))


def scalar(uniform: bytes) -> bytes:
    """Return 64 uniform bytes as a number modulo the order (RFC 9496 §4.4)."""
    return bytes(_sodium().crypto_core_ristretto255_scalar_reduce(uniform))


def random_scalar(random: Random) -> bytes:
    """Return a scalar that is not zero (RFC 9497 §4.7.2)."""
    while not is_scalar(found := scalar(random(WIDE))):
        pass
    return found


def multiply(by: bytes, element: bytes) -> bytes:
    """Return ``by`` times an element.

    :raises ValueError: for what is no scalar or no element.
    """
    _require(by, element)
    return bytes(_sodium().crypto_scalarmult_ristretto255(by, element))


def multiply_generator(by: bytes) -> bytes:
    """Return ``by`` times the generator; ``ValueError`` for what is no scalar."""
    _require(by)
    return bytes(_sodium().crypto_scalarmult_ristretto255_base(by))


def add(left: bytes, right: bytes) -> bytes:
    """Return the sum of two elements, the identity when they are opposite."""
    _require(None, left, right)
    return bytes(_sodium().crypto_core_ristretto255_add(left, right))


def invert(number: bytes) -> bytes:
    """Return the inverse of a scalar; ``ValueError`` for what is none."""
    _require(number)
    return bytes(_sodium().crypto_core_ristretto255_scalar_invert(number))


def less_product(number: bytes, left: bytes, right: bytes) -> bytes:
    """Return ``number - left * right`` modulo the order."""
    product = _sodium().crypto_core_ristretto255_scalar_mul(left, right)
    return bytes(_sodium().crypto_core_ristretto255_scalar_sub(number, product))


def _require(number: bytes | None, *elements: bytes) -> None:
    if number is not None and not is_scalar(number):
        raise ValueError("a scalar of ristretto255 other than zero was expected")
    if not all(is_element(item) for item in elements):
        raise ValueError("an element of ristretto255 other than the identity was expected")
