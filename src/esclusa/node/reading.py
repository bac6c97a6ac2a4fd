"""A quarantined message, read again with today's readers."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa

from esclusa.intake.batches import batches
from esclusa.ledger import custody
from esclusa.model import Defect, Message
from esclusa.node.order_notes import order_notes
from esclusa.node.pipeline import Pipeline


def retry(pipeline: Pipeline, row: Any) -> None:
    """Read the file again up to a quarantined message, and the message with it.

    What it says now is stored as if it had been read at first; when it is still refused it stays in
    quarantine with the new reason. The whole file is read because a message may need what stands
    before it: separators, a header line.
    """
    with pipeline.store.read() as connection:
        source = custody.find(connection, row.source_id, None)
    found = _message_at(pipeline, source, row.offset)
    batch = next(batches([found], pipeline.origin(source))) if found else None
    usable = batch is not None and bool(batch.drafts)
    held = batch.held[0].reason if batch and batch.held else "the message makes no statement"
    if batch and usable:
        pipeline.ready_around(batch.drafts)
    with pipeline.store.write() as connection:
        if batch and usable:
            made = pipeline.store_drafts(connection, batch.drafts)
            _note_order(connection, row.source_id, list(order_notes(batch.drafts, made)))
        custody.retried(
            connection, row.id, state="resolved" if usable else "held",
            reason=row.reason if usable else held,
        )  # fmt: skip


def _note_order(connection: sa.Connection, source_id: str, notes: list[Defect]) -> None:
    """Add to a file's defects what is to be told of the order. While a process still reads the
    file, that process numbers its defects: the count it began with would no longer hold."""
    source = custody.find(connection, source_id, None)
    if not notes or source.state == "received":
        return
    counts = json.loads(source.counts)
    custody.add_defects(connection, source_id, counts.get("defects", 0), notes)
    counts["defects"] = counts.get("defects", 0) + len(notes)
    custody.progress(connection, source_id, counts)


def _message_at(pipeline: Pipeline, source: Any, offset: int) -> Message | None:
    with pipeline.vault.open(source.sha256) as raw:
        _format, items = pipeline.items(raw, source)
        for item in items:
            if isinstance(item, Message) and item.offset == offset:
                return item
    return None
