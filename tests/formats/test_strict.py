"""Strict reading: the first defect that counts raises, with file, byte and reason."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from esclusa import samples
from esclusa.errors import FormatError, InputError
from esclusa.formats.edifact import reader as edifact
from esclusa.formats.strict import strictly
from esclusa.model import Defect, Message, Severity

CLEAN = samples.sample("crew-altamira-AM218.edi").read_bytes()
DAMAGED = samples.sample("manifest-damaged.edi").read_bytes()


def items(data: bytes) -> Iterator[Message | Defect]:
    return edifact.read(io.BytesIO(data), file="x.edi")


def test_a_clean_file_gives_the_messages_of_forgiving_reading() -> None:
    assert list(strictly(items(CLEAN), "x.edi")) == list(items(CLEAN))


def test_the_first_error_raises_with_file_byte_and_reason() -> None:
    first = next(
        defect
        for item in items(DAMAGED)
        for defect in (item.defects if isinstance(item, Message) else (item,))
        if defect.severity in (Severity.ERROR, Severity.FATAL)
    )
    with pytest.raises(FormatError) as caught:
        list(strictly(items(DAMAGED), "x.edi"))
    assert isinstance(caught.value, InputError)
    assert (caught.value.file, caught.value.offset) == ("x.edi", first.offset)
    assert caught.value.reason.startswith(first.reason)
    assert f"x.edi, byte {first.offset}: {first.reason}" in str(caught.value)


def test_messages_before_the_error_are_handed_on_and_the_damaged_one_is_not() -> None:
    found: list[str] = []
    with pytest.raises(FormatError):
        for message in strictly(items(DAMAGED), "x.edi"):
            found.append(message.reference)
            worst = {defect.severity for defect in message.defects}
            assert not worst & {Severity.ERROR, Severity.FATAL}
    assert found == ["DAM0", "DAM1"]


def test_nothing_behind_the_error_is_read() -> None:
    read = []

    def counted() -> Iterator[Message | Defect]:
        for item in items(DAMAGED):
            read.append(item)
            yield item

    with pytest.raises(FormatError):
        list(strictly(counted()))
    assert 0 < len(read) < len(list(items(DAMAGED)))


@pytest.mark.parametrize("severity", list(Severity))
def test_a_defect_counts_from_the_least_severity_up(severity: Severity) -> None:
    defect = Defect(code="a.b", severity=severity, reason="it is wrong", offset=7)
    message = Message(format="f", offset=0, length=9, defects=(defect,))
    for least in Severity:
        counts = list(Severity).index(severity) >= list(Severity).index(least)
        for item in (defect, message):
            if counts:
                with pytest.raises(FormatError, match="byte 7: it is wrong"):
                    list(strictly([item], "f", least=least))
            else:
                assert list(strictly([item], "f", least=least)) == [
                    each for each in [item] if isinstance(each, Message)
                ]


def test_of_several_defects_the_one_that_stands_first_is_named_with_its_segment() -> None:
    late = Defect(code="a", severity=Severity.ERROR, reason="late", offset=90)
    early = Defect(
        code="b", severity=Severity.ERROR, reason="early", offset=20,
        segment="DTM", segment_no=4, element="1.2",
    )  # fmt: skip
    message = Message(format="f", offset=0, length=99, defects=(late, early))
    with pytest.raises(FormatError, match=r"byte 20: early \(DTM 4, element 1\.2\)"):
        list(strictly([message], "f"))
