"""A service's own watchlist, in whatever form its office keeps it.

A table (CSV, TSV, XLSX) through a mapping, given or guessed, or FollowTheMoney JSON lines. The list
gets the id its owner chose, so that a new edition under another file name is still the same list.
"""

from __future__ import annotations

from collections.abc import Iterator

from esclusa.errors import FormatError
from esclusa.formats.files import HEAD, OpenedFile
from esclusa.formats.limits import DEFAULT, Limits
from esclusa.formats.lists import opensanctions_ftm
from esclusa.formats.tabular import csv_reader, xlsx_reader
from esclusa.formats.tabular.mapping import Mapping
from esclusa.model import Defect, Message


def read_own_list(
    stream: OpenedFile,
    list_id: str,
    *,
    mapping: Mapping | None = None,
    file: str = "",
    limits: Limits = DEFAULT,
) -> Iterator[Message | Defect]:
    """Read what :func:`~esclusa.formats.files.open_file` returned, as entries of ``list_id``.

    Raises :class:`~esclusa.errors.FormatError` when ``mapping`` is not one for list entries, and
    :class:`~esclusa.errors.LimitError` as its readers do.
    """
    if mapping is not None and mapping.target != "list_entry":
        reason = f"mapping {mapping.id} is for {mapping.target}, list_entry was expected"
        raise FormatError(reason, file=file)
    head = stream.peek(HEAD)[:HEAD]
    if mapping is None and opensanctions_ftm.sniff(head, file):
        yield from opensanctions_ftm.read(stream, file=file, limits=limits, list_id=list_id)
        return
    read = xlsx_reader.read if xlsx_reader.sniff(head, file) else csv_reader.read
    yield from read(
        stream, file=file, limits=limits, mapping=mapping, target="list_entry", list_id=list_id
    )
