"""What the plain reader's functions make of many segments at once.

What is common and simple (a date of six digits, a whole number, a container number of the usual
form) is computed for all of them together; whatever else is given to the very functions that the
plain reader uses, each different text once.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from esclusa.codes.iso6346 import LETTERS, WEIGHTS
from esclusa.formats import values
from esclusa.formats.edifact import common
from esclusa.formats.edifact.columns import compiled, figures, loops, spans, views
from esclusa.formats.edifact.columns.run import PAD
from esclusa.formats.edifact.columns.sheet import DEAF, HERE, Picked, Sheet, Words
from esclusa.formats.edifact.columns.views import Texts
from esclusa.formats.edifact.segment import Segment, Separators

_DIGITS: Final = 15
"""Longest number whose digits a float holds exactly, so that one division rounds like ``float``."""

_ZERO: Final = ord("0")


def decimals(sheet: Sheet, found: spans.Spans) -> npt.NDArray[np.float64]:
    """:func:`values.number` of each span; not a number where that is None."""
    if sheet.run.fast:
        return _decimals(sheet, found)
    array = sheet.run.text.array
    length = found.end - found.begin
    longest = int(min(length.max(initial=0), _DIGITS + 1))
    whole = np.zeros(len(length))
    places = np.zeros(len(length), np.intp)
    points = np.zeros(len(length), np.intp)
    simple = (length > 0) & (length <= _DIGITS)
    for at in range(longest):
        byte = array[found.begin + at].astype(np.intp)
        inside = at < length
        digit = (byte >= _ZERO) & (byte <= _ZERO + 9)
        point = (byte == ord(".")) | (byte == ord(","))
        simple &= digit | point | ~inside
        whole = np.where(inside & digit, whole * 10 + (byte - _ZERO), whole)
        places += inside & digit & (points > 0)
        points += inside & point
    # A point with digits on both sides: anything else is rare and left to the plain reader.
    simple &= (points == 0) | ((points == 1) & (places > 0) & (length - points > places))
    result = np.where(simple, whole / 10.0 ** np.where(simple, places, 0), np.nan)
    return _by_number(sheet, found, np.flatnonzero(~simple & (length > 0)), result)


def _by_number(
    sheet: Sheet, found: spans.Spans, rest: Picked, result: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    if len(rest):
        odd = spans.values(sheet.run, found.at(rest))
        read = [values.number(text, DEAF, HERE, "") for text in odd.values]
        result[rest] = np.array([np.nan if each is None else each for each in read])[odd.code]
    return result


def _decimals(sheet: Sheet, found: spans.Spans) -> npt.NDArray[np.float64]:
    count = len(found.begin)
    result, odd = np.empty(count), np.empty(count, np.intp)
    walk = compiled.compiled(figures.decimals)
    strange = walk(sheet.run.text.array, *spans.narrow(found), _DIGITS, result, odd)
    return _by_number(sheet, found, odd[:strange], result)


def quantities(sheet: Sheet, picked: Picked) -> tuple[Words, npt.NDArray[np.float64]]:
    """:func:`common.quantity` of each MEA: what was measured, and how much (not a number where the
    reader has no value).

    What stands before the value says what it is and in which unit: few different texts, each read
    with the value 1, which gives the factor.
    """
    code, read = _measured(sheet, picked)
    what = Words(code, [word for word, _ in read])
    factor = np.array([np.nan if one is None else one for _, one in read] + [np.nan])[code]
    value = amounts(sheet, picked, 3, 2)
    return what, np.where(factor == 1, value, value * factor)


def _measured(sheet: Sheet, picked: Picked) -> tuple[Picked, list[tuple[str, float | None]]]:
    """What :func:`common.quantity` makes of each MEA if its value is 1."""
    run, marks = sheet.run, sheet.run.marks
    words = [sheet.numbering(picked, element) for element in (1, 2, 3)]
    if not len(run.releases) and all(words):
        first, second, third = (each for each in words if each)
        code = (first.code * len(second.values) + second.code) * len(third.values) + third.code
        if len(first.values) * len(second.values) * len(third.values) <= _KINDS:
            kinds = list(product(first.values, second.values, third.values))
            used = np.bincount(code, minlength=len(kinds)) > 0
            texts = [f"MEA{marks.element}{marks.element.join(each)}" for each in kinds]
            return code, [
                _quantity(f"{text}{marks.component}1", marks) if there else ("", None)
                for text, there in zip(texts, used.tolist(), strict=True)
            ]
    unit = sheet.component(picked, 3)
    begin, end = sheet.whole(picked)
    ends = np.where(unit.end > 0, unit.end, end)
    code, example = spans.distinct(run, spans.Spans(begin, ends))
    read = []
    for at in example.tolist():
        text = str(run.text.data[int(begin[at]) : int(ends[at])], "utf-8")
        read.append(_quantity(f"{text}{marks.component}1" if unit.end[at] > 0 else text, marks))
    return code, read


_KINDS: Final = 4096
"""Combinations of what is measured, and in what: more are told by their texts."""


def _quantity(text: str, marks: Separators) -> tuple[str, float | None]:
    return common.quantity(Segment(text, "MEA", 0, 0, 0, marks), DEAF)


def amounts(
    sheet: Sheet, picked: Picked, element: int, number: int = 1, *, strip: bool = False
) -> npt.NDArray[np.float64]:
    """:func:`values.number` of a component; not a number where that is None.

    :param strip: take blanks at its ends off.
    """
    found = sheet.component(picked, element, number)
    text = sheet.seen(picked, element, number)
    if text is None:
        return decimals(sheet, spans.stripped(sheet.run, found) if strip else found)
    begin, end = spans.narrow(found)
    result, odd = np.empty(len(begin)), np.empty(len(begin), np.intp)
    walk = compiled.compiled(figures.amounts)
    strange = walk(text.view(np.uint8), begin, end, _DIGITS, result, odd)
    rest = odd[:strange]
    if strange:
        spot = found.at(rest)
        result[rest] = decimals(sheet, spans.stripped(sheet.run, spot) if strip else spot)
    return result


def containers(
    sheet: Sheet, picked: Picked, element: int = 2
) -> tuple[Texts, npt.NDArray[np.int8]]:
    """Container numbers of EQD as :func:`values.checked_container` reads them, and the verdicts:
    1, 0, or -1 for None."""
    found, text = sheet.component(picked, element), sheet.seen(picked, element)
    if text is None:
        verdict, rest = (_compiled_verdicts if sheet.run.fast else _verdicts)(sheet, found)
        number = views.of(sheet.pool, found, strip=False)
    else:
        verdict, rest = _seen_verdicts(text, found)
        number = text.copy() if len(rest) else text
    if len(rest):
        odd = spans.values(sheet.run, found.at(rest))
        read = [values.container(each) for each in odd.values]
        number[rest] = sheet.pool.words([plain for plain, _ in read])[odd.code]
        known = np.array([-1 if valid is None else valid for _, valid in read], np.int8)
        named = np.array([plain != "" for plain, _ in read], bool)
        expected = sheet.meant(picked[rest], lambda kind: kind in ("CN", ""))
        wrong = (known[odd.code] < 0) & named[odd.code] & expected
        verdict[rest] = np.where(wrong, 0, known[odd.code])
    return number, verdict


def _verdicts(sheet: Sheet, found: spans.Spans) -> tuple[npt.NDArray[np.int8], Picked]:
    """The verdicts on numbers of the usual form, and which have another."""
    array = sheet.run.text.array
    verdict = np.full(len(found.begin), -1, np.int8)
    usual = found.end - found.begin == 11
    letters, digits = np.zeros(len(found.begin), np.intp), np.ones(len(found.begin), bool)
    total = np.zeros(len(found.begin), np.intp)
    for at in range(11):
        byte = array[np.where(usual, found.begin + at, 0)]
        if at < 4:
            letters += _IS_LETTER[byte]
            total += _VALUE[byte] * WEIGHTS[at]
        else:
            digits &= (byte >= _ZERO) & (byte <= _ZERO + 9)
            if at < 10:
                total += (byte.astype(np.intp) - _ZERO) * WEIGHTS[at]
    usual &= (letters == 4) & digits
    category = array[np.where(usual, found.begin + 3, 0)]
    last = array[np.where(usual, found.begin + 10, 0)].astype(np.intp) - _ZERO
    right = usual & _IS_CATEGORY[category] & (total % 11 % 10 == last)
    verdict[usual] = right[usual]
    return verdict, np.flatnonzero(~usual & (found.end > found.begin))


def _compiled_verdicts(sheet: Sheet, found: spans.Spans) -> tuple[npt.NDArray[np.int8], Picked]:
    count = len(found.begin)
    verdict, odd = np.empty(count, np.int8), np.empty(count, np.intp)
    strange = compiled.compiled(figures.containers)(
        sheet.run.text.array, *spans.narrow(found), _VALUE, _IS_CATEGORY, _WEIGHTS, verdict, odd
    )
    return verdict, odd[:strange]


def _seen_verdicts(text: Texts, found: spans.Spans) -> tuple[npt.NDArray[np.int8], Picked]:
    verdict, odd = np.empty(len(text), np.int8), np.empty(len(text), np.intp)
    strange = compiled.compiled(figures.units)(
        text.view(np.uint8), *spans.narrow(found), _VALUE, _IS_CATEGORY, _WEIGHTS, verdict, odd
    )
    return verdict, odd[:strange]


def usual_units(sheet: Sheet, found: spans.Spans) -> npt.NDArray[np.bool_]:
    """Which spans are four capital letters and seven digits."""
    array = sheet.run.text.array
    if sheet.run.fast:
        told = np.empty(len(found.begin), bool)
        compiled.compiled(figures.usual)(array, *spans.narrow(found), _IS_LETTER, told)
        return told
    usual: npt.NDArray[np.bool_] = found.end - found.begin == 11
    start = np.where(usual, found.begin, 0)
    for at in range(11):
        usual &= (_IS_LETTER if at < 4 else _IS_DIGIT)[array[start + at]]
    return usual


def units(sheet: Sheet, found: spans.Spans) -> Texts:
    """:func:`values.container` of each span: numbers of equipment, without the verdict."""
    number = views.of(sheet.pool, found, strip=False)
    rest = np.flatnonzero(~usual_units(sheet, found) & (found.end > found.begin))
    if not len(rest):
        return number
    odd = spans.values(sheet.run, found.at(rest))
    read = [values.container(text)[0] for text in odd.values]
    number[rest] = sheet.pool.words(read)[odd.code]
    return number


def numbered_units(sheet: Sheet, found: spans.Spans) -> Picked:
    """A number for each span: the same where they name the same equipment."""
    code, example = spans.distinct(sheet.run, found)
    unlike = found.at(example)
    if usual_units(sheet, unlike).all():
        return code
    # What is not written as usual may mean the same container as what is.
    _, number = np.unique(sheet.pool.strings(units(sheet, unlike)), return_inverse=True)
    same: Picked = number[code]
    return same


def joined(
    sheet: Sheet, picked: Picked, element: int, first: int, last: int,
    *, instead: Sequence[tuple[int, int]] = (),
) -> Texts:  # fmt: skip
    """These components of each segment that are not blank, with a blank between; where all are
    blank, the first of other components (element, number) that is not.

    Mostly there is one alone, which is taken like any other value.
    """
    run, pool = sheet.run, sheet.pool
    parts = []
    for number in range(first, last + 1):
        part = sheet.component(picked, element, number)
        if not part.end.any():
            break  # nor is there any behind it
        parts.append(spans.stripped(run, part))
    said = np.zeros(len(picked), np.intp)
    for part in parts:
        said += part.end > part.begin
    several = np.flatnonzero(said > 1)
    if parts:
        alone = sheet.column(picked, element, first) if len(parts) == 1 else None
        text = views.of(pool, _alone(parts, said)) if alone is None else alone.copy()
        if len(several):
            text[several] = _chained(sheet, [part.at(several) for part in parts])
    else:
        text = np.zeros(len(picked), np.complex128)
    for place in instead:
        silent = np.flatnonzero(~views.said(text))
        if not len(silent):
            break
        text[silent] = views.of(pool, sheet.component(picked[silent], *place))
    return text


def _alone(parts: Sequence[spans.Spans], said: Picked) -> spans.Spans:
    """The one that is there; nothing where there are several."""
    begin, end = parts[0]
    for part in parts[1:]:
        there = part.end > part.begin
        begin, end = np.where(there, part.begin, begin), np.where(there, part.end, end)
    one = said == 1
    return spans.Spans(np.where(one, begin, 0), np.where(one, end, 0))


def _chained(sheet: Sheet, parts: Sequence[spans.Spans]) -> Texts:
    """The values of each row that are not blank, with a blank between."""
    run, pool = sheet.run, sheet.pool
    pairs = np.array([spans.narrow(each) for each in parts])
    sizes = pairs[:, 1] - pairs[:, 0]
    count, room = len(parts[0].begin), int(sizes.sum()) + sizes.size + PAD
    data, ends = np.zeros(room, np.uint8), np.zeros(count + 1, np.int64)
    if run.fast:
        odd = np.empty(count, np.intp)
        release = ord(run.marks.release) if len(run.releases) else -1
        walk = compiled.compiled(loops.chained)
        odd = odd[: walk(run.text.array, pairs, release, data, ends, odd)]
    else:
        odd = _chain(sheet, pairs, data, ends)
    found = pool.laid(data[: int(ends[-1]) + PAD], ends)
    if len(odd):
        texts = [spans.texts(run, each.at(odd)) for each in parts]
        lines = [" ".join(filter(None, map(str.strip, row))) for row in zip(*texts, strict=True)]
        found[odd] = pool.words(lines)
    return found


def _chain(sheet: Sheet, pairs: Any, data: Any, ends: Any) -> Picked:
    """As :func:`loops.chained`; return the odd rows."""
    odd = np.zeros(pairs.shape[2], bool)
    for begin, end in pairs:
        odd |= views.strange(sheet.run, spans.Spans(begin, end), resolve=True, strip=True)
    size = np.where(odd, 0, pairs[:, 1] - pairs[:, 0])
    # A blank stands before each value but the first of its row.
    blank = (size > 0) & (np.cumsum(size > 0, axis=0) > 1)
    full = size + blank
    np.cumsum(full.sum(axis=0), out=ends[1:])
    start = ends[:-1] + np.cumsum(full, axis=0) - size
    data[: int(ends[-1])] = ord(" ")
    within = np.arange(int(size.sum()))
    flat = size.ravel()
    within -= np.repeat(np.cumsum(flat) - flat, flat)
    origin = np.repeat(pairs[:, 0].ravel(), flat) + within
    data[np.repeat(start.ravel(), flat) + within] = sheet.run.text.array[origin]
    return np.flatnonzero(odd)


_IS_LETTER: Final = np.array([65 <= byte <= 90 for byte in range(256)])
_IS_DIGIT: Final = np.array([48 <= byte <= 57 for byte in range(256)])
_IS_CATEGORY: Final = np.array([chr(byte) in "UJZ" for byte in range(256)])
_WEIGHTS: Final = np.array(WEIGHTS, np.intp)
_VALUE: Final = np.array([LETTERS.get(chr(byte), 0) for byte in range(256)], np.intp)


def moments(sheet: Sheet, picked: Picked, *, past: bool = False) -> Texts:
    """:func:`common.moment` of each DTM, "" where it is no date."""
    run = sheet.run
    year = sheet.year[sheet.message[picked]]
    text, form = sheet.seen(picked, 1, 2), sheet.numbering(picked, 1, 3)
    if text is not None and form is not None:
        made, rest = _seen_moments(sheet, text, form, year, past)
    else:
        said = sheet.component(picked, 1, 2), sheet.component(picked, 1, 3)
        made, rest = (_compiled_days if run.fast else _days)(sheet, *said, year, past)
    if not len(rest):
        return made
    code, _ = spans.distinct(run, sheet.whole(picked[rest]))
    # The same text may be read near another year.
    _, at, number = np.unique(code * 10000 + year[rest], return_index=True, return_inverse=True)
    read = []
    for one in rest[at].tolist():
        segment = spans.segment(run, int(sheet.rows[picked[one]]))
        read.append(common.moment(segment, DEAF, int(year[one]), past=past))
    made[rest] = sheet.pool.words(read)[number]
    return made


def _seen_moments(
    sheet: Sheet, text: Texts, form: spans.Distinct, year: Any, past: bool
) -> tuple[Texts, Picked]:
    """As :func:`_days`, and moments with hours and minutes."""
    count, known = len(text), common.CODES["date_format"]
    sizes = [_SIZES.get(word, -1 if word in known else 0) for word in form.values]
    made, odd = np.zeros(count, np.complex128), np.empty(count, np.intp)
    spare = np.empty(16 * count + PAD, np.uint8)
    strange, used = compiled.compiled(figures.moments)(
        text.view(np.uint64), text.view(np.uint8), np.array([*sizes, 0], np.int8)[form.code], year,
        0 if past else _AHEAD, made.view(np.uint64), made.view(np.uint8), spare, sheet.pool.size,
        odd,
    )  # fmt: skip
    if used:
        sheet.pool.keep(spare[:used])
    return made, odd[:strange]


_SIZES: Final = {"101": 6, "102": 8, "201": 10, "203": 12}
"""Digits of dates, by their format code (2379); those without seconds."""


def _forms(
    sheet: Sheet, text: spans.Spans, form: spans.Spans
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Where a date is six digits (YYMMDD) or eight (CCYYMMDD), by its format code or without."""
    array = sheet.run.text.array
    length, size = text.end - text.begin, form.end - form.begin
    last = array[np.where(size == 3, form.end - 1, 0)]
    first = array[np.where(size == 3, form.begin, 0)] == ord("1")
    first &= array[np.where(size == 3, form.begin + 1, 0)] == ord("0")
    coded = (size == 3) & first
    six = (length == 6) & ((size == 0) | (coded & (last == ord("1"))))
    eight = (length == 8) & ((size == 0) | (coded & (last == ord("2"))))
    return six, eight


def _compiled_days(
    sheet: Sheet, text: spans.Spans, form: spans.Spans, year: Any, past: bool
) -> tuple[Texts, Picked]:
    """As :func:`_days`."""
    count = len(year)
    made, odd = np.zeros(count, np.complex128), np.empty(count, np.intp)
    strange = compiled.compiled(figures.days)(
        sheet.run.text.array, *spans.narrow(text), *spans.narrow(form), year,
        0 if past else _AHEAD, made.view(np.uint8), odd,
    )  # fmt: skip
    return made, odd[:strange]


def _days(
    sheet: Sheet, text: spans.Spans, form: spans.Spans, year: Any, past: bool
) -> tuple[Texts, Picked]:
    """The plain dates among them as ISO 8601, and which are for the plain reader."""
    array = sheet.run.text.array
    six, eight = _forms(sheet, text, form)
    simple = six | eight
    ahead = np.where(eight, 2, 0)
    digit = [
        array[np.where(simple, text.begin + ahead + at, 0)].astype(np.intp) - _ZERO
        for at in range(6)
    ]
    century = [
        array[np.where(eight, text.begin + at, 0)].astype(np.intp) - _ZERO for at in range(2)
    ]
    for each in digit:
        simple &= (each >= 0) & (each <= 9)
    for each in century:
        simple &= ~eight | ((each >= 0) & (each <= 9))
    two = digit[0] * 10 + digit[1]
    last = year if past else year + _AHEAD
    guess = last - last % 100 + two
    full = np.where(eight, (century[0] * 10 + century[1]) * 100 + two,
                    np.where(guess <= last, guess, guess - 100))  # fmt: skip
    month, day = digit[2] * 10 + digit[3], digit[4] * 10 + digit[5]
    simple &= (full >= 1) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 28)
    parts = [full // 1000, full // 100 % 10, full // 10 % 10, full % 10, None,
             digit[2], digit[3], None, digit[4], digit[5]]  # fmt: skip
    matrix = np.zeros((len(simple), 16), np.uint8)
    matrix[:, 0] = len(parts)
    for at, part in enumerate(parts):
        matrix[:, 4 + at] = ord("-") if part is None else part + _ZERO
    matrix[~simple] = 0
    return matrix.view(np.complex128).ravel(), np.flatnonzero(~simple)


_AHEAD: Final = 30
"""Years by which a date may lie ahead, as in :mod:`esclusa.formats.dates`."""
