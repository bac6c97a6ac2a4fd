"""What compiled walks make of many segments at once is what numpy, and the plain reader, make."""

from __future__ import annotations

import weakref
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_edifact_columns import BILL, LISTED, MALFORMED, MOVED, PLAN, UNB, check_tables

from esclusa.formats.edifact.columns import (
    TABLES,
    base,
    coarri,
    compiled,
    index,
    kernel,
    loops,
    paxlst,
)
from esclusa.formats.edifact.columns.index import Index
from esclusa.formats.edifact.columns.manifests import Layout
from esclusa.formats.edifact.columns.sheet import TEXT, WORD, Sheet
from esclusa.formats.edifact.segment import Separators
from esclusa.formats.edifact.service import LEVEL_A, LEVEL_B

SEVERAL = {
    "BAPLIE": UNB + b"".join(PLAN % (each, each) for each in range(1, 4)) + b"UNZ+3+1'",
    "COARRI": UNB + MOVED * 3 + b"UNZ+3+1'",
    "CUSCAR": UNB + BILL * 3 + b"UNZ+3+1'",
    "PAXLST": UNB + LISTED * 3 + b"UNZ+3+1'",
}


# -- separators -----------------------------------------------------------------------------------

BARE = Separators(release="")


@pytest.mark.parametrize("step", [8, 1 << 18])
@pytest.mark.parametrize("marks", [LEVEL_A, BARE, LEVEL_B], ids=["all", "no release", "controls"])
@given(st.lists(st.sampled_from([*b"A?':+\n\r \x1c\x1d\x1f\xc3\x00~\x7f", 63]), max_size=60))
@settings(max_examples=25, deadline=None)
def test_both_ways_find_the_same_separators_wherever_a_step_ends(
    step: int, marks: Separators, found: list[int]
) -> None:
    text = np.array([*found, *bytes(8)], np.uint8)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernel, "STEP", step)
        one = kernel.find(text, 0, len(found), marks, "numba")
    other = kernel.find(text, 0, len(found), marks, "numpy")
    # Compiled code looks at all four, though level B has no visible one.
    assert len(kernel._marks(kernel.classes(marks))) == 4
    assert [each.tolist() for each in one] == [each.tolist() for each in other]


def test_a_file_of_separators_alone_has_room() -> None:
    text = np.append(np.full(900_000, ord("'"), np.uint8), np.zeros(8, np.uint8))
    found = kernel.find(text, 0, 900_000, LEVEL_A, "numba")
    assert np.array_equal(found.at, np.arange(900_000))
    assert (found.kind == kernel.TERMINATOR).all()


# -- components -----------------------------------------------------------------------------------


def test_texts_made_on_the_walk_are_what_the_plain_reader_says() -> None:
    """Blanks, release characters, letters beyond ASCII, long and absent values, side by side."""
    names = [
        "ANA",
        " ANA ",
        "A?+B",
        "?:",
        "Ñ",
        " Ñ ",
        "\xa0X",
        "X" * 12,
        "X" * 13,
        "X?'" * 9,
        "",
        "  ",
    ]
    persons = "".join(
        f"NAD+FL+++{one}:{one}'ATT+2++{one}'NAT+2+{one}'RFF+AVF:{one}'DOC+P+{one}'LOC+91+{one}'"
        for one in names
    )
    rows = 6 * len(names) + 3
    body = f"UNH+1+PAXLST:D:05B:UN'BGM+745'{persons}UNT+{rows}+1'"
    data = (UNB.decode().replace("UNOA:2", "UNOC:3") + body + "UNZ+1+1'").encode("latin-1")
    for backend in ("numba", "numpy"):
        found = index(data, backend=backend)
        assert not found.doubts
        assert check_tables(data, found) == len(names)
    assert paxlst(data)["surname"].to_list()[:6] == ["ANA", "ANA", "A+B", ":", "Ñ", "Ñ"]


def test_a_part_goes_through_its_own_release_characters_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else each of a large file's parts would go through those of all parts before it."""
    made, seen = compiled.compiled, list[int]()

    def spied(loop: Any) -> Any:
        def run(*given: Any) -> Any:
            if loop is loops.components:
                seen.append(len(signature(loop).bind(*given).arguments["releases"]))
            return made(loop)(*given)

        return run

    monkeypatch.setattr(compiled, "compiled", spied)
    monkeypatch.setattr(base, "PART", (1, 1))
    listed = LISTED.replace(b"ROJAS:ANA", b"ROJAS?+:A?'NA'RFF+AVF:?:").replace(b"UNT+5", b"UNT+6")
    data = UNB + listed + LISTED + listed + b"UNZ+3+1'"
    assert check_tables(data, index(data, backend="numba")) == 3
    assert seen == [3, 0, 3]


def test_words_are_numbered_while_they_are_short_and_few() -> None:
    """More than 255 of them, or one of nine letters, are told by their texts as before."""
    codes = [f"Q{at:03d}" for at in range(300)]
    for words in (["AVF"], [*codes, "AVF"], ["ABCDEFGHI", "AVF"]):
        body = "".join(f"RFF+{word}:V1'" for word in words)
        message = f"UNH+1+PAXLST:D:05B:UN'BGM+745'NAD+FL+++ROJAS'{body}UNT+{len(words) + 4}+1'"
        data = UNB + message.encode() + b"UNZ+1+1'"
        found = index(data, backend="numba")
        sheet = Sheet(found.runs[0], np.array([0]), found.limits, TABLES["PAXLST"].asks)
        numbered = sheet.numbering(sheet.tagged("RFF"), 1)
        assert (numbered is not None) == (len(words) == 1)
        if numbered is not None:
            assert numbered.values == words
        assert check_tables(data, found) == 1
        assert paxlst(data)["booking_reference"].to_list() == ["V1"]


EVERY = {
    "BAPLIE": "BGM++1+9'TDT+20+0412W'LOC+147+0010584'MEA+AAE+G+KGM:5'EQD+CN+CSQU3054383+:::B+++5'"
    "NAD+CA+X'RFF+BM:1'SEL+A+CA'",
    "COARRI": "BGM+44+1'TDT+20+0412W'EQD+CN+CSQU3054383+:::B+++5'RFF+BM:1'DTM+203:260418:101'"
    "LOC+147+0010584'MEA+AAE+G+KGM:5'NAD+CF+X'SEL+A+CA'",
    "CUSCAR": "BGM+85+1+9'DTM+132:260418:101'CNI+1+B1'RFF+BM:B1'LOC+9+PAONX'NAD+CN+X++A+B+C+D++PA'"
    "GID+1+3::::BAG'FTX+AAA+++TEA'MEA+AAE+G+KGM:5'SGP+CSQU3054383'CST++0902'EQD+CN+CSQU3054383'",
    "PAXLST": "BGM+745'NAD+FL+++ROJAS:ANA'ATT+2+M'DTM+329:600101'MEA+CT++:5'LOC+180+PA'NAT+2+PAN'"
    "RFF+AVF:X'DOC+P+1'LOC+91+PAN:163::X'",
}


@pytest.mark.parametrize("kind", sorted(EVERY))
def test_every_table_takes_the_texts_and_words_it_asks_for(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: set[tuple[str, int, int, int]] = set()

    def spied(name: str, way: int) -> None:
        ask = getattr(Sheet, name)

        def asked(sheet: Sheet, picked: Any, element: int, number: int = 1) -> Any:
            found = ask(sheet, picked, element, number)
            if found is not None:
                tag = int(sheet.tag[picked[0]]).to_bytes(3, "little").decode()
                taken.add((tag, element, number, way))
            return found

        monkeypatch.setattr(Sheet, name, asked)

    spied("seen", TEXT)
    spied("numbering", WORD)
    rows = EVERY[kind].count("'") + 2
    form = f"UNH+1+{kind}:D:{'05B' if kind == 'PAXLST' else '95B'}:UN'"
    data = UNB + f"{form}{EVERY[kind]}UNT+{rows}+1'UNZ+1+1'".encode()
    found = index(data, backend="numba")
    assert check_tables(data, found) == 1
    asks = {
        (tag, *place) for tag, places in TABLES[kind].asks.items() for place in places
        if place[2] in (TEXT, WORD)
    }  # fmt: skip
    assert asks
    assert asks - taken == set()


MEASURED = ["KGM:21500", "KGM:9", "KGM:1.5", "KGM:1,5", "KGM: 12 ", "KGM:", "KGM", "LBR:100", "XX:1",
            ":7", "KGM:.5", "KGM:5.", "KGM:-3", "KGM:1234567890123", "KGM:12345678901234567", "kgm:4"]  # fmt: skip


@pytest.mark.parametrize("release", [False, True], ids=["plain", "with a release"])
def test_masses_are_what_the_plain_reader_says(release: bool, backend: str) -> None:
    """What is measured is told by three short words together, unless one may hold a release."""
    boxes = "".join(
        f"EQD+CN+CSQU3054383'MEA+AAE+{what}+{one}'"
        for one in MEASURED
        for what in ("G", "T", "VGM", "ZZ", "")
    )
    more = "SEL+A?+B+CA'" if release else ""
    rows = 10 * len(MEASURED) + 3 + bool(more)
    body = f"UNH+1+COARRI:D:95B:UN'BGM+44+1'{boxes}{more}UNT+{rows}+1'"
    data = UNB + body.encode() + b"UNZ+1+1'"
    found = index(data, backend=backend)
    assert not found.doubts
    assert check_tables(data, found) == 5 * len(MEASURED)
    assert coarri(found)["equipment.gross_mass_kg"].to_list()[0] == 21500


NUMBERS = ["CSQU3054383", "CSQU3054384", "CSQU 305438-3", " CSQU3054383 ", "csqu3054383", "CSQU305438",
           "CSQU30543833", "CSQ03054383", "CSQX3054383", "?CSQU305438?3", "ÑSQU3054383", "", " "]  # fmt: skip


def test_container_numbers_are_what_the_plain_reader_says(backend: str) -> None:
    boxes = "".join(f"EQD+CN+{one}+22G1'" for one in NUMBERS)
    body = f"UNH+1+COARRI:D:95B:UN'BGM+44+1'{boxes}UNT+{len(NUMBERS) + 3}+1'"
    data = (UNB.decode().replace("UNOA:2", "UNOC:3") + body + "UNZ+1+1'").encode("latin-1")
    found = index(data, backend=backend)
    assert check_tables(data, found) == len(coarri(found)) > 8


@pytest.fixture(params=["numpy", "numba"])
def backend(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


# -- bills ----------------------------------------------------------------------------------------

ROWS = st.sampled_from(
    ["CNI+1", "RFF+BM:1", "RFF+BH:2", "RFF+AAQ:X", "GID+1", "TDT+10", "EQD+CN+CSQU3054383", "EQD+CN",
     "NAD+CN+1", "LOC+9+PAONX", "DTM+137:260418"]
)  # fmt: skip


@given(st.lists(st.lists(ROWS, max_size=14), min_size=1, max_size=3))
@settings(max_examples=40, deadline=None)
def test_bills_are_laid_out_by_one_walk_as_by_many_steps(messages: list[list[str]]) -> None:
    told = "".join(
        f"UNH+{at}+CUSCAR:D:95B:UN'"
        + "".join(f"{row}'" for row in rows)
        + f"UNT+{len(rows) + 2}+{at}'"
        for at, rows in enumerate(messages)
    )
    data = UNB + told.encode() + f"UNZ+{len(messages)}+1'".encode()
    one, other = (_layout(index(data, backend=backend)) for backend in ("numba", "numpy"))
    for name in ("begun", "bill", "item", "leg", "box", "weight", "gid", "cni"):
        assert getattr(one, name).tolist() == getattr(other, name).tolist(), name
    # Who speaks is asked inside of bills alone.
    inside = one.bill >= 0
    assert one.party[inside].tolist() == other.party[inside].tolist()


def _layout(found: Index) -> Layout:
    run = found.runs[0]
    chosen = np.arange(len(run.message_first))
    return Layout(Sheet(run, chosen, found.limits, TABLES["CUSCAR"].asks))


# -- what is held ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(SEVERAL))
def test_the_index_is_let_go_before_the_last_part_is_laid_out(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table of a file is largest then; and whoever gave an index keeps it."""
    held: list[weakref.ref[Any]] = []
    seen: list[bool] = []
    made, laid = base.index, base.frame

    def indexed(data: bytes) -> Index:
        found = made(data)
        held.append(weakref.ref(found.runs[0].at))
        return found

    def framed(*given: Any) -> pl.DataFrame:
        seen.append(held[0]() is not None)
        return laid(*given)

    monkeypatch.setattr(base, "index", indexed)
    monkeypatch.setattr(base, "frame", framed)
    monkeypatch.setattr(base, "PART", (1, 1))
    whole = base.table(SEVERAL[kind], TABLES[kind])
    assert len(whole) >= 3
    assert seen == [True, True, False]
    given = made(SEVERAL[kind])
    held[:] = [weakref.ref(given.runs[0].at)]
    assert base.table(given, TABLES[kind]).equals(whole)
    assert seen[3:] == [True, True, True]


@pytest.mark.parametrize("path", MALFORMED, ids=lambda path: path.name)
def test_an_index_that_is_let_go_gives_the_table_of_one_that_is_kept(path: Path) -> None:
    data = path.read_bytes()
    for table in TABLES.values():
        assert base.table(data, table).equals(base.table(index(data), table))
