"""What the ledger keeps of searches in partners' records, and what travels in a request's body.

Keys of epochs, blinds and everything that a person typed are locked with the machine's identity, as
the node's own keys are. The log has no key of a search in it and lies open, for auditors.
"""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec
import sqlalchemy as sa
from msgspec import Meta

from esclusa.errors import PointerError
from esclusa.ledger import exchange
from esclusa.node.credentials import Credentials
from esclusa.sharing.exchange.state import Draft
from esclusa.sharing.pointers.asking import Hit
from esclusa.sharing.pointers.keys import Pointer
from esclusa.sharing.pointers.messages import LARGEST_MESSAGE, Digest, Question, Reply, Scope
from esclusa.sharing.pointers.near import Sought
from esclusa.sharing.pointers.rows import Row

KIND: Final = "pointer"
"""The ``kind`` of the exchange's requests that machines make and answer."""

OWNER: Final = "pointer_owner"
OPEN: Final = "pointer_open"
CASE: Final = "pointer_case"
ASKER: Final = "pointer_asker"
HELD: Final = "pointer_held"
SEARCH: Final = "pointer_search"
WATCHED: Final = (OWNER, OPEN, CASE, ASKER, HELD, SEARCH)
"""Tables that each process has in memory."""
SET: Final = "pointer_set"
TAKEN: Final = "pointer_taken"
PART: Final = "pointer_part"
LOG: Final = "pointer_log"

PART_SIZE: Final = 512 << 10
"""Characters of a set in one message; a message of the exchange may have a mebibyte."""

Rows = dict[tuple[str, str], bytes | None]


# --- bodies ---------------------------------------------------------------------------------------


class _Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type"):
    """What stands in a request or an answer; an unknown field refuses it."""


class Wish(_Body, frozen=True, tag="pointer_wish"):
    """The asker wants the set of a scope: its first part, or a later part of the one named."""

    scope: Scope
    part: Annotated[int, Meta(ge=1, le=4096)] = 1
    catalogue: Annotated[str, Meta(pattern="^([0-9a-f]{64})?$")] = ""


class Part(_Body, frozen=True, tag="pointer_part"):
    """A part of the text of a set, which is named by its digest."""

    scope: Scope
    number: Annotated[int, Meta(ge=1)]
    catalogue: Digest
    part: Annotated[int, Meta(ge=1, le=4096)]
    parts: Annotated[int, Meta(ge=1, le=4096)]
    text: Annotated[str, Meta(max_length=PART_SIZE)]


class Refusal(_Body, frozen=True, tag="pointer_refusal"):
    """The rule that refused; the sentence for it stands in ``pointers.rows.REFUSALS``."""

    rule: Annotated[str, Meta(max_length=40)]


class Details(_Body, frozen=True, tag="pointer_details"):
    """What a person of the owner says about a hit, and the names of records that the asker has."""

    said: Annotated[str, Meta(max_length=2000)] = ""
    records: Annotated[tuple[Annotated[str, Meta(max_length=200)], ...], Meta(max_length=1000)] = ()


Asked = Wish | Question
Answered = Part | Reply | Refusal

_T = TypeVar("_T")


def read_body(body: msgspec.Raw, kind: Any, sender: str) -> Any:
    """Read a body.

    :raises PointerError: when it is too large or has another form; nothing of it is used.
    """
    data = bytes(body)
    if len(data) > max(LARGEST_MESSAGE, 2 * PART_SIZE):
        raise PointerError("size", "a smaller message was expected", sender)
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError):
        raise PointerError(
            "shape", "the message is cut short or has another form", sender
        ) from None


def raw(body: msgspec.Struct) -> msgspec.Raw:
    """Return a body as it travels."""
    return msgspec.Raw(msgspec.json.encode(body))


# --- rows -----------------------------------------------------------------------------------------


class Open(msgspec.Struct, frozen=True, kw_only=True):
    """An epoch that questions may name: the ids of the records in its set, by the number of their
    version, and how often each part of the set was handed out."""

    scope: Scope
    number: int
    members: dict[int, str]
    given: dict[int, int] = {}


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """The newest set of a scope that was taken in. ``stale``: the owner answers in it no more."""

    scope: Scope
    number: int
    catalogue: str
    begins: dt.datetime
    ends: dt.datetime
    until: dt.datetime
    stale: bool = False


class Followed(msgspec.Struct, frozen=True, kw_only=True):
    """A hit and what became of it after it was told: the name of the request, how far the owner has
    come, and what a person there said. Of an approximate search: ``who`` is the place of the person
    looked for, ``why`` the words of ``near.POINTS`` that count, each with how often."""

    hit: Hit
    who: int = -1
    why: tuple[tuple[str, int], ...] = ()
    told: str = ""
    step: str = ""
    said: str = ""
    reason: str = ""
    records: tuple[str, ...] = ()


class Searched(msgspec.Struct, frozen=True, kw_only=True):
    """A search by a person here: keys, and what was typed for each. ``question`` is the one on its
    way; ``tries`` counts the sets wished and questions made for it; ``until`` is the last moment to
    follow a hit up.

    An approximate search has ``sought``, each with what was typed. ``coarse`` are the hits of its
    first stage, in the epoch of that ``number``; None before it. ``unclear`` are the places of
    those of whom the second question had no room.
    """

    id: str
    at: dt.datetime
    by: str
    partner: str
    purpose: str
    key: str
    pointers: tuple[Pointer, ...]
    typed: tuple[str, ...]
    state: Literal["waiting", "asked", "settled", "refused"] = "waiting"
    rule: str = ""
    question: str = ""
    tries: int = 0
    hits: tuple[Followed, ...] = ()
    misses: tuple[Pointer, ...] = ()
    until: dt.datetime | None = None
    sought: tuple[Sought, ...] = ()
    coarse: tuple[Hit, ...] | None = None
    number: int = 0
    unclear: tuple[int, ...] = ()

    def __repr__(self) -> str:
        return f"Searched({self.id}, {self.state})"


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A partner's request about a hit in our records, which a person here must answer."""

    asker: str
    id: str
    pointer: Pointer
    scope: Scope
    number: int
    at: dt.datetime
    due: dt.datetime

    def __repr__(self) -> str:
        return f"Case({self.asker}, {self.id})"


def locked(keys: Credentials, row: msgspec.Struct) -> bytes:
    """Return a row that only this machine's identity opens."""
    return keys.lock(msgspec.json.encode(row))


def unlocked(keys: Credentials, row: bytes, kind: type[_T]) -> _T:
    """Return a row that :func:`locked` wrote."""
    return msgspec.json.decode(keys.unlock(row), type=kind)


def place(scope: Scope, number: int) -> str:
    """Return the name of one epoch's set."""
    return f"{scope.name} {number}"


def note(draft: Draft, rows: Rows, *made: Row) -> None:
    """Write rows of the log, and an audit line for each; neither holds a key."""
    for row in made:
        key = f"{row.at.isoformat()} {secrets.token_hex(4)}"
        rows[LOG, key] = msgspec.json.encode(row)
        draft.note(row.event, row.partner)


def log(connection: sa.Connection) -> list[Row]:
    """Return the log, oldest first."""
    return [msgspec.json.decode(row, type=Row) for _key, row in exchange.of_table(connection, LOG)]
