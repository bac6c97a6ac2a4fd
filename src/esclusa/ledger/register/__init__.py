"""The register of entities: who is one and the same, kept in files beside the ledger.

One file for each set of labels that somebody reads under. It is worked out from the versions in
force under these labels and from nothing else, so nothing of a hidden record can be in it. All of
it can be made anew from the ledger at any time. See ``docs/decisions/0048-entities-kept.md``.
"""

from esclusa.ledger.register.build import fill
from esclusa.ledger.register.change import Changing
from esclusa.ledger.register.file import File, Judged
from esclusa.ledger.register.links import Links
from esclusa.ledger.register.read import Kept, KeptEntity

__all__ = ["Changing", "File", "Judged", "Kept", "KeptEntity", "Links", "fill"]
