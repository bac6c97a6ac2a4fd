"""Terms: what of one record goes to one partner. ``plan`` is the preview, ``apply`` the release.

Both are pure. ``apply`` builds the bytes from what the plan states and from nothing else, so the
preview cannot differ from the release. Rules:

1. what is not plainly allowed is withheld, fields that the vocabulary gains later included;
2. a copy's marking is never weaker than the source's;
3. whatever leaves tells nothing of what stays: no value, no residue of one, no count, no length, no
   id that a guess could be tested against.
"""

from esclusa.sharing.terms.planning import plan
from esclusa.sharing.terms.reasons import reasons
from esclusa.sharing.terms.releasing import apply, body_of, commitment, opens, redacted_id, salt
from esclusa.sharing.terms.shape import Consent, FieldPlan, Plan, Released, RuleRef, Source
from esclusa.sharing.terms.walked import Walked

__all__ = [
    "Consent", "FieldPlan", "Plan", "Released", "RuleRef", "Source", "Walked", "apply", "body_of",
    "commitment", "opens", "plan", "reasons", "redacted_id", "salt",
]  # fmt: skip
