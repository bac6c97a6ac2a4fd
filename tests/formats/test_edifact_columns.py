"""Tables of EDIFACT agree with the plain reader, row for row, or hand it the message and say so."""

from __future__ import annotations

import gc
import gzip
import io
import random
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_containers_reading import COARRI
from typed_writing import CODE, FILES, MASS, NUMBER, UNDG, box, messages, text, written

from esclusa.errors import InputError, LimitError
from esclusa.formats.edifact import reader
from esclusa.formats.edifact.columns import (
    BACKENDS,
    TABLES,
    Index,
    baplie,
    base,
    coarri,
    compiled,
    cuscar,
    elements,
    index,
    loops,
    paxlst,
    segments,
    spans,
    views,
)
from esclusa.formats.edifact.columns.batch import frame
from esclusa.formats.edifact.columns.readings import numbered_units
from esclusa.formats.edifact.columns.run import tag_code
from esclusa.formats.edifact.columns.sheet import Sheet
from esclusa.formats.edifact.columns.views import Pool
from esclusa.formats.edifact.segment import RawMessage
from esclusa.formats.edifact.syntax import read_messages
from esclusa.formats.limits import Limits
from esclusa.model import Conveyance, Message, Place, Voyage

MALFORMED = sorted((Path(__file__).parents[1] / "data" / "malformed").glob("*.edi"))
UNB = b"UNB+UNOA:2+SND+RCV+260413:1015+1'"
PLAN = b"UNH+%d+BAPLIE:D:95B:UN:SMDG22'BGM++1+9'TDT+20+0412W+++NRLN:172'LOC+147+0010584::5'EQD+CN+CSQU3054383+45R1+++5'UNT+6+%d'"
MOVED = f"UNH+1+COARRI:D:95B:UN:ITG13\n{COARRI.strip()}\nUNT+20+1\n".replace("\n", "'").encode()
BILL = (
    b"UNH+1+CUSCAR:D:95B:UN'BGM+85+1+9'TDT+20+0412W+1++NRLN:172'CNI+1+NRLN0001'GID+1+3:CT'UNT+6+1'"
)
LISTED = b"UNH+1+PAXLST:D:05B:UN:IATA'BGM+745'TDT+20+AM218'NAD+FL+++ROJAS:ANA'UNT+5+1'"


@pytest.fixture(params=["numpy", "numba"])
def backend(request: pytest.FixtureRequest) -> str:
    """Both ways to make the index; numba, an extra, is among what the tests need."""
    name: str = request.param
    return name


def plain_segments(data: bytes) -> list[tuple[Any, ...]]:
    found = [item for item in read_messages(io.BytesIO(data)) if isinstance(item, RawMessage)]
    return [
        (number, each.number, each.tag, each.offset, each.text)
        for number, message in enumerate(found, 1)
        for each in message.segments
    ]


def plain_elements(data: bytes) -> list[tuple[Any, ...]]:
    found = [item for item in read_messages(io.BytesIO(data)) if isinstance(item, RawMessage)]
    return [
        (number, each.number, each.tag, element, component, value)
        for number, message in enumerate(found, 1)
        for each in message.segments
        for element, parts in enumerate(each.elements(), 1)
        for component, value in enumerate(parts, 1)
    ]


def check(data: bytes, backend: str) -> Index:
    """Every table of this file is what the plain reader makes of it."""
    found = index(data, backend=backend)
    assert segments(found).rows() == plain_segments(data)
    if backend == "numpy":
        # What numba makes of separators is seen in the segments.
        assert elements(found).rows() == plain_elements(data)
    check_tables(data, found)
    return found


def check_tables(data: bytes, found: Index) -> int:
    stated = [item for item in reader.read(io.BytesIO(data)) if isinstance(item, Message)]
    count = 0
    for kind, table in TABLES.items():
        made = base.table(found, table)
        wanted = [
            row
            for message in stated
            if message.format == f"edifact.{kind.lower()}"
            for row in base.rows_of(message, table)
        ]
        assert made.rows() == wanted
        assert made.schema == pl.Schema({**base.HEAD, **table.fields})
        count += len(wanted)
    return count


# -- the samples ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*FILES, *MALFORMED], ids=lambda path: path.name)
def test_every_sample_gives_the_tables_of_the_plain_reader(path: Path, backend: str) -> None:
    check(path.read_bytes(), backend)


def test_most_messages_of_whole_interchanges_need_no_plain_reader() -> None:
    """Agreement would be cheap if everything were handed on."""
    files = [path.read_bytes() for path in FILES if path.parent.name in ("typed", "samples")]
    found = [index(data) for data in files]
    assert sum(map(len, found)) > 3 * sum(len(each.doubts) for each in found)


def test_all_samples_in_one_file(backend: str) -> None:
    """Interchanges with service characters of their own, telex headers and mail footers between."""
    files = [path.read_bytes() for path in [*FILES, *MALFORMED] if path.stat().st_size < 4000]
    for part in range(0, len(files), 12):
        check(b"\r\n".join(files[part : part + 12]), backend)


def test_samples_with_regular_messages_state_something() -> None:
    files = {path.name: path.read_bytes() for path in FILES}
    assert len(baplie(files["bayplan-northreach-0412.edi"])) > 5
    assert len(paxlst(files["passengers-altamira-AM218.edi"])) > 5
    assert len(cuscar(files["manifest-northreach-0412.edi"])) > 5


def test_coarri_has_a_row_for_each_container_moved_and_none_for_damage(backend: str) -> None:
    data = UNB + MOVED + b"UNZ+1+1'"
    found = check(data, backend)
    table = coarri(found)
    assert table["equipment.number"].to_list() == ["CSQU3054383", "NRXU2789999"]
    assert table["event"].to_list() == ["discharge", "discharge"]
    assert table["occurred"].to_list() == ["2026-04-18T10:13", ""]
    assert table["equipment.seals.number"].to_list() == [["H53175"], []]
    assert table["voyage.conveyance.name"].to_list() == ["NORTHREACH PIONEER"] * 2
    assert not found.doubts


def test_a_column_is_named_by_the_field_it_holds() -> None:
    table = baplie(UNB + PLAN % (1, 1) + b"UNZ+1+1'")
    row = table.row(0, named=True)
    assert (row["number"], row["number_valid"], row["stowage"]) == ("CSQU3054383", True, "0010584")
    assert (row["load_status"], row["voyage.reference"]) == ("full", "0412W")
    assert (row["offset"], row["reference"], row["function"]) == (33, "1", "original")


# -- the index ------------------------------------------------------------------------------------


def test_the_numpy_index_is_always_there_and_another_is_refused_by_name() -> None:
    assert "numpy" in BACKENDS
    with pytest.raises(ValueError, match="abacus"):
        index(UNB, backend="abacus")


def test_a_file_above_the_limit_is_refused() -> None:
    with pytest.raises(LimitError, match="limit of 20 bytes"):
        index(UNB, limits=Limits(file_bytes=20))


def test_a_path_gives_what_its_bytes_give_packed_or_not(tmp_path: Path, backend: str) -> None:
    data = UNB + PLAN % (1, 1) + "PLAN+Ñ'".encode("latin-1") + PLAN % (2, 2) + b"UNZ+2+1'"
    plain, packed = tmp_path / "plan.edi", tmp_path / "plan.edi.gz"
    plain.write_bytes(data)
    packed.write_bytes(gzip.compress(data))
    expected = baplie(index(data, backend=backend))
    assert len(expected) == 2
    for path in (plain, packed):
        assert baplie(index(path, backend=backend)).equals(expected)
        assert segments(index(path, backend=backend)).equals(segments(index(data)))
    with pytest.raises(LimitError, match=r"plan\.edi"):
        index(plain, limits=Limits(file_bytes=20))
    with pytest.raises(InputError, match=r"none\.edi"):
        baplie(tmp_path / "none.edi")


def test_nothing_is_nothing(backend: str) -> None:
    found = check(b"", backend)
    assert [doubt.reason for doubt in found.doubts] == ["no interchange begins here"]


def test_released_separators_are_text_and_pairs_of_releases_are_not(backend: str) -> None:
    data = UNB + b"UNH+1+BAPLIE:D:95B:UN'FTX+AAA+++A?+B?:C?'D:E??+F????:G???'H'UNT+3+1'UNZ+1+1'"
    found = check(data, backend)
    assert not found.doubts
    values = elements(found).filter(pl.col("tag") == "FTX")["value"].to_list()
    assert values == ["AAA", "", "", "A+B:C'D", "E?", "F??", "G?'H"]


def test_line_breaks_between_and_inside_segments_are_no_text(backend: str) -> None:
    data = UNB + PLAN % (1, 1) + b"UNZ+1+1'"
    between = data.replace(b"'", b"'\r\n")
    for wrapped in (between, b"\r\n".join(data[at : at + 40] for at in range(0, len(data), 40))):
        found = check(b"UNA:+.? '\r\n" + wrapped, backend)
        assert len(found) == 1
        assert not found.doubts


def test_each_interchange_of_a_file_may_bring_its_own_characters(backend: str) -> None:
    one = UNB + PLAN % (1, 1) + b"UNZ+1+1'"
    other = b"UNA|*.! ~" + one.replace(b":", b"|").replace(b"+", b"*").replace(b"'", b"~")
    found = check(one + b"\r\n" + other + one, backend)
    assert (len(found), len(found.runs), len(found.doubts)) == (3, 3, 0)


def test_after_many_changes_of_characters_the_plain_reader_takes_the_rest(backend: str) -> None:
    one = UNB + PLAN % (1, 1) + b"UNZ+1+1'"
    other = b"UNA|*.! ~" + one.replace(b":", b"|").replace(b"+", b"*").replace(b"'", b"~")
    found = check((b"UNA:+.? '" + one + other) * 12, backend)
    assert "changes of service characters" in found.doubts[-1].reason
    assert len(baplie(found)) == 24


@pytest.mark.parametrize("syntax", ["UNOA", "UNOC", "UNOD", "UNOW", "UNOY"])
@pytest.mark.parametrize("name", ["IBÁÑEZ".encode(), "IBÁÑEZ".encode("latin-1"), b"\x80\xff"])
def test_characters_are_decoded_as_the_plain_reader_does(
    syntax: str, name: bytes, backend: str
) -> None:
    data = UNB.replace(b"UNOA", syntax.encode()) + LISTED.replace(b"ROJAS", name) + b"UNZ+1+1'"
    found = check(data + data.replace(b"+IATA", b"") + UNB + LISTED + b"UNZ+1+1'", backend)
    assert not found.doubts


@pytest.mark.parametrize("names", [
    "+++ROJAS:ANA", "+++ROJAS:ANA:MARIA", "+++ROJAS::MARIA", "+++ROJAS: :MARIA: DE",
    "+++ROJAS:\xa0:MARIA", "+++ROJAS:\xa0:\xa0", "+++ROJAS:\xa0", "+++\xa0:\xa0++CALLE", "++ONE:TWO+\xa0:\xa0",
    "++ONE:TWO", "++: TWO ", "++\xa0:TWO", "++A:B:C:D:E:F+", "++ONE+ : :C", "++ONE+A:B?+:C:D:E:F", "",
])  # fmt: skip
def test_lines_of_names_are_joined_as_the_plain_reader_does(names: str, backend: str) -> None:
    """Blanks beyond ASCII count as blanks; one message has one line alone, the other several."""
    head = UNB.replace(b"UNOA", b"UNOC") + LISTED
    nads = "".join(f"NAD+{role}{names}'" for role in ("FL", "CN", "CZ")).encode("latin-1")
    listed = LISTED.replace(b"NAD+FL+++ROJAS:ANA'UNT+5", nads + b"NAD+FL+++SOTO:EVA'UNT+8")
    bill = b"UNH+1+CUSCAR:D:95B:UN'BGM+85+1+9'CNI+1+B1'%bGID+1+5:CT'FTX+AAA+++A:\xa0:C'FTX+AAA++W+ : 'UNT+9+1'"
    found = check(head + listed + bill % nads + b"UNZ+3+1'", backend)
    assert not found.doubts


def test_the_same_container_in_other_writing_has_the_same_number(backend: str) -> None:
    body = "".join(
        f"EQD+CN+{text}+22G1'" for text in ("CSQU3054383", "csqu 305438-3", "X", "CSQU3054384")
    )
    data = UNB + f"UNH+1+CUSCAR:D:95B:UN'BGM+85+1+9'{body}UNT+7+1'UNZ+1+1'".encode()
    run = index(data, backend=backend).runs[0]
    sheet = Sheet(run, np.array([0]))
    number = numbered_units(sheet, sheet.component(sheet.tagged("EQD"), 2)).tolist()
    assert number[0] == number[1]
    assert len(set(number)) == 3


def test_a_table_is_the_same_however_its_messages_are_parted(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = b"".join(path.read_bytes() for path in FILES)
    whole = {kind: base.table(data, of) for kind, of in TABLES.items()}
    monkeypatch.setattr(base, "PART", (9000, 9000))
    found = index(data, backend=backend)
    for kind, table in TABLES.items():
        assert base.table(found, table).equals(whole[kind])


DOUBTFUL = {
    "UNA has five characters": b"UNA:+.?'" + UNB + PLAN % (1, 1),
    "no interchange header": PLAN % (1, 1),
    "not regular": UNB + (PLAN % (1, 1)).replace(b"0412W", b"04?X12W"),
    "may stand inside another": UNB + (PLAN % (1, 1)).replace(b"'UNT+", b"UNT+") + PLAN % (2, 2),
    "may hide one": UNB + PLAN % (1, 1) + b"/UNH+2" + PLAN % (2, 2),
    "cannot be read": UNB.replace(b"UNOA", b"UNOX") + PLAN % (1, 1),
    "about as long as the limit": UNB + (PLAN % (1, 1)).replace(b"0412W", b"X" * 70000),
    "begins inside another": UNB + PLAN % (1, 1) + UNB + PLAN % (2, 2),
}


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("BAPLIE", UNB + b"".join(PLAN % (each, each) for each in range(1, 4)) + b"UNZ+3+1'"),
        ("COARRI", UNB + MOVED * 3 + b"UNZ+3+1'"),
        ("CUSCAR", UNB + BILL * 3 + b"UNZ+3+1'"),
        ("PAXLST", UNB + LISTED * 3 + b"UNZ+3+1'"),
    ],
    ids=["BAPLIE", "COARRI", "CUSCAR", "PAXLST"],
)
def test_what_a_part_takes_beside_its_rows_is_given_up_at_once(
    kind: str, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the collector of circles, which runs seldom: else memory grows from part to part."""
    made: list[weakref.ref[Sheet]] = []
    kept: list[int] = []
    begin = Sheet.__init__

    def noted(self: Sheet, *given: Any) -> None:
        kept.append(sum(each() is not None for each in made))
        made.append(weakref.ref(self))
        begin(self, *given)

    monkeypatch.setattr(Sheet, "__init__", noted)
    monkeypatch.setattr(base, "PART", (1, 1))
    gc.disable()
    try:
        assert len(base.table(data, TABLES[kind])) >= 3
        kept.append(sum(each() is not None for each in made))
    finally:
        gc.enable()
    assert kept == [0, 0, 0, 0]


@pytest.mark.parametrize("reason", DOUBTFUL)
def test_what_the_index_cannot_be_sure_of_is_named_and_read_plainly(
    reason: str, backend: str
) -> None:
    found = check(DOUBTFUL[reason] + b"UNZ+1+1'", backend)
    assert any(reason in doubt.reason for doubt in found.doubts), found.doubts


def test_a_doubtful_message_does_not_cost_its_neighbours(backend: str) -> None:
    damaged = (PLAN % (2, 2)).replace(b"EQD", b"\x01EQD")
    data = UNB + PLAN % (1, 1) + damaged + PLAN % (3, 3) + b"UNZ+3+1'"
    found = check(data, backend)
    assert len(found) == 2
    (doubt,) = found.doubts
    assert data[doubt.offset : doubt.offset + doubt.length] == damaged
    assert baplie(found)["reference"].to_list() == ["1", "2", "3"]


def test_a_message_that_states_more_than_its_bytes_allow_makes_no_row(backend: str) -> None:
    """The plain reader refuses it as grown; the table must not differ."""
    boxes = b"".join(b"LOC+147+%07d::5'EQD+CN+A'" % at for at in range(2000))
    data = UNB + (PLAN % (1, 1)).replace(b"0412W", b"V" * 5000).replace(
        b"LOC+147", boxes + b"LOC+147", 1
    )
    found = index(data + b"UNZ+1+1'", backend=backend)
    assert not len(baplie(found))
    assert check_tables(data + b"UNZ+1+1'", found) == 0


def test_both_backends_find_the_same(backend: str) -> None:
    for path in MALFORMED:
        data = path.read_bytes()
        one, other = index(data, backend=backend), index(data, backend="numpy")
        assert one.doubts == other.doubts
        for left, right in zip(one.runs, other.runs, strict=True):
            for name in ("at", "bound", "first", "begin", "message_first", "message_last"):
                assert np.array_equal(getattr(left, name), getattr(right, name))


@pytest.mark.parametrize("fast", [False, True], ids=["numpy", "numba"])
def test_columns_of_text_hold_what_the_spans_say(fast: bool) -> None:
    """Blanks at the ends, releases, characters of several bytes, nothing, and long values."""
    parts = [
        "",
        "A",
        "  B ",
        "ONE??TWO?+THREE",
        "Ñ",
        " \xa0Ñ\xa0 ",
        "EIGHTEEN CHARACTER",
        "X" * 300,
        "ÁÉÍ" * 20,
        " ",
        "?:",
    ]
    wanted = [
        "",
        "A",
        "B",
        "ONE?TWO+THREE",
        "Ñ",
        "Ñ",
        "EIGHTEEN CHARACTER",
        "X" * 300,
        "ÁÉÍ" * 20,
        "",
        ":",
    ]
    head = UNB.replace(b"UNOA", b"UNOW")
    data = head + f"UNH+1+PAXLST:D:05B:UN'BGM+745'FTX+{'+'.join(parts)}'UNT+4+1'UNZ+1+1'".encode()
    run = index(data, backend="numba" if fast else "numpy").runs[0]
    row = np.flatnonzero(run.tag == tag_code("FTX"))
    found = [spans.component(run, row, at) for at in range(1, len(parts) + 1)]
    every = spans.Spans(*(np.concatenate(each) for each in zip(*found, strict=True)))
    pool = Pool(run)
    stripped = views.of(pool, every)
    assert pool.strings(stripped) == wanted
    raw = [part.replace("??", "\0").replace("?", "").replace("\0", "?") for part in parts]
    assert views.column(run, every, resolve=True).to_list() == raw
    assert views.column(run, every).to_list() == parts
    assert views.said(stripped).tolist() == [each != "" for each in wanted]
    # Short and long, from the file and from the pool, again and again: one column.
    at = np.array([7, 7, 3, 10, 0, 8, 7, 5])
    more = np.concatenate([stripped[at], pool.words(wanted)[at], views.NOTHING])
    table = frame(pool, {"text": more}, {"text": pl.String})
    assert table["text"].to_list() == [wanted[each] for each in [*at, *at]] + [""]
    assert views.same(pool, stripped, pool.words(wanted)).all()
    other = [*wanted[1:], ""]
    equal = [one == two for one, two in zip(wanted, other, strict=True)]
    assert views.same(pool, stripped, pool.words(other)).tolist() == equal


def test_more_than_many_different_values_keep_their_numbers(backend: str) -> None:
    """Hashes are kept in a table that grows; short values, long ones, and both again."""
    values = [f"{at}" if at % 3 else f"{at:020d}" for at in range(5000)] * 2
    body = "".join(f"RFF+BN:{value}'" for value in values)
    data = UNB + f"UNH+1+COARRI:D:95B:UN'BGM+44+1'{body}UNT+10003+1'UNZ+1+1'".encode()
    run = index(data, backend=backend).runs[0]
    rows = np.flatnonzero(run.tag == tag_code("RFF"))
    found = spans.values(run, spans.component(run, rows, 1, 2))
    assert len(found.values) == 5000
    assert [found.values[code] for code in found.code] == values


def test_a_message_of_more_tags_than_are_sorted_gives_its_rows(backend: str) -> None:
    tags = [f"X{one}{two}" for one in "ABCDEFGHIJKLMNOPQ" for two in "ABCDEFGHIJKLMNOPQ"]
    strange = "".join(f"{tag}+1'" for tag in tags)
    data = UNB + (PLAN % (1, 1)).replace(b"LOC+147", strange.encode() + b"LOC+147", 1)
    found = index(data + b"UNZ+1+1'", backend=backend)
    assert len(tags) > 255
    assert check_tables(data + b"UNZ+1+1'", found) == 1
    assert baplie(found)["number"].to_list() == ["CSQU3054383"]


DATES = [
    "260418",
    "20260418",
    "2604181013",
    "260229",
    "000101",
    "991231",
    "26O418",
    "56 418",
    "",
    "99990101",
    "260400",
    "561228",
    "570101",
    "260430",
    "260431",
    "20000229",
    "19000229",
    "20240229",
    " 20260418",
    "202604181013",
    "202604181013",
    "202604182459",
    "202604182360",
    "2604312359",
    "20260418101345",
]


@pytest.mark.parametrize("form", ["", ":101", ":102", ":201", ":203", ":10", ":"])
def test_dates_of_every_form_are_read_as_the_plain_reader_does(form: str, backend: str) -> None:
    """Years of two digits near the year of the interchange, those of births before it."""
    persons = "".join(
        f"NAD+FL+++ROJAS:ANA'DTM+329:{date}{form}'DOC+P+{at}'DTM+36:{date}{form}'"
        for at, date in enumerate(DATES)
    )
    body = f"UNH+1+PAXLST:D:05B:UN:IATA'BGM+745'TDT+20+AM218'{persons}UNT+{4 * len(DATES) + 4}+1'"
    found = index(UNB + body.encode() + b"UNZ+1+1'", backend=backend)
    assert not found.doubts
    assert check_tables(UNB + body.encode() + b"UNZ+1+1'", found) == len(DATES)


def test_containers_bundled_on_one_another_stand_where_the_first_does(backend: str) -> None:
    body = "LOC+147+0010584::5'LOC+9+PAONX'EQD+CN+CSQU3054383'LOC+11+ECGYE'EQD+CN+NRXU2789999'LOC+9+ECGYE'EQD+CN+TEXU0000001'LOC+147+0020584::5'EQD+CN+TEXU0000002'"
    data = UNB + f"UNH+1+BAPLIE:D:95B:UN:SMDG22'BGM++1+9'{body}UNT+12+1'UNZ+1+1'".encode()
    table = baplie(check(data, backend))
    assert table["stowage"].to_list() == ["0010584"] * 3 + ["0020584"]
    assert table["load_port.code"].to_list() == ["PAONX"] * 3 + [""]
    assert table["discharge_port.code"].to_list() == ["ECGYE"] * 3 + [""]


# -- made-up and damaged messages ---------------------------------------------------------------

PORT = st.sampled_from([Place(code="PAONX", scheme="unlocode"), Place(code="MADE UP", name="Á?+")])
SHIP = Conveyance(mode="sea", name="NORTHREACH PIONEER", imo="9999993", imo_valid=True)
ON_BOARD = box(
    stowage=text(0, 7), load_port=PORT, discharge_port=PORT, undg=UNDG,
    voyage=st.just(Voyage(reference="0412W", carrier="NRLN", conveyance=SHIP)),
)  # fmt: skip


@given(messages(ON_BOARD))
@settings(max_examples=10, deadline=None)
def test_bay_plans_of_any_records(message: Message) -> None:
    data = written("BAPLIE", message)
    assert check_tables(data, index(data)) == check_tables(data, index(data, backend="numpy"))


PIECE = st.one_of(
    st.builds(lambda code, value: f"LOC+{code}+{value}:139:6", st.sampled_from(["9", "11", "12", "65", "76", "147", "165", "91", "178", "174", "125", "87", "92", "27", "88"]), st.sampled_from(["PAONX", "ECGYE", "0010584", "", "PA"])),
    st.builds(lambda kind, number: f"EQD+{kind}+{number}+22G1+++5", st.sampled_from(["CN", "TE", ""]), NUMBER | st.just("")),
    st.builds(lambda code, unit, value: f"MEA+AAE+{code}+{unit}:{value}", st.sampled_from(["G", "T", "VGM", "AAW", "ZZ"]), st.sampled_from(["KGM", "LBR", "TNE", "MTQ", "", "XX"]), MASS.map(str) | st.sampled_from(["1,5", "-3", "1e3", ".5", "7.", "9" * 17, " 12 "])),
    st.sampled_from(["LOC+180+PAN:::COLON", "LOC+180+:::COLON", "LOC+180+PAN", "LOC+180"]),
    st.builds(lambda code, value, form: f"DTM+{code}:{value}{form}", st.sampled_from(["329", "36", "178", "133", "132", "203", "182", "95"]), st.sampled_from(["680230", "690131", "260229", "20260229", "20260418", "2604181013", "000000", "", "99"]), st.sampled_from(["", ":102", ":101", ":203", ":201"])),
    st.builds(lambda code, value: f"RFF+{code}:{value}", st.sampled_from(["BM", "BH", "MB", "AAQ", "VON", "AVF", "VA", "BN"]), CODE | NUMBER | st.just("")),
    st.builds(lambda code, value: f"NAD+{code}+{value}:172:20++{value} LTD:B++CITY++1+PA", st.sampled_from(["CA", "CF", "MS", "CZ", "FL", "FM", "CN"]), CODE | st.just("")),
    st.sampled_from([
        "BGM+122+1+9", "BGM+44+1", "BGM++1+5", "BGM+85+1+27", "TDT+20+0412W+++NRLN:172:20+++9999993:146::ALTAMIRA", "TDT+20",
        "TDT+10++3++HAULAGE", "CNI+1+B1", "CNI+2", "GID+1+5:CT", "GID+2+x:::: BAG ", "PAC+7++PK", "FTX+AAA+++A: B:C:D:E:F", "FTX+AAA++W",
        "CST++0805.10", "SGP+CSQU3054383", "SEL+H1+CA", "SEL+H1+CA", "TMP+2+-18:CEL", "TMP+2+x", "DGS+IMD+3+3082", "DGS+IMD+3+UN 1203",
        "ATT+2++F", "NAT+2+PAN", "DOC+P+X1", "DOC+V+ ", "DOC+A:1+Y2", "MEA+CT++:2", "MEA+CT++3", "DAM+1+DE:::DENT", "FTX+DAR+++SCRATCHED", "COM+1:TE",
    ]),
)  # fmt: skip


@pytest.mark.parametrize("kind", sorted(TABLES))
@given(st.lists(PIECE, max_size=30), st.booleans())
@settings(max_examples=40, deadline=None)
def test_segments_in_any_order_give_the_rows_of_the_plain_reader(
    kind: str, pieces: list[str], fast: bool
) -> None:
    release = "01" if kind == "BAPLIE" and len(pieces) % 7 == 0 else "95B"
    body = "".join(f"{piece}'" for piece in pieces)
    message = f"UNH+1+{kind}:D:{release}:UN'{body}UNT+{len(pieces) + 2}+1'"
    data = UNB + message.encode() + (PLAN % (2, 2)) + message.encode() + b"UNZ+3+1'"
    found = index(data, backend="" if fast else "numpy")
    assert not found.doubts
    check_tables(data, found)


TOKENS = (b"", b"+", b":", b"'", b"?", b"~", b"\x00", b"\xff", b"UNH+1", b"UNT", b"UNZ+1+1'", b"UNA:+.? '",
          b"\r\n", b" ", b"?\n", "ñ".encode(), UNB, b"''", b"unt+3+1'", b"?'", b"\t")  # fmt: skip
SMALL = [path.read_bytes() for path in FILES if 200 < path.stat().st_size < 5000]
TYPED = [
    path.read_bytes()
    for path in FILES
    if any(k.lower() in path.name.lower() for k in TABLES) and path.stat().st_size < 9000
]


@pytest.mark.parametrize("pool", [SMALL, TYPED], ids=["any message", "typed messages"])
@given(seed=st.integers(0, 2**32))
@settings(max_examples=50, deadline=None)
def test_damaged_files_give_the_tables_of_the_plain_reader(pool: list[bytes], seed: int) -> None:
    rng = random.Random(seed)
    data = rng.choice(pool)
    for _ in range(rng.randrange(1, 5)):
        at = rng.randrange(len(data) + 1)
        parts = data.split(b"'")
        part = rng.randrange(len(parts))
        data = rng.choice([
            data[:at] + rng.choice(TOKENS) + data[at + rng.randrange(4) :],
            data[:at],
            b"'".join(parts[:part] + parts[part + 1 :]),
            b"'".join([*parts[:part], rng.choice(parts), *parts[part:]]),
            data + rng.choice(pool),
        ])  # fmt: skip
    check(data, rng.choice(list(BACKENDS)))


@pytest.mark.parametrize("mark", [" ", "\xc3"], ids=["blank", "beyond ASCII"])
@pytest.mark.parametrize(
    "text",
    ["?{}ABC", "ABC?{}", "ABC?{}?{}", " ?{}ABC ?{} ", "A?\xc3\x89", "?{}"],
    ids=["begin", "end", "twice", "both", "letter", "alone"],
)
def test_any_decimal_mark_may_be_released(mark: str, text: str, backend: str) -> None:
    """UNA names it, and nothing says which characters it may be."""
    value = text.format(*mark * 2)
    body = f"UNH+1+PAXLST:D:05B:UN:IATA'BGM+745'TDT+20+{value}'NAD+FL+++{value}:{value}'RFF+AVF:{value}'UNT+6+1'"
    data = f"UNA:+{mark}? '{UNB.decode().replace('UNOA:2', 'UNOC:3')}{body}UNZ+1+1'"
    found = index(data.encode("latin-1"), backend=backend)
    assert check_tables(data.encode("latin-1"), found) == 1


def crafted(count: int) -> list[bytes]:
    """Values of eight bytes that all fall on one place of the table of :func:`loops.distinct`."""
    prime, low, good = (
        0x9E3779B97F4A7C15,
        (1 << 20) - 1,
        set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"),
    )
    back, letters, found = pow(prime, -1, 1 << 20), sorted(good), list[bytes]()
    rng = random.Random(0)
    while len(found) < count:
        head = bytes(rng.choices(letters, k=4))
        half = -(int.from_bytes(head, "little") * prime >> 32) * back & low
        tail = (half | rng.choice((3, 4, 5)) << 20).to_bytes(3, "little")
        if good.issuperset(tail):
            found += [head + tail + bytes([last]) for last in letters]
    return found[:count]


def test_values_made_to_fall_together_are_sorted() -> None:
    """Each would be held against all before it: minutes for a megabyte."""
    codes = crafted(1500)
    told = b"".join(b"RFF+" + code + b":1'" for code in [*codes, *codes])
    body = b"UNH+1+PAXLST:D:05B:UN:IATA'BGM+745'NAD+FL+++ROJAS:ANA'%sUNT+%d+1'" % (told, 3004)
    data = UNB + body + b"UNZ+1+1'"
    found = index(data, backend="numba")
    run = found.runs[0]
    where = spans.component(run, np.flatnonzero(run.tag == tag_code("RFF")), 1)
    code, example = np.empty(3000, np.intp), np.empty(3000, np.intp)
    walk = compiled.compiled(loops.distinct)
    assert walk(run.words, spans.MASKS, *spans.narrow(where), code, example) == -1
    made = spans.values(run, where)
    assert [made.values[each] for each in made.code] == [each.decode() for each in codes * 2]
    assert len(made.values) == len(set(codes))
    assert check_tables(data, found) == 1
