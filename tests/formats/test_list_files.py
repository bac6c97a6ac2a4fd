"""What holds for every format of watchlists: found by its first bytes, whole or refused, bounded."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lists_reading import defects, entries, fatal, held, messages, read_all

from esclusa.formats import Limits, by_id, detect
from esclusa.model import Defect, Message, Severity

FILES = {
    "ofac_sdn_fictional.xml": "ofac_sdn_xml",
    "ofac_advanced_fictional.xml": "ofac_advanced",
    "eu_fsf_fictional.xml": "eu_fsf",
    "eu_fsf_fictional.csv": "eu_fsf_csv",
    "eu_fsf_old_fictional.csv": "eu_fsf_csv",
    "uk_sanctions_fictional.xml": "uk_sanctions",
    "uk_sanctions_fictional.csv": "uk_sanctions_csv",
    "uk_conlist_fictional.csv": "uk_conlist",
    "us_csl_excerpt.csv": "us_csl",
    "interpol_page_fictional.json": "interpol_notices",
    "interpol_notice_fictional.json": "interpol_notices",
    "lost_documents_fictional.csv": "lost_documents",
}
XML = {name: form for name, form in FILES.items() if name.endswith(".xml")}
CSV = {name: form for name, form in FILES.items() if name.endswith(".csv")}

ENTRY = {
    "ofac_sdn_xml": ("sdnEntry", "uid"),
    "ofac_advanced": ("DistinctParty", "FixedRef"),
    "eu_fsf": ("sanctionEntity", "euReferenceNumber"),
    "uk_sanctions": ("Designation", "UniqueID"),
}
"""Element of one entry, and its id's element or attribute."""


def first_entry(data: bytes, tag: str) -> bytes:
    found = re.search(rb"<%b[ >].*?</%b>" % (tag.encode(), tag.encode()), data, re.DOTALL)
    assert found
    return found[0]


def cuts(data: bytes) -> range:
    """Some forty places to cut a file at, its ends among them."""
    return range(1, len(data), max(len(data) // 40, 1))


@pytest.mark.parametrize(("name", "form"), FILES.items())
def test_a_list_is_told_from_every_other_file_by_its_first_bytes(name: str, form: str) -> None:
    head = held(name)[:4096]
    assert detect(head, "download").id == form
    assert detect(b"\xef\xbb\xbf" + head, name).id == form
    sniffing = [each for each in set(FILES.values()) if by_id(each).sniff(head, name)]
    assert sniffing == [form]


@pytest.mark.parametrize(("name", "form"), XML.items())
def test_a_list_in_xml_is_found_in_utf_16_as_well(name: str, form: str) -> None:
    text = held(name).decode().replace("utf-8", "utf-16").replace("UTF-8", "UTF-16")
    data = text.encode("utf-16")
    assert detect(data[:4096], "download").id == form
    same = entries(read_all(by_id(form), held(name)))
    assert entries(read_all(by_id(form), data)) == same


@pytest.mark.parametrize(("name", "form"), FILES.items())
def test_every_entry_has_its_id_and_stands_in_the_file(name: str, form: str) -> None:
    data = held(name)
    items = read_all(by_id(form), data)
    assert fatal(items) == []
    assert len(entries(items)) == len(messages(items))
    for message in messages(items):
        assert message.format == form
        assert 0 <= message.offset < message.offset + message.length <= len(data)
        assert all(0 <= defect.offset < len(data) for defect in message.defects)


@pytest.mark.parametrize(("name", "form"), FILES.items())
def test_a_list_cut_at_any_byte_keeps_what_stands_before_the_cut(name: str, form: str) -> None:
    data = held(name)
    whole = entries(read_all(by_id(form), data))
    for at in cuts(data):
        items = read_all(by_id(form), data[:at])
        told = [d for d in defects(items) if d.code.endswith(".end")]
        assert fatal(items) or told or data[:at].endswith((b"\n", b"\r")), at
        assert told or entries(items).keys() <= whole.keys(), at


@pytest.mark.parametrize(("name", "form"), XML.items())
def test_a_list_in_xml_that_is_cut_always_ends_fatal(name: str, form: str) -> None:
    data = held(name).rstrip()
    for at in (*cuts(data), len(data) - 1):
        last = read_all(by_id(form), data[:at])[-1]
        assert isinstance(last, Defect), at
        assert last.severity is Severity.FATAL


@pytest.mark.parametrize(("name", "form"), CSV.items())
def test_a_table_that_ends_inside_a_row_ends_fatal(name: str, form: str) -> None:
    """A cut inside the last cell is a doubt only: the next test."""
    data = held(name)
    separator = b";" if b";" in data[:200] else b","
    last = data.rstrip().rfind(b"\n") + 1
    row = data[last:]
    for at in (row.index(separator) + 1, row.rindex(separator)):
        found = fatal(read_all(by_id(form), data[: last + at]))
        assert found, at
        assert found[-1].offset == last


@pytest.mark.parametrize(("name", "form"), CSV.items())
def test_a_last_row_without_its_line_end_is_doubted(name: str, form: str) -> None:
    data = held(name)
    items = read_all(by_id(form), data.rstrip())
    assert [d.offset for d in defects(items) if d.code.endswith(".end")] == [len(data.rstrip())]
    assert entries(items) == entries(read_all(by_id(form), data))


@pytest.mark.parametrize(("name", "form"), XML.items())
def test_a_document_type_is_refused_before_any_entry(name: str, form: str) -> None:
    data = held(name)
    root = data.index(b"<", data.index(b"?>"))
    bomb = b'<!DOCTYPE x [<!ENTITY a "b">]>'
    items = read_all(by_id(form), data[:root] + bomb + data[root:])
    assert entries(items) == {}
    assert [d.code for d in fatal(items)] == ["xml.doctype"]


@pytest.mark.parametrize(("name", "form"), XML.items())
def test_another_root_is_told(name: str, form: str) -> None:
    items = read_all(by_id(form), b"<Elsewhere><a/></Elsewhere>")
    assert [type(item) for item in items] == [Defect]
    assert "root element is Elsewhere" in defects(items)[0].reason


@pytest.mark.parametrize(("name", "form"), XML.items())
def test_an_entry_blown_up_to_a_megabyte_is_refused_alone(name: str, form: str) -> None:
    data, (tag, _) = held(name), ENTRY[form]
    first = first_entry(data, tag)
    inner = first.index(b">") + 1
    fat = first[:inner] + b"<remarks>" + b"x" * 1_100_000 + b"</remarks>" + first[inner:]
    items = read_all(by_id(form), data.replace(first, fat, 1))
    whole = entries(read_all(by_id(form), data))
    assert list(entries(items).values())[-1] == list(whole.values())[-1]
    assert len(entries(items)) == len(whole) - 1
    assert any("longer than" in d.reason or "larger than" in d.reason for d in fatal(items))


@pytest.mark.parametrize(("name", "form"), CSV.items())
def test_a_cell_blown_up_to_a_megabyte_is_refused_alone(name: str, form: str) -> None:
    lines = held(name).splitlines(keepends=True)
    separator = b";" if b";" in lines[0] + lines[1] else b","
    fat = separator.join((b"x" * 1_100_000, lines[-1]))
    items = read_all(by_id(form), b"".join((*lines, fat)))
    assert entries(items) == entries(read_all(by_id(form), held(name)))
    assert len(fatal(items)) == 1


@pytest.mark.parametrize(("name", "form"), XML.items())
def test_an_id_that_stands_twice_is_told(name: str, form: str) -> None:
    data, (tag, _) = held(name), ENTRY[form]
    first = first_entry(data, tag)
    items = read_all(by_id(form), data.replace(first, first + first, 1))
    codes = [d.code.split(".", 1)[1] for d in defects(items) if d.severity is Severity.WARNING]
    assert codes == ["uid.repeated"]
    assert entries(items) == entries(read_all(by_id(form), data))


@pytest.mark.parametrize(("name", "form"), XML.items())
def test_an_entry_without_id_is_refused_alone(name: str, form: str) -> None:
    data, (tag, key) = held(name), ENTRY[form]
    first = first_entry(data, tag)
    word = key.encode()
    nameless = re.sub(rb"<%b>[^<]*</%b>|%b=\"[^\"]*\"" % (word, word, word), b"", first, count=1)
    nameless = re.sub(rb" logicalId=\"[^\"]*\"(?=>)", b"", nameless, count=1)
    items = read_all(by_id(form), data.replace(first, nameless, 1))
    assert [d.reason for d in fatal(items)] == ["an entry has no id"]
    assert len(entries(items)) == len(entries(read_all(by_id(form), data))) - 1


@pytest.mark.parametrize(("name", "form"), XML.items())
def test_elements_that_nobody_knows_change_nothing(name: str, form: str) -> None:
    data, (tag, _) = held(name), ENTRY[form]
    first = first_entry(data, tag)
    end = first.rindex(b"</")
    more = first[:end] + b"<future kind='7'><part>x</part></future>" + first[end:]
    items = read_all(by_id(form), data.replace(first, more, 1))
    assert entries(items) == entries(read_all(by_id(form), data))


@pytest.mark.parametrize(("name", "form"), CSV.items())
def test_a_table_without_its_headings_is_refused(name: str, form: str) -> None:
    items = read_all(by_id(form), b"a;b\n1;2\n" * 10)
    assert [(d.severity, "no row of headings" in d.reason) for d in defects(items)] == [
        (Severity.FATAL, True)
    ]


@pytest.mark.parametrize(("name", "form"), CSV.items())
def test_blank_cells_past_the_headings_are_no_fault(name: str, form: str) -> None:
    lines = held(name).splitlines(keepends=True)
    separator = b";" if b";" in lines[0] + lines[1] else b","
    end = b"\r\n" if lines[-1].endswith(b"\r\n") else b"\n"
    more = b"".join((*lines[:-1], lines[-1].rstrip() + separator * 3 + end))
    assert entries(read_all(by_id(form), more)) == entries(read_all(by_id(form), held(name)))


@settings(max_examples=60)
@given(st.sampled_from(sorted(FILES)), st.binary(min_size=1, max_size=30), st.integers(0, 20_000))
def test_any_bytes_put_into_a_list_are_read_without_an_exception(
    name: str, junk: bytes, at: int
) -> None:
    data = held(name)
    at %= len(data)
    for item in read_all(by_id(FILES[name]), data[:at] + junk + data[at:]):
        assert item.offset >= 0
        assert isinstance(item, Defect) or item.refused is not bool(item.statements)


def test_a_broken_file_of_many_rows_costs_what_its_bytes_allow() -> None:
    heading = held("uk_conlist_fictional.csv").split(b"\r\n")[1]
    items = read_all(by_id("uk_conlist"), heading + b"\r\n" + b"x,y\r\n" * 200, Limits())
    assert len(fatal(items)) == 200
    assert all(isinstance(item, Message) and item.refused for item in items)
    assert all(one.offset < other.offset for one, other in pairwise(items))
