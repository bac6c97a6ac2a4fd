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
    room = np.uint64(1023)
    hashes, sizes = np.empty(512, np.uint64), np.empty(512, np.int32)
    prime = np.uint64(0x9E3779B97F4A7C15)
    count, spare = 0, 4096 + 16 * len(begin)
    for here in range(len(begin)):
        start, size = begin[here], end[here] - begin[here]
        mixed = np.uint64(0)
        if size <= 8:
            mixed = words[start] & masks[size]
        else:
            mixed, place, tail = words[start], start + 8, start + size - 8
            while place < tail:
                mixed = ((mixed ^ (mixed >> np.uint64(29))) * prime) ^ words[place]
                place += 8
            mixed = ((mixed ^ (mixed >> np.uint64(29))) * prime) ^ words[tail]
        slot = (mixed * prime) >> np.uint64(32) & room
        while True:
            known = table[slot]
            if known < 0:
                break
            if hashes[known] == mixed and sizes[known] == size:
                same = True
                if size > 8:
                    tail, there = start + size - 8, begin[example[known]] - start
                    same = words[tail] == words[tail + there]
                    place = start
                    while same and place < tail:
                        same = words[place] == words[place + there]
                        place += 8
                if same:
                    break
                spare -= size >> 3
            spare -= 1
            if spare < 0:
                return -1
            slot = (slot + np.uint64(1)) & room
        if known >= 0:
            code[here] = known
            continue
        table[slot] = count
        hashes[count], sizes[count] = mixed, size
        code[here] = count
        example[count] = here
        count += 1
        if count == len(hashes):
            table = np.full(8 * count, -1, np.int32)
            room = np.uint64(8 * count - 1)
            more, longer = np.empty(4 * count, np.uint64), np.empty(4 * count, np.int32)
            more[:count], longer[:count] = hashes, sizes
            hashes, sizes = more, longer
            for known in range(count):
                slot = (hashes[known] * prime) >> np.uint64(32) & room
                while table[slot] >= 0:
                    slot = (slot + np.uint64(1)) & room
                table[slot] = known
    return count


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
    first: Any, bound: Any, at: Any, rows: Any, kind: Any, position: Any,
    plan: Any, elements: Any, numbers: Any, since: Any, begin: Any, end: Any,
    words: Any, masks: Any, code: Any, table: Any, known: Any, example: Any, count: Any,
) -> None:  # fmt: skip
    """Fill the spans of the components that rows of each kind are asked for, in one walk, and
    number their values where those are few and short, as qualifiers are.

    :param kind: of each row; those of kind ``k`` are asked for ``plan[k]`` to ``plan[k + 1]``.
    :param position: of each row among those of its kind.
    :param since: where the spans of each component that is asked for begin.
    :param code: the number of each span's value; ``example`` a span for each value.
    :param table: zeros, 512 for each component; ``known`` is filled with 255 values at most.
    :param count: how many values each component has, -1 for those not to be numbered; it becomes
        -1 where a value is long, or there are too many.
    """
    prime = np.uint64(0x9E3779B97F4A7C15)
    for here in range(len(rows)):
        low, high = plan[kind[here]], plan[kind[here] + 1]
        if low == high:
            continue
        edge, last = first[rows[here]], first[rows[here] + 1]
        for which in range(low, high):
            put = since[which] + position[here]
            start, stop = 0, 0
            after = edge + elements[which]
            if after < last:
                place = bound[after - 1] + numbers[which] - 1
                if place < bound[after]:
                    start, stop = at[place] + 1, at[place + 1]
            begin[put] = start
            end[put] = stop
            if count[which] < 0:
                continue
            if stop - start > 8:
                count[which] = -1
                continue
            word = words[start] & masks[stop - start]
            slot = word * prime >> np.uint64(55)
            while table[which, slot] and known[which, table[which, slot] - 1] != word:
                slot = (slot + np.uint64(1)) & np.uint64(511)
            if not table[which, slot]:
                if count[which] == 255:
                    count[which] = -1
                    continue
                known[which, count[which]] = word
                example[which, count[which]] = put
                count[which] += 1
                table[which, slot] = count[which]
            code[put] = table[which, slot] - 1


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


def decimals(text: Any, begin: Any, end: Any, longest: int, found: Any, odd: Any) -> int:
    """Fill ``found`` with numbers, not a number where nothing stands; return how many of ``odd``
    are filled: numbers of the spans that are not digits with a point or comma between."""
    strange = 0
    for here in range(len(begin)):
        start, size = begin[here], end[here] - begin[here]
        found[here] = np.nan
        if size == 0:
            continue
        whole, point = np.int64(0), -1
        simple = size <= longest
        if simple:
            for at in range(size):
                byte = text[start + at]
                if 48 <= byte <= 57:
                    whole = whole * 10 + (np.int64(byte) - 48)
                elif (byte == 46 or byte == 44) and point < 0 and 0 < at < size - 1:
                    point = at
                else:
                    simple = False
                    break
        if simple:
            power = 1.0
            if point >= 0:
                for _ in range(point + 1, size):
                    power *= 10.0
            found[here] = np.float64(whole) / power
        else:
            odd[strange] = here
            strange += 1
    return strange


def containers(
    text: Any, begin: Any, end: Any, value: Any, category: Any, weights: Any, verdict: Any, odd: Any
) -> int:
    """Fill the verdicts on container numbers of four letters and seven digits, -1 on others;
    return how many of ``odd`` are filled: numbers of the spans that are something else."""
    strange = 0
    for here in range(len(begin)):
        start = begin[here]
        usual = end[here] - start == 11
        total = 0
        if usual:
            for at in range(4):
                byte = text[start + at]
                usual &= 65 <= byte <= 90
                total += value[byte] * weights[at]
            for at in range(4, 11):
                byte = text[start + at]
                usual &= 48 <= byte <= 57
                if at < 10:
                    total += (np.int64(byte) - 48) * weights[at]
        verdict[here] = -1
        if usual:
            right = category[text[start + 3]] and total % 11 % 10 == text[start + 10] - 48
            verdict[here] = 1 if right else 0
        elif end[here] > start:
            odd[strange] = here
            strange += 1
    return strange


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


def days(
    text: Any, begin: Any, end: Any, first: Any, last: Any, year: Any, ahead: int,
    data: Any, odd: Any,
) -> int:  # fmt: skip
    """Write dates of six or eight digits as ISO 8601 into views; return how many of ``odd`` are
    filled: numbers of those that are something else, which stay empty.

    :param first, last: spans of format codes: 101, 102 or none.
    :param year: near which each date of six digits lies, at most ``ahead`` behind it.
    :param data: zeros, sixteen bytes for each.
    """
    strange = 0
    full: Any
    for here in range(len(begin)):
        start, size, form, coded = begin[here], end[here] - begin[here], first[here], True
        if last[here] > form:
            coded = last[here] - form == 3 and text[form] == 49 and text[form + 1] == 48
            coded = coded and text[form + 2] == (49 if size == 6 else 50)
        simple = coded and (size == 6 or size == 8)
        if simple:
            for at in range(size):
                simple &= 48 <= text[start + at] <= 57
        if simple:
            full = 0
            for at in range(size - 4):
                full = full * 10 + (np.int64(text[start + at]) - 48)
            if size == 6:
                until = year[here] + ahead
                full += until - until % 100
                if full > until:
                    full -= 100
            tail = start + size - 4
            month = (np.int64(text[tail]) - 48) * 10 + text[tail + 1] - 48
            day = (np.int64(text[tail + 2]) - 48) * 10 + text[tail + 3] - 48
            simple = full >= 1 and 1 <= month <= 12 and 1 <= day <= 28
        if simple:
            data[16 * here] = 10
            place = 16 * here + 4
            for at in range(4):
                data[place + 3 - at] = full % 10 + 48
                full //= 10
            data[place + 4] = data[place + 7] = 45
            data[place + 5], data[place + 6] = text[tail], text[tail + 1]
            data[place + 8], data[place + 9] = text[tail + 2], text[tail + 3]
        else:
            odd[strange] = here
            strange += 1
    return strange


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
