"""Which reader gets a file, and how a file is opened."""

from __future__ import annotations

import gzip
import io
import subprocess
import sys
import zipfile
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esclusa.errors import FormatError, InputError, LimitError, UnknownFormat
from esclusa.formats import (
    Limits,
    all_formats,
    by_id,
    detect,
    ids,
    open_file,
    open_stream,
    read_file,
)
from esclusa.model import Defect, Message, Severity

LISTS = Path(__file__).parents[1] / "data" / "lists"
SHIPPED = Path(str(files("esclusa.samples"))) / "lists"
UN = (LISTS / "un_excerpt.xml").read_bytes()


def test_every_format_is_found_by_its_id_and_named_in_both_languages() -> None:
    assert [each.id for each in all_formats()] == list(ids())
    assert len(set(ids())) == len(ids()) == 24
    for each in all_formats():
        assert by_id(each.id) is each
        assert each.title_en
        assert each.title_es
        assert each.standard


def test_a_message_type_is_found_under_its_family() -> None:
    assert by_id("edifact.cuscar") is by_id("edifact")
    assert by_id("x12.309") is by_id("x12")
    with pytest.raises(UnknownFormat, match="no format is called 'morse'"):
        by_id("morse")


def test_importing_the_room_loads_no_reader_and_no_heavy_library() -> None:
    script = (
        "import sys, esclusa.formats\n"
        "heavy = {'lxml', 'openpyxl', 'rapidfuzz', 'polars', 'numpy', 'xml.parsers.expat'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("head", "name", "format_id"),
    [
        (b"UNB+UNOA:1+A+B+260101:1200+1'UNH+1+CUSCAR:D:95B:UN'", "m.txt", "edifact"),
        (b"ISA*00*          *00*", "m.edi", "x12"),
        (UN[:4096], "list.xml", "un_security_council"),
        (b'{"id":"a","schema":"Person","properties":{}}\n', "x.json", "opensanctions_ftm"),
        ((LISTS / "ofac_sdn_excerpt.csv").read_bytes()[:4096], "sdn.csv", "ofac_sdn"),
        (b"BL;POL\nB1;PAONX\n", "m.csv", "tabular.csv"),
        (b"PK\x03\x04\x14\x00", "m.xlsx", "tabular.xlsx"),
    ],
)
def test_a_file_finds_its_reader_by_its_first_bytes(head: bytes, name: str, format_id: str) -> None:
    assert detect(head, name).id == format_id
    assert detect(head, name + ".gz").id == format_id


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF document"),
        (b"PK\x03\x04 stuff", "a zip archive; unpack it first"),
        (b"\x1f\x8b\x08\x00", "gzip data"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "an older Office document"),
        (b"\x89PNG\r\n", "a picture"),
        (b"Rar!\x1a\x07", "a RAR archive"),
        (b"<?xml version='1.0'?><a/>", "XML of a kind not known here"),
        (b'{"a": 1}', "JSON of a kind not known here"),
        (b"<html>", "XML or HTML"),
        (b"\x00\x01\x02\x03\x80\x90", "binary data"),
        (b"Dear colleagues\nsee below\n", "plain text without columns"),
        (b"", "an empty file"),
        (b" \n ", "an empty file"),
    ],
)
def test_an_unknown_file_is_told_what_it_looks_like(head: bytes, words: str) -> None:
    with pytest.raises(UnknownFormat) as caught:
        detect(head, "thing.bin")
    assert str(caught.value).startswith("thing.bin: no reader recognises it; it looks like ")
    assert words in str(caught.value)


@given(st.binary(max_size=300), st.sampled_from(["", "a.csv", "a.xlsx", "a.xml", "a"]))
def test_any_first_bytes_find_a_reader_or_a_clear_refusal(head: bytes, name: str) -> None:
    try:
        assert detect(head, name).id in ids()
    except UnknownFormat as error:
        assert "it looks like" in str(error)


def test_the_shipped_lists_are_read_packed() -> None:
    counts = {
        name: sum(isinstance(m, Message) and not m.refused for m in read_file(SHIPPED / name))
        for name in ("ofac_sdn.csv.gz", "un_consolidated.xml.gz")
    }
    assert counts == {"ofac_sdn.csv.gz": 11443, "un_consolidated.xml.gz": 1003}


def test_offsets_of_a_packed_file_count_in_its_unpacked_bytes(tmp_path: Path) -> None:
    path = tmp_path / "un.xml.gz"
    path.write_bytes(gzip.compress(UN))
    plain = tmp_path / "un.xml"
    plain.write_bytes(UN)
    assert list(read_file(path)) == list(read_file(plain))


def test_several_gzip_members_are_one_file(tmp_path: Path) -> None:
    path = tmp_path / "un.xml.gz"
    path.write_bytes(gzip.compress(UN[:5_000]) + gzip.compress(UN[5_000:]) + b"\0" * 100)
    with open_file(path) as stream:
        assert stream.read() == UN


def test_packed_data_that_end_early_keep_the_messages_before(tmp_path: Path) -> None:
    path = tmp_path / "un.xml.gz"
    packed = gzip.compress(UN)
    path.write_bytes(packed[: len(packed) * 3 // 4])
    items = list(read_file(path))
    assert sum(isinstance(item, Message) for item in items) > 20
    last = items[-1]
    assert isinstance(last, Defect)
    assert (last.code, last.severity) == ("file.damaged", Severity.FATAL)
    assert last.reason == "gzip data end early"
    assert 0 < last.offset < len(UN)


def test_damaged_gzip_data_are_told(tmp_path: Path) -> None:
    path = tmp_path / "un.xml.gz"
    path.write_bytes(gzip.compress(UN)[:200] + b"\xff" * 500)
    with open_file(path) as stream, pytest.raises(FormatError, match=r"un\.xml\.gz.*damaged"):
        stream.read()


@pytest.mark.parametrize("limits", [Limits(archive_ratio=200), Limits(archive_bytes=2_000_000)])
def test_a_gzip_bomb_is_refused_within_its_bounds(tmp_path: Path, limits: Limits) -> None:
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(b"0" * 50_000_000))
    with open_file(path, limits) as stream, pytest.raises(LimitError, match="gzip data unpack"):
        for _ in range(20_000_000 >> 16):
            assert stream.read(1 << 16)


def test_a_zip_archive_is_refused_and_a_workbook_is_not(tmp_path: Path) -> None:
    archive = tmp_path / "files.zip"
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("manifest.csv", "a,b")
    with pytest.raises(UnknownFormat, match="unpack it first"):
        open_file(archive)
    book = tmp_path / "book.xlsx"
    with zipfile.ZipFile(book, "w") as out:
        out.writestr("xl/workbook.xml", "<a/>")
    with open_file(book) as stream:
        assert stream.read(2) == b"PK"


def test_a_file_that_cannot_be_opened_or_is_too_large_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.csv: cannot be opened"):
        open_file(tmp_path / "none.csv")
    with pytest.raises(InputError, match="cannot be opened"):
        open_file(tmp_path)
    large = tmp_path / "large.csv"
    large.write_bytes(b"x" * 1_001)
    with pytest.raises(LimitError, match=r"large\.csv: file is larger than 1,000 bytes"):
        open_file(large, Limits(file_bytes=1_000))


class Dribble(io.RawIOBase):
    """A connection that hands over three bytes at a time."""

    def __init__(self, data: bytes) -> None:
        self._left = io.BytesIO(data)

    def read(self, size: int = -1) -> bytes:
        return self._left.read(min(size, 3) if size >= 0 else 3)


@pytest.mark.parametrize("packed", [False, True])
def test_an_upload_in_small_portions_shows_its_whole_head(packed: bool) -> None:
    data = gzip.compress(UN) if packed else UN
    stream = open_stream(Dribble(data), "upload")  # type: ignore[arg-type]
    assert stream.peek(4096)[:4096] == UN[:4096]
    assert stream.read() == UN


@given(st.binary(max_size=2_000), st.integers(1, 9))
def test_what_gzip_packs_is_read_back(data: bytes, level: int) -> None:
    stream = open_stream(io.BytesIO(gzip.compress(data, level)), "x")
    assert stream.read() == data
