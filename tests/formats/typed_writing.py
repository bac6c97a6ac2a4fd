"""Records written and read again, and made-up records that a message can carry."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace

from esclusa import samples
from esclusa.formats.edifact import reader, writers
from esclusa.formats.edifact.segment import RawMessage, Segment
from esclusa.formats.edifact.syntax import read_messages
from esclusa.formats.edifact.writing import interchange_head
from esclusa.formats.reading import Notes
from esclusa.formats.values import container, ship_number
from esclusa.model import (
    Conveyance,
    Defect,
    Function,
    Message,
    Place,
    Statement,
    TransportEquipment,
    Voyage,
)


def head(syntax: str = "UNOY", prepared: str = "2026-04-13T10:15") -> Segment:
    return interchange_head(
        sender="NORTHREACH", recipient="MARISOL", prepared=prepared, reference="R", syntax=syntax
    )


def stating(*statements: Statement, function: Function = Function.ORIGINAL) -> Message:
    """A message of records, as a reader or a person hands it over."""
    return Message(
        format="made", offset=0, length=0, reference="M1", function=function, sender="NORTHREACH",
        prepared="2026-04-13T10:15:00", statements=statements,
    )  # fmt: skip


def written(kind: str, *messages: Message, syntax: str = "UNOY") -> bytes:
    return b"".join(writers.write(head(syntax), messages, kind))


def texts(kind: str, *messages: Message) -> list[str]:
    """The segments written, without UNB and UNZ."""
    return written(kind, *messages).decode().split("'")[1:-2]


def read(data: bytes) -> list[Message]:
    """Read what was written: no defect outside messages, none of syntax inside."""
    items = list(reader.read(io.BytesIO(data), file="written.edi"))
    assert not [item for item in items if isinstance(item, Defect)]
    found = [item for item in items if isinstance(item, Message)]
    assert not [
        defect.code for each in found for defect in each.defects
        if defect.code.startswith("edifact.") or defect.code.endswith(".unknown")
    ]  # fmt: skip
    return found


def returned(kind: str, *statements: Statement) -> list[Statement]:
    """Write statements and read them back."""
    found = read(written(kind, stating(*statements)))
    return [each for message in found for each in message.statements]


def check_same(kind: str, message: Message) -> None:
    """What comes back is what went: the same function, and the same statements in any order."""
    found = read(written(kind, message))
    assert {each.function for each in found} <= {message.function}
    back = Counter(each for message in found for each in message.statements)
    assert back == Counter(message.statements)


def tags(data: bytes) -> list[str]:
    """The tags of each message, one text a message, for a pattern of the segment table."""
    return [
        " ".join(each.tag for each in item.segments)
        for item in read_messages(io.BytesIO(data))
        if isinstance(item, RawMessage)
    ]


def check_order(kind: str, message: Message, table: str) -> None:
    pattern = re.compile(table)
    for found in tags(written(kind, message)):
        assert pattern.fullmatch(found), found


# -- made-up values -------------------------------------------------------------------------------

ALPHABET = "ABCXYZ abc019 ?+:'*.,-/Ñé船"


def text(least: int = 0, most: int = 30, letters: str = ALPHABET) -> st.SearchStrategy[str]:
    """What a reader leaves of a text: nothing at its ends is blank."""
    solid = st.text(st.sampled_from(letters.replace(" ", "")), min_size=least, max_size=least)
    rest = st.text(st.sampled_from(letters), max_size=most - least)
    return st.builds(str.__add__, solid, rest).map(str.strip)


def long_text() -> st.SearchStrategy[str]:
    return st.lists(text(1), max_size=20).map(" ".join)


CODE = st.text(st.sampled_from("ABCXYZ019"), min_size=1, max_size=8)
MASS = st.none() | st.integers(0, 40_000_000).map(lambda grams: grams / 1000)

A_PLACE = st.one_of(
    st.builds(Place, code=st.from_regex(r"[A-Z]{2}[A-Z0-9]{3}", fullmatch=True), name=text(), scheme=st.sampled_from(["unlocode", ""])),
    st.builds(Place, code=st.from_regex(r"[A-Z]{3}", fullmatch=True), name=text(), scheme=st.just("iata")),
    st.builds(Place, code=st.from_regex(r"[A-Z]{2}", fullmatch=True), name=text(), scheme=st.just("country")),
    st.builds(Place, code=text(6), name=text()),
    st.builds(Place, name=text(1)),
)  # fmt: skip
PLACE = st.just(Place()) | A_PLACE

DAY = st.dates(
    min_value=dt.date(1990, 1, 1),
    max_value=dt.date(2055, 12, 31),
).map(str)
_CLOCK = st.times().map(lambda time: time.strftime("T%H:%M"))
_SECONDS = st.times().map(lambda time: time.strftime("T%H:%M:%S"))
_ZONE = st.sampled_from(["", "Z", "+05:00", "-03:30"])
MINUTE = st.builds(str.__add__, DAY, _CLOCK)
MOMENT = st.one_of(
    st.just(""),
    DAY,
    st.builds(lambda *parts: "".join(parts), DAY, st.one_of(_CLOCK, _SECONDS), _ZONE),
    st.builds(lambda start, end: f"{start}/{end}", DAY, DAY),
    st.builds(lambda start, end: f"{start}/{end}", MINUTE, MINUTE),
)


def _named(fields: dict[str, Any]) -> Conveyance:
    """A ship with one number, as C222 holds it; the verdict is the reader's own."""
    ship = Conveyance(**fields)
    if not ship.imo:
        return ship
    return replace(ship, imo_valid=ship_number(ship.imo, Notes("", 0, 9), None, "")[1])  # type: ignore[arg-type]


_MODE = st.sampled_from(["sea", "air", "road", "rail"])
CONVEYANCE = st.one_of(
    st.builds(lambda mode: Conveyance(mode=mode), _MODE),
    st.fixed_dictionaries(
        {"mode": _MODE, "name": text(1)},
        optional={"flag": st.sampled_from(["PA", "LR"]), "imo": st.sampled_from(["9999993", "9074729", "1234567"])},
    ).map(_named),
    st.builds(Conveyance, mode=_MODE, name=text(), call_sign=CODE),
    st.builds(Conveyance, mode=_MODE, name=text(1), registration=CODE.filter(lambda mark: not mark.isdigit())),
)  # fmt: skip
VOYAGE = st.one_of(
    st.just(Voyage()),
    st.builds(Voyage, reference=text(), carrier=st.sampled_from(["NRLN", "", "AM"]), conveyance=CONVEYANCE),
)  # fmt: skip


def _box(fields: dict[str, Any], claimed: bool) -> TransportEquipment:
    """A unit; one without container number is not valid where it claims to be a container."""
    number, valid = container(fields.pop("number"))
    return TransportEquipment(
        number=number, number_valid=False if valid is None and claimed else valid, **fields
    )


NUMBER = st.sampled_from(
    ["CSQU3054383", "NRXU2789999", "NRXU4430056", "CSQU3054384", "TRAILER7", "MX 99-1"]
)


def box(**more: st.SearchStrategy[Any]) -> st.SearchStrategy[TransportEquipment]:
    fields: dict[str, st.SearchStrategy[Any]] = {
        "number": NUMBER,
        "size_type": st.sampled_from(["", "22G1", "45R1", "TWENTY FEET LONG"]),
        "load_status": st.sampled_from(["", "full", "empty"]),
        "gross_mass_kg": MASS,
        "verified_mass_kg": MASS,
        "tare_kg": MASS,
        "temperature_c": st.none() | st.integers(-300, 300).map(lambda tenths: tenths / 10),
        "operator": text(),
        **more,
    }
    return st.builds(_box, st.fixed_dictionaries(fields), st.booleans())


def boxes(one: st.SearchStrategy[TransportEquipment]) -> st.SearchStrategy[Any]:
    """Up to three units of different numbers."""
    return st.lists(one, unique_by=lambda each: each.number, max_size=3).map(tuple)


def some_of(units: Iterable[TransportEquipment]) -> st.SearchStrategy[Any]:
    """The numbers of some of these units, as goods name what they are in."""
    numbers = [each.number for each in units]
    return st.lists(st.sampled_from(numbers), unique=True).map(tuple) if numbers else st.just(())


def documents(*codes: str, number: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.lists(st.builds("{}:{}".format, st.sampled_from(codes), number), max_size=2).map(
        tuple
    )


UNDG = st.lists(st.from_regex(r"[0-9]{4}", fullmatch=True), unique=True, max_size=3).map(tuple)


def messages(statement: st.SearchStrategy[Any], most: int = 6) -> st.SearchStrategy[Message]:
    """Messages of any function that state some of these."""
    return st.builds(
        lambda statements, function: stating(*statements, function=function),
        st.lists(statement, min_size=1, max_size=most),
        st.sampled_from(Function),
    )


DATA = Path(__file__).parents[1] / "data"
FILES = [samples.sample(name) for name in samples.names() if name.endswith(".edi")]
FILES += sorted((DATA / "edifact").glob("*.edi")) + sorted((DATA / "typed").glob("*.edi"))


def samples_of(format_id: str) -> list[Any]:
    """Every message of the shipped and the test samples that states something in this format."""
    found = []
    for path in FILES:
        with path.open("rb") as stream:
            for at, item in enumerate(reader.read(stream, file=path.name)):
                if isinstance(item, Message) and item.format == format_id and item.statements:
                    found.append((f"{path.name}#{at}", item))
    return found
