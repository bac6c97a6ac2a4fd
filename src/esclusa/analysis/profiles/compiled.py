"""The loops that numba compiles, when the extra ``fast`` is installed. Each does what its neighbour
in numpy does (:mod:`.counting`, :mod:`.peers`, :mod:`.shaping`), and the same tests hold both.

They walk the stream once in order of time and keep what each key has so far, instead of sorting the
stream by each key. The functions are plain Python that numba compiles, so they use no more of numpy
than it knows. Nothing is reordered or fused: sums and quotients are those of numpy to the last bit.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from esclusa.formats.compiling import INSTALLED as INSTALLED
from esclusa.formats.compiling import compiled as compiled

DAY_US: Final = 86_400_000_000.0
NONE: Final = -1
TOTAL, EXAMINED, FOUND, SHORT, MIDDLE, LONG, FIRST_WHO, LAST_WHO = range(8)
"""Places in what is kept of a key in 32 bits."""
FIRST, SECOND, LAST, BEFORE_LAST = range(4, 8)
"""Places in the same line in 64 bits: moments. ``SECOND`` is the first of a consignment other than
``FIRST_WHO``, ``BEFORE_LAST`` the last of one other than ``LAST_WHO``."""
HOLDS, IS_KNOWN = 6, 7
"""Places in what is kept of a group of peers beside its histogram."""
HALF, LOWER = np.uint64(32), np.uint64(0xFFFFFFFF)
MIX_LOWER, MIX_UPPER = np.uint64(0x9E3779B1), np.uint64(0x6C8E9CF5)
"""Odd numbers by which the halves of a number of 63 bits are multiplied to spread those that lie
close; the sum of the products stays below 2^64."""
FOLD, MIX_AGAIN = np.uint64(15), np.uint64(0x85EBCA6B)
"""One product alone puts numbers at some even distances into one long run of places."""
ALONE: Final = -2
"""A key that the stream names once: no question about it meets another consignment."""


def distinct(values: Any, most: int, table: Any, code: Any, example: Any) -> int:
    """Number the different ``values`` (unsigned, well mixed) in order of appearance; return
    how many there are, or -1 as soon as there are more than ``most``.

    :param table: -1 in a power of two of places, more than ``most``, to be used up.
    :param code: the number of each value, ``example`` a place of each number: both are filled.
    """
    room = np.uint64(len(table) - 1)
    count = 0
    for place in range(len(values)):
        value = values[place]
        here = value & room
        while table[here] >= 0 and values[example[table[here]]] != value:
            here = (here + np.uint64(1)) & room
        if table[here] < 0:
            if count == most:
                return -1
            table[here] = count
            example[count] = place
            count += 1
        code[place] = table[here]
    return count


def paired(head: Any, tail: Any, size: int, made: Any) -> None:
    """Fill ``made`` with a number for each pair of codes, -1 where one of them is.

    :param size: above every code of ``tail``.
    """
    for place in range(len(head)):
        if head[place] < 0 or tail[place] < 0:
            made[place] = NONE
        else:
            made[place] = np.int64(head[place]) * size + tail[place]


def numbered(head: Any, tail: Any, size: int, table: Any, code: Any) -> int:
    """Number the different pairs of codes in order of appearance, -1 where one of them is; return
    how many there are.

    :param size: above every code of ``tail``; all pairs fit into 63 bits.
    :param table: zeros in a power of two of places, below 2^32 and more than there are pairs, each
        with room for a pair and its number, to be used up.
    :param code: the number of each pair, filled.
    """
    room, shift, left = np.uint64(len(table) - 1), HALF, len(table)
    while left > 1:
        left >>= 1
        shift -= np.uint64(1)
    count = 0
    for place in range(len(head)):
        if head[place] < 0 or tail[place] < 0:
            code[place] = NONE
            continue
        pair = np.int64(head[place]) * size + tail[place]
        whole = np.uint64(pair)
        mixed = (whole & LOWER) * MIX_LOWER + (whole >> HALF) * MIX_UPPER
        mixed &= LOWER
        mixed = (mixed ^ (mixed >> FOLD)) * MIX_AGAIN
        here = (mixed & LOWER) >> shift  # the upper bits of a product's lower half are well mixed
        while table[here, 1] > 0 and table[here, 0] != pair:
            here = (here + np.uint64(1)) & room
        if table[here, 1] == 0:
            count += 1
            table[here, 0] = pair
            table[here, 1] = count
        code[place] = table[here, 1] - 1
    return count


def keys_of(of: Any, row: Any, number: Any, code: Any) -> int:
    """Fill ``code`` with a number for the key of each place in the stream, in order of appearance:
    -1 for none, ``ALONE`` for one that is named once; return how many keys are numbered.

    :param of: the code of each row of the table. ``number``: zeros for each code, to be used up.
    """
    for place in range(len(row)):
        one = of[row[place]]
        if one >= 0 and number[one] > -2:
            number[one] -= 1
    count = 0
    for place in range(len(row)):
        one = of[row[place]]
        if one < 0:
            code[place] = NONE
        elif number[one] == -1:
            code[place] = ALONE
        else:
            if number[one] == -2:
                number[one] = count
                count += 1
            code[place] = number[one]
    return count


def history(
    code: Any, at: Any, day: Any, stated: Any, examined: Any, found: Any, seen: Any, slot: Any,
    who: Any, asking: Any, told: Any, windows: Any, gives: Any, numbers: Any, base: Any, kept: Any,
    moments: Any, total: Any, made: Any,
) -> None:  # fmt: skip
    """Fill ``total`` and ``made`` with a key's history at each question of the stream.

    :param code: the key of each place in the stream from :func:`keys_of`; the others as in
        ``Stream``.
    :param asking: with ``told``, the pairs of ``Stream.own``, in order of ``asking``.
    :param windows: three lengths in days, ascending.
    :param gives: six flags: base, windows, surge, results, rate, times.
    :param numbers: strength, base_finds, base_exams, and the short window's part of the rest.
    :param base: the find rate of all at each question; filled where the first flag says so.
    :param kept: a line of zeros for each key in 32 bits, and ``moments`` the same memory in 64.
    :param made: (features, questions), in the order of the catalogue.
    """
    gives_base, gives_windows, gives_surge, gives_results, gives_rate, gives_times = (
        gives[0], gives[1], gives[2], gives[3], gives[4], gives[5],
    )  # fmt: skip
    strength, base_finds, base_exams, part = numbers[0], numbers[1], numbers[2], numbers[3]
    short, middle, long = windows[0], windows[1], windows[2]
    size, pairs = len(code), len(asking)
    past_short, past_middle, past_long, pair = 0, 0, 0, 0
    today, zero = np.int64(-1), np.int64(0)
    here = 0
    while here < size:
        moment = at[here]
        after = here + 1
        while after < size and at[after] == moment:
            after += 1
        if gives_windows and day[here] != today:
            today = np.int64(day[here])
            while past_short < here and day[past_short] <= today - short:
                if code[past_short] >= 0:
                    kept[code[past_short], SHORT] -= stated[past_short]
                past_short += 1
            while past_middle < here and day[past_middle] <= today - middle:
                if code[past_middle] >= 0:
                    kept[code[past_middle], MIDDLE] -= stated[past_middle]
                past_middle += 1
            while past_long < here and day[past_long] <= today - long:
                if code[past_long] >= 0:
                    kept[code[past_long], LONG] -= stated[past_long]
                past_long += 1
        for place in range(here, after):
            asked = slot[place]
            if asked < 0:
                continue
            key = code[place]
            if key < 0:
                while pair < pairs and asking[pair] == place:
                    pair += 1
                total[asked] = NONE if key == NONE else 0
                if key == NONE:
                    made[:, asked] = np.nan
                    continue
                made[:, asked] = 0.0
                if gives_base:
                    base[asked] = base_finds / base_exams
                column = 1 + 3 * gives_windows
                if gives_surge:
                    made[column, asked] = 1.0
                    column += 1
                column += 2 * gives_results
                if gives_rate:
                    made[column, asked] = strength * base[asked] / strength
                    column += 1
                if gives_times:
                    made[column:, asked] = np.nan
                continue
            count = np.int64(kept[key, TOTAL])
            exams, finds = np.int64(kept[key, EXAMINED]), np.int64(kept[key, FOUND])
            month, quarter, year = (
                np.int64(kept[key, SHORT]), np.int64(kept[key, MIDDLE]), np.int64(kept[key, LONG]),
            )  # fmt: skip
            while pair < pairs and asking[pair] == place:
                own = told[pair]
                pair += 1
                if code[own] != key:
                    continue
                count -= stated[own]
                exams -= examined[own]
                finds -= found[own]
                near = day[own]
                if near > today - short:
                    month -= stated[own]
                if near > today - middle:
                    quarter -= stated[own]
                if near > today - long:
                    year -= stated[own]
            total[asked] = count
            made[0, asked] = count
            column = 1
            if gives_windows:
                month, quarter, year = max(month, zero), max(quarter, zero), max(year, zero)
                made[1, asked] = month
                made[2, asked] = quarter
                made[3, asked] = year
                column = 4
            if gives_surge:
                made[column, asked] = (month + 1) / (max(year - month, zero) * part + 1.0)
                column += 1
            if gives_results:
                made[column, asked] = exams
                made[column + 1, asked] = finds
                column += 2
            if gives_base:
                base[asked] = (finds + base_finds) / (exams + base_exams)
            if gives_rate:
                made[column, asked] = (finds + strength * base[asked]) / (exams + strength)
                column += 1
            if gives_times:
                me = who[place]
                first, last = moments[key, FIRST], moments[key, LAST]
                if kept[key, FIRST_WHO] == me:
                    first = moments[key, SECOND]
                if kept[key, LAST_WHO] == me:
                    last = moments[key, BEFORE_LAST]
                if last == 0:
                    made[column, asked] = np.nan
                    made[column + 1, asked] = np.nan
                else:
                    made[column, asked] = (moment - first) / DAY_US
                    made[column + 1, asked] = (moment - last) / DAY_US
        for place in range(here, after):
            key = code[place]
            if key < 0:
                continue
            kept[key, TOTAL] += stated[place]
            if gives_results:
                kept[key, EXAMINED] += examined[place]
                kept[key, FOUND] += found[place]
            if gives_windows:
                kept[key, SHORT] += stated[place]
                kept[key, MIDDLE] += stated[place]
                kept[key, LONG] += stated[place]
            if gives_times and seen[place]:
                name = who[place]
                if moments[key, FIRST] == 0:
                    moments[key, FIRST] = moment
                    kept[key, FIRST_WHO] = name
                elif moments[key, SECOND] == 0 and kept[key, FIRST_WHO] != name:
                    moments[key, SECOND] = moment
                if moments[key, LAST] != 0 and kept[key, LAST_WHO] != name:
                    moments[key, BEFORE_LAST] = moments[key, LAST]
                moments[key, LAST] = moment
                kept[key, LAST_WHO] = name
        here = after


def groups(
    of: Any, row: Any, step: Any, stated: Any, slot: Any, level: Any, thin: int, number: Any,
    group: Any,
) -> int:  # fmt: skip
    """Fill ``group`` with a number for the group of each place in the stream, -1 for one that no
    open question is about, that is told of less than ``thin`` times, or where the measure cannot be
    said; return how many groups are numbered.

    :param of: the group of each row. ``level``: what answered each question, 0 for nothing yet.
    :param number: zeros for each group, to be used up.
    """
    for place in range(len(row)):
        one = of[row[place]]
        if step[place] < 0 or one < 0:
            group[place] = -1
        else:
            group[place] = one
            number[one] -= stated[place] != 0
    count = 0
    for place in range(len(row)):
        asked, one = slot[place], group[place]
        if asked >= 0 and one >= 0 and level[asked] == 0 and number[one] <= -thin:
            count += 1
            number[one] = count
    for place in range(len(row)):
        if group[place] >= 0:
            group[place] = max(number[group[place]], 0) - 1
    return count


def peers(
    group: Any, step: Any, week: Any, stated: Any, slot: Any, asking: Any, told: Any, rank: int,
    thin: int, low: float, width: float, held: Any, where: Any, known: Any, mine: Any,
    level: Any, total: Any, quartile: Any,
) -> None:  # fmt: skip
    """Answer questions by the groups of one level of a measure, as ``peers.compare`` does.

    What is told in a week is put into the histograms when the next one begins. Each quartile is
    looked for from where it was last: values come a few at a time.

    :param group: of each place in the stream, from :func:`groups`. ``rank``: which level this is.
    :param held: a histogram of zeros for each group. ``where`` (groups, 8), zeros: the step of each
        quartile, how many lie below that step, how many the group holds, and whether ``known``
        (groups, 3), its quartiles, are those of now. ``mine``: room for a histogram.
    :param level: with ``total`` and ``quartile`` (3, questions), what is filled.
    """
    size, pairs = len(group), len(asking)
    past, pair = 0, 0
    now = np.int64(-1)
    for place in range(size):
        if week[place] != now:
            now = np.int64(week[place])
            while past < place:
                one = group[past]
                if one >= 0 and stated[past] != 0:
                    at, sign = step[past], stated[past]
                    held[one, at] += sign
                    for line in range(3):
                        if at < where[one, line]:
                            where[one, 3 + line] += sign
                    where[one, HOLDS] += sign
                    where[one, IS_KNOWN] = 0
                past += 1
        asked = slot[place]
        if asked < 0:
            continue
        first = pair
        while pair < pairs and asking[pair] == place:
            pair += 1
        one = group[place]
        if one < 0 or level[asked] != 0 or where[one, HOLDS] < thin:
            continue
        count, own_pairs = np.int64(where[one, HOLDS]), 0
        for which in range(first, pair):
            own = told[which]
            if group[own] == one and week[own] < now and stated[own] != 0:
                if own_pairs == 0:
                    mine[:] = held[one]
                own_pairs += 1
                mine[step[own]] -= stated[own]
                count -= stated[own]
        if count < thin:
            continue
        if own_pairs or not where[one, IS_KNOWN]:
            source = mine if own_pairs else held[one]
            here, below = np.int64(0), np.int64(0)
            for line in range(3):
                if not own_pairs:
                    here, below = np.int64(where[one, line]), np.int64(where[one, 3 + line])
                target = count * (0.25 * (line + 1))
                while below >= target:
                    here -= 1
                    below -= source[here]
                while below + source[here] < target:
                    below += source[here]
                    here += 1
                quartile[line, asked] = (
                    low + (here + (target - below) / np.int64(source[here])) * width
                )
                if not own_pairs:
                    where[one, line], where[one, 3 + line] = here, below
                    known[one, line] = quartile[line, asked]
            if not own_pairs:
                where[one, IS_KNOWN] = 1
        else:
            for line in range(3):
                quartile[line, asked] = known[one, line]
        total[asked] = count
        level[asked] = rank


def compared(
    logs: Any, level: Any, total: Any, quartile: Any, to_spread: float, least: float,
    largest: float, made: Any,
) -> None:  # fmt: skip
    """Fill ``made`` (4, questions) with what peers say, but for the second line, the median.

    :param logs: the logarithm of the measure at each question; the others from :func:`peers`.
    :param to_spread: interquartile range of a spread, ``least`` the smallest spread.
    """
    for asked in range(len(level)):
        if level[asked] == 0:
            made[0, asked] = np.nan
            made[2, asked] = np.nan
            made[3, asked] = np.nan
            continue
        spread = max((quartile[2, asked] - quartile[0, asked]) / to_spread, least)
        far = (logs[asked] - quartile[1, asked]) / spread
        made[0, asked] = far if abs(far) < largest else np.nan
        made[2, asked] = total[asked]
        made[3, asked] = level[asked]


def steps(values: Any, logs: Any, edges: Any, low: float, per_step: float, step: Any) -> None:
    """Fill ``step`` as ``peers.bins_of`` does: the logarithm says nearly where, the edges exactly.

    :param logs: of the values. ``per_step``: steps in one of the logarithm, from ``low`` on.
    """
    last = len(edges)
    for place in range(len(values)):
        value = values[place]
        if np.isnan(value):
            step[place] = -1
        elif value >= edges[last - 1]:
            step[place] = last
        elif value < edges[0]:
            step[place] = 0
        else:
            near = min(max(int((logs[place] - low) * per_step), 1), last - 1)
            while near < last and edges[near] <= value:
                near += 1
            while edges[near - 1] > value:
                near -= 1
            step[place] = near


def share(pair: Any, part: Any, made: Any) -> None:
    """Fill ``made`` with the share of a pair in one of its parts, as ``shaping`` has it."""
    for place in range(len(pair)):
        if pair[place] != NONE and part[place] > 0:
            made[place] = pair[place] / part[place]
        else:
            made[place] = np.nan


def new(pair: Any, one: Any, other: Any, known: int, made: Any) -> None:
    """Fill ``made`` with whether a pair of known parts is new, as ``shaping`` has it."""
    for place in range(len(pair)):
        if pair[place] == NONE:
            made[place] = np.nan
        else:
            made[place] = pair[place] == 0 and one[place] >= known and other[place] >= known


LOOPS: Final = (
    distinct,
    paired,
    numbered,
    keys_of,
    history,
    groups,
    peers,
    compared,
    steps,
    share,
    new,
)
