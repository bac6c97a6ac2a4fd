"""Loops of tables for numba, see :mod:`compiled`: each is one pass over rows or spans, where numpy
would take several and keep what it reckons between them.

Spans are two arrays of 32 bits, numbers of rows arrays of 64.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def component(
    first: Any, bound: Any, at: Any, rows: Any, element: int, number: int, begin: Any, end: Any
) -> None:
    """Fill the spans of one component of each row; see :func:`spans.component`."""
    for here in range(len(rows)):
        row = rows[here]
        edge = first[row] + element
        begin[here] = 0
        end[here] = 0
        if edge < first[row + 1]:
            place = bound[edge - 1] + number - 1
            if place < bound[edge]:
                begin[here] = at[place] + 1
                end[here] = at[place + 1]


def distinct(words: Any, masks: Any, begin: Any, end: Any, code: Any, example: Any) -> int:
    """Number the different values; return how many there are, -1 where they are best sorted.

    The table of hashes grows with them, since most columns hold few: it stays near the processor.
    Values up to eight bytes are their own hash; longer ones with the same hash are compared. Their
    last eight bytes are taken whole, so that no word needs to be cut.
    Who knows the hash can make values that all fall on one place: so steps in vain are counted.
    """
    table = np.full(1024, -1, np.int32)
    hashes, sizes = np.empty(512, np.uint64), np.empty(512, np.int32)
    prime = np.uint64(0x9E3779B97F4A7C15)
    one, eight, room = np.uintp(1), np.uintp(8), np.uintp(1023)
    spare: Any = 4096 + 16 * len(begin)
    count: Any = np.uintp(0)
    for here in range(np.uintp(0), np.uintp(len(begin))):
        start = np.uintp(begin[here])
        size = np.uintp(end[here]) - start
        if size <= eight:
            mixed = words[start] & masks[size]
        else:
            mixed, place, tail = words[start], start + eight, start + size - eight
            while place < tail:
                mixed = ((mixed ^ (mixed >> np.uint64(29))) * prime) ^ words[place]
                place += eight
            mixed = ((mixed ^ (mixed >> np.uint64(29))) * prime) ^ words[tail]
        slot = np.uintp((mixed * prime) >> np.uint64(32)) & room
        while True:
            known = table[slot]
            if known < 0:
                break
            which = np.uintp(known)
            if hashes[which] == mixed and sizes[which] == np.int32(size):
                same = True
                if size > eight:
                    place, there = start, np.uintp(begin[np.uintp(example[which])])
                    tail = start + size - eight
                    same = words[tail] == words[there + size - eight]
                    while same and place < tail:
                        same = words[place] == words[there]
                        place += eight
                        there += eight
                if same:
                    break
                spare -= np.int64(size >> np.uintp(3))
            spare -= 1
            if spare < 0:
                return -1
            slot = (slot + one) & room
        if known >= 0:
            code[here] = known
            continue
        table[slot] = count
        hashes[count], sizes[count] = mixed, size
        code[here] = count
        example[count] = here
        count += one
        if count == np.uintp(len(hashes)):
            table = np.full(np.int64(eight * count), -1, np.int32)
            room = eight * count - one
            fresh = np.int64(count) * 4
            more, longer = np.empty(fresh, np.uint64), np.empty(fresh, np.int32)
            more[: np.int64(count)], longer[: np.int64(count)] = hashes, sizes
            hashes, sizes = more, longer
            for again in range(np.uintp(0), count):
                slot = np.uintp((hashes[again] * prime) >> np.uint64(32)) & room
                while table[slot] >= 0:
                    slot = (slot + one) & room
                table[slot] = again
    different: int = np.int64(count)  # type: ignore[assignment]
    return different


def views(
    text: Any, words: Any, masks: Any, begin: Any, end: Any, release: int, strip: bool,
    found: Any, spare: Any, base: int, odd: Any,
) -> tuple[int, int]:  # fmt: skip
    """Fill the views of values, two numbers each (:mod:`views`): without release characters
    (``release`` is -1 where there are none) and without blanks at their ends.

    :param spare: room for values without their release characters, which stand from ``base`` on.
    :param odd: numbers of values at whose ends other blanks may stand, wider or released ones.
    :return: how many of ``odd`` are filled, and how many bytes of ``spare``.
    """
    strange, used = 0, 0
    upper = np.uint64(32)
    size: Any
    put: Any
    for here in range(len(begin)):
        first, last = begin[here], end[here]
        found[2 * here] = 0
        found[2 * here + 1] = 0
        if strip:
            while first < last and text[first] == 32:
                first += 1
            while first < last and text[last - 1] == 32:
                last -= 1
        if first >= last:
            continue
        if strip and (text[first] >= 128 or text[last - 1] >= 128):
            odd[strange] = here
            strange += 1
            continue
        size = np.int64(last - first)
        place, put = np.int64(first), -1
        if release >= 0:
            while place < last and text[place] != release:
                place += 1
            if place < last:
                put, place = used, np.int64(first)
                while place < last:
                    if text[place] == release:
                        place += 1
                    spare[used] = text[place]
                    used += 1
                    place += 1
                size = used - put
                ends = (spare[put], spare[used - 1])
                if strip and (ends[0] == 32 or ends[1] == 32 or ends[0] >= 128 or ends[1] >= 128):
                    used = put
                    odd[strange] = here
                    strange += 1
                    continue
        if put < 0:
            word = words[first]
            low = word & masks[min(size, 4)]
            if size > 12:
                high = np.uint64(first) << upper
            else:
                high = words[first + 4] & masks[size - 4] if size > 4 else np.uint64(0)
        else:
            low, high = np.uint64(0), np.uint64(0)
            for at in range(min(size, 4)):
                low |= np.uint64(spare[put + at]) << np.uint64(8 * at)
            if size > 12:
                high = np.uint64(base + put) << upper | np.uint64(1)
            else:
                for at in range(4, size):
                    high |= np.uint64(spare[put + at]) << np.uint64(8 * (at - 4))
                used = put
        found[2 * here] = low << upper | np.uint64(size)
        found[2 * here + 1] = high
    return strange, used


def long_bytes(found: Any) -> int:
    """Return how many bytes views of more than twelve point to; what comes again at once counts
    once."""
    total: Any = np.int64(0)
    low, high = np.uint64(0), np.uint64(0)
    for here in range(0, len(found), 2):
        size = found[here] & np.uint64(0xFFFFFFFF)
        if size > 12 and (found[here] != low or found[here + 1] != high):
            low, high = found[here], found[here + 1]
            total += np.int64(size)
    found_bytes: int = total
    return found_bytes


def settle(found: Any, text: Any, made: Any, data: Any) -> None:
    """Copy those bytes behind one another and make the views point to them.

    :param text, made: eight bytes at each place of the file's text, of the pool.
    :param data: the same of the room for them; what is written too much, the next value covers.
    """
    low, high = np.uint64(0), np.uint64(0)
    total, place = np.int64(0), np.uint64(0)
    for here in range(0, len(found), 2):
        size = np.int64(found[here] & np.uint64(0xFFFFFFFF))
        if size <= 12:
            continue
        if found[here] != low or found[here + 1] != high:
            low, high = found[here], found[here + 1]
            begin = np.int64(high >> np.uint64(32))
            if high & np.uint64(1):
                for at in range(0, size, 8):
                    data[total + at] = made[begin + at]
            else:
                for at in range(0, size, 8):
                    data[total + at] = text[begin + at]
            place = np.uint64(total) << np.uint64(32)
            total += size
        found[here + 1] = place


def once(owner: Any, found: Any, other: Any, most: int, keep: Any) -> bool:
    """Fill which rows are the first of their owner with these views and this number; False where
    owners are not in order, or one has more rows than may be held against each other."""
    since = 0
    for here in range(len(owner)):
        keep[here] = True
        if owner[here] != owner[since]:
            if owner[here] < owner[since]:
                return False
            since = here
        if here - since >= most:
            return False
        for there in range(since, here):
            if (
                found[2 * there] == found[2 * here]
                and found[2 * there + 1] == found[2 * here + 1]
                and other[there] == other[here]
            ):
                keep[here] = False
    return True


def stripped(text: Any, begin: Any, end: Any, first: Any, last: Any) -> None:
    """Fill spans without the blanks at their ends."""
    for here in range(len(begin)):
        one, other = begin[here], end[here]
        while one < other and text[one] == 32:
            one += 1
        while one < other and text[other - 1] == 32:
            other -= 1
        first[here], last[here] = one, other


def components(
    text: Any, first: Any, bound: Any, at: Any, rows: Any, kind: Any, position: Any,
    plan: Any, elements: Any, numbers: Any, ways: Any, since: Any, begin: Any, end: Any,
    words: Any, masks: Any, code: Any, table: Any, known: Any, example: Any, count: Any,
    releases: Any, apart: Any, found: Any, odd: Any,
) -> int:  # fmt: skip
    """Fill the spans of the components that rows of each kind are asked for, in one walk while the
    text is at hand; number their values where those are few and short, as qualifiers are; make
    views of those that are texts, without blanks at their ends.

    :param kind: of each row; those of kind ``k`` are asked for ``plan[k]`` to ``plan[k + 1]``.
    :param position: of each row among those of its kind.
    :param ways: 1 for components to be numbered, 2 for texts; else 0.
    :param since: where the spans of each component that is asked for begin.
    :param code: the number of each span's value; ``example`` a span for each value.
    :param table: zeros, 512 for each component; ``known`` is filled with 255 values at most.
    :param count: zeros; how many values each component has, -1 where one is long, or there are too
        many.
    :param releases: where release characters stand, in order.
    :param apart: what is to be taken off the place of a text's span for that of its view in
        ``found``.
    :param odd: filled with spans whose views are not to be trusted, and the places of the views:
        rows with release characters, values with letters beyond ASCII at their ends.
    :return: how many of ``odd`` are filled.
    """
    strange, freed = np.uintp(0), np.uintp(0)
    upper = np.uint64(32)
    prime, one = np.uint64(0x9E3779B97F4A7C15), np.uintp(1)
    for here in range(np.uintp(0), np.uintp(len(rows))):
        sort = np.uintp(kind[here])
        low, high = np.uintp(plan[sort]), np.uintp(plan[sort + one])
        if low == high:
            continue
        row, place = np.uintp(rows[here]), np.uintp(position[here])
        edge, last = np.uintp(first[row]), np.uintp(first[row + one])
        rare: Any = False
        if freed < np.uintp(len(releases)):
            while freed < np.uintp(len(releases)) and releases[freed] < at[np.uintp(bound[edge])]:
                freed += one
            rare = freed < np.uintp(len(releases))
            rare = rare and releases[freed] < at[np.uintp(bound[last - one])]
        for which in range(low, high):
            put = np.uintp(since[which]) + place
            start, stop = np.int32(0), np.int32(0)
            after = edge + np.uintp(elements[which])
            if after < last:
                spot = np.uintp(bound[after - one]) + np.uintp(numbers[which]) - one
                if spot < np.uintp(bound[after]):
                    start, stop = at[spot] + np.int32(1), at[spot + one]
            begin[put] = start
            end[put] = stop
            if ways[which] == 2:
                left, right = np.uintp(start), np.uintp(stop)
                while left < right and text[left] == 32:
                    left += one
                while left < right and text[right - one] == 32:
                    right -= one
                long = right - left
                high = np.uint64(0)
                if long > np.uintp(12):
                    high = np.uint64(left) << upper
                elif long > np.uintp(4):
                    high = words[left + np.uintp(4)] & masks[long - np.uintp(4)]
                low = words[left] & masks[min(long, np.uintp(4))]
                view = put - np.uintp(apart[which])
                found[np.uintp(2) * view] = low << upper | np.uint64(long)
                found[np.uintp(2) * view + one] = high
                if long > np.uintp(0) and (rare or text[left] >= 128 or text[right - one] >= 128):
                    odd[0, strange] = put
                    odd[1, strange] = view
                    strange += one
                continue
            if ways[which] == 0 or count[which] < 0:
                continue
            size = np.uintp(stop - start)
            if size > 8:
                count[which] = -1
                continue
            word = words[np.uintp(start)] & masks[size]
            slot = np.uintp(word * prime >> np.uint64(55))
            while table[which, slot] and known[which, np.uintp(table[which, slot]) - one] != word:
                slot = (slot + one) & np.uintp(511)
            if not table[which, slot]:
                if count[which] == 255:
                    count[which] = -1
                    continue
                fresh = np.uintp(count[which])
                known[which, fresh] = word
                example[which, fresh] = put
                count[which] += 1
                table[which, slot] = count[which]
            code[put] = table[which, slot] - 1
    doubtful: int = np.int64(strange)  # type: ignore[assignment]
    return doubtful


def texts_of(position: Any, tag: Any, picked: Any, every: Any, found: Any) -> bool:
    """Fill the views of some of the rows with a tag from those of all; False where the picked rows
    are not all of one tag."""
    for here in range(np.uintp(0), np.uintp(len(picked))):
        row = picked[here]
        if tag[row] != tag[picked[0]]:
            return False
        place = np.uintp(2) * np.uintp(position[row])
        found[np.uintp(2) * here] = every[place]
        found[np.uintp(2) * here + np.uintp(1)] = every[place + np.uintp(1)]
    return True


def chosen(
    position: Any, tag: Any, picked: Any, begin: Any, end: Any, first: Any, last: Any
) -> bool:
    """Fill the spans of some of the rows with a tag from those of all; False where the picked rows
    are not all of one tag."""
    for here in range(len(picked)):
        row = picked[here]
        if tag[row] != tag[picked[0]]:
            return False
        first[here] = begin[position[row]]
        last[here] = end[position[row]]
    return True


def chained(text: Any, parts: Any, release: int, data: Any, ends: Any, odd: Any) -> int:
    """Write the values of each row behind one another, a blank between those that are not empty.

    :param parts: pairs of arrays: where the values of each row begin and end.
    :param data: filled with the bytes; ``ends[n + 1]`` with where the text of row ``n`` ends.
    :param odd: rows with release characters or letters beyond ASCII, which stay empty.
    :return: how many of ``odd`` are filled.
    """
    place, strange = 0, 0
    ends[0] = 0
    for here in range(parts.shape[2]):
        since, plain = place, True
        for which in range(parts.shape[0]):
            first, last = parts[which, 0, here], parts[which, 1, here]
            if first < last and place > since:
                data[place] = 32
                place += 1
            for at in range(first, last):
                byte = text[at]
                plain &= byte < 128 and byte != release
                data[place] = byte
                place += 1
        if not plain:
            place = since
            odd[strange] = here
            strange += 1
        ends[here + 1] = place
    return strange
