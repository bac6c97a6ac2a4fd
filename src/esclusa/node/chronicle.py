"""The node's transparency log: one entry for each batch that left or came in.

An entry is a salted hash of the batch's signed header, whose root binds every message in the batch.
The salt, the header and the hashes of the messages are kept in the ledger, so the node can prove
later that exactly this batch, and this message in it, was logged before a checkpoint that a partner
signed. Erasing what a message said leaves its hash, and with it every proof.

A log that went back with its node (a restored backup) or was damaged can never be continued: those
who signed it refuse. A person then begins the next volume, a log of its own, and a person at each
partner accepts it. The old volume and what partners signed of it stay as evidence.
"""

from __future__ import annotations

import base64
import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

import msgspec

from esclusa.casework.reasons import check_reason
from esclusa.errors import InputError, LedgerError, NotFound, ProofError
from esclusa.ledger import audit, exchange
from esclusa.ledger.store import Store
from esclusa.node import log_leaves
from esclusa.sharing.keys import LOG, WITNESS, Key, KeyRing, Signer
from esclusa.sharing.transparency import audit as auditing
from esclusa.sharing.transparency import merkle, tree
from esclusa.sharing.transparency.checkpoint import Checkpoint, open_checkpoint
from esclusa.sharing.transparency.log import CHECKPOINT, Log, read_checkpoint, start_log
from esclusa.sharing.transparency.merkle import check_inclusion, commitment, leaf_hash, new_salt
from esclusa.sharing.transparency.note import COSIGNATURE, PLAIN, NoteKey
from esclusa.sharing.transparency.storage import Folder, FolderReader, FolderStorage
from esclusa.sharing.transparency.witness import (
    Witness,
    check_cosignatures,
    parse_request,
)

FOLDER: Final = "log"
ENTRY: Final = "log"
SEEN: Final = "seen"
COSIGNED: Final = "cosigned"
TAKEN: Final = "log_taken"
"""Batches that were taken in and are not yet in the log: stored with what they changed."""
VOLUME: Final = "log_volume"
"""Which volume of a log counts: ours under "", a partner's under its name."""
TABLES: Final = frozenset({ENTRY, SEEN, COSIGNED, TAKEN, VOLUME, exchange.LEAVES})
"""What is kept here: none of it is of the exchange's own state."""

_WAITING: Final = 64
"""How many batches of a partner can wait for their entry: processes take them in side by side."""
_PATIENCE: Final = 10.0
"""Seconds to wait for another process that writes to the log; a write takes some milliseconds."""


class Logged(msgspec.Struct, frozen=True, kw_only=True):
    """What the ledger keeps of an entry. ``header`` is the batch's signed line, ``leaves`` the leaf
    hashes of its messages in hexadecimal, where they are few (see :mod:`.log_leaves`). ``durable``:
    the log was seen to hold it."""

    index: int
    direction: Literal["out", "in"]
    partner: str
    salt: str
    header: str
    leaves: tuple[str, ...]
    durable: bool = False

    @property
    def entry(self) -> bytes:
        """The bytes that the log holds."""
        return commitment(bytes.fromhex(self.salt), self.header.encode())


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A batch that came in and waits for its entry."""

    partner: str
    header: str
    leaves: tuple[str, ...]


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a stranger needs to check that a batch was logged, in one JSON object.

    ``inclusion`` are hashes in hexadecimal; ``checkpoint`` is the signed head with the witnesses'
    cosignatures under it.
    """

    volume: int = 1
    index: int
    size: int
    salt: str
    header: str
    leaves: tuple[str, ...]
    inclusion: tuple[str, ...]
    checkpoint: str


class Volume(msgspec.Struct, frozen=True, kw_only=True):
    """A volume of a log that counts from a moment on, because a person said so."""

    number: int
    since: dt.datetime
    by: str
    reason: str


def origin(agency: str, volume: int = 1) -> str:
    """Return the name of a volume of an agency's log."""
    return f"esclusa.log/{agency}" + (f"/{volume}" if volume > 1 else "")


def log_keys(ring: KeyRing, agency: str, volume: int = 1) -> tuple[NoteKey, ...]:
    """Return every key that may have signed a volume of an agency's log."""
    return _note_keys(ring, agency, LOG, origin(agency, volume), PLAIN)


def witness_keys(ring: KeyRing) -> tuple[NoteKey, ...]:
    """Return the keys of all witnesses that are known."""
    agencies = sorted({key.agency for key in ring.keys if key.role == WITNESS})
    return tuple(
        key for name in agencies
        for key in _note_keys(ring, name, WITNESS, f"esclusa.witness/{name}", COSIGNATURE)
    )  # fmt: skip


def _note_keys(ring: KeyRing, agency: str, role: str, name: str, kind: int) -> tuple[NoteKey, ...]:
    found: list[Key] = [key for key in ring.keys if (key.agency, key.role) == (agency, role)]
    return tuple(NoteKey(name, bytes.fromhex(key.public), kind) for key in found)


class Chronicle:
    """The log of one node."""

    def __init__(
        self, folder: Path, store: Store, agency: str, signer: Callable[[str], Signer],
        ring: Callable[[], KeyRing],
    ) -> None:  # fmt: skip
        self._home = folder
        self._store = store
        self._agency = agency
        self._signer = signer
        self._ring = ring
        self._writing = threading.RLock()
        """Threads of one process wait for each other; the folder's lock is for other processes."""

    # --- volumes ------------------------------------------------------------------------------

    def volume(self, partner: str = "") -> int:
        """Return the number of the volume that counts, of our log or of a partner's."""
        with self._store.read() as connection:
            row = exchange.get(connection, VOLUME, partner)
        return msgspec.json.decode(row, type=Volume).number if row else 1

    def begin(self, number: int, *, by: str, reason: str, now: dt.datetime) -> None:
        """Begin a volume of our log; what is logged from now on stands there.

        :raises InputError: when the number is not above the present one, or no reason is given.
        """
        self._turn("", number, "log:volume:begun", by=by, reason=reason, now=now)
        with self._log():
            pass

    def accept(self, partner: str, number: int, *, by: str, reason: str, now: dt.datetime) -> None:
        """Sign heads of that volume of a partner's log from now on, and of no earlier one.

        :raises InputError: as :meth:`begin`.
        """
        self._turn(partner, number, "log:volume:accepted", by=by, reason=reason, now=now)

    def _turn(
        self, whose: str, number: int, action: str, *, by: str, reason: str, now: dt.datetime
    ) -> None:
        present = self.volume(whose)
        if number <= present:
            raise InputError(f"volume {present} counts now; the next one has a higher number")
        if not reason.strip():
            raise InputError("say why the log is not continued")
        check_reason(reason)
        row = msgspec.json.encode(Volume(number=number, since=now, by=by, reason=reason))
        with self._store.write() as connection:
            exchange.put(connection, {(VOLUME, whose): row})
            audit.write_line(
                connection, who=by, role="exchange", purpose="exchange", action=action,
                subject=whose or self._agency, detail=f"volume={number} {reason}",
            )  # fmt: skip

    def _folder_of(self, volume: int) -> Path:
        return self._home / (FOLDER if volume == 1 else f"{FOLDER}-{volume}")

    def _reader(self, volume: int) -> FolderReader:
        return FolderReader(self._folder_of(volume))

    # --- entries ------------------------------------------------------------------------------

    @contextmanager
    def _log(self) -> Iterator[Log]:
        """Open the log for writing, beginning it when there is none."""
        with self._writing:
            volume = self.volume()
            disk = _patiently(lambda: Folder(self._folder_of(volume)))
            try:
                storage = FolderStorage(disk)
                private = self._signer(LOG).private
                name = origin(self._agency, volume)
                if storage.read(CHECKPOINT) is None:
                    start_log(storage, name, private)
                yield Log(storage, name, private, log_keys(self._ring(), self._agency, volume))
            finally:
                disk.close()

    def note(self, direction: Literal["out", "in"], partner: str, header: bytes,
             leaves: Sequence[bytes]) -> Logged:  # fmt: skip
        """Enter a batch, with the hashes of its messages; both the log and the ledger hold it when
        this returns."""
        said = header.decode()
        here, apart = log_leaves.short(leaves), log_leaves.apart(said, leaves)
        return self._note(direction, partner, said, here, also=apart)

    def taken(
        self, partner: str, number: int, header: bytes, leaves: Sequence[bytes]
    ) -> dict[tuple[str, str], bytes]:
        """Return the rows that say a batch has been taken in and must be entered.

        Store them with what the batch changed, then call :meth:`catch_up`: a crash in between
        leaves them, and the next start enters the batch.

        :param number: of the batch's first message. Rows are few and used again, for what is
            taken back in the ledger leaves an empty row behind.
        :param leaves: the hashes of its messages.
        """
        made = Taken(partner=partner, header=header.decode(), leaves=log_leaves.short(leaves))
        row = {(TAKEN, f"{partner}/{number % _WAITING:02d}"): msgspec.json.encode(made)}
        return row | log_leaves.apart(made.header, leaves)

    def catch_up(self) -> int:
        """Enter every batch that was taken in and is not in the log yet; return how many.

        A crash after an entry and before its row went enters the batch once more, which is true.
        """
        with self._writing:
            with self._store.read() as connection:
                rows = list(exchange.of_table(connection, TAKEN))
            for key, row in rows:
                made = msgspec.json.decode(row, type=Taken)
                self._note("in", made.partner, made.header, made.leaves, done=key)
            return len(rows)

    def _note(
        self, direction: Literal["out", "in"], partner: str, header: str, leaves: tuple[str, ...],
        *, done: str = "", also: Mapping[tuple[str, str], bytes] = MappingProxyType({}),
    ) -> Logged:  # fmt: skip
        salt = new_salt()
        with self._log() as log:
            index = log.head.size
            made = Logged(
                index=index, direction=direction, partner=partner, salt=salt.hex(),
                header=header, leaves=leaves,
            )  # fmt: skip
            # The ledger first: an entry without its salt could never be explained again, a salt
            # without its entry is overwritten by the next.
            volume = _volume_of(log.head.origin, self._agency)
            self._keep(volume, made, also=also)
            log.append([made.entry])
            # And once more: from now on a log that ends before it was cut.
            self._keep(volume, msgspec.structs.replace(made, durable=True), done=done)
        return made

    def _keep(
        self, volume: int, made: Logged, *, done: str = "",
        also: Mapping[tuple[str, str], bytes] = MappingProxyType({}),
    ) -> None:  # fmt: skip
        key = _within(volume, _place(made.index))
        rows: dict[tuple[str, str], bytes | None] = {(ENTRY, key): msgspec.json.encode(made)}
        rows.update(also)
        if done:
            rows[TAKEN, done] = None
        with self._store.write() as connection:
            exchange.put(connection, rows)

    def head(self, volume: int = 0) -> Checkpoint | None:
        """Return the head of the log, None when nothing was ever logged.

        :param volume: 0 for the one that counts now.
        """
        volume = volume or self.volume()
        there = self._folder_of(volume).exists()
        data = self._reader(volume).read(CHECKPOINT) if there else None
        if data is None:
            return None
        keys = log_keys(self._ring(), self._agency, volume)
        return open_checkpoint(data, origin(self._agency, volume), keys)

    def files(self) -> Iterator[tuple[str, Path]]:
        """Yield (name below the node's folder, path) of each file of every volume; each stands
        still until its last was taken."""
        for number in range(1, self.volume() + 1):
            folder = self._folder_of(number)
            if not folder.exists():
                continue
            disk = _patiently(partial(Folder, folder))
            try:
                for path in sorted(folder.rglob("*")):
                    if path.is_file() and path.stat().st_size:  # the lock has no bytes
                        yield path.relative_to(self._home).as_posix(), path
            finally:
                disk.close()

    def entries(self, volume: int = 0) -> list[Logged]:
        """Return what is known of every entry of a volume (0: the one that counts), in order."""
        rows = self._rows(ENTRY, volume or self.volume())
        return [self._whole(msgspec.json.decode(row, type=Logged)) for row in rows.values()]

    def _whole(self, item: Logged) -> Logged:
        """Return an entry with the hashes of its messages, where those are kept apart."""
        if item.leaves:
            return item
        with self._store.read() as connection:
            return msgspec.structs.replace(item, leaves=log_leaves.read(connection, item.header))

    def verify(self) -> tuple[str, ...]:
        """Read the whole log again and return all that is wrong, in sentences; nothing when sound.

        Checked are, in every volume, each file against the signed head, each entry against the
        ledger, and the last cosignatures of the witnesses.
        """
        counts = self.volume()
        return tuple(
            sentence if counts == 1 else f"volume {volume}: {sentence}"
            for volume in range(1, counts + 1) for sentence in self._verify(volume)
        )  # fmt: skip

    def _verify(self, volume: int) -> tuple[str, ...]:
        try:
            head = self.head(volume)
            if head is None:
                return ("the log is gone",) if self._rows(ENTRY, volume) else ()
            reader = self._reader(volume)
            keys = log_keys(self._ring(), self._agency, volume)
            found = auditing.audit(reader, head.origin, keys)
        except (ProofError, LedgerError) as error:
            return (str(error),)
        wrong = [f"{item.path}, byte {item.offset}: {item.reason}" for item in found]
        if not wrong:
            wrong += self._against_ledger(reader, head, volume)
        return tuple(wrong)

    def _rows(self, table: str, volume: int) -> dict[str, bytes]:
        """Return the rows of one volume, by their key within it."""
        with self._store.read() as connection:
            rows = dict(exchange.of_table(connection, table))
        start = _within(volume, "")
        return {
            key.removeprefix(start): row for key, row in rows.items()
            if (key.startswith(start) if start else "/" not in key)
        }  # fmt: skip

    def _against_ledger(self, reader: FolderReader, head: Checkpoint, volume: int) -> Iterator[str]:
        rows = self._rows(ENTRY, volume)
        for index in range(head.size):
            row = rows.pop(_place(index), None)
            reason = "the ledger no longer explains it" if row is None else \
                self._wrong(reader, index, row, head)  # fmt: skip
            if reason:
                yield f"entry {index}: {reason}"
        for place, row in rows.items():
            if _is_durable(row):
                yield f"entry {int(place)}: cut off; the log ends at {head.size}"
        yield from self._cosigned_otherwise(reader, head, volume)

    def _wrong(self, reader: FolderReader, index: int, row: bytes, head: Checkpoint) -> str:
        """Return what is wrong with what the ledger says of an entry, "" when nothing is."""
        try:
            item = self._whole(msgspec.json.decode(row, type=Logged))
            said = msgspec.json.decode(item.header, type=_Said)
            leaves = [bytes.fromhex(leaf) for leaf in item.leaves]
            inclusion = tree.prove_inclusion(reader, index, head.size, head.size)
            check_inclusion(index, head.size, leaf_hash(item.entry), inclusion, head.root)
        except ProofError as error:
            return str(error)
        except (msgspec.ValidationError, msgspec.DecodeError, ValueError):
            return "its row in the ledger cannot be read"
        ends = (self._agency, item.partner) if item.direction == "out" else \
            (item.partner, self._agency)  # fmt: skip
        if item.index != index or (said.sender, said.receiver) != ends:
            return "the ledger has another number, direction or partner than its header"
        if merkle.root_of_hashes(leaves).hex() != said.root:
            return "the messages are not those that its header signs"
        return ""

    def _cosigned_otherwise(
        self, reader: FolderReader, head: Checkpoint, volume: int
    ) -> Iterator[str]:
        """Yield what partners signed and this log does not continue."""
        for partner, row in self._rows(COSIGNED, volume).items():
            kept = msgspec.json.decode(row, type=_Cosigned)
            if kept.size > head.size:
                yield f"{partner} signed {kept.size} entries, the log ends at {head.size}"
                continue
            root = tree.root_at(reader, kept.size, head.size)
            text = Checkpoint(head.origin, kept.size, root).text()
            keys = [key for key in witness_keys(self._ring()) if key.name.endswith(f"/{partner}")]
            try:
                check_cosignatures(f"{text}\n{kept.line}".encode(), keys, now=int(time.time()))
            except ProofError:
                yield f"the first {kept.size} entries are not those that {partner} signed"

    def prove(self, index: int, volume: int = 0) -> Proof:
        """Return the proof of one entry against the present head.

        :param volume: 0 for the one that counts now.
        :raises NotFound: when there is no such entry.
        """
        volume = volume or self.volume()
        head, known = self.head(volume), self.entries(volume)
        if head is None or not 0 <= index < min(head.size, len(known)):
            raise NotFound("no such entry in the log")
        item, reader = known[index], self._reader(volume)
        inclusion = tree.prove_inclusion(reader, item.index, head.size, head.size)
        check_inclusion(item.index, head.size, leaf_hash(item.entry), inclusion, head.root)
        return Proof(
            volume=volume, index=item.index, size=head.size, salt=item.salt, header=item.header,
            leaves=item.leaves, inclusion=tuple(part.hex() for part in inclusion),
            checkpoint=self._signed(reader, head, volume).decode(),
        )  # fmt: skip

    def _signed(self, reader: FolderReader, head: Checkpoint, volume: int) -> bytes:
        """Return the head with the cosignatures that were given under it."""
        given = [msgspec.json.decode(row, type=_Cosigned)
                 for row in self._rows(COSIGNED, volume).values()]  # fmt: skip
        lines = [kept.line for kept in given if kept.size == head.size]
        return read_checkpoint(reader) + "".join(lines).encode()

    # --- witnessing ---------------------------------------------------------------------------

    def request(self, partner: str) -> bytes:
        """Return what a partner needs to sign our present head."""
        old = self.cosigned_size(partner)
        with self._log() as log:
            return log.request(old).data()

    def cosigned_size(self, partner: str) -> int:
        """Return how long our log was when a partner signed its head last, 0 if it never did."""
        with self._store.read() as connection:
            row = exchange.get(connection, COSIGNED, _within(self.volume(), partner))
        return msgspec.json.decode(row, type=_Cosigned).size if row else 0

    def witness(self, partner: str, request: bytes, now: float) -> str:
        """Sign a partner's head when it continues the last one seen, and return the signature line.

        :raises ProofError: when it does not: something was changed, dropped, reordered or forked;
            or when it is of a volume that no person here has accepted.
        """
        asked = parse_request(request)
        name = asked.checkpoint.split(b"\n", 1)[0].decode("utf-8", "replace")
        volume, said = self.volume(partner), _volume_of(name, partner)
        if said != volume:
            raise ProofError(
                f"{partner} sent the head of volume {said} of its log; volume {volume} counts here"
                " until a person accepts another"
            )
        seen = _Seen(self._store)
        logs = {name: log_keys(self._ring(), partner, volume)}
        private = self._signer(WITNESS).private
        made = Witness(f"esclusa.witness/{self._agency}", private, logs, seen)
        return made.add_checkpoint(request, int(now))

    def cosigned(self, partner: str, request: bytes, line: str, now: float) -> int:
        """Keep a partner's signature under the head that we asked it to sign; return its size.

        Batches may have been logged since: the signature is under what was asked.

        :raises ProofError: when it does not hold.
        """
        signed, volume = parse_request(request).checkpoint, self.volume()
        keys = log_keys(self._ring(), self._agency, volume)
        head = open_checkpoint(signed, origin(self._agency, volume), keys)
        witnesses = [key for key in witness_keys(self._ring()) if key.name.endswith(f"/{partner}")]
        check_cosignatures(signed + line.encode(), witnesses, now=int(now))
        kept = _Cosigned(size=head.size, line=line)
        row = {(COSIGNED, _within(volume, partner)): msgspec.json.encode(kept)}
        with self._store.write() as connection:
            exchange.put(connection, row)
        return kept.size


class _Cosigned(msgspec.Struct, frozen=True, kw_only=True):
    size: int
    line: str


class _Seen(dict[str, bytes]):
    """The last head seen of each log, durable on assignment."""

    def __init__(self, store: Store) -> None:
        self._store = store
        with store.read() as connection:
            rows = exchange.of_table(connection, SEEN)
            super().__init__((key, base64.b64decode(msgspec.json.decode(row))) for key, row in rows)

    def __setitem__(self, key: str, value: bytes) -> None:
        row = msgspec.json.encode(base64.b64encode(value).decode())
        with self._store.write() as connection:
            exchange.put(connection, {(SEEN, key): row})
        super().__setitem__(key, value)


def check_proof(proof: Proof, agency: str, ring: KeyRing, now: float) -> tuple[str, ...]:
    """Check a proof with nothing but public keys; return the witnesses that signed its head.

    :raises ProofError: when anything in it does not hold.
    """
    data = proof.checkpoint.encode()
    keys = log_keys(ring, agency, proof.volume)
    head = open_checkpoint(data, origin(agency, proof.volume), keys)
    if head.size != proof.size:
        raise ProofError("the proof is for another head than the one it carries")
    entry = commitment(bytes.fromhex(proof.salt), proof.header.encode())
    hashes = tuple(bytes.fromhex(part) for part in proof.inclusion)
    check_inclusion(proof.index, proof.size, leaf_hash(entry), hashes, head.root)
    leaves = [bytes.fromhex(leaf) for leaf in proof.leaves]
    said = msgspec.json.decode(proof.header, type=log_leaves.Rooted).root
    if merkle.root_of_hashes(leaves).hex() != said:
        raise ProofError("the messages are not those that the header signs")
    cosigners = witness_keys(ring)
    if not any(line.startswith(f"— {key.name} ") for line in proof.checkpoint.splitlines()
               for key in cosigners):  # fmt: skip
        return ()
    return tuple(item.name for item in check_cosignatures(data, cosigners, now=int(now)))


class _Said(log_leaves.Rooted, frozen=True, rename={"sender": "from", "receiver": "to"}):
    sender: str
    receiver: str


def _is_durable(row: bytes) -> bool:
    try:
        return msgspec.json.decode(row, type=Logged).durable
    except (msgspec.ValidationError, msgspec.DecodeError):
        return True


def _place(index: int) -> str:
    return f"{index:012d}"


def _within(volume: int, key: str) -> str:
    """Return the key of a row of a volume; those of the first have no mark."""
    return key if volume == 1 else f"{volume:06d}/{key}"


def _volume_of(name: str, agency: str) -> int:
    """Return which volume of an agency's log a name is of; raises ``ProofError`` when of none."""
    first = origin(agency)
    number = name.removeprefix(f"{first}/")
    if name == first:
        return 1
    if number == name or not number.isascii() or not number.isdigit() or len(number) > 6 \
            or name != origin(agency, int(number)):  # fmt: skip
        raise ProofError(f"{agency} sent the head of another log")
    return int(number)


def _patiently(make: Callable[[], Any]) -> Any:
    """Try until another process lets go."""
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            return make()
        except LedgerError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)
