"""Carry a plan out: build the bytes that go from what the plan states, and from nothing else."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from typing import Any, Final

import msgspec

from esclusa.errors import AgreementError
from esclusa.model import Body, Record, encode_body
from esclusa.sharing.agreement import fields
from esclusa.sharing.agreement.fields import Shape
from esclusa.sharing.terms.shape import Plan, Released
from esclusa.sharing.terms.walked import body_digest

LEAST_SECRET: Final = 32
"""Bytes of a node's secret; the strength of a SHA-256 key."""


def apply(record: Record, plan: Plan, *, secret: bytes) -> Released:
    """Return the redacted version that a plan states.

    :param record: the version that the plan was made for; only its commitment is taken from it.
    :param secret: at least 32 random bytes that never leave this node and never change; the same
        record, plan and secret give the same bytes.
    :raises AgreementError: when the plan releases nothing, is a rehearsal, or is of another record.
    """
    if plan.reason or plan.marking is None or plan.onward is None or plan.lease_until is None:
        raise AgreementError("the plan releases nothing ({why})", why=plan.reason)
    if plan.rehearsal:
        raise AgreementError("the plan was made with a draft, which releases nothing")
    if (record.id, record.version, body_digest(record)) != (
        plan.record_id, plan.version, plan.body_digest
    ):  # fmt: skip
        raise AgreementError("the plan was made for another record, or another version of it")
    return Released(
        record_id=redacted_id(record, plan.partner, secret),
        kind=plan.kind,
        originator=plan.originator,
        body=encode_body(body_of(plan)),
        marking=plan.marking,
        onward=plan.onward,
        lease_until=plan.lease_until,
        withdrawn=plan.withdrawn,
        commitment=commitment(record, salt(record, plan.partner, secret)),
        agreement=plan.agreement,
    )


def body_of(plan: Plan) -> Body:
    """Build a body out of the values that a plan lets go; the record itself is not looked at."""
    tree: dict[str, Any] = {}
    for item in plan.fields:
        if item.outcome != "withheld":
            _put(tree, item.at.split("."), item.value)
    body = _lists(fields.shape_of(plan.kind), tree)
    return msgspec.convert(body | {"kind": plan.kind}, fields.KINDS[plan.kind])  # type: ignore[return-value]


def _put(tree: dict[str, Any], steps: list[str], value: Any) -> None:
    for step in steps[:-1]:
        tree = tree.setdefault(step, {})
    tree[steps[-1]] = value


def _lists(shape: Shape, tree: Any) -> Any:
    """Turn numbered entries into lists, and add the empty groups that a kind cannot be without."""
    if shape.item is not None:
        return [_lists(shape.item, tree[number]) for number in sorted(tree, key=int)]
    if shape.type:
        return tree
    empty: dict[str, Any] = {name: {} for name in shape.must_exist}
    return empty | {name: _lists(shape.fields[name], value) for name, value in tree.items()}


def redacted_id(record: Record, partner: str, secret: bytes) -> str:
    """Return the id of a record's redacted versions at one partner (UUID version 8, RFC 9562 §5.8).

    A record's own id is the hash of its natural key, and whoever can guess the key can test the
    guess. This one is keyed, and differs from partner to partner.
    """
    made = _keyed(secret, "id", partner, record.originator, record.id)[:16]
    number = int.from_bytes(made, "big") & ~(0xF << 76) & ~(0x3 << 62) | 8 << 76 | 2 << 62
    return str(uuid.UUID(int=number))


def salt(record: Record, partner: str, secret: bytes) -> bytes:
    """Return the 32 bytes that open the commitment of one version to one partner.

    Keep them back until the withheld part is to be shown.
    """
    return _keyed(secret, "salt", partner, record.originator, record.id, str(record.version),
                  body_digest(record))  # fmt: skip


def commitment(record: Record, salted: bytes) -> str:
    """Return what ties a redacted version to the original: 64 hexadecimal digits.

    Later the originator may show original and salt, and the partner sees that the redacted version
    was made of it. Without the salt the digits tell nothing, not even a length.
    """
    parts = (record.originator, record.kind, record.id, str(record.version), body_digest(record))
    text = "\n".join(("esclusa-tear-line/1", *parts)).encode()
    return hmac.digest(salted, text, hashlib.sha256).hex()


def opens(made: str, record: Record, salted: bytes) -> bool:
    """Tell whether a commitment was made of this record with this salt."""
    return hmac.compare_digest(made, commitment(record, salted))


def _keyed(secret: bytes, *parts: str) -> bytes:
    if len(secret) < LEAST_SECRET:
        raise AgreementError("a node's secret has at least {least} bytes", least=LEAST_SECRET)
    text = "\n".join(("esclusa-tear-line/1", *parts)).encode()
    return hmac.digest(secret, text, hashlib.sha256)
