"""One history of what two services say to each other, from the moves that have arrived.

Each side writes its own moves, numbered from 1, and says with each how many of the other side's it
knew. So any set of moves has one order, whatever way and however often messages came:

1. A move comes after what its maker knew.
2. Of two moves made beside each other, neither knowing the other, that of the side named first
   comes first. So nothing which that side did is undone by what the other did meanwhile.
3. A move whose turn has not come, because one before it is not here, waits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar

from esclusa.casework.forms import moment
from esclusa.model import InformationMove, ReferralMove, encode_body

M = TypeVar("M", ReferralMove, InformationMove)


def once(moves: Iterable[M], *, home: int) -> list[M]:
    """Return each move once, those of the number ``home`` first: they stay at home and are a chain.

    Two moves under one number are a fork: one of them speaks, the same one at both sides.

    :param moves: with agency and number, in any order, repeated at will.
    """
    found: dict[tuple[str, int], M] = {}
    at_home: list[M] = []
    for move in moves:
        if move.number == home:
            at_home.append(move)
            continue
        key = (move.agency, move.number)
        other = found.setdefault(key, move)
        if encode_body(move) < encode_body(other):
            found[key] = move
    return at_home + [found[key] for key in sorted(found)]


def in_order(moves: Iterable[M], sides: tuple[str, str]) -> tuple[list[M], list[M]]:
    """Return the moves in their places, and those that wait for one which is not here.

    :param moves: numbered from 1, each once; those of strangers are left out.
    :param sides: the two agencies; of moves made beside each other the first one's come first.
    """
    known: dict[str, dict[int, M]] = {side: {} for side in sides}
    for move in moves:
        if move.agency in known:
            known[move.agency][move.number] = move
    placed = dict.fromkeys(sides, 0)
    order: list[M] = []
    while (turn := _next(known, placed)) is not None:
        placed[turn.agency] += 1
        order.append(turn)
    waiting = [
        move for side in sides for number, move in sorted(known[side].items())
        if number > placed[side]
    ]  # fmt: skip
    return order, waiting


class May(Protocol):
    """A row of a table of moves, which tells whose a move is."""

    def may(self, side: str, *, system: bool) -> bool:
        """Tell whether a side's people, or its system, may make the move."""
        ...


def barred(
    move: ReferralMove | InformationMove, state: str, side: str,
    rows: Mapping[tuple[str, str], May], *, system: str,
) -> str:  # fmt: skip
    """Return why a move does not count whatever its own rules are, a code of the words: not theirs,
    unreadable or overtaken; "" when those rules decide.

    :param state: where the moves before it left the thing.
    :param side: of its maker; "" for a stranger, and where it names other sides than the thing has.
    :param rows: what is allowed, by (move, state).
    :param system: who makes the moves that the node makes itself.
    """
    if not side:
        return "not_theirs"
    if moment(move.at) is None:
        return "unreadable"
    row = rows.get((move.move, state))
    if row is None:
        known = any(name == move.move for name, _state in rows)
        return "overtaken" if known else "unreadable"
    return "" if row.may(side, system=move.by == system) else "not_theirs"


def _next(known: Mapping[str, Mapping[int, M]], placed: Mapping[str, int]) -> M | None:
    """Return the move whose turn it is: all that its maker knew is in place."""
    for side, moves in known.items():
        move = moves.get(placed[side] + 1)
        others = sum(placed.values()) - placed[side]
        if move is not None and move.seen <= others:
            return move
    return None
