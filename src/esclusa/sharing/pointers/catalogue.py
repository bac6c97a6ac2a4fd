"""The owner's set as it is shown: cut hashes under the epoch's key, padded, in ascending order.

Without the key an entry is ten random-looking bytes. Entries that stand for nothing come from the
epoch's seed, so the same records give the same set again after a restart.
"""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Callable, Collection, Iterable
from itertools import islice, pairwise
from typing import Final

from esclusa.errors import PointerError
from esclusa.sharing.pointers import group, voprf
from esclusa.sharing.pointers.epochs import Epoch, key_of
from esclusa.sharing.pointers.keys import Pointer
from esclusa.sharing.pointers.messages import TAG, Catalogue, digest, split
from esclusa.sharing.pointers.padding import LEAST, catalogue_size
from esclusa.sharing.pointers.rows import Row
from esclusa.sharing.pointers.voprf import KeyPair

Part = tuple[KeyPair, tuple[bytes, ...]]
"""The epoch's key and some inputs."""
Mapped = Callable[[Callable[[Part], list[bytes]], Iterable[Part]], Iterable[list[bytes]]]
"""Calls a function with each of some parts: ``map``, or that of a pool of processes."""
_PART: Final = 5_000
"""Inputs of one part: a third of a second of work."""


def publish(
    epoch: Epoch, pointers: Collection[Pointer], most: int, mapped: Mapped = map
) -> Catalogue:
    """Return the set of an epoch.

    :param most: entries that were agreed, padding included.
    :param mapped: what computes the parts; whatever it is, the set is the same.
    :raises PointerError: when there are more, or one of another kind of thing.
    """
    size = catalogue_size(len(set(pointers)))
    if size > most:
        raise PointerError("size", f"{size:,} entries are more than the {most:,} agreed")
    if any(item.subject != epoch.scope.subject for item in pointers):
        raise PointerError("catalogue", f"only keys of a {epoch.scope.subject} were expected")
    key = key_of(epoch)
    tags = {tag for some in mapped(entries_of, _parts(key, pointers)) for tag in some}
    number = 0
    while len(tags) < size:
        tags.add(_dummy(epoch.seed, number))
        number += 1
    return Catalogue(
        scope=epoch.scope, number=epoch.number, begins=epoch.begins, ends=epoch.ends,
        public=key.public, tags=b"".join(sorted(tags)),
    )  # fmt: skip


def entries_of(part: Part) -> list[bytes]:
    """Return the entries of some inputs, in order."""
    key, inputs = part
    return [tag_of(voprf.compute(key, data)) for data in inputs]


def _parts(key: KeyPair, pointers: Iterable[Pointer]) -> Iterable[Part]:
    inputs = iter(pointers)
    while some := tuple(item.encode() for item in islice(inputs, _PART)):
        yield key, some


def tag_of(output: bytes) -> bytes:
    """Return the entry for an output of the function."""
    return output[:TAG]


def _dummy(seed: bytes, number: int) -> bytes:
    return hmac.digest(seed, b"esclusa-pointer-dummy/1 %d" % number, "sha512")[:TAG]


def tags_of(catalogue: Catalogue) -> frozenset[bytes]:
    """Return the entries."""
    return frozenset(split(catalogue.tags, TAG))


def holds(catalogue: Catalogue, tag: bytes) -> bool:
    """Tell whether a catalogue that was accepted has an entry: a search in its ascending bytes,
    because a large set costs more to unfold than to ask thousands of keys of."""
    tags, low, high = catalogue.tags, 0, len(catalogue.tags) // TAG
    while low < high:
        middle = (low + high) // 2
        if tags[middle * TAG : middle * TAG + TAG] < tag:
            low = middle + 1
        else:
            high = middle
    return tags[low * TAG : low * TAG + TAG] == tag


def accept(
    catalogue: Catalogue, owner: str, asker: str, most: int, now: dt.datetime,
    held: Catalogue | None = None,
) -> Row:  # fmt: skip
    """Check a catalogue that an asker received; returns the log row for taking it in.

    :param most: entries that were agreed.
    :param held: the last one of the same scope that was taken in.
    :raises PointerError: when it breaks its form, is over, or stands against the one held.
    """
    scope = catalogue.scope
    if (scope.owner, scope.asker) != (owner, asker):
        raise PointerError("stranger", f"a set of {owner} for {asker} was expected", owner)
    if not catalogue.begins <= now < catalogue.ends:
        raise PointerError("epoch", "the set is of an epoch that is over or has not begun", owner)
    if not group.is_element(catalogue.public):
        raise PointerError("element", "the public key is no element of the group", owner)
    tags = split(catalogue.tags, TAG)
    if len(tags) > most:
        raise PointerError("size", f"a set of at most {most:,} entries was expected", owner)
    if len(tags) < LEAST or len(tags) & (len(tags) - 1) or len(tags[-1]) != TAG:
        raise PointerError("catalogue", "a power of two of whole entries was expected", owner)
    if any(left >= right for left, right in pairwise(tags)):
        raise PointerError("catalogue", "entries in ascending order were expected", owner)
    if held is not None and _against(catalogue, held):
        raise PointerError("replay", f"a set after number {held.number} was expected", owner)
    return Row(at=now, event="pointers:catalogue:taken", partner=owner, scope=scope,
               number=catalogue.number, elements=len(tags), message=digest(catalogue))  # fmt: skip


def _against(catalogue: Catalogue, held: Catalogue) -> bool:
    """An older set, or another one under the same number."""
    return held.scope == catalogue.scope and (
        catalogue.number < held.number or (catalogue.number == held.number and catalogue != held)
    )


def false_hit_bound(entries: int, elements: int) -> float:
    """Return the chance that any of so many elements meets an entry that is not its own."""
    return entries * elements / 2.0 ** (8 * TAG)
