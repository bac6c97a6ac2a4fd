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
from esclusa.formats.compiling import soon as soon

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
SHORT_TEXT, SPREAD = np.uint64(12), np.uint64(24)
"""Bytes of text that a view holds, and which bits of a product say the place in a table."""
ALONE: Final = -2
"""A key that the stream names once: no question about it meets another consignment."""
AHEAD: Final = 16
"""So many places ahead what is kept of a key is asked for."""
MANY: Final = 1 << 14
"""A table of fewer numbers stays near the processor, so none need be asked for."""


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


def shorts(
    halves: Any, bits: Any, offset: int, seeds: Any, count: int, table: Any, known: Any,
    code: Any,
) -> int:  # fmt: skip
    """Number different texts in order of appearance, -1 for none, and return how many there are
    with the ``count`` of those before; -1 where a text is not short, -2 where there are more than
    ``known`` has room for.

    :param halves: of each text, as :mod:`.views` has them: the length below the first 4 bytes, and
        the 8 bytes after. ``bits`` from ``offset`` on say which are there; none where all are.
    :param seeds: odd numbers below 2^30: what is multiplied and added by them stays below 2^64.
    :param table: -1 in a power of two of places, more than ``known`` has lines, to be used up.
    :param known: filled with the halves of each number, ``code`` with the number of each text.
    """
    room, size, some = np.uint64(len(table) - 1), len(halves), len(bits) > 0
    one, two, three, four = seeds[0], seeds[1], seeds[2], seeds[3]
    for place in range(size):
        first, second = halves[place, 0], halves[place, 1]
        mixed = (first >> HALF) * one + (second & LOWER) * two + (second >> HALF) * three
        mixed += first & LOWER
        mixed = ((mixed ^ (mixed >> HALF)) & LOWER) * four
        code[place] = np.int32((mixed >> SPREAD) & room)  # where to look for it, for now
    for place in range(size):
        if place + AHEAD < size:
            soon(table, code[place + AHEAD])
        if some and not (bits[(offset + place) >> 3] >> ((offset + place) & 7)) & 1:
            code[place] = NONE
            continue
        first, second = halves[place, 0], halves[place, 1]
        if first & LOWER > SHORT_TEXT:
            return -1
        here = code[place]
        while True:
            number = table[here]
            if number < 0:
                if count == len(known):
                    return -2
                number = count
                table[here] = number
                known[number, 0] = first
                known[number, 1] = second
                count += 1
                break
            if known[number, 0] == first and known[number, 1] == second:
                break
            here = (here + 1) & (len(table) - 1)
        code[place] = number
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
    shift, left = HALF, len(table)
    while left > 1:
        left >>= 1
        shift -= np.uint64(1)
    for place in range(len(head)):
        whole = np.uint64(np.int64(max(head[place], 0)) * size + max(tail[place], 0))
        mixed = (whole & LOWER) * MIX_LOWER + (whole >> HALF) * MIX_UPPER
        mixed &= LOWER
        mixed = (mixed ^ (mixed >> FOLD)) * MIX_AGAIN
        # Where to look for it, for now: the upper bits of a product's lower half are well mixed.
        code[place] = np.int32((mixed & LOWER) >> shift)
    count = 0
    for place in range(len(head)):
        if place + AHEAD < len(head):
            soon(table, code[place + AHEAD])
        if head[place] < 0 or tail[place] < 0:
            code[place] = NONE
            continue
        pair, here = np.int64(head[place]) * size + tail[place], code[place]
        while table[here, 1] > 0 and table[here, 0] != pair:
            here = (here + 1) & (len(table) - 1)
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
    near = len(row) - AHEAD if len(number) > MANY else 0
    for place in range(len(row)):
        if place < near:
            soon(number, of[row[place + AHEAD]])
        one = of[row[place]]
        if one >= 0 and number[one] > -2:
            number[one] -= 1
    count = 0
    for place in range(len(row)):
        if place < near:
            soon(number, of[row[place + AHEAD]])
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
    code: Any, tied: Any, rank: Any, at: Any, day: Any, stated: Any, examined: Any, found: Any,
    seen: Any, slot: Any, who: Any, asking: Any, told: Any, windows: Any, gives: Any, numbers: Any,
    base: Any, kept: Any, moments: Any, waiting: Any, total: Any, made: Any,
) -> None:  # fmt: skip
    """Fill ``total`` and ``made`` with a key's history at each question of the stream.

    A place is asked about and told at once, unless its key is named again at its moment: then it is
    told when the moment is over.

    :param code: the key of each place in the stream, from :func:`keys_of`; ``tied`` marks places
        whose key is named again at their moment, and may mark others; the rest as in ``Stream``.
    :param asking: with ``told``, the pairs of ``Stream.own``, in order of ``asking``.
    :param windows: three lengths in days, ascending.
    :param gives: six flags: base, windows, surge, results, rate, times.
    :param numbers: strength, base_finds, base_exams, and the short window's part of the rest.
    :param base: the find rate of all at each question; filled where the first flag says so.
    :param kept: a line of zeros for each key in 32 bits, and ``moments`` the same memory in 64.
    :param waiting: room for as many places as one moment has, and one more.
    :param made: (features, questions), in the order of the catalogue.
    """
    gives_base, gives_windows, gives_surge, gives_results, gives_rate, gives_times = (
        gives[0], gives[1], gives[2], gives[3], gives[4], gives[5],
    )  # fmt: skip
    strength, base_finds, base_exams, part = numbers[0], numbers[1], numbers[2], numbers[3]
    short, middle, long = windows[0], windows[1], windows[2]
    size, pairs, columns = len(code), len(asking), len(made)
    past_short, past_middle, past_long, pair, held = 0, 0, 0, 0, 0
    next_pair = asking[0] if pairs else size
    today, zero = np.int64(-1), np.int64(0)
    for place in range(size):
        if place + AHEAD < size:
            soon(kept, code[place + AHEAD])
        if gives_windows and day[place] != today:
            today = np.int64(day[place])
            while past_short < place and day[past_short] <= today - short:
                if past_short + AHEAD < size:
                    soon(kept, code[past_short + AHEAD])
                if code[past_short] >= 0:
                    kept[code[past_short], SHORT] -= stated[past_short]
                past_short += 1
            while past_middle < place and day[past_middle] <= today - middle:
                if past_middle + AHEAD < size:
                    soon(kept, code[past_middle + AHEAD])
                if code[past_middle] >= 0:
                    kept[code[past_middle], MIDDLE] -= stated[past_middle]
                past_middle += 1
            while past_long < place and day[past_long] <= today - long:
                if past_long + AHEAD < size:
                    soon(kept, code[past_long + AHEAD])
                if code[past_long] >= 0:
                    kept[code[past_long], LONG] -= stated[past_long]
                past_long += 1
        key, asked, moment = code[place], slot[place], at[place]
        if key < 0:
            while next_pair == place:
                pair += 1
                next_pair = asking[pair] if pair < pairs else size
            if asked < 0:
                pass
            elif key == NONE:
                total[asked] = NONE
                for column in range(columns):
                    made[column, asked] = np.nan
            else:
                total[asked] = 0
                made[0, asked] = 0.0
                column = 1
                if gives_windows:
                    made[1, asked] = 0.0
                    made[2, asked] = 0.0
                    made[3, asked] = 0.0
                    column = 4
                if gives_surge:
                    made[column, asked] = 1.0
                    column += 1
                if gives_base:
                    base[asked] = base_finds / base_exams
                if gives_results:
                    made[column, asked] = 0.0
                    made[column + 1, asked] = 0.0
                    column += 2
                if gives_rate:
                    made[column, asked] = strength * base[asked] / strength
                    column += 1
                if gives_times:
                    made[column, asked] = np.nan
                    made[column + 1, asked] = np.nan
        elif asked >= 0:
            count = np.int64(kept[key, TOTAL])
            exams, finds = np.int64(kept[key, EXAMINED]), np.int64(kept[key, FOUND])
            month, quarter, year = (
                np.int64(kept[key, SHORT]), np.int64(kept[key, MIDDLE]), np.int64(kept[key, LONG]),
            )  # fmt: skip
            while next_pair == place:
                own = told[pair]
                pair += 1
                next_pair = asking[pair] if pair < pairs else size
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
        waiting[held] = place
        begin, end = held, held + 1
        if held or tied[place]:
            if place + 1 == size or rank[place + 1] != rank[place]:
                begin, held = 0, 0
            elif tied[place]:
                held += 1
                continue
        for which in range(begin, end):
            this = waiting[which]
            key = code[this]
            if key < 0:
                continue
            kept[key, TOTAL] += stated[this]
            if gives_results:
                kept[key, EXAMINED] += examined[this]
                kept[key, FOUND] += found[this]
            if gives_windows:
                kept[key, SHORT] += stated[this]
                kept[key, MIDDLE] += stated[this]
                kept[key, LONG] += stated[this]
            if gives_times and seen[this]:
                name = who[this]
                if moments[key, FIRST] == 0:
                    moments[key, FIRST] = moment
                    kept[key, FIRST_WHO] = name
                elif moments[key, SECOND] == 0 and kept[key, FIRST_WHO] != name:
                    moments[key, SECOND] = moment
                if moments[key, LAST] != 0 and kept[key, LAST_WHO] != name:
                    moments[key, BEFORE_LAST] = moments[key, LAST]
                moments[key, LAST] = moment
                kept[key, LAST_WHO] = name


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
    thin: int, low: float, width: float, to_spread: float, least: float, largest: float, logs: Any,
    held: Any, where: Any, known: Any, mine: Any, shares: Any, level: Any, middle: Any, made: Any,
) -> None:  # fmt: skip
    """Answer questions by the groups of one level of a measure, as ``peers.compare`` does.

    What is told in a week is put into the histograms when the next one begins. Each quartile is
    looked for from where it was last: values come a few at a time.

    :param group: of each place in the stream, from :func:`groups`. ``rank``: which level this is.
    :param held: a histogram of zeros for each group. ``where`` (groups, 8), zeros: the step of each
        quartile, how many lie below that step, how many the group holds, and whether ``known``
        (groups, 2), its median and spread, are those of now. ``mine``: room for a histogram.
    :param to_spread: interquartile range of a spread, ``least`` the smallest spread.
    :param logs: the logarithm of the measure at each question.
    :param shares: room for three quartiles.
    :param level: with ``middle``, the logarithm of the median, and lines 0, 2 and 3 of ``made``
        (4, questions), what is filled where a group answers.
    """
    size, pairs = len(group), len(asking)
    past, pair = 0, 0
    now = np.int64(-1)
    for place in range(size):
        if place + AHEAD < size:
            soon(where, group[place + AHEAD])
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
                shares[line] = low + (here + (target - below) / np.int64(source[here])) * width
                if not own_pairs:
                    where[one, line], where[one, 3 + line] = here, below
            median, spread = shares[1], max((shares[2] - shares[0]) / to_spread, least)
            if not own_pairs:
                known[one, 0], known[one, 1] = median, spread
                where[one, IS_KNOWN] = 1
        else:
            median, spread = known[one, 0], known[one, 1]
        far = (logs[asked] - median) / spread
        made[0, asked] = far if abs(far) < largest else np.nan
        made[2, asked] = count
        made[3, asked] = rank
        middle[asked] = median
        level[asked] = rank


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
    shorts,
    paired,
    numbered,
    keys_of,
    history,
    groups,
    peers,
    steps,
    share,
    new,
)
