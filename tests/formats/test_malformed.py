"""The 36 malformed and edge cases: what must be recovered, and what must be flagged."""

import io
import json
from pathlib import Path

import pytest

from esclusa.formats.edifact.segment import RawMessage
from esclusa.formats.edifact.syntax import read_messages
from esclusa.model import Defect, Severity

FOLDER = Path(__file__).parents[1] / "data" / "malformed"
EXPECTED = json.loads((FOLDER / "expected.json").read_text())
FLAGS = {Severity.WARNING, Severity.ERROR, Severity.FATAL}


def read(name: str) -> tuple[list[RawMessage], list[Defect], int]:
    data = (FOLDER / f"{name}.edi").read_bytes()
    items = list(read_messages(io.BytesIO(data), file=f"{name}.edi"))
    messages = [item for item in items if isinstance(item, RawMessage)]
    defects = [item for item in items if isinstance(item, Defect)]
    defects += [defect for message in messages for defect in message.defects]
    return messages, defects, len(data)


def test_there_are_36_cases() -> None:
    assert len(EXPECTED) == 36


@pytest.mark.parametrize("name", EXPECTED)
def test_messages_and_segments_are_recovered_and_defects_flagged(name: str) -> None:
    messages, defects, size = read(name)
    wanted = EXPECTED[name]
    assert len(messages) == wanted["messages"]
    assert sum(len(message.segments) for message in messages) == wanted["segments"]
    flagged = [defect for defect in defects if defect.severity in FLAGS]
    assert bool(flagged) == wanted["must_flag"], flagged
    for defect in defects:
        assert defect.code
        assert defect.reason
        assert 0 <= defect.offset <= size
