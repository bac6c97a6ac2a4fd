"""The exact bytes of a batch, the same over a line as in a sealed bundle.

A batch is JSON lines, each ending in one newline:

1. the header: format, sender, receiver, the numbers of the messages, the root over their exact
   bytes (RFC 6962), what the sender has seen of the receiver, when it was made, the agreement, and
   the key;
2. one line for each message, as the sender wrote it;
3. the signature over the header's line, without its newline (Ed25519).

The header signs the root and the root binds every message, so one signature covers all of it and
nothing needs to be written anew to be checked. Each line has one form only: a batch that differs in
a single bit is another batch, and refused. Reading checks everything before it returns anything.
What a message says is not looked at here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Final, NoReturn, TypeVar

import msgspec

from esclusa.errors import TrustError, WireError
from esclusa.sharing.exchange.messages import Seen
from esclusa.sharing.keys import EXCHANGE, Hex32, KeyRing, Signer, Word
from esclusa.sharing.transparency import merkle

FORMAT: Final = "esclusa-batch/1"

MAX_HEADER: Final = 16 << 10
"""Longest header in bytes; one has about 600."""

_SIGNATURE_LINE: Final = 64 * 2 + len('{"signature":""}') + 1

_Hash = Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{64})?$")]


_NO_TIME: Final = dt.timedelta()

_T = TypeVar("_T")


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How much a batch may bring, in bytes and in messages. What is above is refused unread."""

    batch: int = 256 << 20
    bundle: int = 128 << 20
    message: int = 1 << 20
    messages: int = 500_000


class Header(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True,
    rename={"sender": "from", "receiver": "to"},
):  # fmt: skip
    """The first line. ``made`` is the sender's clock, aware, UTC, and orders nothing.

    The messages have the numbers ``first`` up to ``first + count - 1`` in the sender's outbox for
    the receiver; ``previous`` is the outbox's chained hash before them. Hashes are hexadecimal,
    "" where there is none. ``run`` is the sender's running clock, for leases.
    """

    format: str = FORMAT
    sender: Word
    receiver: Word
    first: Annotated[int, msgspec.Meta(ge=1)]
    count: Annotated[int, msgspec.Meta(ge=0)]
    previous: _Hash = ""
    root: _Hash
    seen: Seen = Seen()
    made: dt.datetime
    run: dt.timedelta = dt.timedelta()
    agreement: _Hash = ""
    key: Hex32


class Received(msgspec.Struct, frozen=True):
    """A batch whose every byte was checked. The messages are as the sender wrote them; ``leaves``
    are their hashes, which the root binds."""

    header: Header
    messages: tuple[bytes, ...]
    leaves: tuple[bytes, ...] = ()


class Written(msgspec.Struct, frozen=True):
    """A batch as bytes, with its signed line and the hashes of its messages, for the log."""

    data: bytes
    header: bytes
    leaves: tuple[bytes, ...]


class _Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    signature: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{128}$")]


class _Format(msgspec.Struct, frozen=True):
    format: str


def write_batch(
    signer: Signer,
    messages: Sequence[bytes],
    *,
    receiver: str,
    first: int,
    made: dt.datetime,
    run: dt.timedelta = _NO_TIME,
    previous: str = "",
    seen: Seen | None = None,
    agreement: str = "",
) -> bytes:
    """Return the bytes of a batch.

    :param messages: each one line of JSON without its newline.
    :raises ValueError: when a message is empty or holds a newline, or the signer's role is another.
    """
    return written(
        signer, messages, receiver=receiver, first=first, made=made, run=run, previous=previous,
        seen=seen, agreement=agreement,
    ).data  # fmt: skip


def written(
    signer: Signer, messages: Sequence[bytes], *, receiver: str, first: int, made: dt.datetime,
    run: dt.timedelta = _NO_TIME, previous: str = "", seen: Seen | None = None,
    agreement: str = "",
) -> Written:  # fmt: skip
    """Return what :func:`write_batch` does, with what the log wants of it."""
    if signer.role != EXCHANGE:
        raise ValueError(f"a batch is signed in the role {EXCHANGE}, not {signer.role}")
    for message in messages:
        if not message or b"\n" in message:
            raise ValueError("a message is one line and not empty")
    leaves = merkle.leaf_hashes(messages)
    header = Header(
        sender=signer.agency,
        receiver=receiver,
        first=first,
        count=len(messages),
        previous=previous,
        root=merkle.root_of_hashes(leaves).hex(),
        seen=seen or Seen(),
        made=made.astimezone(dt.UTC),
        run=run,
        agreement=agreement,
        key=signer.key_id,
    )
    line = msgspec.json.encode(header)
    signature = msgspec.json.encode(_Signature(signer.sign(line).hex()))
    return Written(b"\n".join((line, *messages, signature, b"")), line, tuple(leaves))


def read_batch(
    data: bytes,
    *,
    receiver: str,
    ring: KeyRing,
    now: dt.datetime,
    limits: Limits | None = None,
    file: str = "",
) -> Received:
    """Check a batch and return it.

    :param receiver: the agency of this node; a batch for another is refused.
    :param file: its name for the error, "" over a line.
    :raises WireError: when anything at all is not as it was signed, with the byte where it starts.
    """
    return _Reading(data, limits or Limits(), file).read(receiver, ring, now)


class _Reading:
    """One batch being read: its bytes, and where its lines lie."""

    def __init__(self, data: bytes, limits: Limits, file: str) -> None:
        self._data = data
        self._limits = limits
        self._file = file

    def read(self, receiver: str, ring: KeyRing, now: dt.datetime) -> Received:
        """Check the cheap things first: a stranger's batch costs no hashing."""
        data, limits = self._data, self._limits
        if len(data) > limits.batch:
            self._refuse(limits.batch, f"longer than {limits.batch} bytes")
        line, header = self._header()
        if header.receiver != receiver:
            self._refuse(0, f"the batch is for {header.receiver}, not for {receiver}")
        self._check_signature(line, header, ring, now)
        messages = self._messages(len(line) + 1, header)
        leaves = merkle.leaf_hashes(messages)
        if merkle.root_of_hashes(leaves).hex() != header.root:
            self._refuse(len(line) + 1, "the messages are not those that were signed")
        return Received(header, messages, tuple(leaves))

    def _header(self) -> tuple[bytes, Header]:
        end = self._data.find(b"\n", 0, MAX_HEADER + 1)
        if end < 0:
            self._refuse(0, "the header is cut off or too long")
        line = self._data[:end]
        kind = self._decode(line, _Format, 0).format
        if kind != FORMAT:
            self._refuse(0, f"the format is {kind[:40]!r}, this node reads {FORMAT!r}")
        header = self._decode(line, Header, 0)
        if msgspec.json.encode(header) != line:
            self._refuse(0, "the header is not written in the one form it has")
        return line, header

    def _check_signature(
        self, line: bytes, header: Header, ring: KeyRing, now: dt.datetime
    ) -> None:
        place = self._signature_place(len(line) + 1)
        made = self._decode(self._data[place:-1], _Signature, place)
        if msgspec.json.encode(made) + b"\n" != self._data[place:]:
            self._refuse(place, "the signature is not written in the one form it has")
        value = bytes.fromhex(made.signature)
        try:
            ring.verify_received(
                header.sender, EXCHANGE, header.key, line, value, made=header.made, now=now
            )
        except TrustError as error:
            raise WireError(str(error), file=self._file, offset=0) from error

    def _signature_place(self, least: int) -> int:
        place = len(self._data) - _SIGNATURE_LINE
        if place < least or self._data[place - 1 : place] != b"\n" or self._data[-1:] != b"\n":
            self._refuse(len(self._data), "the batch is cut off: it does not end in a signature")
        return place

    def _messages(self, start: int, header: Header) -> tuple[bytes, ...]:
        end = len(self._data) - _SIGNATURE_LINE
        if header.count > self._limits.messages:
            self._refuse(0, f"more than {self._limits.messages} messages")
        found = self._data.count(b"\n", start, end)
        if found != header.count:
            self._refuse(end, f"{found} messages, the header says {header.count}")
        lines = self._data[start:end].split(b"\n")[:-1]
        sizes, most = list(map(len, lines)), self._limits.message
        if sizes and not 0 < min(sizes) <= max(sizes) <= most:
            wrong = next(at for at, size in enumerate(sizes) if not 0 < size <= most)
            self._refuse(start + sum(sizes[:wrong]) + wrong, f"a message has 1 to {most} bytes")
        return tuple(lines)

    def _decode(self, line: bytes, kind: type[_T], place: int) -> _T:
        try:
            return msgspec.json.decode(line, type=kind)
        except UnicodeDecodeError:
            self._refuse(place, "not UTF-8, so not a line of a batch")
        except (msgspec.ValidationError, msgspec.DecodeError, RecursionError) as error:
            what = "signature" if kind is _Signature else "header"
            self._refuse(place, f"not the {what} of a batch: {error}")

    def _refuse(self, place: int, reason: str) -> NoReturn:
        raise WireError(reason, file=self._file, offset=place)
