"""Posts and what passes from one to the next. Pure: edges in, answers out.

A *post* is an agency in a role: ``marisol/exchange``, ``northreach/presidency``. A *pact* is an
agreement with the two posts that signed it. The rules:

1. A pact is acted under by the posts that signed it, until an edge hands it on.
2. An edge hands on exactly the pacts that it names, and only those its old post holds at that
   moment. Nobody passes on what they do not have.
3. A pact goes to one successor. Halves of a split service that both need it sign a new one.
4. When a post ends, what no edge handed on lapses. It does not fall to anybody.
5. Custody of an agency's records goes to one agency. The exchange post of an agency does not end
   while nobody has taken its records over.
6. An edge takes effect at its time, never before it was signed. What was done earlier stays done.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Annotated

import msgspec

from esclusa.errors import TrustError
from esclusa.sharing.keys import EXCHANGE, Word

PactId = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Post(msgspec.Struct, frozen=True, order=True, forbid_unknown_fields=True):
    """An agency in a role."""

    agency: Word
    role: Word

    def __str__(self) -> str:
        return f"{self.agency}/{self.role}"


class Pact(msgspec.Struct, frozen=True, order=True, forbid_unknown_fields=True):
    """An agreement by its id and the two posts that signed it, in the order of their names."""

    id: PactId
    first: Post
    second: Post


class Succession(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="succession"
):
    """An edge: from ``since`` (aware, UTC) on, ``new`` stands where ``old`` stood.

    ``pacts`` are handed on, none by default. ``custody``: the new agency keeps and answers for the
    records of the old one, and for those the old one kept. ``ends``: the old post is no more.
    """

    old: Post
    new: Post
    since: dt.datetime
    pacts: tuple[Pact, ...] = ()
    custody: bool = False
    ends: bool = False


def holder(edges: Iterable[Succession], pact: Pact, side: Post, at: dt.datetime) -> Post | None:
    """Return the post that acts for ``side`` under a pact at a moment, None when it has lapsed."""
    post = side
    for edge in in_order(edges, at):
        if edge.old != post:
            continue
        if pact in edge.pacts:
            post = edge.new
        elif edge.ends:
            return None
    return post


def holders(edges: Sequence[Succession], pact: Pact, at: dt.datetime) -> frozenset[Post]:
    """Return the posts that may act under a pact at a moment."""
    found = (holder(edges, pact, side, at) for side in (pact.first, pact.second))
    return frozenset(post for post in found if post is not None)


def custodian(edges: Iterable[Succession], agency: str, at: dt.datetime) -> str:
    """Return the agency that keeps the records of an agency at a moment."""
    keeper = agency
    for edge in in_order(edges, at):
        if edge.custody and edge.old.agency == keeper:
            keeper = edge.new.agency
    return keeper


def in_order(edges: Iterable[Succession], at: dt.datetime) -> list[Succession]:
    """Return the edges in effect at a moment, the earliest first; equal times as they came."""
    return sorted((edge for edge in edges if edge.since <= at), key=lambda edge: edge.since)


def check_edge(edges: Sequence[Succession], edge: Succession, pacts: Iterable[Pact]) -> None:
    """Check a new edge against those known.

    :param pacts: all pacts known, whoever holds them.
    :raises TrustError: when it would hand on what its old post does not hold, hand something on
        twice, leave records without a keeper, or undo an edge signed for later.
    """
    if edge.old == edge.new:
        raise TrustError(f"{edge.old} cannot succeed itself")
    known = frozenset(pacts)
    for pact in edge.pacts:
        if pact not in known or edge.old not in holders(edges, pact, edge.since):
            raise TrustError(f"{edge.old} does not hold the agreement {pact.id!r} it hands on")
    if edge.custody and not _keeps_any(edges, edge):
        raise TrustError(f"{edge.old.agency} has handed its records on already")
    _check_later(edges, edge)
    _check_end(edges, edge)


def _keeps_any(edges: Sequence[Succession], edge: Succession) -> bool:
    """Tell whether the old agency keeps anybody's records, its own or those of a former one."""
    agencies = {edge.old.agency, *(known.old.agency for known in edges)}
    return any(custodian(edges, name, edge.since) == edge.old.agency for name in agencies)


def _check_later(edges: Iterable[Succession], edge: Succession) -> None:
    """An edge signed for later was a promise: an earlier one must not empty it."""
    for later in edges:
        if later.since <= edge.since or later.old.agency != edge.old.agency:
            continue
        promised = later.old == edge.old and (edge.ends or set(later.pacts) & set(edge.pacts))
        if promised or (later.custody and edge.custody):
            raise TrustError(f"{edge.old} has signed an edge for later that this one would undo")


def _check_end(edges: Sequence[Succession], edge: Succession) -> None:
    if edge.ends and edge.old.role == EXCHANGE and not edge.custody and _keeps_any(edges, edge):
        raise TrustError(f"{edge.old} cannot end while nobody keeps its records")
