"""Loops of tables for numba, see :mod:`loops`: rows of messages, and the groups they stand in."""

from __future__ import annotations

from typing import Any

import numpy as np


def sheet(
    head: Any, tail: Any, quads: Any, first: Any, bound: Any, at: Any, begins: Any,
    message: Any, rows: Any, tag: Any, begin: Any, end: Any,
) -> None:  # fmt: skip
    """Fill the rows of messages, the number of the message of each, its tag, and its span."""
    place = 0
    for number in range(len(head)):
        for row in range(head[number], tail[number] + 1):
            message[place] = number
            rows[place] = row
            tag[place] = quads[begins[row]] & np.uint32(0xFFFFFF)
            begin[place] = begins[row]
            end[place] = at[bound[first[row + 1] - 1]]
            place += 1


def sorted_by_tag(
    tag: Any, table: Any, numbers: Any, known: Any, begins: Any, order: Any, position: Any
) -> int:
    """Sort rows by their tags, those that come first in front.

    :param table: zeros, in 65,536 places: the number of a tag, plus one.
    :param numbers: filled with the number of each row's tag.
    :param known: filled with the tags, ``begins`` with where the rows of each end in ``order``.
    :param position: filled with the place of each row among those with its tag.
    :return: how many tags there are, at most 255; -1 when there are more.
    """
    count = 0
    for here in range(len(tag)):
        slot = np.uint64(tag[here]) * np.uint64(0x9E3779B1) >> np.uint64(16) & np.uint64(0xFFFF)
        while table[slot] and known[table[slot] - 1] != tag[here]:
            slot = (slot + np.uint64(1)) & np.uint64(0xFFFF)
        if not table[slot]:
            if count == 255:
                return -1
            known[count] = tag[here]
            begins[count] = 0
            count += 1
            table[slot] = count
        number = table[slot] - 1
        numbers[here] = number
        position[here] = begins[number]
        begins[number] += 1
    place = 0
    for number in range(count):
        size = begins[number]
        begins[number] = place
        place += size
    for here in range(len(tag)):
        number = numbers[here]
        order[begins[number]] = here
        begins[number] += 1
    return count


def groups(opens: Any, message: Any, group: Any, begun: Any) -> int:
    """Fill the group of each row, -1 before the first of its message, and the rows that open them;
    return how many there are."""
    count = 0
    owner = -1
    for here in range(len(opens)):
        if opens[here]:
            begun[count] = here
            count += 1
            owner = message[here]
        group[here] = count - 1 if owner == message[here] else -1
    return count


def latest(marks: Any, group: Any, found: Any) -> None:
    """Fill the number of the last mark at or before each row in its group, -1 where there is
    none or the row is in no group."""
    count, owner, last = 0, -1, -1
    for here in range(len(marks)):
        if group[here] != owner:
            owner, last = group[here], -1
        if marks[here]:
            last = count
            count += 1
        found[here] = last if owner >= 0 else -1


def firsts(field: Any, group: Any, copied: Any, found: Any) -> None:
    """Fill the first place at which each field stands in each group, -1 where it does not.

    :param field: of each place, -1 for none. :param group: of each place, -1 for none.
    :param copied: groups that begin with what the group before them says; may be empty.
    """
    found[:] = -1
    for here in range(len(field)):
        what, where = field[here], group[here]
        if what >= 0 and where >= 0 and found[what, where] < 0:
            found[what, where] = here
    for what in range(len(found)):
        for where in range(len(copied)):
            if copied[where] and found[what, where - 1] >= 0:
                found[what, where] = found[what, where - 1]


def slots(
    tag: Any, message: Any, eqd: int, stowage: Any, first: Any, slot: Any, begun: Any, copied: Any
) -> int:
    """Fill the places on board of bay plans; see :class:`bayplan._Layout`. Return their number.

    :param stowage: rows that name a place on board. :param first: of each message, whether EQD
        comes first. :param slot: the place of each row, -1 before the first of its message.
    :param begun: the row that opens each place. :param copied: whether it stands on the one before.
    """
    count = 0
    owner, order, named, placed = -1, -1, False, False
    for here in range(len(tag)):
        if message[here] != owner:
            owner, order, named, placed = message[here], -1, False, False
            first[owner] = False
            since = count
        kind = 1 if tag[here] == eqd else (0 if stowage[here] else -1)
        if kind >= 0:
            if order < 0:
                order = kind
                first[owner] = kind == 1
            there = count > since
            if (kind == 0 and order == 1 and there and not placed) or (
                kind == 1 and there and not named
            ):
                placed |= kind == 0
                named |= kind == 1
            else:
                begun[count] = here
                copied[count] = kind == 1 and order == 0
                count += 1
                placed, named = kind == 0, kind == 1
        slot[here] = count - 1 if count > since else -1
    return count


def bills(
    marks: Any, message: Any, begin: Any, end: Any,
    bill: Any, item: Any, box: Any, leg: Any, party: Any, begun: Any, weight: Any,
) -> int:  # fmt: skip
    """Fill the bills of cargo reports; see :class:`manifests.Layout`. Return their number.

    :param marks: of each row: 1 CNI, 2 GID, 3 TDT, 4 EQD, 5 NAD, 6 a bill's number; else 0.
    """
    owner, open_bill, open_item, open_box, heavy = -1, -1, -1, -1, -1
    count, items, boxes, last = 0, 0, 0, 0
    behind, inside = False, False
    for here in range(np.uintp(0), np.uintp(len(marks))):
        mark = marks[here]
        if message[here] != owner:
            owner, last = message[here], 0
            open_bill, open_item, open_box, heavy = -1, -1, -1, -1
            behind, inside = False, False
        if mark == 1 or (mark == 6 and (last == 0 or last == 2)):
            begun[count] = here
            open_bill, open_item, heavy = count, -1, -1
            count += 1
            behind, inside = False, False
        if mark == 2:
            inside = False
            if open_bill >= 0:
                open_item = items
                items += 1
        elif mark == 3:
            behind, inside = open_bill >= 0, False
        elif mark == 4:
            open_box, heavy, inside = boxes, boxes, False
            boxes += 1
        elif mark == 5:
            inside = open_bill >= 0
        if mark == 1 or mark == 2 or mark == 6:
            last = mark
        if heavy >= 0:
            weight[heavy] += end[here] - begin[here]
        bill[here], item[here], box[here] = open_bill, open_item, open_box
        leg[here], party[here] = behind, inside
    return count
