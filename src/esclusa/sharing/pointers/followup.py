"""After a hit: the owner is asked, and a person there decides, before anything else flows.

The asker's node makes a request of the exchange out of a hit; with it the key is told openly. It
carries the hit's evidence, which only a search can give: a request cannot be used to try keys
beyond the limits. The owner's node makes of it what a person must answer, and asks the originator
of each record that is not its own.
"""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Iterable
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from esclusa.errors import PointerError
from esclusa.model import Record
from esclusa.sharing.exchange.messages import ConsentAsk, Request
from esclusa.sharing.pointers import voprf
from esclusa.sharing.pointers.answering import Owner
from esclusa.sharing.pointers.asking import Hit
from esclusa.sharing.pointers.catalogue import tag_of, tags_of
from esclusa.sharing.pointers.epochs import key_of
from esclusa.sharing.pointers.gather import pointers_of
from esclusa.sharing.pointers.keys import Pointer
from esclusa.sharing.pointers.messages import Catalogue, Scope, digest
from esclusa.sharing.pointers.rows import Row
from esclusa.sharing.pointers.terms import KEYS

KIND: Final = "pointer_hit"
"""The ``kind`` of the exchange's request."""

_ABOUT: Final = "A hit in a pointer search: may we know more?"


class _Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    scope: Scope
    number: int
    key: Annotated[str, Meta(max_length=40)]
    parts: Annotated[tuple[Annotated[str, Meta(max_length=2000)], ...], Meta(max_length=3)]
    evidence: bytes


def request_for(hit: Hit, name: str, due: dt.datetime, now: dt.datetime) -> tuple[Request, Row]:
    """Return the request that tells the owner of a hit, and its log row.

    :param name: an id that this node never uses twice.
    :param due: the end of a clock that the agreement names.
    """
    pointer = hit.pointer
    body = _Body(hit.scope, hit.number, pointer.key, pointer.parts, hit.evidence)
    request = Request(name, KIND, due, _ABOUT, msgspec.Raw(msgspec.json.encode(body)))
    row = Row(at=now, event="pointers:hit:told", partner=hit.scope.owner, scope=hit.scope,
              number=hit.number, elements=1)  # fmt: skip
    return request, row


def taken(
    state: Owner, catalogue: Catalogue, request: Request, now: dt.datetime
) -> tuple[Pointer, Row]:
    """Return what a request of the asker is about, once its evidence is checked.

    :param catalogue: the set of the epoch that the hit was found in, as it was published.
    :raises PointerError: when this node has told no such hit, or its epoch's key is destroyed. Show
        the same sentence for every request that is refused: nothing was looked up.
    """
    try:
        body = msgspec.json.decode(request.body, type=_Body)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise PointerError("shape", "the request has another form", state.asker) from error
    pointer = Pointer(body.key, body.parts)
    epoch = next((item for item in state.epochs
                  if (item.scope, item.number) == (body.scope, body.number)), None)  # fmt: skip
    if epoch is None or now >= epoch.until or digest(catalogue) != epoch.catalogue:
        raise PointerError("epoch", "the hit's epoch is over; search again", state.asker)
    known = KEYS.get(body.key) == body.scope.subject
    if not known or not hmac.compare_digest(
        voprf.compute(key_of(epoch), pointer.encode()), body.evidence
    ):
        raise PointerError("evidence", "this node has told no such hit", state.asker)
    if tag_of(body.evidence) not in tags_of(catalogue):
        raise PointerError("evidence", "this node has told no such hit", state.asker)
    row = Row(at=now, event="pointers:hit:taken", partner=state.asker, scope=body.scope,
              number=body.number, elements=1)  # fmt: skip
    return pointer, row


def records_behind(pointer: Pointer, admitted: Iterable[Record]) -> tuple[Record, ...]:
    """Return the records that a hit stands for, for a person of the owner to decide about.

    :param admitted: those that may be found now (:func:`.admission.admitted`): one that was
        recalled or narrowed since is not among them, and the request is answered as if there were
        none.
    """
    return tuple(
        record for record in admitted
        if record.body is not None and pointer in pointers_of(record.body, (pointer.key,))
    )  # fmt: skip


def consents_needed(
    records: Iterable[Record], me: str, partner: str, why: str = ""
) -> tuple[ConsentAsk, ...]:
    """Return the questions to the originators of records that are not the owner's own."""
    return tuple(
        ConsentAsk(record.originator, record.id, me, partner, "pass", why)
        for record in records if record.originator != me
    )  # fmt: skip
