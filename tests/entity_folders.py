"""What tests ask of the registers of entities that a node keeps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import msgspec

from esclusa.errors import EsclusaError
from esclusa.node import Node
from esclusa.node.entity_desk import EntityDesk
from esclusa.sharing.reader import Reader


def folder_of(node: Node) -> Path:
    """Return where a node's registers lie."""
    return node.folder / "entities"


def bytes_in(node: Node) -> dict[str, bytes]:
    """Return what the files of a node's registers hold, in small letters, journals too."""
    found = (path for path in sorted(folder_of(node).iterdir()) if path.is_file())
    return {path.name: path.read_bytes().lower() for path in found}


def places_of(node: Node, *words: str) -> list[tuple[str, str]]:
    """Return (file, word) wherever one of these words stands in a register."""
    return [
        (name, word)
        for name, data in bytes_in(node).items()
        for word in words if word.lower().encode() in data
    ]  # fmt: skip


def told(desk: EntityDesk, who: Reader, words: Sequence[str]) -> list[str]:
    """Return all that a desk tells a reader about what these words find."""
    pages = [desk.find(who, word, limit=200) for word in words]
    names = sorted({row.id for page in pages for row in page.rows})
    said: list[Any] = [*pages, desk.questions(who, limit=200), desk.judgements(who, limit=200)]
    for name in names:
        said += [desk.show(who, name), desk.links(who, name, depth=2)]
    return [msgspec.json.encode(one).decode() for one in said]


def anew(node: Node) -> EntityDesk:
    """Return a desk that has read nothing yet and keeps what it reads elsewhere."""
    return EntityDesk(node.gate, node.pipeline, Path(mkdtemp(dir=node.folder.parent)))


def told_or_why(desk: EntityDesk, who: Reader, words: Sequence[str]) -> list[str] | str:
    """Return :func:`told`, or the sentence of the error that came instead."""
    try:
        return told(desk, who, words)
    except EsclusaError as error:
        return f"{type(error).__name__}: {error}"
