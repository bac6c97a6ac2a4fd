"""The UN Security Council list: individuals and entities, weak aliases, estimated births."""

from __future__ import annotations

import io
from collections import Counter
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esclusa.formats import Limits, detect, read_file
from esclusa.formats.lists.un_security_council import FORMAT, read
from esclusa.model import Alias, Defect, Identifier, ListEntry, Message, Severity

EXCERPT = (Path(__file__).parents[1] / "data" / "lists" / "un_excerpt.xml").read_bytes()
SHIPPED = Path(str(files("esclusa.samples"))) / "lists" / "un_consolidated.xml.gz"

LIST = (
    '<CONSOLIDATED_LIST dateGenerated="2026-02-27T00:00:09Z"><INDIVIDUALS>{}</INDIVIDUALS>'
    "<ENTITIES>{}</ENTITIES></CONSOLIDATED_LIST>"
)
PERSON = "<INDIVIDUAL><FIRST_NAME>Ana</FIRST_NAME><REFERENCE_NUMBER>X.1</REFERENCE_NUMBER>{}</INDIVIDUAL>"
FIRM = "<ENTITY><FIRST_NAME>Firm</FIRST_NAME><REFERENCE_NUMBER>X.2</REFERENCE_NUMBER>{}</ENTITY>"


def read_all(data: bytes, limits: Limits | None = None) -> list[Message | Defect]:
    return list(read(io.BytesIO(data), limits=limits or Limits()))


def person(inner: str) -> Message:
    item = read_all(LIST.format(PERSON.format(inner), "").encode())[0]
    assert isinstance(item, Message)
    return item


def entry(message: Message) -> ListEntry:
    (made,) = message.statements
    assert isinstance(made, ListEntry)
    return made


@pytest.fixture(scope="module")
def whole_list() -> list[Message]:
    items = list(read_file(SHIPPED))
    assert all(isinstance(item, Message) for item in items)
    return items  # type: ignore[return-value]


def test_the_edition_of_february_2026_has_730_individuals_and_273_entities(
    whole_list: list[Message],
) -> None:
    assert Counter(entry(m).type for m in whole_list) == {"person": 730, "organisation": 273}
    assert len({entry(m).uid for m in whole_list}) == 1003
    assert {m.prepared for m in whole_list} == {"2026-02-27T00:00:09.554Z"}


def test_three_birth_dates_of_the_edition_are_in_words_and_are_named(
    whole_list: list[Message],
) -> None:
    codes = Counter(d.code for m in whole_list for d in m.defects)
    assert codes == {"un.birth_date": 3}
    assert sum(len(entry(m).birth_dates) for m in whole_list) == 867


def test_all_nationalities_but_a_dissolved_state_become_country_codes(
    whole_list: list[Message],
) -> None:
    words = {n for m in whole_list for n in entry(m).nationalities if len(n) != 2}
    assert words == {"former Soviet Union"}


def test_aliases_of_low_quality_are_weak() -> None:
    made = {e.uid: e for e in map(entry, (m for m in read_all(EXCERPT) if isinstance(m, Message)))}
    assert made["CDi.003"].aliases == (
        Alias(name="Rumuli", weak=True),
        Alias(name="Byiringiro Victor Rumuli"),
        Alias(name="Victor Rumuri"),
        Alias(name="Michel Byiringiro"),
    )


def test_structure_of_a_known_entry() -> None:
    first = read_all(EXCERPT)[0]
    assert isinstance(first, Message)
    made = entry(first)
    assert (made.uid, made.name, made.listed_on) == ("CDi.001", "ERIC BADEGE", "2012-12-31")
    assert made.nationalities == ("CD",)
    assert made.birth_dates == ("1971",)
    assert made.addresses == ("Rwanda",)
    assert made.programs == ("DRC",)
    assert made.remarks.startswith("Gender: Male; He fled to Rwanda")


def test_the_imo_number_of_a_shipping_company_is_taken_from_the_comments(
    whole_list: list[Message],
) -> None:
    numbers = {
        entry(m).uid: i.value
        for m in whole_list
        for i in entry(m).identifiers
        if i.scheme == "imo_company"
    }
    assert len(numbers) == 16
    assert numbers["KPe.020"] == "1790183"


def test_several_names_in_one_alias_are_parted_at_semicolons_and_letters() -> None:
    alias = (
        "<INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>{}</ALIAS_NAME></INDIVIDUAL_ALIAS>"
    )
    made = entry(person(alias.format("Ana One; A. One b) Anna One (Anita; Ani)")))
    assert [a.name for a in made.aliases] == ["Ana One", "A. One", "Anna One (Anita; Ani)"]


@pytest.mark.parametrize(
    ("inner", "date"),
    [
        ("<TYPE_OF_DATE>EXACT</TYPE_OF_DATE><DATE>1971-05-12</DATE>", "1971-05-12"),
        ("<TYPE_OF_DATE>EXACT</TYPE_OF_DATE><YEAR>1971</YEAR>", "1971"),
        ("<TYPE_OF_DATE>APPROXIMATELY</TYPE_OF_DATE><YEAR>1971</YEAR>", "1969/1973"),
        ("<TYPE_OF_DATE>BETWEEN</TYPE_OF_DATE><FROM_YEAR>1955</FROM_YEAR><TO_YEAR>1958</TO_YEAR>",
         "1955/1958"),
        ("<TYPE_OF_DATE>EXACT</TYPE_OF_DATE><NOTE>Nov. 1973 </NOTE>", "1973-11"),
    ],
)  # fmt: skip
def test_type_of_date(inner: str, date: str) -> None:
    birth = f"<INDIVIDUAL_DATE_OF_BIRTH>{inner}</INDIVIDUAL_DATE_OF_BIRTH>"
    assert entry(person(birth)).birth_dates == (date,)


def test_a_birth_date_in_words_is_noted_at_its_own_byte() -> None:
    birth = (
        "<INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE/><NOTE>30-35 years old</NOTE>"
        "</INDIVIDUAL_DATE_OF_BIRTH>"
    )
    message = person(birth)
    (defect,) = message.defects
    data = LIST.format(PERSON.format(birth), "")
    assert defect.severity is Severity.NOTE
    assert data[defect.offset :].startswith("<INDIVIDUAL_DATE_OF_BIRTH>")


def test_documents_become_identifiers_of_their_country() -> None:
    made = entry(
        person(
            "<INDIVIDUAL_DOCUMENT><TYPE_OF_DOCUMENT>Número de pasaporte</TYPE_OF_DOCUMENT>"
            "<NUMBER>P1</NUMBER><ISSUING_COUNTRY>Panama</ISSUING_COUNTRY></INDIVIDUAL_DOCUMENT>"
            "<INDIVIDUAL_DOCUMENT><TYPE_OF_DOCUMENT>National Identification Number"
            "</TYPE_OF_DOCUMENT><NUMBER>8-1-2</NUMBER></INDIVIDUAL_DOCUMENT>"
            "<INDIVIDUAL_DOCUMENT/>"
        )
    )
    assert made.identifiers == (
        Identifier(scheme="passport", value="P1", country="PA"),
        Identifier(scheme="national_id", value="8-1-2"),
    )


def test_offset_and_length_are_the_bytes_of_the_entry() -> None:
    for message in read_all(EXCERPT):
        assert isinstance(message, Message)
        cut = EXCERPT[message.offset : message.offset + message.length]
        assert cut.startswith((b"<INDIVIDUAL>", b"<ENTITY>"))
        assert cut.endswith((b"</INDIVIDUAL>", b"</ENTITY>"))


def test_a_file_cut_in_half_keeps_the_entries_before_the_cut() -> None:
    at = EXCERPT.index(b"CDi.005")
    items = read_all(EXCERPT[:at])
    assert [m.reference for m in items[:-1] if isinstance(m, Message)] == [
        "CDi.001", "CDi.002", "CDi.003", "CDi.004",
    ]  # fmt: skip
    last = items[-1]
    assert isinstance(last, Defect)
    assert (last.code, last.severity) == ("xml.syntax", Severity.FATAL)


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("<INDIVIDUAL><FIRST_NAME>Ana</FIRST_NAME></INDIVIDUAL>", "neither REFERENCE_NUMBER"),
        ("<INDIVIDUAL><DATAID>7</DATAID></INDIVIDUAL>", "has no name"),
    ],
)
def test_an_entry_without_id_or_name_is_refused_alone(broken: str, reason: str) -> None:
    items = read_all(LIST.format(broken + PERSON.format(""), FIRM.format("")).encode())
    assert [isinstance(m, Message) and m.refused for m in items] == [True, False, False]
    assert isinstance(items[0], Message)
    assert reason in items[0].defects[0].reason


def test_an_entry_over_the_size_limit_is_refused_alone() -> None:
    fat = PERSON.format("<COMMENTS1>" + "<b>x</b>" * 500 + "</COMMENTS1>")
    items = read_all(LIST.format(fat, FIRM.format("")).encode(), Limits(row_bytes=2_000))
    assert [isinstance(m, Message) and m.refused for m in items] == [True, False]


def test_another_root_element_is_told() -> None:
    items = read_all(b"<LIST><INDIVIDUAL/></LIST>")
    assert isinstance(items[0], Defect)
    assert items[0].reason == "root element is LIST, CONSOLIDATED_LIST was expected"


def test_the_list_is_recognised_by_its_root() -> None:
    assert detect(EXCERPT[:4096], "download") is FORMAT


@given(st.binary(min_size=1, max_size=40), st.integers(0, 6_000))
def test_any_bytes_put_into_the_list_are_read_without_an_exception(junk: bytes, at: int) -> None:
    data = EXCERPT[:at] + junk + EXCERPT[at:9_000]
    for item in read_all(data):
        assert item.offset >= 0
        assert isinstance(item, Defect) or item.refused is not bool(item.statements)
