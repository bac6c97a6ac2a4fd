"""Watchlists: read what their files say, whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO, Final

import msgspec

from esclusa.errors import InputError
from esclusa.formats import DEFAULT, detect, open_stream, table_of
from esclusa.formats.files import OpenedFile
from esclusa.formats.lists.ofac_sdn import kind_of_file, read_ofac
from esclusa.formats.lists.own_list import read_own_list
from esclusa.formats.tabular.mapping import Mapping
from esclusa.model import Defect, ListEntry, Message, Provenance, Severity, natural_key, record_id

_HEAD: Final = 4096


class ListFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a list in custody."""

    sha256: str
    source_id: str
    name: str


class ListContent(msgspec.Struct, frozen=True, kw_only=True):
    """What the files of an edition say: entries by record id, each with its place.

    ``prepared`` is the day of the edition as the files themselves state it (ISO 8601), "" if none
    does. ``refused`` counts what could not be used: an entry that is broken costs only itself.
    ``cut`` is why the files could not be read to their end.
    """

    format: str
    entries: dict[str, tuple[ListEntry, Provenance]]
    defects: tuple[Defect, ...]
    prepared: str = ""
    refused: int = 0
    cut: Defect | None = None


def read_list(
    files: Sequence[tuple[BinaryIO, str]], list_id: str, *, agency: str, source_id: str = "",
    mapping: Mapping | None = None,
) -> ListContent:  # fmt: skip
    """Read the files of an edition to their end.

    :param files: (stream, name); the list itself first, companions after.
    :param agency: the originator, whose records the entries become.
    :param source_id: where the files stand in custody.
    :param mapping: what the columns of a table mean; None to guess.
    :raises InputError: when a file cannot be read to its end or holds no entry; the edition in
        force stays then.
    """
    streams = [(open_stream(stream, name), name) for stream, name in files]
    format_id, items = open_list(streams, list_id, mapping)
    found = _collect(items, list_id, agency, source_id)
    if found.cut:
        raise InputError(
            f"the edition in force stays: {found.cut.reason}", file=files[0][1],
            offset=found.cut.offset,
        )  # fmt: skip
    if not found.entries:
        raise InputError("the edition in force stays: no entry was found", file=files[0][1])
    return msgspec.structs.replace(found, format=format_id)


def open_list(
    streams: Sequence[tuple[OpenedFile, str]], list_id: str, mapping: Mapping | None = None
) -> tuple[str, Iterator[Message | Defect]]:
    """Return the format of a list and what its files say; companions only OFAC has.

    :raises InputError: when the files are not what was expected, or there is a ``mapping`` and they
        are not one table.
    """
    first, name = streams[0]
    if mapping is not None:
        table = table_of(first.peek(_HEAD)[:_HEAD], name) if len(streams) == 1 else None
        if table is None:
            raise InputError(f"mapping {mapping.id} reads one table; this is none", file=name)
        items = read_own_list(first, list_id, mapping=mapping, file=name, limits=DEFAULT)
        return table.id, iter(items)
    if len(streams) == 1:
        chosen = detect(first.peek(_HEAD)[:_HEAD], name)
        if chosen.id.startswith("tabular."):
            # A table is asked for as a list; left to itself it may be taken for a manifest.
            return chosen.id, iter(read_own_list(first, list_id, file=name, limits=DEFAULT))
        return chosen.id, iter(chosen.read(first, file=name, limits=DEFAULT))
    parts = {kind_of_file(stream.peek(_HEAD)[:_HEAD]): stream for stream, _name in streams}
    if len(parts) != len(streams) or "sdn" not in parts or "" in parts:
        raise InputError(
            "of several files one is sdn.csv, the others alt.csv and add.csv", file=name
        )
    return "ofac_sdn", read_ofac(
        parts["sdn"], alt=parts.get("alt"), add=parts.get("add"), file=name, limits=DEFAULT
    )


def _collect(
    items: Iterable[Message | Defect], list_id: str, agency: str, source_id: str
) -> ListContent:
    entries: dict[str, tuple[ListEntry, Provenance]] = {}
    defects: list[Defect] = []
    prepared, refused = "", 0
    cut: Defect | None = None
    for item in items:
        if isinstance(item, Defect):
            defects.append(item)
            cut = cut or (item if item.severity is Severity.FATAL else None)
            continue
        refused += item.refused
        defects += item.defects
        prepared = max(prepared, item.prepared)
        for entry in item.statements:
            if isinstance(entry, ListEntry):
                named = msgspec.structs.replace(entry, list_id=list_id)
                name = record_id(agency, "list_entry", natural_key(named))
                entries[name] = (named, _provenance(item, source_id))
    return ListContent(
        format="", entries=entries, defects=tuple(defects), prepared=prepared, refused=refused,
        cut=cut,
    )  # fmt: skip


def _provenance(message: Message, source: str) -> Provenance:
    return Provenance(
        source=source,
        format=message.format,
        message=message.reference,
        offset=message.offset,
        length=message.length,
    )
