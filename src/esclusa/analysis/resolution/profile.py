"""A profile: what a mention says, in comparable form and without where it says it.

Mentions that say the same share a profile, so a carrier named in 100,000 consignments is compared
once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from hashlib import blake2b
from typing import Final

import msgspec

from esclusa.analysis.resolution.mention import (
    ADDRESS,
    GROUPS,
    NUMBERED,
    ORGANISATION,
    PARTY,
    PERSON,
    VESSEL,
    Mention,
)
from esclusa.analysis.screening.dates import parse_span
from esclusa.analysis.screening.identifiers import parse_identifier
from esclusa.analysis.screening.normalise import normalise
from esclusa.analysis.screening.query import country_code
from esclusa.codes import imo

Words = tuple[str, ...]

_NAME_KINDS: Final = {PERSON: "person", ORGANISATION: "organisation", VESSEL: "vessel"}
_MOST_VALUES: Final = 30
"""An entry of a list has a dozen aliases; a field with hundreds of values is no description."""


class Profile(msgspec.Struct, frozen=True, gc=False):
    """Comparable content. All parts are sorted and without repeats, so equal content is equal.

    ``digest`` (16 hexadecimal digits) stands for the content and breaks ties.
    """

    digest: str
    type: str
    names: tuple[Words, ...]
    births: tuple[str, ...]
    countries: tuple[str, ...]
    identifiers: tuple[tuple[str, str], ...]
    address: Words
    places: tuple[str, ...]
    phones: tuple[str, ...]

    @property
    def group(self) -> str:
        """Profiles of different groups are never compared."""
        return GROUPS.get(self.type, self.type)

    @property
    def says_anything(self) -> bool:
        """False when nothing is left that could be compared."""
        return bool(self.names or self.identifiers or self.phones)


def profile_of(mention: Mention) -> Profile:
    """Return the comparable content of a mention; what cannot be read is left out."""
    return unpack(*pack(mention))


def pack(mention: Mention) -> tuple[str, bytes]:
    """Return the digest of a mention's comparable content, and the content as bytes: a fifth of
    what the profile takes, for the many that are kept and seldom looked at."""
    if mention.type in NUMBERED:
        phones = _sorted(map(_phone, mention.phones))
        content: _Content = (mention.type, (), (), (), _identifiers(mention), (), (), phones)
    else:
        content = _content(mention)
    packed = _ENCODER.encode(content)
    return blake2b(packed, digest_size=8).hexdigest(), packed


def unpack(digest: str, packed: bytes) -> Profile:
    """Return the profile of what :func:`pack` gave."""
    return Profile(digest, *_DECODER.decode(packed))


_Content = tuple[
    str, tuple[Words, ...], tuple[str, ...], tuple[str, ...], tuple[tuple[str, str], ...], Words,
    tuple[str, ...], tuple[str, ...],
]  # fmt: skip
_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(_Content)


def _content(mention: Mention) -> _Content:
    return (
        _type(mention),
        _names(mention),
        _sorted(text for text in mention.birth_dates if parse_span(text)),
        _kept(mention.nationalities, country_code),
        _identifiers(mention),
        _address(mention),
        _kept(mention.places, _place),
        _sorted(map(_phone, mention.phones)),
    )


def _type(mention: Mention) -> str:
    """A party whose name carries a legal form is a firm."""
    firm = mention.type == PARTY and any(normalise(text).is_firm for text in mention.names)
    return ORGANISATION if firm else mention.type


def _names(mention: Mention) -> tuple[Words, ...]:
    kind = _NAME_KINDS.get(mention.type, "any")
    texts = mention.names
    if mention.type == ADDRESS:
        kind, texts = "organisation", mention.addresses
    found = {normalise(text, kind).tokens for text in texts[:_MOST_VALUES]}
    return tuple(sorted(found - {()}))


def _identifiers(mention: Mention) -> tuple[tuple[str, str], ...]:
    found = {parse_identifier(text) for text in mention.identifiers[:_MOST_VALUES]}
    return tuple(sorted(pair for pair in found if pair[1] and not _mistyped(*pair)))


def _mistyped(scheme: str, value: str) -> bool:
    """An IMO number with a wrong check digit is a typing error: it joins and contradicts nobody."""
    return scheme == "imo" and not imo.is_valid(value)


def _address(mention: Mention) -> Words:
    if mention.type == ADDRESS or not mention.addresses:
        return ()
    return tuple(sorted(set(normalise(mention.addresses[0], "organisation").tokens)))


@lru_cache(maxsize=65_536)
def _place(text: str) -> str:
    return normalise(text, "organisation").text


def _phone(text: str) -> str:
    digits = "".join(filter(str.isdigit, text))
    return digits if len(digits) > 5 else ""


def _kept(texts: Iterable[str], form: Callable[[str], str]) -> tuple[str, ...]:
    return _sorted(form(text) for text in texts)


def _sorted(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({text for text in texts if text}))[:_MOST_VALUES]
