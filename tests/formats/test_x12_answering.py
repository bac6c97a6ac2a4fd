"""997 and 999: who is answered, which set is rejected, where the fault is."""

from __future__ import annotations

import io
from importlib.resources import files
from pathlib import Path

import pytest

from esclusa.errors import EsclusaError, FormatError
from esclusa.formats.edifact.segment import RawMessage, Segment, Separators
from esclusa.formats.x12.answering import DIALECTS, _segments, answer
from esclusa.formats.x12.syntax import read_messages
from esclusa.model import Defect, Severity

MANIFEST = files("esclusa.samples").joinpath("ocean-manifest-309.x12").read_bytes()


def answered(data: bytes, **more: object) -> list[RawMessage]:
    """The acknowledgements of a file, read again without a defect."""
    pieces = answer(io.BytesIO(data), prepared="2026-11-26T08:30", reference=7, **more)  # type: ignore[arg-type]
    found = list(read_messages(io.BytesIO(b"".join(pieces))))
    assert all(isinstance(item, RawMessage) and not item.defects for item in found), found
    return [item for item in found if isinstance(item, RawMessage)]


def texts(message: RawMessage) -> list[str]:
    return [segment.text for segment in message.segments[1:-1]]


def test_a_sound_interchange_is_accepted_set_by_set_and_goes_back_to_its_sender() -> None:
    (one,) = answered(MANIFEST)
    assert texts(one) == [
        "AK1*SO*412", "AK2*309*0001", "AK5*A", "AK2*309*0002", "AK5*A", "AK9*A*2*2*2",
    ]  # fmt: skip
    assert (one.interchange_sender, one.interchange_recipient) == ("MARISOLCUSTOMS", "NRLN")
    assert one.interchange_reference == "000000007"


def test_a_wrong_count_of_segments_is_noted_and_rejects_only_when_warnings_do() -> None:
    bad = MANIFEST.replace(b"\nSE*", b"\nSE*9", 1)
    assert bad != MANIFEST
    assert texts(answered(bad)[0])[2:] == [
        "AK5*E*4", "AK2*309*0002", "AK5*A", "AK9*E*2*2*2",
    ]  # fmt: skip
    (one,) = answered(bad, reject=Severity.WARNING)
    assert texts(one)[2] == "AK5*R*4"
    assert texts(one)[-1] == "AK9*P*2*2*1"


def test_a_set_without_trailer_is_rejected_and_its_neighbour_taken() -> None:
    start = MANIFEST.index(b"SE*")
    bad = MANIFEST[:start] + MANIFEST[MANIFEST.index(b"~", start) + 1 :]
    (one,) = answered(bad)
    assert "AK5*R*2" in texts(one)
    assert texts(one)[-1].startswith("AK9*P*2*2*1")


def test_a_segment_that_is_none_is_named_by_its_number() -> None:
    at = MANIFEST.index(b"P4*")
    (one,) = answered(MANIFEST[:at] + b"??junk??~" + MANIFEST[at:])
    (ak3,) = [text for text in texts(one) if text.startswith("AK3")]
    assert ak3.split("*")[2:] == ["3", "", "1"]


def test_a_group_that_counts_otherwise_is_told_with_its_own_count() -> None:
    bad = MANIFEST.replace(b"\nGE*2*", b"\nGE*5*", 1)
    assert bad != MANIFEST
    assert texts(answered(bad)[0])[-1] == "AK9*E*5*2*2*5"


def test_each_interchange_of_a_file_gets_an_answer_of_its_own() -> None:
    two = answered(MANIFEST + b"\n" + MANIFEST)
    assert [one.interchange_reference for one in two] == ["000000007", "000000008"]


@pytest.mark.parametrize("data", [b"ST*309*0001~SE*2*0001~", MANIFEST[:106]])
def test_what_names_no_group_cannot_be_answered_and_says_so(data: bytes) -> None:
    with pytest.raises(FormatError, match="to answer"):
        answered(data)


# -- 999 ------------------------------------------------------------------------------------------


def test_999_repeats_the_release_of_the_group_and_the_convention_of_the_set() -> None:
    sent = MANIFEST.replace(b"ST*309*0001~", b"ST*309*0001*CBP309~", 1)
    (one,) = answered(sent, acknowledgment="999")
    assert (one.type, one.directory) == ("999", "005010")
    assert texts(one) == [
        "AK1*SO*412*004010", "AK2*309*0001*CBP309", "IK5*A", "AK2*309*0002", "IK5*A", "AK9*A*2*2*2",
    ]  # fmt: skip


def test_999_tells_of_syntax_as_997_does() -> None:
    at = MANIFEST.index(b"P4*")
    (one,) = answered(MANIFEST[:at] + b"??junk??~" + MANIFEST[at:], acknowledgment="999")
    (note,) = [text for text in texts(one) if text.startswith("IK3")]
    assert note.split("*")[2:] == ["3", "", "1"]
    assert "IK5*R*5" in texts(one)


def test_999_names_the_values_that_could_not_be_used_and_rejects_no_set_for_them() -> None:
    bad = MANIFEST.replace(b"*20260424*4~", b"*20261324*4~", 1).replace(b"*K*7500~", b"*Q*7X00~", 1)
    assert answered(bad)[0].segments[1].text == "AK1*SO*412"  # 997 judges the syntax alone
    assert texts(answered(bad)[0])[-1] == "AK9*A*2*2*2"
    (one,) = answered(bad, acknowledgment="999")
    assert texts(one)[2:7] == ["IK3*P4*3**8", "IK4*2**8", "IK3*N10*14**8", "IK4*8**6", "IK5*E*5"]
    assert texts(one)[-1] == "AK9*E*2*2*2"


def test_a_component_is_told_beside_its_element() -> None:
    """Only EDIFACT's checks and ours name components; the place is a composite (C030)."""
    marks = Separators(component=">", element="*", release="")
    defect = Defect(
        code="x12.element.long", severity=Severity.WARNING, reason="", offset=0, segment="N9",
        segment_no=4, element="3.2",
    )  # fmt: skip
    head = Segment("ST*309*1", "ST", 0, 0, 1, marks)
    assert list(_segments(head, [defect], DIALECTS["999"])) == [
        ("IK3", "N9", "4", "", "8"), ("IK4", "3>2", "", "5"),
    ]  # fmt: skip


def test_there_is_no_other_acknowledgment() -> None:
    with pytest.raises(ValueError, match="'998' is no acknowledgment; there are 997, 999"):
        answered(MANIFEST, acknowledgment="998")


FILES = sorted(
    path for folder in ("x12", "malformed", "edifact")
    for path in (Path(__file__).parents[1] / "data" / folder).iterdir()
    if path.suffix in (".edi", ".x12", ".txt")
)  # fmt: skip


@pytest.mark.parametrize("kind", DIALECTS)
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_whatever_comes_is_answered_soundly_or_refused_in_one_sentence(
    path: Path, kind: str
) -> None:
    """Whole, and cut off at every tenth of its length."""
    whole = path.read_bytes()
    for tenth in range(1, 11):
        data = whole[: len(whole) * tenth // 10]
        try:
            pieces = answer(
                io.BytesIO(data), prepared="2026-11-26T08:30", reference=7, acknowledgment=kind
            )
            said = b"".join(pieces)
        except EsclusaError as error:
            assert len(str(error).splitlines()) == 1
            continue
        for item in read_messages(io.BytesIO(said)):
            assert isinstance(item, RawMessage) and item.type == kind and not item.defects, item


def test_a_password_is_not_repeated() -> None:
    (one,) = answered(MANIFEST.replace(b"*00*          *02", b"*01*PASSWORD  *02", 1))
    assert one.interchange is not None and one.interchange.head is not None
    assert "PASSWORD" not in one.interchange.head.text


def test_each_group_is_told_of_its_own_trailer() -> None:
    """Two groups; only the second counts wrong."""
    group = MANIFEST[MANIFEST.index(b"GS*") : MANIFEST.index(b"IEA*")]
    bad = group.replace(b"GE*2*", b"GE*4*", 1)
    assert bad != group
    two = MANIFEST.replace(group, group + bad, 1).replace(b"IEA*1*", b"IEA*2*", 1)
    first, second = answered(two)
    assert texts(first)[-1] == "AK9*A*2*2*2"
    assert texts(second)[-1] == "AK9*E*4*2*2*5"


def test_a_character_that_x12_has_not_is_refused_by_name() -> None:
    bad = MANIFEST.replace(b"NRLN           ", "NRL船          ".encode(), 1)
    with pytest.raises(EsclusaError) as raised:
        for _ in answer(io.BytesIO(bad), prepared="2026-11-26T08:30", reference=7):
            pass
    assert len(str(raised.value).splitlines()) == 1
