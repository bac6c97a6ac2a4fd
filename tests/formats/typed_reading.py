"""Small interchanges round the segments under test, and what the readers make of them."""

from __future__ import annotations

import io
from pathlib import Path

from esclusa.formats.edifact import reader as edifact
from esclusa.formats.x12 import reader as x12
from esclusa.model import Defect, Message

DATA = Path(__file__).resolve().parents[1] / "data" / "typed"


def edifact_message(kind: str, body: str, directory: str = "D:95B:UN") -> Message:
    """Read ``body`` (segments, one a line, without terminators) as the one message of a file."""
    lines = [line.strip() for line in body.strip().splitlines() if line.strip()]
    inner = [f"UNH+1+{kind}:{directory}", *lines, f"UNT+{len(lines) + 2}+1"]
    text = "'\n".join(["UNB+UNOC:3+ME+YOU+260413:1015+R", *inner, "UNZ+1+R"]) + "'\n"
    return only(read_edifact(text.encode("latin-1")))


def x12_messages(body: str, kind: str = "309") -> list[Message]:
    """Read ``body`` as the one transaction set of a file; one message for each function."""
    lines = [line.strip() for line in body.strip().splitlines() if line.strip()]
    isa = (
        "ISA*00*          *00*          *ZZ*ME             *ZZ*YOU            "
        "*260413*1015*U*00401*000000001*0*P*>"
    )
    inner = [f"ST*{kind}*0001", *lines, f"SE*{len(lines) + 2}*0001"]
    gs = "GS*SO*ME*YOU*20260413*1015*1*X*004010"
    text = "~\n".join([isa, gs, *inner, "GE*1*1", "IEA*1*000000001"]) + "~\n"
    return messages(list(x12.read(io.BytesIO(text.encode("ascii")), file="test.x12")))


def read_edifact(data: bytes) -> list[Message | Defect]:
    return list(edifact.read(io.BytesIO(data), file="test.edi"))


def read_sample(name: str) -> list[Message]:
    """Read a file of ``tests/data/typed``."""
    with (DATA / name).open("rb") as stream:
        read = x12.read if name.endswith(".x12") else edifact.read
        return messages(list(read(stream, file=name)))


def messages(items: list[Message | Defect]) -> list[Message]:
    return [item for item in items if isinstance(item, Message)]


def only(items: list[Message | Defect]) -> Message:
    found = messages(items)
    assert len(found) == 1
    return found[0]


def codes(message: Message) -> list[str]:
    return [defect.code for defect in message.defects]
