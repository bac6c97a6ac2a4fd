"""Tables of X12 and their defects are those of the plain reader, or the plain reader makes them."""

from __future__ import annotations

import gzip
import io
import os
import random
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_x12_syntax_laws import interchange, transaction

from esclusa import samples
from esclusa.errors import InputError, LimitError
from esclusa.formats.edifact.segment import Separators
from esclusa.formats.limits import DEFAULT, Limits
from esclusa.formats.x12 import reader
from esclusa.formats.x12.columns import BACKENDS, TABLES, Tables, read, rows_of
from esclusa.formats.x12.columns import machine as columns_machine
from esclusa.formats.x12.columns import scan as columns_scan
from esclusa.formats.x12.columns.scan import scan
from esclusa.model import Defect, Message

DATA = Path(__file__).parents[1] / "data"
FILES = sorted(
    [
        *(path for path in (DATA / "x12").iterdir() if path.suffix != ".md"),
        *(DATA / "fictional").glob("*.x12"),
        *(DATA / "typed").glob("*.x12"),
        samples.sample("ocean-manifest-309.x12"),
    ],
    key=lambda path: path.name,
)
LONG = bool(os.environ.get("ESCLUSA_LONG"))
MANIFEST = samples.sample("ocean-manifest-309.x12").read_bytes()
BACKEND = st.sampled_from(sorted(BACKENDS))


@pytest.fixture(params=["numpy", "numba"])
def backend(request: pytest.FixtureRequest) -> str:
    """Both ways to find separators; numba, an extra, is among what the tests need."""
    name: str = request.param
    return name


@pytest.fixture(autouse=True, scope="module")
def _small() -> object:
    """Samples are small: let arrays read them all the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns_machine, "LEAST", 1)
        yield


def plain(data: bytes, limits: Limits = DEFAULT) -> list[Message | Defect]:
    return list(reader.read(io.BytesIO(data), limits=limits))


def check(data: bytes, backend: str, limits: Limits = DEFAULT) -> Tables:
    """The tables and the defects of this file are those of the plain reader."""
    found = read(data, backend=backend, limits=limits)
    items = plain(data, limits)
    told = [
        defect
        for item in items
        for defect in ([item] if isinstance(item, Defect) else item.defects)
    ]
    assert list(found.defects) == told
    stated = [item for item in items if isinstance(item, Message)]
    for kind, table in TABLES.items():
        wanted = [
            row
            for message in stated
            if message.format == f"x12.{kind}"
            for row in rows_of(message, table)
        ]
        assert found.frames[kind].rows() == wanted
        assert found.frames[kind].schema == pl.Schema(table.schema)
    return found


# -- the samples ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_sample_gives_what_the_plain_reader_gives(path: Path, backend: str) -> None:
    check(path.read_bytes(), backend)


def test_all_samples_in_one_file(backend: str) -> None:
    check(b"\r\n".join(path.read_bytes() for path in FILES), backend)


CLEAN = """
M10*NRLN*O*PA*9999993*NORTHREACH PIONEER*0412W*000412*4*W*L
P4*5201*20260424*4
LX*1
M11*NRUS04120112*CNSHA*300*CTN*7500*K*12.5*X**SHANGHAI*NRMB1*NRLN
N9*BN*B1
N1*SH*BRIGHT HARBOUR ELECTRONICS CO LTD
N3*88 EAST WHARF ROAD
N4*SHANGHAI***CN
N1*FS*USMIA**USMIA
VID*4B*NRXU*3570937*NR516968*****42G1*L
M7*NR1*NR2
N10*300*MOBILE TELEPHONES WITH ACCESSORIES*NRLN 112*J*851713*712500*K*7500
H1*3480
LX*2
M11*NRUS04120113*CNSHA*805*CTN*16535*L
M12*61*E12345***7500*IB77
VID*NC
N10**FROZEN SQUID TUBES IN BOXES FILLED TO THE END
N10**AND FURTHER
""".strip().split("\n")


def test_what_is_regular_needs_no_plain_reader(backend: str) -> None:
    """Agreement would be cheap if everything were handed on."""
    sets = [transaction(CLEAN, number=number) for number in range(1, 5)]
    found = check(interchange(*sets), backend)
    assert (found.messages, found.plainly, found.defects) == (4, 0, ())
    table = found.frames["309"]
    assert table["bill"].to_list() == ["NRUS04120112", "NRUS04120113"] * 4
    first, second = table.row(0, named=True), table.row(1, named=True)
    assert first["equipment.number"] == ["NRXU3570937"]
    assert first["goods.gross_mass_kg"] == [7500.0]
    assert first["arrival"] == "2026-04-24"
    assert second["goods.gross_mass_kg"] == [16535 * 0.45359237]
    assert second["documents"] == ["ENTRY:E12345", "INBOND:IB77"]
    assert second["goods.value"] == [7500.0]


def test_the_sample_needs_it_for_the_set_that_takes_a_bill_back(backend: str) -> None:
    found = check(MANIFEST, backend)
    assert (found.messages, found.plainly) == (2, 1)


# -- what the plain reader tells, and where -----------------------------------------------------

WRONG = {
    "SE*21*0001": (b"SE*21*0001", b"SE*22*0001", "x12.se.count"),
    "SE refers elsewhere": (b"SE*21*0001", b"SE*21*0009", "x12.se.reference"),
    "GE counts": (b"GE*3*3", b"GE*4*3", "x12.ge.count"),
    "GE refers elsewhere": (b"GE*3*3", b"GE*3*4", "x12.ge.reference"),
    "IEA counts": (b"IEA*1*", b"IEA*2*", "x12.iea.count"),
    "IEA refers elsewhere": (b"IEA*1*000000007", b"IEA*1*000000008", "x12.iea.reference"),
    "check digit": (b"3570937", b"3570938", "value.container"),
    "a date": (b"20260424", b"20261324", "value.date"),
    "a number": (b"*7500*K*12.5", b"*75OO*K*12.5", "value.number"),
    "a unit": (b"*7500*K*12.5", b"*7500*Q*12.5", "value.unit"),
    "a commodity code": (b"851713", b"85171X", "value.hs_code"),
    "a UN number": (b"H1*3480", b"H1*348", "value.undg"),
    "no bill": (b"NRUS04120112", b"", "x12.309.bill.missing"),
    "a bill twice": (b"NRUS04120113", b"NRUS04120112", "x12.309.bill.repeated"),
    "no place in 309": (b"H1*3480", b"ZZ*3480", "x12.309.segment.unknown"),
    "outside LX": (b"LX*1~", b"", "x12.309.lx.missing"),
    "a control code": (b"SHANGHAI*NRMB1", b"SHANG\x01AI*NRMB1", "x12.control"),
    "not ASCII": (b"SHANGHAI*NRMB1", b"SHANG\xc3\xa9I*NRMB1", "x12.charset"),
    "a tag in lower case": (b"H1*3480", b"h1*3480", "x12.segment.case"),
    "an empty segment": (b"LX*2~", b"~LX*2~", "x12.segment.empty"),
    "no terminator": (b"SE*21*0001~", b"SE*21*0001", "x12.terminator.missing"),
    "no SE": (b"SE*21*0001~", b"", "x12.se.missing"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_defect_is_told_at_its_place_and_costs_no_neighbour(what: str, backend: str) -> None:
    before, after, code = WRONG[what]
    data = interchange(*(transaction(CLEAN, number=number) for number in (1, 2, 3)))
    assert before in data
    found = check(data.replace(before, after, 1), backend)
    assert code in [defect.code for defect in found.defects]
    assert {"0002", "0003"} <= set(found.frames["309"]["reference"])
    # A set that does not end goes on being read plainly until the next has ended.
    assert found.plainly <= 1 + (what in ("no SE", "no terminator"))


# -- made-up sets -------------------------------------------------------------------------------

Words = st.SearchStrategy[str]
BLANK = st.sampled_from(["", " ", "X", " X ", "TWO WORDS", "A" * 44, "B" * 45, "C" * 70, 'Q"\\'])
SHORT = st.sampled_from(["", "R", "CALL THE OFFICE", "R" * 29, "S" * 30, " BLANKS "])


def line(*parts: str | Words) -> Words:
    made = [st.just(part) if isinstance(part, str) else part for part in parts]
    return st.tuples(*made).map("*".join)


def one(*words: str) -> Words:
    return st.sampled_from(words)


class Pools:
    """Values, and with ``wrong`` such as give defects or are not laid out as the tables know."""

    def __init__(self, *, wrong: bool) -> None:
        def pool(good: str, bad: str) -> Words:
            return one(*good.split("|"), *(bad.split("|") if wrong else ()))

        self.wrong = wrong
        self.amount = pool(
            "||0|7|12|300|7500|12.5|0,5| 8 |123456789012|+4|1.|.5", f"-3|{'9' * 17}|x|1 2"
        )
        self.count = pool("||0|7|12|300|123456789012|1.| 8 ", "-3|12.5|x|99999999999999999")
        self.both = pool("K|L|G|E", "Q||S|X")
        self.day = pool("20260424|260424||20261231", "20261324|2604241015")
        self.clock = pool("|1030|103059|10305999", "2560|10")
        self.bill = st.integers(0, 10**9).map(str)
        if wrong:
            self.bill |= one("NR1", "NR1", "")
        self.unit_number = pool(
            "NRXU*3570937|NRXU*8674282|CSQU*3054383| NRXU*7043596 |*",
            "NRXU*3570938|nrxu*3570937|*NRXU3570937|NRXU*357093|TRUCK*7",
        )
        self.ship = pool("9999993|", "9999994|XX")
        self.kind = pool("A|W|X||B", "Q|Z")
        self.hs_code = pool("851713||8517.13|0307431234|8517|123456789012", "12|85171X|1")
        self.undg = pool("3480|UN1993|", "34")

    def head(self) -> Words:
        return line("M10", one("NRLN", ""), one("O", "A", "Z"), "PA", self.ship,
                    one("NORTHREACH PIONEER", ""), one("0412W", " 0412W "), "1", "2", self.kind,
                    one("L", "C", ""))  # fmt: skip

    def parts(self) -> Words:
        """What stands in a bill."""
        good = [
            line("N10", self.count, BLANK, BLANK, "J", self.hs_code, self.amount, self.both, self.amount, "",
                 one("", "CTN"), one("CN", ""), "", one("", "EUR")),
            line("N10", "", BLANK),
            line("N10", "", BLANK, BLANK),
            line("VID", one("4B", "4B", "NC"), self.unit_number, BLANK, BLANK, "", "", "", one("42G1", ""),
                 one("L", "E", "", "Q")),
            line("N1", one("SH", "CN", "N1", "FS", "QQ", " SH"), BLANK, one("", "1", "24"), BLANK),
            line("N4", BLANK, BLANK, BLANK, one("CN", "US", "")),
            line("N3", BLANK), line("PER", "IC", BLANK), line("M7", BLANK), line("H1", self.undg),
            line("N9", one("MB", "BN", "6B", "IB", " MB"), BLANK),
            line("M12", "61", BLANK, "", "", self.amount, BLANK),
            line("R4", BLANK), line("K1", BLANK), line("V9", BLANK),
        ]  # fmt: skip
        bad = [
            line("P4", BLANK, self.day), line("LX", BLANK), self.main(), self.head(), line("V1", "9999993", BLANK),
            line("M13", "NRLN", "", one("A", "D", ""), self.bill), line("ZZ", "1"),
        ]  # fmt: skip
        return st.one_of(*good, *(bad if self.wrong else ()))

    def main(self) -> Words:
        return line("M11", self.bill, one("CNSHA", "35177", ""), self.count, one("CTN", ""), self.amount,
                    self.both, self.amount, one("X", "E", "L"), "", BLANK, one("", "NRMB1"),
                    one("NRLN", ""))  # fmt: skip

    def manifest(self) -> st.SearchStrategy[list[str]]:
        bill = st.tuples(self.main(), st.lists(self.parts(), max_size=9)).map(
            lambda found: ["LX*1", found[0], *found[1]]
        )
        port = st.tuples(line("P4", BLANK, self.day), st.lists(bill, min_size=1, max_size=3)).map(
            lambda found: [found[0], *(each for one in found[1] for each in one)]
        )
        return st.tuples(self.head(), st.lists(port, min_size=1, max_size=2)).map(
            lambda found: [found[0], *(each for one in found[1] for each in one)]
        )

    def status(self) -> st.SearchStrategy[list[str]]:
        posting = line(
            "X4", self.bill, one("", "805"), one("", "01"), one("", "ABC12345678"), self.day, self.clock,
            one("1C", "1G", "01", "1J", "11", *(["QQ", ""] if self.wrong else [])), one("", "MAST1"),
            one("", "NRLN"), one("", "MSTR"), self.unit_number, one("", "5201"), "", one("", "BN", "QQ"),
            one("", "BK7"), one("", "UT", "LT"),
        )  # fmt: skip
        good = [
            posting, posting, line("V9", one("ARR", ""), SHORT, self.day, self.clock), line("K1", SHORT, SHORT),
            line("K1", SHORT), line("K1", SHORT, SHORT), line("N9", one("BN", "QQ", ""), SHORT),
            line("N7", self.unit_number), line("P4", one("5201", "")), line("VID", "4B"),
        ]  # fmt: skip
        bad = [self.head(), line("V1", "9999993", SHORT), line("ZZ", "1")]
        more = st.lists(st.one_of(*good, *(bad if self.wrong else ())), max_size=9)
        return st.tuples(st.lists(self.head(), max_size=1), more).map(
            lambda found: [*found[0], *found[1]]
        )

    def advice(self) -> st.SearchStrategy[list[str]]:
        number = one(
            "CSQU3054383", "NRXU3570937", "", *(["CSQU3054384", "X"] if self.wrong else [])
        )
        event = line(
            "M15", one("1", "2", "3", "5", "6", "7", "A", "B", "C", "", "X"), number, self.day,
            one("", "5201"), one("", "NRLN"), self.clock, one("", "SEAL1"), "", one("", "NEXT"),
            one("", "MIAMI"),
        )  # fmt: skip
        good = [
            event,
            event,
            line("K1", SHORT, SHORT),
            line("K1", SHORT),
            line("P4", one("5201", "")),
        ]
        bad = [self.head(), line("V1", "9999993", SHORT), line("ZZ", "1")]
        more = st.lists(st.one_of(*good, *(bad if self.wrong else ())), max_size=9)
        head = line(
            "M10", "NRLN", "O", "PA", self.ship, "", "0412W", "", "", one("H", "K", "Z", "")
        )
        return st.tuples(st.lists(head, max_size=1), more).map(lambda found: [*found[0], *found[1]])

    def answer(self) -> st.SearchStrategy[list[str]]:
        told = one("", "034 INVALID", "034", "111", "TEXT", "R" * 30, "S" * 29, "222-" + "T" * 26,
                   "333 : WHAT IS WRONG", "44 NO CODE", "555: ", "666 -- -", "777", " 888 BLANK", "7777 X",
                   "99A TEXT")  # fmt: skip
        good = [
            line("LX", one("1", "2")), line("LX", "3"),
            line("M11", self.bill, "", "", "", "", "", "", "", "", "", "", one("", "NRLN")),
            line("M13", one("", "NRLN"), "", "A", self.bill),
            line("M15", one("1", "2", "3", "5", "A", "B", "C", "X", ""), one("CSQU3054383", "NRXU3570937", ""),
                 self.day, "", one("", "NRLN")),
            line("K1", told), line("K1", told, told), line("K1", told, told),
            line("K3", one("REJECTED", "ACCEPTED", "Rejected", "WAITS", "", " ACCEPT "), one("", "SEE BELOW")),
            line("P4", one("5201", "")), line("VID", "4B"), line("N10", "1", BLANK),
        ]  # fmt: skip
        bad = [
            self.head(),
            line("V1", "9999993", SHORT),
            line("ZZ", "1"),
            line("M15", "3", "CSQU3054384"),
        ]
        more = st.lists(st.one_of(*good, *(bad if self.wrong else ())), max_size=9)
        return st.tuples(st.lists(self.head(), max_size=1), more).map(
            lambda found: [*found[0], *found[1]]
        )

    def freight(self) -> st.SearchStrategy[list[str]]:
        """A 310: its header, then ports, containers and goods in any order."""
        b3 = line("B3", "B", one("INV7", "INV8"), one("NRLN1", "NRLN2", " "), one("PP", "CC", ""), "", self.day,
                  self.amount, "", "", "", one("NRLN", ""))  # fmt: skip
        n7 = line("N7", one("CSQU*305438", "CSQU*3054383", "NRXU*3570937", "*", *(["CSQU*305439"] if self.wrong else [])),
                  self.amount, one("", "G"), self.amount, *[""] * 11, one("", "", "K", "L"), one("3", "3", ""),
                  "", "", "", one("", "42G1"))  # fmt: skip
        good = [
            line("N9", one("BM", "MB", "BN", "QQ", " BM", ""), SHORT),
            line("C3", one("USD", "", "EUR")), line("N1", one("SH", "CN", "ZZ"), BLANK), line("N3", BLANK),
            line("N4", BLANK, "", "", one("", "EC")), line("PER", "IC", BLANK),
            line("R4", one("R", "L", "T", "D", "E", "Z", ""), one("UN", ""), one("ECGYE", ""), BLANK),
            line("R4", one("L", "D"), "UN", one("ECGYE", "PAONX")),
            line("DTM", "140", self.day, self.clock, one("", "UT", "LT")),
            line("DTM", "140", self.day, self.clock, one("", "UT", "LT")),
            line("LX", "1"), n7, line("M7", "S1"), line("W09", "CN", self.amount, one("CE", "FA", *(["X"] if self.wrong else []))),
            line("L0", "1", "", "", self.amount, "G", self.amount, one("X", "E"), one("", "", "900"), one("CTN", ""), "", self.both,
                 "", self.count, one("", "PKG")),
            line("L0", "1"), line("L1", "1", "5"), line("L5", "1", BLANK, self.hs_code, "", "", BLANK),
            line("L5", "1", BLANK), line("H1", self.undg), line("K1", SHORT),
        ]  # fmt: skip
        bad = [
            b3,
            line("V1", "9999993", BLANK),
            line("B2A", one("00", "QQ")),
            self.head(),
            line("ZZ", "1"),
        ]
        parts = st.lists(st.one_of(*good, *(bad if self.wrong else ())), max_size=14)
        b2a, v1 = line("B2A", one("00", "01", "04", *(["77"] if self.wrong else [])), "BL"), line("V1", self.ship, BLANK, "PA", "0412W", one("NRLN", ""), "", "", "L")  # fmt: skip
        l3 = line("L3", self.amount, "G", "", "", self.amount, "", "", "", self.amount, one("X", "E"), self.count, one("K", "L", ""))  # fmt: skip
        pieces = (st.lists(b3, min_size=1, max_size=1), st.lists(b2a, max_size=1), st.lists(v1, max_size=1),
                  parts, st.lists(l3, max_size=1), st.lists(good[-5], max_size=1))  # fmt: skip
        return st.tuples(*pieces).map(lambda found: [each for piece in found for each in piece])


GOOD, ANY = Pools(wrong=False), Pools(wrong=True)
MANIFESTS = {
    "309": (GOOD.manifest(), ANY.manifest()),
    "310": (GOOD.freight(), ANY.freight()),
    "350": (GOOD.status(), ANY.status()),
    "353": (GOOD.advice(), ANY.advice()),
    "355": (GOOD.answer(), ANY.answer()),
}


@pytest.mark.parametrize("kind", sorted(MANIFESTS))
@pytest.mark.parametrize("wrong", [False, True], ids=["clean", "any"])
@given(data=st.data(), name=BACKEND)
@settings(max_examples=5000 if LONG else 60, deadline=None)
def test_sets_of_any_segments(kind: str, data: st.DataObject, name: str, *, wrong: bool) -> None:
    bodies = data.draw(st.lists(MANIFESTS[kind][wrong], min_size=1, max_size=4))
    sets = [
        transaction(body, number=number).replace("ST*309", f"ST*{kind}")
        for number, body in enumerate(bodies, 1)
    ]
    check(interchange(*sets), name)


def test_a_clean_status_needs_no_plain_reader(backend: str) -> None:
    data = (DATA / "fictional" / "customs-status-350.x12").read_bytes()
    found = check(data, backend)
    assert (found.messages, found.plainly) == (1, 0)
    table = found.frames["350"]
    assert table["event"].to_list() == ["clear", "other"]
    assert table["occurred"].to_list() == ["2026-04-24T10:30", "2026-04-24T04:00"]
    assert table["documents"].to_list()[0][-1] == "EQ:CSQU3054383"


def test_a_clean_bill_of_lading_needs_no_plain_reader(backend: str) -> None:
    found = check((DATA / "fictional" / "ocean-bill-310.x12").read_bytes(), backend)
    assert (found.messages, found.plainly) == (1, 0)
    row = found.frames["310"].row(0, named=True)
    assert (row["bill"], row["master_bill"], row["documents"]) == (
        "NRLN0001",
        "MASTER1",
        ["BN:BK77"],
    )
    assert row["equipment.number"] == ["CSQU3054383"]  # its check digit stands in N718
    assert row["goods.description"] == ["FROZEN SHRIMP IN CARTONS"]
    assert (row["freight_amount"], row["departure"]) == (1250.5, "2026-04-11T06:30")


def test_a_clean_answer_needs_no_plain_reader(backend: str) -> None:
    body = ["M10*NRLN*O*PA*9999993*NORTHREACH PIONEER*0412W***Z*L", "P4*5201", "K1*111 THE SHIP", "LX*1",
            "M13*NRLN*NRLN*A*B1", "K1*034 INVALID", "K1*035: NOT ON FILE", "LX*2", "M11*B2***********NRLN",
            "M7*S1", "LX*3", "M15*1*IB7*20260424", "K1*036", "LX*4", "K3*REJECTED*SEE BELOW"]  # fmt: skip
    text = transaction(body).replace("ST*309", "ST*355")
    found = check(interchange(text), backend)
    assert (found.messages, found.plainly) == (1, 0)
    wanted = [
        ("refuse", "B1", "034,035", "INVALID; NOT ON FILE", []),
        ("accept", "B2", "", "", []),
        ("refuse", "", "036", "", ["INBOND:IB7"]),
        ("refuse", "", "111", "THE SHIP; REJECTED SEE BELOW", []),
    ]
    assert (
        found.frames["355"].select("event", "bill", "code", "reason", "documents").rows() == wanted
    )


# -- damage -------------------------------------------------------------------------------------

TOKENS = (b"", b"*", b"~", b">", b"^", b"\n", b"\r\n", b"\x00", b"\xff", b" ", b"-", b"9" * 20, b"1e9",
          b"ISA*", b"IEA*1*1~", b"ST*309*1~", b"SE*3*1", b"GE*1*1~", b"GS*SO~", b"LX*1~", b"P4*1~", b"VID*4B**~",
          b"M13*A*B*D*C~", b"V1*1*A~", b"N10**TEXT~", b"N9*MB*1~", b"LS~", b"n1*SH~", b"0001", b"0002")  # fmt: skip
POOL = [interchange(*(transaction(CLEAN, number=at) for at in range(1, 5))), MANIFEST] + [
    data for data in (path.read_bytes() for path in FILES) if len(data) < 4000
]


def damaged(rng: random.Random) -> bytes:
    data = rng.choice(POOL)
    if rng.random() < 0.2:
        data += rng.choice((b"", b"\n")) + rng.choice(POOL)
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(data) + 1)
        if rng.random() < 0.3:
            parts = data.split(b"~")
            one, two = rng.randrange(len(parts)), rng.randrange(len(parts))
            parts[one] = rng.choice((b"", parts[two], parts[one] + parts[two]))
            data = b"~".join(parts)
        else:
            data = data[:at] + rng.choice(TOKENS) + data[at + rng.randrange(5) :]
    return data


@pytest.mark.parametrize("seed", range(100_000 // 500 if LONG else 1))
def test_damaged_files_are_read_as_the_plain_reader_reads_them(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(500 if LONG else 150):
        check(damaged(rng), rng.choice(sorted(BACKENDS)))


# -- windows, limits, ways in -------------------------------------------------------------------


@pytest.mark.parametrize("size", [700, 1500, 4000])
def test_tables_do_not_depend_on_where_a_window_ends(
    size: int, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sets = [transaction(CLEAN, number=number) for number in range(1, 30)]
    sets[11] = sets[11].replace("SE*21", "SE*20")
    data = interchange(*sets)
    whole = check(data, backend)
    monkeypatch.setattr(columns_machine, "WINDOW", size)
    monkeypatch.setattr(columns_machine, "BLOCK", size // 3)
    found = check(data, backend)
    assert found.frames["309"].equals(whole.frames["309"])
    assert found.plainly < 29


def test_segments_that_end_with_their_lines(backend: str) -> None:
    sets = [transaction(CLEAN, "*>^\n", number) for number in (1, 2)]
    found = check(interchange(*sets, marks="*>^\n"), backend)
    assert (found.messages, found.plainly) == (2, 0)
    check(interchange(*sets, marks="*>^\n").replace(b"\n", b"\r\n"), backend)


def test_line_breaks_behind_segments_are_no_text(backend: str) -> None:
    data = interchange(transaction(CLEAN), transaction(CLEAN, number=2)).replace(b"~", b"~\r\n")
    assert check(data, backend).plainly == 0
    assert check(data.replace(b"SHANGHAI*NRMB1", b"SHANG\nHAI*NRMB1", 1), backend).plainly == 1


def test_each_interchange_brings_its_own_separators(backend: str) -> None:
    one = interchange(transaction(CLEAN))
    other = one.replace(b"*", b"|").replace(b"~", b"!")
    found = check(one + other + b"\r\n" + one, backend)
    assert (found.messages, found.plainly) == (3, 0)


def test_a_path_or_a_stream_gives_what_its_bytes_give(tmp_path: Path, backend: str) -> None:
    data = interchange(transaction(CLEAN), transaction(CLEAN, number=2))
    plain, packed = tmp_path / "manifest.x12", tmp_path / "manifest.x12.gz"
    plain.write_bytes(data)
    packed.write_bytes(gzip.compress(data))
    wanted = read(data, backend=backend).frames["309"]
    for way in (plain, packed, io.BytesIO(data)):
        assert read(way, backend=backend).frames["309"].equals(wanted)
    with pytest.raises(InputError, match=r"none\.x12"):
        read(tmp_path / "none.x12")


def test_limits_are_those_of_the_plain_reader(backend: str) -> None:
    data = interchange(*(transaction(CLEAN, number=number) for number in (1, 2, 3)))
    for limits in (Limits(messages=2), Limits(file_bytes=800)):
        with pytest.raises(LimitError) as plainly:
            plain(data, limits)
        with pytest.raises(LimitError) as found:
            read(data, backend=backend, limits=limits)
        assert str(found.value) == str(plainly.value)
    for limits in (Limits(segments=10), Limits(message_bytes=500), Limits(segment_bytes=300)):
        check(data, backend, limits)


def test_a_set_that_states_more_than_its_bytes_allow_makes_no_row(backend: str) -> None:
    """The plain reader refuses it as grown; the table must not differ."""
    head = CLEAN[0].replace("NORTHREACH PIONEER", "V" * 6000)
    bills = [f"LX*{at}~M11*B{at}" for at in range(400)]
    found = check(interchange(transaction([head, *bills])), backend)
    assert "x12.message.growth" in [defect.code for defect in found.defects]
    assert not len(found.frames["309"])


def test_another_backend_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="abacus"):
        read(b"", backend="abacus")


def test_nothing_is_nothing(backend: str) -> None:
    assert [defect.code for defect in check(b"", backend).defects] == ["x12.none"]


@given(st.text(st.sampled_from("AS STGE019*~~>\n\r\x01é"), max_size=200))
@settings(max_examples=2000 if LONG else 200, deadline=None)
def test_both_backends_cut_the_same_rows(text: str) -> None:
    marks = Separators(component=">", element="*", release="", terminator="~")
    one, other = (scan(text + "~", marks, name) for name in BACKENDS)
    for name in ("at", "first", "raw", "begin", "end", "tag", "bad"):
        if name != "tag":
            assert np.array_equal(getattr(one, name), getattr(other, name)), name
    assert np.array_equal(one.tag[~one.bad], other.tag[~other.bad])


def test_what_is_written_on_the_way_is_shared_with_no_other_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Compiled loops run without Python's lock: two of them in one array read each other's places,
    and write past the end of what was sized for their own."""
    given = list[tuple[Any, ...]]()
    monkeypatch.setattr(
        columns_scan.compiled, "compiled", lambda _: lambda *all_: given.append(all_)
    )
    text = np.frombuffer(b"ST*310*0001~" * 3, np.uint8)
    marks = Separators(">", "*", ".", "", "^", "~")
    for _ in range(2):
        columns_scan._numba(text, len(text), columns_scan._classes(marks), marks)
    one, other = (all_[5:] for all_ in given)  # hits, and the arrays of the rows
    assert len(one) == 8
    assert not any(np.shares_memory(mine, theirs) for mine in one for theirs in other)
