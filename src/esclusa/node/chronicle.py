"""The node's transparency log: one entry for each batch that left or came in.

An entry is a salted hash of the batch's signed header, whose root binds every message in the batch.
The salt, the header and the hashes of the messages are kept in the ledger, so the node can prove
later that exactly this batch, and this message in it, was logged before a checkpoint that a partner
signed. Erasing what a message said leaves its hash, and with it every proof.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from esclusa.errors import LedgerError, NotFound, ProofError
from esclusa.ledger import exchange
from esclusa.ledger.store import Store
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

_PATIENCE: Final = 10.0
"""Seconds to wait for another process that writes to the log; a write takes some milliseconds."""


class Logged(msgspec.Struct, frozen=True, kw_only=True):
    """What the ledger keeps of an entry. ``header`` is the batch's signed line, ``leaves`` the leaf
    hashes of its messages in hexadecimal. ``durable``: the log was seen to hold it."""

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


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a stranger needs to check that a batch was logged, in one JSON object.

    ``inclusion`` are hashes in hexadecimal; ``checkpoint`` is the signed head with the witnesses'
    cosignatures under it.
    """

    index: int
    size: int
    salt: str
    header: str
    leaves: tuple[str, ...]
    inclusion: tuple[str, ...]
    checkpoint: str


def origin(agency: str) -> str:
    """Return the name of an agency's log."""
    return f"esclusa.log/{agency}"


def log_keys(ring: KeyRing, agency: str) -> tuple[NoteKey, ...]:
    """Return every key that may have signed an agency's log."""
    return _note_keys(ring, agency, LOG, PLAIN)


def witness_keys(ring: KeyRing) -> tuple[NoteKey, ...]:
    """Return the keys of all witnesses that are known."""
    agencies = sorted({key.agency for key in ring.keys if key.role == WITNESS})
    return tuple(key for name in agencies for key in _note_keys(ring, name, WITNESS, COSIGNATURE))


def _note_keys(ring: KeyRing, agency: str, role: str, kind: int) -> tuple[NoteKey, ...]:
    found: list[Key] = [key for key in ring.keys if (key.agency, key.role) == (agency, role)]
    name = origin(agency) if role == LOG else f"esclusa.witness/{agency}"
    return tuple(NoteKey(name, bytes.fromhex(key.public), kind) for key in found)


class Chronicle:
    """The log of one node."""

    def __init__(
        self, folder: Path, store: Store, agency: str, signer: Callable[[str], Signer],
        ring: Callable[[], KeyRing],
    ) -> None:  # fmt: skip
        self._folder = folder / FOLDER
        self._store = store
        self._agency = agency
        self._signer = signer
        self._ring = ring

    @contextmanager
    def _log(self) -> Iterator[Log]:
        """Open the log for writing, beginning it when there is none."""
        disk = _patiently(lambda: Folder(self._folder))
        try:
            storage = FolderStorage(disk)
            private = self._signer(LOG).private
            if storage.read(CHECKPOINT) is None:
                start_log(storage, origin(self._agency), private)
            keys = log_keys(self._ring(), self._agency)
            yield Log(storage, origin(self._agency), private, keys)
        finally:
            disk.close()

    def note(self, direction: Literal["out", "in"], partner: str, header: bytes,
             messages: Sequence[bytes]) -> Logged:  # fmt: skip
        """Enter a batch; both the log and the ledger hold it when this returns."""
        salt = new_salt()
        leaves = tuple(leaf_hash(message).hex() for message in messages)
        with self._log() as log:
            index = log.head.size
            made = Logged(
                index=index, direction=direction, partner=partner, salt=salt.hex(),
                header=header.decode(), leaves=leaves,
            )  # fmt: skip
            # The ledger first: an entry without its salt could never be explained again, a salt
            # without its entry is overwritten by the next.
            self._keep(made)
            log.append([made.entry])
            # And once more: from now on a log that ends before it was cut.
            self._keep(msgspec.structs.replace(made, durable=True))
        return made

    def _keep(self, made: Logged) -> None:
        with self._store.write() as connection:
            exchange.put(connection, {(ENTRY, _place(made.index)): msgspec.json.encode(made)})

    def head(self) -> Checkpoint | None:
        """Return the head of the log, None when nothing was ever logged."""
        data = FolderReader(self._folder).read(CHECKPOINT) if self._folder.exists() else None
        if data is None:
            return None
        return open_checkpoint(data, origin(self._agency), log_keys(self._ring(), self._agency))

    def files(self) -> Iterator[tuple[str, Path]]:
        """Yield (name below the node's folder, path) of each file; the log stands still until the
        last was taken."""
        if not self._folder.exists():
            return
        disk = _patiently(lambda: Folder(self._folder))
        try:
            for path in sorted(self._folder.rglob("*")):
                if path.is_file() and path.stat().st_size:  # the lock has no bytes
                    yield path.relative_to(self._folder.parent).as_posix(), path
        finally:
            disk.close()

    def entries(self) -> list[Logged]:
        """Return what is known of every entry, in order."""
        with self._store.read() as connection:
            rows = exchange.of_table(connection, ENTRY)
            return [msgspec.json.decode(row, type=Logged) for _key, row in rows]

    def verify(self) -> tuple[str, ...]:
        """Read the whole log again and return all that is wrong, in sentences; nothing when sound.

        Checked are every file against the signed head, every entry against the ledger, and the
        last cosignatures of the witnesses.
        """
        try:
            head = self.head()
            if head is None:
                return ("the log is gone",) if self._rows() else ()
            reader = FolderReader(self._folder)
            keys = log_keys(self._ring(), self._agency)
            found = auditing.audit(reader, origin(self._agency), keys)
        except (ProofError, LedgerError) as error:
            return (str(error),)
        wrong = [f"{item.path}, byte {item.offset}: {item.reason}" for item in found]
        if not wrong:
            wrong += self._against_ledger(reader, head)
        return tuple(wrong)

    def _rows(self) -> dict[str, bytes]:
        with self._store.read() as connection:
            return dict(exchange.of_table(connection, ENTRY))

    def _against_ledger(self, reader: FolderReader, head: Checkpoint) -> Iterator[str]:
        rows = self._rows()
        for index in range(head.size):
            row = rows.pop(_place(index), None)
            reason = "the ledger no longer explains it" if row is None else \
                self._wrong(reader, index, row, head)  # fmt: skip
            if reason:
                yield f"entry {index}: {reason}"
        for place, row in rows.items():
            if _is_durable(row):
                yield f"entry {int(place)}: cut off; the log ends at {head.size}"
        yield from self._cosigned_otherwise(reader, head)

    def _wrong(self, reader: FolderReader, index: int, row: bytes, head: Checkpoint) -> str:
        """Return what is wrong with what the ledger says of an entry, "" when nothing is."""
        try:
            item = msgspec.json.decode(row, type=Logged)
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

    def _cosigned_otherwise(self, reader: FolderReader, head: Checkpoint) -> Iterator[str]:
        """Yield what partners signed and this log does not continue."""
        with self._store.read() as connection:
            rows = list(exchange.of_table(connection, COSIGNED))
        for partner, row in rows:
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

    def prove(self, index: int) -> Proof:
        """Return the proof of one entry against the present head.

        :raises NotFound: when there is no such entry.
        """
        head, known = self.head(), self.entries()
        if head is None or not 0 <= index < min(head.size, len(known)):
            raise NotFound("no such entry in the log")
        return self._prove(known[index], head.size, head)

    def _prove(self, item: Logged, size: int, head: Checkpoint) -> Proof:
        reader = FolderReader(self._folder)
        inclusion = tree.prove_inclusion(reader, item.index, size, head.size)
        check_inclusion(item.index, size, leaf_hash(item.entry), inclusion, head.root)
        return Proof(
            index=item.index, size=size, salt=item.salt, header=item.header, leaves=item.leaves,
            inclusion=tuple(part.hex() for part in inclusion),
            checkpoint=self._signed(reader, head).decode(),
        )  # fmt: skip

    def _signed(self, reader: FolderReader, head: Checkpoint) -> bytes:
        """Return the head with the cosignatures that were given under it."""
        lines = []
        with self._store.read() as connection:
            for _partner, row in exchange.of_table(connection, COSIGNED):
                kept = msgspec.json.decode(row, type=_Cosigned)
                if kept.size == head.size:
                    lines.append(kept.line)
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
            row = dict(exchange.of_table(connection, COSIGNED)).get(partner)
        return msgspec.json.decode(row, type=_Cosigned).size if row else 0

    def witness(self, partner: str, request: bytes, now: float) -> str:
        """Sign a partner's head when it continues the last one seen, and return the signature line.

        :raises ProofError: when it does not: something was changed, dropped, reordered or forked.
        """
        asked = parse_request(request)
        name = asked.checkpoint.split(b"\n", 1)[0].decode("utf-8", "replace")
        if name != origin(partner):
            raise ProofError(f"{partner} sent the head of another log")
        seen = _Seen(self._store)
        logs = {origin(partner): log_keys(self._ring(), partner)}
        private = self._signer(WITNESS).private
        made = Witness(f"esclusa.witness/{self._agency}", private, logs, seen)
        return made.add_checkpoint(request, int(now))

    def cosigned(self, partner: str, request: bytes, line: str, now: float) -> int:
        """Keep a partner's signature under the head that we asked it to sign; return its size.

        Batches may have been logged since: the signature is under what was asked.

        :raises ProofError: when it does not hold.
        """
        signed = parse_request(request).checkpoint
        head = open_checkpoint(signed, origin(self._agency), log_keys(self._ring(), self._agency))
        keys = [key for key in witness_keys(self._ring()) if key.name.endswith(f"/{partner}")]
        check_cosignatures(signed + line.encode(), keys, now=int(now))
        kept = _Cosigned(size=head.size, line=line)
        with self._store.write() as connection:
            exchange.put(connection, {(COSIGNED, partner): msgspec.json.encode(kept)})
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
    head = open_checkpoint(data, origin(agency), log_keys(ring, agency))
    if head.size != proof.size:
        raise ProofError("the proof is for another head than the one it carries")
    entry = commitment(bytes.fromhex(proof.salt), proof.header.encode())
    hashes = tuple(bytes.fromhex(part) for part in proof.inclusion)
    check_inclusion(proof.index, proof.size, leaf_hash(entry), hashes, head.root)
    leaves = [bytes.fromhex(leaf) for leaf in proof.leaves]
    said = msgspec.json.decode(proof.header, type=_Root).root
    if merkle.root_of_hashes(leaves).hex() != said:
        raise ProofError("the messages are not those that the header signs")
    cosigners = witness_keys(ring)
    if not any(line.startswith(f"— {key.name} ") for line in proof.checkpoint.splitlines()
               for key in cosigners):  # fmt: skip
        return ()
    return tuple(item.name for item in check_cosignatures(data, cosigners, now=int(now)))


class _Root(msgspec.Struct, frozen=True):
    root: str


class _Said(_Root, frozen=True, rename={"sender": "from", "receiver": "to"}):
    sender: str
    receiver: str


def _is_durable(row: bytes) -> bool:
    try:
        return msgspec.json.decode(row, type=Logged).durable
    except (msgspec.ValidationError, msgspec.DecodeError):
        return True


def _place(index: int) -> str:
    return f"{index:012d}"


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
