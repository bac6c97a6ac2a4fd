"""Bytes that come in are safe before anything is done with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

from esclusa.ledger import custody
from esclusa.ledger.labels import Labels
from esclusa.ledger.store import Store
from esclusa.model import Marking
from esclusa.node import erasure, kept_mappings
from esclusa.node.lists import ListFile
from esclusa.node.settings import Settings
from esclusa.sharing.reader import Reader


class Keeper:
    """Takes bytes into custody."""

    def __init__(
        self, store: Store, vault: custody.Vault, labels: Labels, settings: Settings
    ) -> None:
        self._store = store
        self._vault = vault
        self._labels = labels
        self._settings = settings

    def keep(
        self, reader: Reader, name: str, stream: BinaryIO, marking: Marking,
        named: kept_mappings.Kept | None, targets: Sequence[str], *, state: str = "received",
    ) -> tuple[ListFile, kept_mappings.Choice, bool]:  # fmt: skip
        """Take bytes into custody; return them, what they are read with, and whether they are new.

        :param named: the mapping that a person named.
        :param targets: what the rows of a table may speak of, for the choice among kept mappings.
        :raises LimitError: when there are more bytes than the node takes.
        """
        label = self._labels.intern(self._settings.agency, marking)
        sha256, size = self._vault.put(stream, limit=self._settings.upload_bytes, name=name)
        with self._vault.open(sha256) as kept:
            choice = kept_mappings.choose(self._store, named, kept, file_name(name), targets)
        identity, fresh = custody.acknowledge(
            self._store, name=file_name(name), marking=marking.canonical(), label_id=label,
            sha256=sha256, size=size, by=reader.name, state=state, mapping=choice.ref,
            notes=choice.notes,
        )  # fmt: skip
        if not fresh:
            erasure.blank_again(self._store, self._vault, identity)
        return ListFile(sha256=sha256, source_id=identity, name=name), choice, fresh


def file_name(name: str) -> str:
    """Return the last part of a path, without control characters, at most 200 characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(char for char in last if char.isprintable())[:200] or "unnamed"
