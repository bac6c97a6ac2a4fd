"""CSV, TSV and other delimited text files, read through a mapping, given or guessed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import PurePath
from typing import BinaryIO, Final

from esclusa.formats.format import TableFormat
from esclusa.formats.limits import DEFAULT, Limits
from esclusa.formats.tabular import assemble
from esclusa.formats.tabular.assemble import Source, messages, unusable
from esclusa.formats.tabular.dialect import sniff as sniff_dialect
from esclusa.formats.tabular.guess import Proposal, guess_mapping
from esclusa.formats.tabular.mapping import Mapping
from esclusa.formats.tabular.rows import Row, read_rows
from esclusa.formats.work import Work
from esclusa.model import Defect, Message, Severity

ID: Final = "tabular.csv"

HEAD: Final = 64 * 1024
"""Bytes looked at to guess: some hundred rows."""

_CONTROL: Final = frozenset(range(32)) - {0, 9, 10, 13, 26, 27}


def read(
    stream: BinaryIO,
    *,
    file: str = "",
    limits: Limits = DEFAULT,
    mapping: Mapping | None = None,
    target: str = "",
    list_id: str = "",
) -> Iterator[Message | Defect]:
    """Read a table: a consignment, list entry or traveller for each row or run of rows.

    Without a ``mapping`` one is guessed, and a bare note says so; when nothing can be guessed a
    bare fatal defect says that a mapping file is needed; ``target`` narrows the guess. ``list_id``
    names the list of list entries when the mapping does not, else the file's name does. Offsets
    are those of the rows' bytes.
    """
    head = stream.read(HEAD)
    if mapping is None:
        proposal = guess_mapping(head, file, target=target)
        yield guessed(proposal)
        mapping = proposal.mapping
    if mapping is None:
        return
    for fault in unusable(mapping):
        yield fault
        return
    dialect = sniff_dialect(head, encoding=mapping.encoding, separator=mapping.separator)
    work = Work(file, limits)
    rows = read_rows(Rewound(head, stream), dialect, file=file, limits=limits, work=work)  # type: ignore[arg-type]
    listed = list_id or PurePath(file).stem or "own"
    source = Source(format=ID, where=_where, list_id=listed, work=work)
    yield from messages(rows, mapping, source, limits)


def propose(
    stream: BinaryIO, *, file: str = "", limits: Limits = DEFAULT, target: str = ""
) -> Proposal:
    """Propose a mapping for a table: the one that :func:`read` uses when it has none."""
    return guess_mapping(stream.read(HEAD), file, target=target)


def fitting(
    stream: BinaryIO, mappings: Sequence[Mapping], *, file: str = "", limits: Limits = DEFAULT
) -> tuple[Mapping, ...]:
    """Return the mappings all of whose column headings stand in the table's row of headings."""
    head = stream.read(HEAD)

    def rows(mapping: Mapping) -> Iterator[Row | Defect]:
        dialect = sniff_dialect(head, encoding=mapping.encoding, separator=mapping.separator)
        return read_rows(BytesIO(head), dialect, file=file, limits=limits)

    return assemble.fitting(mappings, lambda each: (each.encoding, each.separator), rows)


def guessed(proposal: Proposal) -> Defect:
    """Return the bare defect that tells how a table without a mapping is read."""
    if proposal.mapping is None:
        return Defect(
            code="table.unknown", severity=Severity.FATAL, reason=proposal.reason, offset=0
        )
    reason = (
        f"no mapping was given; {len(proposal.columns)} columns were taken for "
        f"{proposal.mapping.target} fields with confidence {proposal.confidence:.2f}, "
        f"{len(proposal.unmapped)} are not read; look at the proposal once and keep it"
    )
    return Defect(code="table.guessed", severity=Severity.NOTE, reason=reason, offset=0)


class Rewound:
    """A stream that begins again with bytes already taken from it."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = BytesIO(head)
        self._rest = rest

    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` bytes, b"" at the end."""
        return self._head.read(size) or self._rest.read(size)


def sniff(head: bytes, name: str) -> bool:
    """Answer whether the bytes are text and cut into columns by some separator."""
    dialect = sniff_dialect(head)
    text = head[dialect.mark :].decode(dialect.encoding, errors="replace").replace("\0", "")
    if not text.strip() or any(ord(char) in _CONTROL for char in text):
        return False
    named = PurePath(name.lower().removesuffix(".gz")).suffix in (".csv", ".tsv", ".tab", ".txt")
    first = next((line for line in text.splitlines() if line.strip()), "")
    if first.lstrip()[:1] in ("<", "{", "["):
        return False
    return dialect.separator in first and (named or _regular(text, dialect.separator))


def _regular(text: str, separator: str) -> bool:
    """Answer whether the first whole lines have the same number of separators."""
    whole = text if text.endswith(("\n", "\r")) else text[: text.rfind("\n") + 1]
    lines = [line for line in whole.splitlines()[:20] if line.strip()]
    return len(lines) > 1 and len({line.count(separator) for line in lines}) == 1


def _where(row: Row) -> str:
    return f"row {row.number}"


FORMAT: Final = TableFormat(
    id=ID,
    title_en="Table as delimited text (CSV, TSV)",
    title_es="Tabla como texto delimitado (CSV, TSV)",
    standard="RFC 4180 and its relatives",
    sniff=sniff,
    read=read,
    propose=propose,
    fitting=fitting,
)
