"""An approximate search for persons on the ledger: two questions in one epoch, then the findings.

The second question goes whatever the first one found, in a size that the first one's size fixes.
When the owner has ended the epoch in between, the search begins anew with the next set.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Collection, Iterator, Mapping

import msgspec

from esclusa.node.pointer_rows import Followed, Searched
from esclusa.sharing.pointers import stages
from esclusa.sharing.pointers.asking import Hit
from esclusa.sharing.pointers.keys import Pointer
from esclusa.sharing.pointers.near import COARSE, Sought
from esclusa.sharing.pointers.padding import question_size


def entered(
    typed: Mapping[Sought, str], most: int, *, partner: str, purpose: str, by: str, now: dt.datetime
) -> Iterator[Searched]:
    """Yield a search for each part of the people that fits one question of at most ``most``."""
    for part in stages.packs(typed, most):
        yield Searched(
            id=secrets.token_hex(6), at=now, by=by, partner=partner, purpose=purpose, key=COARSE,
            pointers=tuple(sorted(stages.first(part))), typed=tuple(typed[who] for who in part),
            sought=part,
        )  # fmt: skip


def question(item: Searched, number: int) -> tuple[Searched, tuple[Pointer, ...], int]:
    """Return a search with the keys to ask next in an epoch, and the size of the question."""
    if item.coarse is None or item.number != number:
        again = msgspec.structs.replace(item, coarse=None, number=number)
        return again, item.pointers, 0
    size = _second(item)
    asked = _chosen(item)
    keys = {key for blocks in asked.values() for found in blocks.values() for key in found}
    return item, tuple(sorted(keys)), size


def first_settled(item: Searched, hits: tuple[Hit, ...], number: int) -> Searched:
    """Return a search after its first question: the second one is to be asked."""
    return msgspec.structs.replace(item, state="waiting", question="", coarse=hits, number=number)


def settled(
    item: Searched, hits: Collection[Hit], until: dt.datetime, entries: int
) -> Searched:  # fmt: skip
    """Return a search after its second question, with the possible hits in a set of ``entries``."""
    asked, coarse = _chosen(item), item.coarse or ()
    told = stages.verdicts(asked, {hit.pointer for hit in hits})
    behind = {hit.pointer: hit for hit in coarse}
    found, unclear = [], []
    for place, who in enumerate(item.sought):
        if who in told and told[who][1].possible(entries):
            block, verdict = told[who]
            hit = behind[block.key_of(who)]
            found.append(Followed(hit=hit, who=place, why=verdict.why))
        elif who not in asked and not stages.first([who]).isdisjoint(behind):
            unclear.append(place)
    return msgspec.structs.replace(
        item, state="settled", hits=tuple(found), unclear=tuple(unclear), until=until
    )


def _chosen(item: Searched) -> stages.Chosen:
    hits = {hit.pointer for hit in item.coarse or ()}
    return stages.chosen(item.sought, hits, _second(item))


def _second(item: Searched) -> int:
    return stages.SECOND[question_size(len(item.pointers))]
