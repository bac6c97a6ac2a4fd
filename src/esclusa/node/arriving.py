"""What a batch says of itself, before it is taken in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from esclusa.errors import EsclusaError, WireError
from esclusa.model import decode_body, kind_of
from esclusa.sharing.wire import Header


def check_bodies(messages: Sequence[Any], file: str) -> None:
    """Refuse a batch with a content that is no record: it could neither be stored nor shown."""
    for message in messages:
        content = getattr(message, "content", None)
        if content is None:
            continue
        try:
            kind = kind_of(decode_body(bytes(content.body)))
        except (msgspec.ValidationError, msgspec.DecodeError, EsclusaError):
            reason = "a content in the batch is no record that this version of Esclusa knows"
            raise WireError(reason, file=file) from None
        if kind != getattr(message, "kind", kind):
            raise WireError("a content in the batch is of another kind than it says", file=file)


def sender_of(data: bytes) -> str:
    """Return who a refused batch says it is from, for the alarm; "" when it says nothing."""
    try:
        return msgspec.json.decode(data.split(b"\n", 1)[0], type=Header).sender
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError):
        return ""
