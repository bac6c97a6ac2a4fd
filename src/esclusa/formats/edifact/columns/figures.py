"""Loops of tables for numba, see :mod:`loops`: numbers, dates, numbers of containers.

Each stands in two forms, for the text of a file and for the views of a table. They share no
function: compiled code is kept under a name made of one loop's own code, and would not know of a
change in another (:mod:`esclusa.formats.compiling`).
"""

from __future__ import annotations

from typing import Any

import numpy as np


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


def amounts(data: Any, begin: Any, end: Any, longest: int, found: Any, odd: Any) -> int:
    """As :func:`decimals`, from the bytes of views; those of long texts, and of texts without the
    blanks that their spans have, are odd."""
    strange = 0
    for here in range(np.uintp(0), np.uintp(len(begin))):
        start, size = np.uintp(16) * here + np.uintp(4), np.int64(end[here] - begin[here])
        found[here] = np.nan
        if size == 0:
            continue
        whole, point = np.int64(0), -1
        simple = size <= 12 and size == data[start - np.uintp(4)]
        if simple:
            for at in range(size):
                byte = data[start + np.uintp(at)]
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


def usual(text: Any, begin: Any, end: Any, letter: Any, found: Any) -> None:
    """Fill which spans are four capital letters and seven digits."""
    for here in range(np.uintp(0), np.uintp(len(begin))):
        start, right = np.uintp(begin[here]), end[here] - begin[here] == 11
        if right:
            for at in range(start, start + np.uintp(4)):
                right &= letter[text[at]]
            for at in range(start + np.uintp(4), start + np.uintp(11)):
                right &= (text[at] >= 48) & (text[at] <= 57)
        found[here] = right


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


def units(
    data: Any, begin: Any, end: Any, value: Any, category: Any, weights: Any, verdict: Any, odd: Any
) -> int:  # fmt: skip
    """As :func:`containers`, from the bytes of views."""
    strange = 0
    for here in range(np.uintp(0), np.uintp(len(begin))):
        start, size = np.uintp(16) * here + np.uintp(4), end[here] - begin[here]
        right = size == 11 and data[start - np.uintp(4)] == 11
        total = 0
        if right:
            for at in range(np.uintp(0), np.uintp(4)):
                byte = data[start + at]
                right &= (byte >= 65) & (byte <= 90)
                total += value[byte] * weights[at]
            for at in range(np.uintp(4), np.uintp(11)):
                byte = data[start + at]
                right &= (byte >= 48) & (byte <= 57)
                if at < np.uintp(10):
                    total += (np.int64(byte) - 48) * weights[at]
        verdict[here] = -1
        if right:
            last = np.int64(data[start + np.uintp(10)]) - 48
            good = category[data[start + np.uintp(3)]] and total % 11 % 10 == last
            verdict[here] = 1 if good else 0
        elif size > 0:
            odd[strange] = here
            strange += 1
    return strange


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


def moments(
    pairs: Any, data: Any, form: Any, year: Any, ahead: int, made: Any, out: Any,
    spare: Any, base: int, odd: Any,
) -> tuple[int, int]:  # fmt: skip
    """As :func:`days`, from views and with hours and minutes.

    :param pairs, data: the views, as numbers and as bytes.
    :param form: how many digits the format of each has, 0 where its length tells, -1 for others.
    :param made, out: the views to be filled, zeros, as numbers and as bytes.
    :param spare: room for sixteen bytes each, which stand from ``base`` on in the pool.
    :return: how many of ``odd``, and how many bytes of ``spare``, are filled.
    """
    strange, used = 0, 0
    full: Any
    last: Any
    one, two = np.uintp(1), np.uintp(2)
    for here in range(np.uintp(0), np.uintp(len(form))):
        place = two * here
        size = np.int64(pairs[place] & np.uint64(0xFFFFFFFF))
        if (
            here > np.uintp(0) and made[place - two] != 0
            and pairs[place] == pairs[place - two] and pairs[place + one] == pairs[place - one]
            and form[here] == form[here - one] and year[here] == year[here - one]
        ):  # fmt: skip
            made[place], made[place + one] = made[place - two], made[place - one]
            continue
        start = np.uintp(16) * here + np.uintp(4)
        simple = (size == 6 or size == 8 or size == 10 or size == 12) and (
            form[here] == 0 or form[here] == size
        )
        if simple:
            for at in range(start, start + np.uintp(size)):
                simple &= 48 <= data[at] <= 57
        hours = size >= 10
        if simple:
            tail = start + np.uintp(size - (8 if hours else 4))
            full = 0
            for at in range(start, tail):
                full = full * 10 + (np.int64(data[at]) - 48)
            if size == 6 or size == 10:
                until = year[here] + ahead
                full += until - until % 100
                if full > until:
                    full -= 100
            month = (np.int64(data[tail]) - 48) * 10 + data[tail + one] - 48
            day = (np.int64(data[tail + two]) - 48) * 10 + data[tail + np.uintp(3)] - 48
            last = 31 - np.int64((month == 4) | (month == 6) | (month == 9) | (month == 11))
            if month == 2:
                leap = full % 4 == 0 and (full % 100 != 0 or full % 400 == 0)
                last = 29 if leap else 28
            simple = full >= 1 and 1 <= month <= 12 and 1 <= day <= last
            if hours:
                clock = tail + np.uintp(4)
                hour = (np.int64(data[clock]) - 48) * 10 + data[clock + one] - 48
                minute = (np.int64(data[clock + two]) - 48) * 10 + data[clock + np.uintp(3)] - 48
                simple = simple and hour <= 23 and minute <= 59
        if not simple:
            odd[strange] = here
            strange += 1
            continue
        day_at = start + np.uintp(4)
        for at in range(4):
            out[start + np.uintp(3 - at)] = full % 10 + 48
            full //= 10
        if not hours:
            out[start - np.uintp(4)] = 10
            out[day_at] = out[day_at + np.uintp(3)] = 45
            out[day_at + one], out[day_at + two] = data[tail], data[tail + one]
            out[day_at + np.uintp(4)] = data[tail + two]
            out[day_at + np.uintp(5)] = data[tail + np.uintp(3)]
            continue
        out[start - np.uintp(4)] = 16
        made[place + one] = np.uint64(base + used) << np.uint64(32) | np.uint64(1)
        for at in range(4):
            spare[used + at] = out[start + np.uintp(at)]
        spare[used + 4] = spare[used + 7] = 45
        spare[used + 10], spare[used + 13] = 84, 58
        spare[used + 5], spare[used + 6] = data[tail], data[tail + one]
        spare[used + 8], spare[used + 9] = data[tail + two], data[tail + np.uintp(3)]
        spare[used + 11], spare[used + 12] = data[clock], data[clock + one]
        spare[used + 14], spare[used + 15] = data[clock + two], data[clock + np.uintp(3)]
        used += 16
    return strange, used
