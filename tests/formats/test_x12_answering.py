"""997 of release 004010: who is answered, which set is rejected, where the fault is."""

from __future__ import annotations

import io
from importlib.resources import files

import pytest

from esclusa.errors import FormatError
from esclusa.formats.edifact.segment import RawMessage
from esclusa.formats.x12.answering import answer
from esclusa.formats.x12.syntax import read_messages
from esclusa.model import Severity

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
