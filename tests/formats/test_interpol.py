"""Interpol's public notices: pages, single notices, broken JSON around good notices."""

from __future__ import annotations

import pytest
from lists_reading import defects, entries, fatal, held, messages, read_all

from esclusa.errors import LimitError
from esclusa.formats import Limits
from esclusa.formats.lists.interpol_notices import FORMAT
from esclusa.model import Defect, ListEntry, Severity

PAGE = held("interpol_page_fictional.json")
NOTICE = held("interpol_notice_fictional.json")


def test_a_single_notice() -> None:
    assert entries(read_all(FORMAT, NOTICE)) == {
        "2026/90001": ListEntry(
            list_id="interpol_notices",
            uid="2026/90001",
            type="person",
            name="BRUNO RAMIRO MARISOL VEGA",
            birth_dates=("1965-03-12",),
            birth_places=("Marisol, PA",),
            nationalities=("PA",),
            programs=("red notice",),
            remarks=(
                'Wanted by: PA (Fraude con {sellos} de "Altamira"), CO (Smuggling); Sex: M; '
                "Languages: SPA, ENG; Height (m): 1.78; Weight (kg): 0"
            ),
        )
    }


def test_a_page_of_notices() -> None:
    items = read_all(FORMAT, PAGE)
    made = entries(items)
    assert {uid: entry.name for uid, entry in made.items()} == {
        "2026/90001": "BRUNO RAMIRO MARISOL VEGA",
        "2026/90002": "NORTHREACH",
        "2026/90003": "ALI ALI",
    }
    assert made["2026/90002"].birth_dates == ("1990",)
    assert made["2026/90002"].programs == ("yellow notice",)
    assert made["2026/90003"].birth_dates == ()
    assert [d.code for d in defects(items)] == ["interpol.birth_date"]


def test_offset_and_length_are_the_bytes_of_the_notice() -> None:
    for message in messages(read_all(FORMAT, PAGE)):
        cut = PAGE[message.offset : message.offset + message.length]
        assert cut.startswith(b'{"forename"')
        assert cut.endswith(b"}")
        assert message.reference.encode() in cut


@pytest.mark.parametrize("between", [b",", b"\n"])
def test_several_notices_in_an_array_or_line_by_line(between: bytes) -> None:
    other = NOTICE.replace(b"2026/90001", b"2026/90009")
    data = between.join((NOTICE, other))
    whole = b"[" + data + b"]" if between == b"," else data
    items = read_all(FORMAT, whole)
    assert list(entries(items)) == ["2026/90001", "2026/90009"]
    assert defects(items) == []


def test_a_page_cut_in_half_keeps_the_notices_before_the_cut() -> None:
    items = read_all(FORMAT, PAGE[: PAGE.index(b"2026/90003")])
    assert list(entries(items)) == ["2026/90001", "2026/90002"]
    assert isinstance(items[-1], Defect)
    assert (items[-1].code, items[-1].severity) == ("interpol.json", Severity.FATAL)


def test_an_array_without_its_end_is_told() -> None:
    items = read_all(FORMAT, b"[" + NOTICE.rstrip())
    assert list(entries(items)) == ["2026/90001"]
    assert [d.reason for d in fatal(items)] == ["the file ends inside an object or array"]


def test_a_notice_that_is_no_json_is_refused_alone() -> None:
    items = read_all(FORMAT, PAGE.replace(b'"forename": null', b'"forename": nil'))
    assert list(entries(items)) == ["2026/90001", "2026/90003"]
    assert [d.reason for d in fatal(items)] == ["a notice is not one JSON object"]


@pytest.mark.parametrize(
    ("value", "name"),
    [(b"7", "7 NORTHREACH"), (b'["A", "B"]', "A NORTHREACH"), (b'{"a": 1}', "NORTHREACH"),
     (b"true", "NORTHREACH")],
)  # fmt: skip
def test_a_value_of_another_kind_than_expected_breaks_nothing(value: bytes, name: str) -> None:
    made = entries(read_all(FORMAT, PAGE.replace(b'"forename": null', b'"forename": ' + value)))
    assert made["2026/90002"].name == name


def test_a_notice_without_a_name_is_refused() -> None:
    items = read_all(FORMAT, PAGE.replace(b'"name": "NORTHREACH"', b'"name": ""'))
    assert [d.reason for d in fatal(items)] == ["an entry has no name"]
    assert len(entries(items)) == 2


def test_brackets_without_end_are_refused() -> None:
    (defect,) = read_all(FORMAT, b"[" * 100_000)
    assert isinstance(defect, Defect)
    assert "deeper than 64" in defect.reason


def test_a_file_larger_than_the_limit_is_refused() -> None:
    with pytest.raises(LimitError, match="larger than 100 bytes"):
        read_all(FORMAT, PAGE, Limits(message_bytes=100))
