"""A batch of the exchange as bytes and back: the wire's lines around the exchange's messages.

The wire checks every byte and knows no message; the exchange knows messages and no bytes. Here the
two meet. A message that this version cannot read refuses its batch whole: it may be a restriction.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec

from esclusa.errors import WireError
from esclusa.sharing.exchange.messages import Batch, ConsentAnswer, Message, Verified
from esclusa.sharing.keys import KeyRing, Signer
from esclusa.sharing.wire import Limits, Received, Written, read_batch, written

_ENCODE: Final = msgspec.json.Encoder().encode
_READ: Final = msgspec.json.Decoder(Message)


def pack(batch: Batch, signer: Signer) -> bytes:
    """Return the signed bytes of a batch; the same batch gives the same bytes."""
    return packed(batch, signer).data


def packed(batch: Batch, signer: Signer) -> Written:
    """Return the signed bytes of a batch, with what the log wants of them."""
    return written(
        signer,
        [_ENCODE(message) for message in batch.messages],
        receiver=batch.receiver,
        first=batch.first,
        made=batch.made,
        run=batch.run,
        previous=batch.previous,
        seen=batch.seen,
        agreement=batch.agreement,
    )


def unpack(
    data: bytes, *, receiver: str, ring: KeyRing, now: dt.datetime, limits: Limits | None = None,
    file: str = "",
) -> tuple[Verified, Received]:  # fmt: skip
    """Check the bytes of a batch and return it, with the lines as they came.

    :raises WireError: when anything is not as its sender signed it, or a message cannot be read.
    """
    received = read_batch(data, receiver=receiver, ring=ring, now=now, limits=limits, file=file)
    head = received.header
    batch = Batch(
        sender=head.sender,
        receiver=head.receiver,
        first=head.first,
        previous=head.previous,
        messages=_messages(received, file),
        seen=head.seen,
        made=head.made,
        run=head.run,
        agreement=head.agreement,
    )
    return Verified(batch, head.sender, head.key), received


def _messages(received: Received, file: str) -> tuple[Message, ...]:
    found: list[Message] = []
    for number, line in enumerate(received.messages, received.header.first):
        try:
            found.append(_READ.decode(line))
        except (msgspec.ValidationError, msgspec.DecodeError, RecursionError):
            reason = f"message {number} is none that this version of Esclusa knows"
            raise WireError(reason, file=file) from None
    return tuple(found)


def consent_bytes(answer: ConsentAnswer) -> bytes:
    """Return what the originator signs of an answer: all of it but key and signature."""
    bare = msgspec.structs.replace(answer, key="", signature="")
    return b"esclusa-consent/1\n" + _ENCODE(bare)
