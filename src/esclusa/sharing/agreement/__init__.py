"""Agreements as data: what two services sign, and the only ground on which a record may leave.

``text`` and ``reading`` turn YAML or JSON into an :class:`Agreement` and name each fault with its
line; ``checking`` holds what an agreement must say; ``canonical`` is the form that is signed;
``standing`` tells which agreements are in force; ``comparing`` and ``describing`` put them in
words. Nothing here reads a clock, a file or a record: :mod:`esclusa.sharing.terms` applies them.
"""

from esclusa.sharing.agreement.canonical import canonical, digest
from esclusa.sharing.agreement.comparing import Change, compare
from esclusa.sharing.agreement.describing import describe
from esclusa.sharing.agreement.reading import (
    examine,
    read_agreement,
    read_signed,
    write_signed,
)
from esclusa.sharing.agreement.shape import Agreement, Clause, Signature, Signed, schema
from esclusa.sharing.agreement.standing import (
    InForce,
    Standing,
    in_force,
    rehearsed,
    sign,
    standings,
)
from esclusa.sharing.agreement.words import Sentence

__all__ = [
    "Agreement", "Change", "Clause", "InForce", "Sentence", "Signature", "Signed", "Standing",
    "canonical", "compare", "describe", "digest", "examine", "in_force", "read_agreement",
    "read_signed", "rehearsed", "schema", "sign", "standings", "write_signed",
]  # fmt: skip
