"""Long runs of one thing said of thousands of records: the same as one by one, looked up together.

A recall of a manifest is thousands of recalls to each partner and as many receipts on the way back,
and nearly all of them are the plain case: a copy that was held and that nothing rests on, a grant
that was out. That case is written out here, with what the whole run shares looked up once. Whatever
is not plain goes the way of every single message, and so do short runs; both come to the very same
rows, in the same order (``tests/exchange/test_runs.py``). Audit lines of a run stand together by
event; those about one record are the same, in the same order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final, TypeVar

import msgspec

from esclusa.sharing.exchange import grants, holdings, outbox
from esclusa.sharing.exchange.messages import Batch, Message, Onward, Recall, Receipt
from esclusa.sharing.exchange.rows import Copy, CopyKey, Entry, Grade, Grant, Inbox, Owed, Own
from esclusa.sharing.exchange.state import Audit, Audits, Draft, Layer, Table, Tables

K = TypeVar("K")
R = TypeVar("R")

LEAST: Final = 16
"""Messages from which on they are a run. Fewer cost no more one by one."""

_OUT: Final = Grade.OUT
_RECALLED: Final = Grade.RECALLED
_GONE: Final = Grade.GONE
_NEVER: Final = Onward("never")
_ENCODE: Final = outbox.ENCODE
_replace: Final = msgspec.structs.replace

Handle = Callable[[Draft, Batch, Message], None]


def take(draft: Draft, batch: Batch, have: int, heads: Sequence[str], handle: Handle) -> None:
    """Take in the messages of a batch behind the first ``have``, in order.

    :param heads: the chained hash after each message of the batch.
    :param handle: takes in one message.
    """
    sender, messages = batch.sender, batch.messages
    at, end = have, len(messages)
    while at < end:
        kind, start = type(messages[at]), at
        while at < end and type(messages[at]) is kind:
            at += 1
        run = _RUNS.get(kind) if at - start >= LEAST else None
        if run is not None:
            # How far the sender was read is noted once: nothing asks for it within a run.
            draft.put(Tables.inboxes, sender, Inbox(batch.first + at - 1, heads[at - 1]))
            run(draft, batch, messages[start:at], handle)
            continue
        for place in range(start, at):
            draft.put(Tables.inboxes, sender, Inbox(batch.first + place, heads[place]))
            handle(draft, batch, messages[place])
            draft.send[sender] = None
    _tidy(draft)


def _recalls(draft: Draft, batch: Batch, messages: Sequence[Any], handle: Handle) -> None:
    """Take in recalls. Plain: the copy is here, nothing of ours rests on it, nobody has it from us
    and we have it from nobody else."""
    sender, send, erase, said = batch.sender, draft.send, draft.erase, draft.audit
    partners = tuple(draft.pacts)
    others = tuple(partner for partner in partners if partner != sender)
    held, copies = _open(draft, Tables.copies)
    known, floors = _open(draft, Tables.floors)
    owed = _open(draft, Tables.owed)[1]
    told: Audits | None = None
    for message in messages:
        originator, record = message.originator, message.record
        version, edition = message.version, message.edition
        key = (sender, originator, record)
        copy = copies.get(key, held.get(key))
        if (
            copy is None
            or not holdings.is_newer(copy, version, edition)
            or (draft.uses and draft.uses.get(key))
            or (draft.grants and _has(draft.grants, partners, originator, record))
            or (others and _has(draft.copies, others, originator, record))
        ):
            handle(draft, batch, message)
            send[sender] = told = None
            continue
        send[sender] = None
        if sender == originator:
            pair = (originator, record)
            if version >= (floors.get(pair, known.get(pair)) or 0):
                floors[pair] = version + 1
        copies[key] = Copy(
            sender, originator, record, copy.kind, version, edition, copy.marking, _NEVER, "",
            None, "recall",
        )  # fmt: skip
        owed[key] = Owed("recall", version, edition)
        erase.append(key)
        if told is None or told.originator != originator:
            told = Audits("exchange:copy:removed", sender, originator, [], [])
            said.append(told)
        told.records.append(record)
        told.versions.append(version)


def _has(
    table: Mapping[CopyKey, Any], partners: Sequence[str], originator: str, record: str
) -> bool:
    """Tell whether a table of copies or grants has a row of a record with one of these partners."""
    return any(table.get((one, originator, record)) is not None for one in partners)


def _receipts(draft: Draft, batch: Batch, messages: Sequence[Any], handle: Handle) -> None:
    """Take in receipts. Plain: the sender's own account, of the last thing that we told it, which
    was to let go of a record of ours."""
    sender, me, send, said = batch.sender, draft.me, draft.send, draft.audit
    given, grants_new = _open(draft, Tables.grants)
    kept, trail = _open(draft, Tables.trail)
    out = draft.entries.get
    told: Audits | None = None
    for message in messages:
        originator, record, version = message.originator, message.record, message.version
        key, place = (sender, originator, record), (originator, record, sender)
        grant = grants_new.get(key, given.get(key))
        if (
            grant is None
            or grant.state is not _RECALLED
            or grant.version != version
            or grant.edition != message.edition
            or message.reason != "recall"
            or message.rule
            or not message.erased
            or message.holder != sender
            or originator != me
            or (entry := out((sender, grant.number))) is None
            or type(entry.message) is not Recall  # which holds no content
        ):
            handle(draft, batch, message)
            send[sender] = told = None
            continue
        send[sender] = None
        before = trail.get(place, kept.get(place))
        if before is None or version >= before.version:
            trail[place] = message
        if told is None:
            told = Audits("exchange:receipt:taken", sender, me, [], [])
            ended = Audits("exchange:grant:ended", sender, me, told.records, told.versions)
            said += (told, ended)
        told.records.append(record)
        told.versions.append(version)
        grants_new[key] = Grant(
            version, grant.edition, grant.digest, grant.fields, grant.marking, grant.onward, _GONE,
            grant.number, grant.via, grant.agreement,
        )  # fmt: skip


_RUNS: Final[dict[type, Callable[[Draft, Batch, Sequence[Any], Handle], None]]] = {
    Recall: _recalls, Receipt: _receipts,
}  # fmt: skip


class _Box(msgspec.Struct):
    """The outbox to one partner while a run is appended to it."""

    last: int
    head: str
    base: int


def withdraw(draft: Draft, stopped: Sequence[Own]) -> None:
    """Recall records of ours from everyone who has them.

    :param stopped: each at its new version and without content, and noted as such.
    """
    me, audit, partners = draft.me, draft.audit, tuple(draft.pacts)
    boxes: dict[str, _Box] = {}
    given, grants_new = _open(draft, Tables.grants)
    stood, entries = _open(draft, Tables.entries)
    lines: dict[str, Audits] = {}
    for own in stopped:
        record, said, line = own.record, None, b""
        lines = lines or _lines(audit, me, partners)
        lines[""].records.append(record)
        lines[""].versions.append(own.version)
        for partner in partners:
            key = (partner, me, record)
            grant = grants_new.get(key, given.get(key))
            if grant is None:
                continue
            if grant.state is not _OUT:
                grants.stop(draft, key, grant, own.version)
                lines = _lines(audit, me, partners)  # what comes next is told behind this
                continue
            box = boxes.get(partner) or _opened(draft, boxes, partner)
            version = own.version if own.version > grant.version else grant.version
            edition = (grant.edition if grant.edition >= box.base else box.base) + 1
            if said is None or (said.version, said.edition) != (version, edition):
                said = Recall(me, record, version, edition)  # most partners are told the very same
                line = _ENCODE(said)
            place = (partner, grant.number)
            entry = entries.get(place, stood.get(place))
            was: Any = entry.message if entry is not None else None
            if entry is not None and type(was) in outbox.CARRIERS and was.content is not None:
                entries[place] = Entry(_replace(was, content=None), entry.head)
            box.last += 1
            box.head = sha256(box.head.encode() + line).hexdigest()
            entries[partner, box.last] = Entry(said, box.head)
            grants_new[key] = Grant(
                version, edition, grant.digest, grant.fields, grant.marking, grant.onward,
                _RECALLED, box.last, grant.via, grant.agreement,
            )  # fmt: skip
            lines[partner].records.append(record)
            lines[partner].versions.append(version)
    audit[:] = [line for line in audit if not isinstance(line, Audits) or line.records]
    _close(draft, boxes)
    _tidy(draft)


def _lines(audit: list[Audit | Audits], me: str, partners: Sequence[str]) -> dict[str, Audits]:
    """Begin lists of audit lines in the order in which those about one record come: that it was
    withdrawn ("") and, by partner, that it was recalled from there."""
    made = {"": Audits("exchange:record:withdrawn", me, me, [], [])}
    for partner in partners:
        made[partner] = Audits("exchange:grant:recalled", partner, me, [], [])
    audit += made.values()
    return made


def settle(draft: Draft, reports: Mapping[CopyKey, tuple[Owed, dict[str, int]]]) -> None:
    """Write the receipts for erasures that storage has confirmed, and that are owed still."""
    me, audit = draft.me, draft.audit
    boxes: dict[str, _Box] = {}
    owing, entries = _open(draft, Tables.owed)[1], _open(draft, Tables.entries)[1]
    told: Audits | None = None
    for key, (owed, erased) in reports.items():
        supplier, originator, record = key
        box = boxes.get(supplier) or _opened(draft, boxes, supplier)
        owing[key] = None
        message = Receipt(
            originator, record, owed.version, owed.edition, me, owed.reason, "", erased
        )
        box.last += 1
        box.head = sha256(box.head.encode() + _ENCODE(message)).hexdigest()
        entries[supplier, box.last] = Entry(message, box.head)
        if told is None or (told.partner, told.originator) != (supplier, originator):
            told = Audits("exchange:copy:erased", supplier, originator, [], [])
            audit.append(told)
        told.records.append(record)
        told.versions.append(owed.version)
    draft.dropped = draft.dropped or bool(reports)
    _close(draft, boxes)
    _tidy(draft)


def _opened(draft: Draft, boxes: dict[str, _Box], partner: str) -> _Box:
    box = draft.outboxes.get(partner) or outbox.NEW
    made = boxes[partner] = _Box(box.last, box.head, box.base)
    return made


def _close(draft: Draft, boxes: Mapping[str, _Box]) -> None:
    for partner, made in boxes.items():
        box = draft.outboxes.get(partner) or outbox.NEW
        row = _replace(box, last=made.last, head=made.head)
        draft.put(Tables.outboxes, partner, row)
        draft.send[partner] = None


def _open(draft: Draft, table: Table[K, R]) -> tuple[Mapping[K, R], dict[K, R | None]]:
    """Return the stored rows of a table and those that the draft would write over them; what is
    entered there is written. A table that nothing is entered in is closed by :func:`_tidy`."""
    rows = draft.store.setdefault(table.name, {})
    layer = getattr(draft, table.name)
    if not isinstance(layer, Layer):
        layer = Layer(layer, rows)
        setattr(draft, table.name, layer)
    return layer.base, rows


def _tidy(draft: Draft) -> None:
    for name in [name for name, rows in draft.store.items() if not rows]:
        del draft.store[name]
        setattr(draft, name, getattr(draft, name).base)
