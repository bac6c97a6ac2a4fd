"""APERAK: what is wrong with the content of each message, told to who sent it."""

from __future__ import annotations

from functools import partial
from importlib.resources import files
from pathlib import Path

import edifact_answers
import pytest
from edifact_answers import texts

from esclusa.errors import FormatError
from esclusa.formats.edifact.application_answer import CLASSES, OTHER, answer, class_of
from esclusa.formats.edifact.segment import RawMessage, Segment
from esclusa.model import Defect, Severity

SAMPLES = Path(str(files("esclusa.samples")))
PASSENGERS = (SAMPLES / "passengers-altamira-AM218.edi").read_bytes()

answered = partial(edifact_answers.answered, answer)


def errors(message: RawMessage) -> list[list[Segment]]:
    """The segments of each ERC group."""
    groups: list[list[Segment]] = []
    for each in message.segments[1:-1]:
        if each.tag == "ERC":
            groups.append([])
        if groups:
            groups[-1].append(each)
    return groups


def born(value: bytes) -> bytes:
    """The list with the first traveller's day of birth so."""
    start = PASSENGERS.index(b"DTM+329:") + len(b"DTM+329:")
    return PASSENGERS[:start] + value + PASSENGERS[PASSENGERS.index(b"'", start) :]


def second_message(bad: bytes) -> bytes:
    """An interchange of the sound list and of ``bad``, under other references."""
    start, end = bad.index(b"UNH"), bad.index(b"UNZ")
    other = bad[start:end].replace(b"AM2180418", b"AM2180419")
    return PASSENGERS[: PASSENGERS.index(b"UNZ")] + other + b"UNZ+2+AM218P'"


def test_a_sound_message_is_accepted_without_reserves_and_named() -> None:
    (one,) = answered(PASSENGERS)
    assert (one.type, one.directory) == ("APERAK", "D.01B")
    assert texts(one) == [
        "BGM+305+A1-1+44+AP", "DTM+137:202611260830:203", "RFF+ACW:AM2180418", "RFF+ALL:AM218P",
    ]  # fmt: skip


def test_the_answer_goes_from_their_recipient_to_their_sender() -> None:
    (one,) = answered(PASSENGERS)
    assert one.interchange is not None and one.interchange.head is not None
    assert one.interchange.head.text.startswith("UNB+UNOC:3+MARISOLBORDER+ALTAMIRAAIR+261126:0830+")


def test_a_date_that_is_none_rejects_its_message_with_class_sentence_and_place() -> None:
    bad = born(b"991341")
    (one,) = answered(bad)
    assert texts(one)[0] == "BGM+305+A1-1+27+RE"
    (found,) = [group for group in errors(one) if group[0].get(1) == "DATE"]
    code, said, line, place = found
    assert code.text == "ERC+DATE:ESCLUSA-DEFECT:ZZZ"
    assert said.get(4, 2) == "value.date" and said.get(4, 3) == "error"
    number = bad[bad.index(b"UNH") : bad.index(b"991341")].count(b"'") + 1
    assert line.text == f"RFF+ACW:AM2180418:{number}"
    assert (place.get(4, 2), place.get(4, 3)) == ("DTM", "1.2")
    assert bad[int(place.get(4)) :].lstrip().startswith(b"DTM+329:991341")


def test_each_message_of_an_interchange_has_an_answer_of_its_own() -> None:
    first, second = answered(second_message(born(b"991341")))
    assert [texts(each)[0] for each in (first, second)] == [
        "BGM+305+A1-1+44+AP", "BGM+305+A1-2+27+RE",
    ]  # fmt: skip
    assert "RFF+ACW:AM2180419" in texts(second)
    assert [each.reference for each in (first, second)] == ["1", "2"]
    assert first.interchange_reference == second.interchange_reference


def test_what_the_directory_finds_is_told_and_a_doubtful_value_rejects_nothing() -> None:
    """3035 is an..3."""
    (one,) = answered(PASSENGERS.replace(b"NAD+FL+", b"NAD+FLXX+", 1))
    assert texts(one)[0] == "BGM+305+A1-1+45+AP"
    ((code, said, _, place),) = errors(one)
    assert code.get(1) == "LENGTH"
    assert "is longer than an..3: 'FLXX'" in said.get(4)
    assert place.get(4, 3) == "1"


def test_the_line_of_rejection_moves() -> None:
    bad = PASSENGERS.replace(b"NAD+FL+", b"NAD+FLXX+", 1)
    assert texts(answered(bad, reject=Severity.WARNING)[0])[0].endswith("+27+RE")
    assert texts(answered(born(b"991341"), reject=Severity.FATAL)[0])[0].endswith("+45+AP")


def test_the_guide_decides_what_is_wrong() -> None:
    """The bare directory asks for a message moment of its own place; the guide does not."""
    guided = sum(len(errors(each)) for each in answered(PASSENGERS))
    bare = sum(len(errors(each)) for each in answered(PASSENGERS, guide=""))
    assert guided == 0 < bare


def test_a_message_that_was_cut_off_is_rejected() -> None:
    half = PASSENGERS[: PASSENGERS.index(b"UNZ") - 60]
    (one,) = answered(half)
    assert texts(one)[0].endswith("+27+RE")
    assert "MISSING" in {group[0].get(1) for group in errors(one)}


def test_a_sentence_to_a_sender_of_level_a_is_in_capitals_without_foreign_signs() -> None:
    plain = born("ÄB_1".encode("latin-1")).replace(b"UNB+UNOC:3", b"UNB+UNOA:3").upper()
    (one,) = answered(plain)
    said = errors(one)[0][1].text
    assert said == said.upper()
    assert "_" not in said and "Ä" not in said


@pytest.mark.parametrize("kind", ["APERAK:D:96A:UN", "CONTRL:D:3:UN"])
def test_an_answer_gets_no_answer(kind: str) -> None:
    data = f"UNB+UNOA:3+A+B+260101:0000+1'UNH+1+{kind}'BGM+1'UNT+3+1'UNZ+1+1'".encode()
    with pytest.raises(FormatError, match="none to answer"):
        answered(data)
    (one,) = answered(data + b"\n" + PASSENGERS)
    assert "RFF+ALL:AM218P" in texts(one)


def test_an_interchange_without_a_reference_is_told_and_its_neighbour_answered() -> None:
    nameless = PASSENGERS.replace(b"+AM218P'", b"'", 1)
    told: list[Defect] = []
    (one,) = answered(nameless + b"\n" + PASSENGERS, tell=told.append)
    assert "RFF+ALL:AM218P" in texts(one)
    assert [defect.segment for defect in told] == ["UNB"]


def test_a_code_of_ours_has_the_class_of_the_first_word_in_it() -> None:
    def named(code: str) -> str:
        return class_of(Defect(code=code, severity=Severity.ERROR, reason="x", offset=0))

    assert named("edifact.group.missing") == "MISSING"
    assert named("value.container") == "CHECK"
    assert named("edifact.message.growth") == OTHER
    assert all(len(code) <= 8 for _, code in CLASSES)  # 9321 is an..8


@pytest.mark.parametrize(
    "path", edifact_answers.samples("malformed", "edifact", "typed"), ids=lambda path: path.name
)
def test_whatever_comes_is_answered_soundly_or_refused_in_one_sentence(path: Path) -> None:
    """Whole, and cut off at a third and two thirds of its length."""
    whole = path.read_bytes()
    for third in range(1, 4):
        data = whole[: len(whole) * third // 3]
        edifact_answers.sound_or_refused(answer, "APERAK", data, path.name)
