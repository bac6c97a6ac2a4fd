"""How the readers and writers do on every sample message: ``make conformance`` prints the tables.

1. Every sample file: messages that begin in it, messages read to their end, files written back byte
   for byte, what the typed readers state, and whether writing that and reading it again gives the
   same records.
2. The 36 malformed and edge cases of ``tests/data/malformed``, each applied to every sample message
   instead of the one it was published with: recovered, and told at its place or not told where
   nothing is wrong.

Ends with code 1 when anything is not as it should be. ``--every N`` takes each Nth message.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from esclusa.formats.edifact import reader, writers
from esclusa.formats.edifact.drafting import WritingError
from esclusa.formats.edifact.rewriting import rewrite
from esclusa.formats.edifact.segment import RawMessage
from esclusa.formats.edifact.syntax import read_messages
from esclusa.formats.edifact.writing import interchange_head
from esclusa.model import Defect, Message, Severity, natural_key

ROOT: Final = Path(__file__).resolve().parents[1]
FOLDERS: Final = ("tests/data/edifact", "tests/data/fictional", "src/esclusa/samples")
TELLING: Final = {Severity.WARNING, Severity.ERROR, Severity.FATAL}
_OPENS: Final = re.compile(rb"(?:^|['~\n\r\x1c])\s*UNH[+*\x1d|]")


def sample_files() -> list[Path]:
    """Return every EDIFACT sample file of the project."""
    return [file for folder in FOLDERS for file in sorted((ROOT / folder).rglob("*.edi"))]


def raw_messages(data: bytes, file: str) -> tuple[list[RawMessage], list[Defect]]:
    """Return the raw messages of a file, and all defects of its syntax."""
    items = list(read_messages(io.BytesIO(data), file=file))
    raws = [item for item in items if isinstance(item, RawMessage)]
    defects = [item for item in items if isinstance(item, Defect)]
    return raws, defects + [defect for raw in raws for defect in raw.defects]


# -- table 1: the samples as they are --------------------------------------------------------------


class Line(NamedTuple):
    """What is counted for one message type."""

    files: set[str]
    counts: Counter[str]


def samples_table() -> tuple[list[list[str]], int]:
    """Return rows by message type, and how many files or messages are not as they should be."""
    lines: dict[str, Line] = defaultdict(lambda: Line(set(), Counter()))
    for file in sample_files():
        data = file.read_bytes()
        raws, _defects = raw_messages(data, file.name)
        kind = raws[0].type if raws else "none"
        lines[kind].files.add(file.name)
        counts = lines[kind].counts
        counts["begun"] += len(_OPENS.findall(data))
        counts["read"] += len(raws)
        counts["same bytes"] += _written_back(data, file.name) == data
        for key, value in _statements(data, file.name, kind).items():
            counts[key] += value
    rows, bad = [], 0
    for kind, (files, counts) in sorted(lines.items()):
        bad += counts["begun"] > counts["read"]
        bad += len(files) - counts["same bytes"] + counts["changed"]
        rows.append([
            kind, str(len(files)), str(counts["begun"]), str(counts["read"]),
            str(counts["same bytes"]), str(counts["stated"] or "—"), str(counts["again"] or "—"),
            str(counts["changed"] or "—"), str(counts["refused"] or "—"),
        ])  # fmt: skip
    return rows, bad


def _written_back(data: bytes, file: str) -> bytes:
    sink = io.BytesIO()
    rewrite(io.BytesIO(data), sink, file=file)
    return sink.getvalue()


def _statements(data: bytes, file: str, kind: str) -> dict[str, int]:
    """Count statements, and those that are the same record after writing and reading again."""
    messages = [m for m in reader.read(io.BytesIO(data), file=file) if isinstance(m, Message)]
    stated = [message for message in messages if message.statements]
    found = {"stated": sum(len(message.statements) for message in stated)}
    if kind not in writers.TYPES or not stated:
        return found
    refused: list[WritingError] = []
    head = interchange_head(sender="A", recipient="B", prepared="2026-04-13T10:15", reference="1",
                            syntax="UNOY", version="4")  # fmt: skip
    again = b"".join(writers.write(head, stated, kind, refuse=refused.append))
    back = reader.read(io.BytesIO(again), file=file)
    keys = Counter(natural_key(one) for m in back if isinstance(m, Message) for one in m.statements)
    missing = Counter(natural_key(one) for m in stated for one in m.statements) - keys
    lost = sum(missing.values()) if not refused else 0
    return found | {"again": found["stated"] - lost, "changed": lost, "refused": len(refused)}


# -- table 2: the 36 cases, applied to every message -----------------------------------------------


class Parts(NamedTuple):
    """A message made ready for a case: its segments' texts, UNH to UNT, without terminators."""

    texts: list[str]
    kind: str


class Case(NamedTuple):
    """A file made from a message. ``spot`` is what must be named: the bytes where something is
    wrong, None where nothing is. ``messages`` are how many must be read."""

    data: bytes
    spot: tuple[int, int] | None = None
    messages: int = 1


UNA: Final = "UNA:+.? '"
UNB: Final = "UNB+UNOY:3+SND+RCV+260101:0000+77'"
UNZ: Final = "UNZ+1+77'"


def _joined(texts: list[str]) -> str:
    return "".join(f"{text}'" for text in texts)


def _whole(parts: Parts, una: str = UNA, unb: str = UNB, unz: str = UNZ) -> str:
    return una + unb + _joined(parts.texts) + unz


def _faulty(before: str, fault: str, after: str, *, reach: int = 0, messages: int = 1) -> Case:
    """A file whose fault is told somewhere from where it begins to ``reach`` bytes behind it."""
    start = len(before.encode())
    end = start + len(fault.encode()) + reach
    return Case((before + fault + after).encode(), (start, end), messages)


def _middle(parts: Parts) -> int:
    return max(1, len(parts.texts) // 2)


def _with(parts: Parts, at: int, fault: str) -> Case:
    """The segment at a place replaced by a fault."""
    before = UNA + UNB + _joined(parts.texts[:at])
    return _faulty(before, fault, _joined(parts.texts[at + 1 :]) + UNZ)


def _trailer(parts: Parts, count: int, reference: str) -> Case:
    return _with(parts, len(parts.texts) - 1, f"UNT+{count}+{reference}'")


def _swapped(parts: Parts, marks: str, head: str, tail: str) -> Case:
    """The message under other service characters; ``marks`` are those for ``:``, ``+``, ``?``,
    ``'``; a text that holds one of them is left as a message of its own characters."""
    text = "".join(_again(text, marks) + marks[3] for text in parts.texts)
    return Case((head + text + tail).encode())


def _again(text: str, marks: str) -> str:
    """Each service character by its new one; what was released is plain or released anew."""
    made, place = [], 0
    while place < len(text):
        character = text[place]
        if character == "?" and place + 1 < len(text):
            place += 1
            plain = text[place]
            made.append((marks[2] if plain in marks else "") + plain)
        elif character in ":+'":
            made.append(marks[":+?'".index(character)])
        else:
            made.append((marks[2] if character in marks else "") + character)
        place += 1
    return "".join(made)


def _wrapped(text: str, width: int) -> str:
    return "\r\n".join(text[at : at + width] for at in range(0, len(text), width))


def _noted(parts: Parts, text: str, unb: str = UNB) -> str:
    """A free text put before the trailer, counted in."""
    return _whole(_longer(parts, f"FTX+AAA+++{text}"), unb=unb)


def _longer(parts: Parts, *more: str) -> Parts:
    texts = [*parts.texts[:-1], *more, parts.texts[-1]]
    tail = texts[-1].split("+")
    tail[1] = str(len(texts))
    return Parts([*texts[:-1], "+".join(tail)], parts.kind)


def _cut(parts: Parts) -> Case:
    """The file ends in the middle of a segment: told there, or where the message began."""
    at = _middle(parts)
    before, broken = UNA + UNB + _joined(parts.texts[:at]), parts.texts[at]
    half = broken[: max(1, len(broken) // 2)]
    data = (before + half).encode()
    return Case(data, (len((UNA + UNB).encode()), len(data)))


def _grouped(parts: Parts, count: int, *, fault: bool) -> Case:
    head = UNA + UNB + "UNG+X+A+B+260101:0000+5+UN+D:95B'" + _joined(parts.texts)
    tail = f"UNE+{count}+5'"
    return _faulty(head, tail, UNZ) if fault else Case((head + tail + UNZ).encode())


def _second(parts: Parts, *, other_marks: bool) -> Case:
    first = _whole(parts)
    if not other_marks:
        return Case((first + UNB.replace("77", "78") + _joined(parts.texts) + "UNZ+1+78'").encode(),
                    None, 2)  # fmt: skip
    second = _swapped(parts, "|*\\~", "UNA|*.\\ ~UNB*UNOY|3*S*R*260101|0000*78~", "UNZ*1*78~")
    return Case(first.encode() + second.data, None, 2)


def _lowered(parts: Parts) -> Case:
    at = _middle(parts)
    return _with(parts, at, parts.texts[at][:3].lower() + parts.texts[at][3:] + "'")


CASES: Final[dict[str, Callable[[Parts], Case]]] = {
    "ok_una": lambda p: Case(_whole(p).encode()),
    "ok_no_una": lambda p: Case(_whole(p, una="").encode()),
    "una_other_separators": lambda p: _swapped(
        p, "|*\\~", "UNA|*.\\ ~UNB*UNOY|3*SND*RCV*260101|0000*77~", "UNZ*1*77~"),
    "crlf_between": lambda p: Case(
        (UNA + UNB + "\r\n" + "".join(f"{t}'\r\n" for t in p.texts) + UNZ + "\r\n").encode()),
    "wrapped_64_cols_midsegment": lambda p: Case(_wrapped(_whole(p), 64).encode()),
    "telex_header_footer": lambda p: Case(
        ("CICA\t \r\n\r\n.HDQCRA9 130631\r\n" + _whole(p) + "\r\n\r\nEmail seen by the guard\r\n")
        .encode()),
    "release_all": lambda p: Case(_noted(p, "IT?'S A?+B?:C ?? END").encode()),
    "release_double_before_term": lambda p: Case(_noted(p, "WHY??").encode()),
    "release_before_newline": lambda p: _with(
        _longer(p, "FTX"), len(p.texts) - 1, "FTX+AAA+++X?\nY'"),
    "no_unz": lambda p: _faulty(UNA + UNB, _joined(p.texts), ""),
    "truncated_midsegment": _cut,
    "unt_count_wrong": lambda p: _trailer(p, len(p.texts) + 4, p.texts[-1].split("+")[2]),
    "unz_count_wrong": lambda p: _faulty(UNA + UNB + _joined(p.texts), "UNZ+7+77'", ""),
    "unt_ref_wrong": lambda p: _trailer(p, len(p.texts), p.texts[-1].split("+")[2] + "2"),
    "unz_ref_wrong": lambda p: _faulty(UNA + UNB + _joined(p.texts), "UNZ+1+99'", ""),
    "ung_une": lambda p: _grouped(p, 1, fault=False),
    "une_count_wrong": lambda p: _grouped(p, 4, fault=True),
    "two_interchanges": lambda p: _second(p, other_marks=False),
    "two_interchanges_second_una_differs": lambda p: _second(p, other_marks=True),
    "una_inside_ref": lambda p: Case(
        _whole(p, unb=UNB.replace("77", "UNA1234"), unz="UNZ+1+UNA1234'").encode()),
    "empty_segment": lambda p: _with(p, _middle(p), f"'{p.texts[_middle(p)]}'"),
    "junk_segment_L": lambda p: _with(_longer(p, "L"), len(p.texts) - 1, "L'"),
    "tag_only_SRC": lambda p: Case(
        _whole(_longer(_plain(p), "SRC"), unb=UNB.replace("UNOY:3", "IATA:1")).encode()),
    "tag_lowercase": _lowered,
    "unoc_latin1": lambda p: Case(
        _noted(_plain(p), "MERCANC\xcdA", UNB.replace("UNOY", "UNOC")).encode("latin-1")),
    "unoa_with_accent": lambda p: _accented(_plain(p)),
    "unoy_utf8": lambda p: Case(_noted(p, "\u5929\u6d25").encode()),
    "nul_bytes": lambda p: _with(p, _middle(p), f"\x00\x00{p.texts[_middle(p)]}'"),
    "newline_as_terminator": lambda p: _newlines(_plain(p)),
    "is_separators_1c1d1f": lambda p: _swapped(
        _plain(p), "\x1f\x1d\x00\x1c", "UNB\x1dUNOB\x1f1\x1dSND\x1dRCV\x1d260101\x1f0000\x1d77\x1c",
        "UNZ\x1d1\x1d77\x1c"),
    "bom": lambda p: Case(("\ufeff" + _whole(p)).encode()),
    "trailing_spaces_lines": lambda p: Case(
        (UNA + UNB + "   \n" + "".join(f"{t}'   \n" for t in p.texts) + UNZ).encode()),
    "bare_unh": lambda p: _faulty("", _joined(p.texts), ""),
    "una_space_dropped": lambda p: _faulty("", "UNA:+.?'", UNB + _joined(p.texts) + UNZ),
    "empty_input": lambda _p: Case(b"", (0, 0), 0),
    "random_text": lambda _p: Case(b"hello world, this is not EDI", (0, 28), 0),
}  # fmt: skip
"""Name of the published case → the same done to any message."""


def _plain(parts: Parts) -> Parts:
    """The message in ASCII letters without released characters, for sets that lack others."""
    texts = [re.sub(r"\?.", "X", text).encode("ascii", "replace").decode().replace("?", "X")
             for text in parts.texts]  # fmt: skip
    return Parts(texts, parts.kind)


def _accented(parts: Parts) -> Case:
    long = _longer(parts, "FTX")
    before = UNA + UNB.replace("UNOY", "UNOA") + _joined(long.texts[:-2])
    fault = "FTX+AAA+++MERCANC\xcdA'"
    data = (before + fault + _joined(long.texts[-1:]) + UNZ).encode("latin-1")
    return Case(data, (len(before), len(before) + len(fault)))


def _newlines(parts: Parts) -> Case:
    """Line ends instead of the terminator: told once, where the interchange begins."""
    text = UNB + _joined(parts.texts) + UNZ
    return Case(text.replace("'", "\n").encode(), (0, len(UNB)))


def parts_of(raw: RawMessage) -> Parts | None:
    """Return a sample message with the usual service characters and a trailer that is right.

    None for what is no whole message: pieces of documentation that end without UNT.
    """
    marks = raw.segments[0].marks
    if raw.segments[-1].tag != "UNT" or marks.repetition or len(raw.segments) < 3:
        return None
    usual = "".join((marks.component, marks.element, marks.release, marks.terminator)) == ":+?'"
    texts = [segment.text for segment in raw.segments]
    if not usual or any(not re.fullmatch(r"[A-Z][A-Z0-9]{2}(\+.*)?", text) for text in texts):
        return None
    reference = raw.segments[0].text.split("+")[1]
    texts[-1] = f"UNT+{len(texts)}+{reference}"
    return Parts(texts, raw.type)


def judged(case: Case) -> str:
    """Return "" when a case comes out right, else what is wrong with the answer."""
    raws, defects = raw_messages(case.data, "case.edi")
    if len(raws) != case.messages:
        return f"{len(raws)} messages instead of {case.messages}"
    telling = [defect for defect in defects if defect.severity in TELLING]
    if case.spot is None:
        return f"told {telling[0].code}" if telling else ""
    start, end = case.spot
    if any(start <= defect.offset <= end for defect in telling):
        return ""
    return f"told elsewhere: {telling[0].code}" if telling else "not told"


def cases_table(every: int) -> tuple[list[list[str]], int]:
    """Return rows by case, and how many came out wrong.

    A message that has a fault of its own (an unknown header, a release character before a letter)
    proves nothing here and is left out.
    """
    messages = [parts for parts in _messages() if not judged(CASES["ok_una"](parts))][::every]
    rows, bad = [], 0
    for name, make in CASES.items():
        wrong = Counter(filter(None, (judged(make(parts)) for parts in messages)))
        count = sum(wrong.values())
        bad += count
        said = "; ".join(f"{number} × {what}" for what, number in wrong.most_common(2))
        must = "told" if make(messages[0]).spot is not None else "silent"
        rows.append([name, must, f"{len(messages) - count}/{len(messages)}", said])
    return rows, bad


def _messages() -> Iterator[Parts]:
    for file in sample_files():
        for raw in raw_messages(file.read_bytes(), file.name)[0]:
            if parts := parts_of(raw):
                yield parts


# -- output ----------------------------------------------------------------------------------------


def show(title: str, heads: list[str], rows: list[list[str]]) -> None:
    """Print a table as Markdown."""
    print(f"\n## {title}\n")
    for row in (heads, ["---"] * len(heads), *rows):
        print("| " + " | ".join(row) + " |")


def main(arguments: list[str]) -> int:
    """Print both tables; return 1 when anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--every", type=int, default=1, help="take each Nth message")
    every = parser.parse_args(arguments).every
    first, bad_samples = samples_table()
    show("Every sample file", [
        "type", "files", "messages begun", "read", "files same byte for byte", "statements",
        "same record after write and read", "not the same", "messages refused by the writer",
    ], first)  # fmt: skip
    second, bad_cases = cases_table(every)
    show("The 36 cases on every sample message", ["case", "must be", "right", "wrong"], second)
    print(f"\n{bad_samples} samples and {bad_cases} cases not as they should be")
    return 1 if bad_samples or bad_cases else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
