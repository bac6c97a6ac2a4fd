"""CONTRL after ISO 9735-4: who is answered, what is rejected, where the fault is."""

from __future__ import annotations

import io
import re
from functools import partial
from importlib.resources import files
from pathlib import Path

import edifact_answers
import pytest
from edifact_answers import texts

from esclusa.errors import FormatError
from esclusa.formats.edifact.answering import answer
from esclusa.formats.edifact.segment import RawMessage
from esclusa.formats.edifact.syntax import read_messages
from esclusa.model import Defect, Severity

SAMPLES = Path(str(files("esclusa.samples")))
PASSENGERS = (SAMPLES / "passengers-altamira-AM218.edi").read_bytes()

answered = partial(edifact_answers.answered, answer)


def body_of(data: bytes) -> list[bytes]:
    return [part.strip() for part in data.split(b"'") if part.strip()]


def joined(parts: list[bytes]) -> bytes:
    return b"'".join(parts) + b"'"


def changed(old: bytes, new: bytes) -> bytes:
    assert old in PASSENGERS
    return PASSENGERS.replace(old, new, 1)


def test_a_sound_interchange_is_acknowledged_to_its_sender_in_its_own_syntax() -> None:
    (one,) = answered(PASSENGERS)
    (asked,) = [m for m in read_messages(io.BytesIO(PASSENGERS)) if isinstance(m, RawMessage)]
    assert one.interchange is not None and asked.interchange is not None
    unb, theirs = one.interchange.head, asked.interchange.head
    assert unb is not None and theirs is not None
    assert (unb.element(2), unb.element(3)) == (theirs.element(3), theirs.element(2))
    assert unb.element(1) == theirs.element(1)
    assert one.type == "CONTRL"
    (uci,) = texts(one)
    assert uci.startswith(f"UCI+{theirs.get(5)}+")
    assert uci.endswith("+7")


def test_a_fault_in_an_element_is_told_by_segment_and_element_the_tag_counting_as_one() -> None:
    """NAD 3035 of a traveller, which has no such value, is element 1: position 2."""
    bad = PASSENGERS.replace(b"NAD+FL+", b"NAD+FLXX+", 1)
    assert bad != PASSENGERS
    (one,) = answered(bad, reject=Severity.WARNING)
    number = next(
        place for place, part in enumerate(body_of(bad[bad.index(b"UNH") :]), 1)
        if part.startswith(b"NAD+FLXX")
    )  # fmt: skip
    said = texts(one)
    assert said[0].endswith("+7")
    assert said[1].startswith("UCM+") and said[1].split("+")[3] == "4"
    at = said.index(f"UCS+{number}")
    assert said[at + 1] in ("UCD+39+2", "UCD+12+2")


def test_a_missing_segment_is_told_where_it_should_stand() -> None:
    parts = body_of(PASSENGERS[PASSENGERS.index(b"UNH") :])
    place = next(n for n, part in enumerate(parts, 1) if part.startswith(b"BGM"))
    bad = re.sub(rb"BGM\+[^']*'\s*", b"", PASSENGERS, count=1)
    (one,) = answered(bad)
    assert f"UCS+{place}+13" in texts(one)


def test_a_wrong_count_is_told_at_the_service_segment_when_warnings_reject() -> None:
    bad = re.sub(rb"UNT\+\d+\+", b"UNT+999+", PASSENGERS, count=1)
    assert texts(answered(bad)[0])[0].endswith("+7")  # a count alone costs nobody his message
    (one,) = answered(bad, reject=Severity.WARNING)
    assert texts(one)[1].endswith("+4+29+UNT+2")


def test_a_message_that_was_cut_off_is_rejected_and_its_neighbour_taken() -> None:
    start, end = PASSENGERS.index(b"UNH"), PASSENGERS.index(b"UNZ")
    message = PASSENGERS[start:end]
    half = message[: len(message) // 2].rsplit(b"'", 1)[0] + b"'"
    unz = PASSENGERS[end:].replace(b"UNZ+1+", b"UNZ+2+")
    (one,) = answered(PASSENGERS[:start] + half + message + unz)
    rejected = [text for text in texts(one) if text.startswith("UCM")]
    assert len(rejected) == 1
    assert "+13+UNT" in rejected[0]


def test_each_interchange_of_a_file_is_answered_by_one_of_its_own() -> None:
    other = PASSENGERS.replace(b"'UNH", b"'UNH")
    two = answered(PASSENGERS + b"\n" + other)
    assert [m.interchange_reference for m in two] == ["A1", "A12"]


def test_an_interchange_of_syntax_version_4_gets_a_control_message_of_version_4() -> None:
    head = PASSENGERS[: PASSENGERS.index(b"UNH")]
    unb = head[head.index(b"UNB") :]
    newer = re.sub(rb"^UNB\+(UNO[A-Z]):\d\+([^+]*)\+([^+]*)\+(\d{6}):",
                   rb"UNB+\1:4+\2+\3+20\4:", unb)  # fmt: skip
    (one,) = answered(newer + PASSENGERS[PASSENGERS.index(b"UNH") :])
    assert one.directory == "4.1"
    assert texts(one)[0].endswith("+7")


@pytest.mark.parametrize("data", [b"UNH+1+PAXLST:D:05B:UN:IATA'BGM+745'UNT+3+1'", b"UNB+UNOA:1+A"])
def test_what_names_nobody_cannot_be_answered_and_says_so(data: bytes) -> None:
    with pytest.raises(FormatError, match="to answer"):
        answered(data)


def test_an_interchange_without_a_reference_is_told_and_its_neighbour_answered() -> None:
    (asked,) = [m for m in read_messages(io.BytesIO(PASSENGERS)) if isinstance(m, RawMessage)]
    reference = asked.interchange_reference.encode()
    nameless = PASSENGERS.replace(b"+" + reference, b"+")
    told: list[Defect] = []
    (one,) = answered(nameless + b"\n" + PASSENGERS, tell=told.append)
    assert texts(one)[0].startswith(f"UCI+{reference.decode()}+")
    (defect,) = told
    assert (defect.segment, defect.offset) == ("UNB", nameless.index(b"UNB"))
    assert "control reference" in defect.reason
    with pytest.raises(FormatError, match="to answer"):
        answered(nameless)


@pytest.mark.parametrize(
    "path",
    edifact_answers.samples("malformed", "edifact", "typed", "x12"),
    ids=lambda path: path.name,
)
def test_whatever_comes_is_answered_soundly_or_refused_in_one_sentence(path: Path) -> None:
    """Whole, and cut off at every tenth of its length."""
    whole = path.read_bytes()
    for tenth in range(1, 11):
        data = whole[: len(whole) * tenth // 10]
        edifact_answers.sound_or_refused(answer, "CONTRL", data, path.name)


def test_a_fault_before_the_second_interchange_is_not_laid_on_the_first() -> None:
    """The second opens with a UNA of only five characters."""
    one, two = answered(PASSENGERS + b"UNA:+.? \n" + PASSENGERS, reject=Severity.WARNING)
    assert texts(one)[0].endswith("+7")
    assert one.interchange_reference != two.interchange_reference
