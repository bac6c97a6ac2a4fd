"""Witnessing: each partner keeps the other's last checkpoint (C2SP tlog-witness, add-checkpoint).

The rules, in this order; the first that fails refuses, and nothing is kept:

1. The request is well formed (400).
2. The checkpoint is of a log that this witness watches (404).
3. A key of that log signed it (403).
4. Its old size is not above its new one (400), and is the size this witness saw last, 0 at the
   first meeting (409).
5. The same size has the same root (409); a larger one has a proof that it continues the last (422).

Whoever changes, drops or reorders an entry, or shows two partners different logs, cannot give that
proof: it is found at the next contact. Two different roots for one size, both signed by the log,
are kept in the error: together they convict the log before anyone who knows its key.

What was seen is kept before the cosignature goes out. A witness that forgets could be led onto
another branch.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from esclusa.errors import ProofError
from esclusa.sharing.transparency import note
from esclusa.sharing.transparency.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from esclusa.sharing.transparency.merkle import EMPTY_ROOT, HASH_BYTES, check_consistency
from esclusa.sharing.transparency.note import NoteKey, NoteSignature

MALFORMED: Final = 400
UNSIGNED: Final = 403
UNKNOWN_LOG: Final = 404
CONFLICT: Final = 409
NO_PROOF: Final = 422

MAX_PROOF: Final = 63
"""Most hashes in a proof of consistency; more than any log of 2**63 entries needs."""

_OLD: Final = re.compile(r"old (0|[1-9][0-9]{0,18})")


class Refusal(ProofError):
    """A witness does not sign.

    :param status: the status of the HTTP answer.
    :param seen: the size that the witness saw last, -1 where it does not say.
    :param evidence: two signed notes that no honest log would have made both; else empty.
    """

    def __init__(
        self, reason: str, *, status: int, seen: int = -1, evidence: tuple[bytes, ...] = ()
    ) -> None:
        self.status = status
        self.seen = seen
        self.evidence = evidence
        super().__init__(reason)


class Request(msgspec.Struct, frozen=True):
    """A log asks a witness to sign its newest checkpoint.

    :param old: the size that the witness saw last, as the log believes.
    :param proof: hashes that show the new log to continue the old one.
    :param checkpoint: the signed note.
    """

    old: int
    proof: tuple[bytes, ...]
    checkpoint: bytes

    def data(self) -> bytes:
        """Return the body of the request."""
        lines = [f"old {self.old}", *(base64.b64encode(item).decode() for item in self.proof)]
        return "\n".join(lines).encode() + b"\n\n" + self.checkpoint


def parse_request(data: bytes) -> Request:
    """Read the body of a request.

    :raises Refusal: when it is malformed.
    """
    head, empty, checkpoint = data.partition(b"\n\n")
    first, *proof = head.decode("ascii", "replace").split("\n")
    old = _OLD.fullmatch(first)
    if not empty or old is None or len(data) > 2 * note.MAX_NOTE:
        raise Refusal("a request starts with the old size and ends in a note", status=MALFORMED)
    if len(proof) > MAX_PROOF:
        raise Refusal(f"a proof has at most {MAX_PROOF} hashes", status=MALFORMED)
    return Request(int(old[1]), tuple(_hash(line) for line in proof), checkpoint)


def follow(seen: bytes, request: Request, keys: Sequence[NoteKey]) -> Checkpoint:
    """Return the checkpoint that a witness may sign and must keep. Pure: nothing is kept here.

    :param seen: the signed note kept last for this log, empty at the first meeting.
    :param keys: the log's keys, all of one name: its origin.
    :raises Refusal: when the checkpoint is unsigned or does not continue the one seen.
    """
    if not keys:
        raise Refusal("the log is not one of those watched", status=UNKNOWN_LOG)
    try:
        new = open_checkpoint(request.checkpoint, keys[0].name, keys)
    except ProofError as error:
        raise Refusal(str(error), status=UNSIGNED) from error
    if request.old > new.size:
        raise Refusal("the old size is above that of the checkpoint", status=MALFORMED)
    last = _last(seen)
    size, root = (last.size, last.root) if last else (0, EMPTY_ROOT)
    if request.old != size:
        reason = f"this witness saw {size} entries, the log says {request.old}"
        raise Refusal(reason, status=CONFLICT, seen=size)
    try:
        check_consistency(size, new.size, root, new.root, request.proof)
    except ProofError as error:
        forked = new.size == size and new.root != root
        evidence = (seen, request.checkpoint) if forked else ()
        status = CONFLICT if forked else NO_PROOF
        raise Refusal(str(error), status=status, seen=size, evidence=evidence) from error
    return new


class Witness:
    """Keeps the last checkpoint of each partner's log and signs those that continue it.

    :param name: the name of this witness's key.
    :param logs: the keys of the watched logs by origin.
    :param seen: the signed notes kept so far by origin. What is put into it must be durable when
        the assignment returns; one request at a time.
    """

    def __init__(
        self,
        name: str,
        private: Ed25519PrivateKey,
        logs: Mapping[str, Sequence[NoteKey]],
        seen: MutableMapping[str, bytes],
    ) -> None:
        self._name = name
        self._private = private
        self._logs = logs
        self._seen = seen

    def add_checkpoint(self, data: bytes, time: int) -> str:
        """Check a request, keep its checkpoint, and return the line of the cosignature.

        :param time: seconds since 1970, UTC.
        :raises Refusal: when it is not signed; nothing is kept then.
        """
        request = parse_request(data)
        origin = request.checkpoint.split(b"\n", 1)[0].decode("utf-8", "replace")
        follow(self._seen.get(origin, b""), request, self._logs.get(origin, ()))
        self._seen[origin] = request.checkpoint
        text = note.parse_note(request.checkpoint).text
        return note.cosign(text, self._name, self._private, time).line()


def check_cosignatures(
    checkpoint: bytes, witnesses: Sequence[NoteKey], *, now: int, skew: int = 600
) -> tuple[NoteSignature, ...]:
    """Return the cosignatures that known witnesses put under a checkpoint.

    :param now: seconds since 1970, UTC.
    :param skew: how many seconds another's clock may be ahead of ours.
    :raises ProofError: when there is none, one does not hold, or one is from the future.
    """
    cosigners = [key for key in witnesses if key.kind == note.COSIGNATURE]
    signatures = note.open_note(checkpoint, cosigners).signatures
    for signature in signatures:
        if note.cosigned_at(signature) > now + skew:
            raise ProofError(f"{signature.name!r} signed in the future: one of the clocks is wrong")
    return signatures


def _last(seen: bytes) -> Checkpoint | None:
    """Read a note that this witness checked before it kept it."""
    return parse_checkpoint(note.parse_note(seen).text) if seen else None


def _hash(line: str) -> bytes:
    try:
        value = base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError):
        value = b""
    if len(value) != HASH_BYTES or base64.b64encode(value).decode() != line:
        raise Refusal("a line of the proof is not a hash in base64", status=MALFORMED)
    return value
