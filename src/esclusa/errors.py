"""Every error that Esclusa raises on purpose.

::

    EsclusaError
    ├── InputError            an entrance refuses what it was given (file, position, reason)
    │   ├── FormatError       strict reading met its first error
    │   ├── LimitError        too large, too deep, too many
    │   ├── UnknownFormat     no reader recognises the file
    │   ├── WritingError      a message that cannot be written (in formats.edifact.drafting)
    │   └── WireError         a batch or bundle is not exactly what its sender signed: refused whole
    ├── MarkingError          a marking that is malformed or unknown: fails closed
    ├── AgreementError        an agreement that cannot be used, or a release it does not carry
    ├── TrustError            a key, signature or certificate does not hold
    │   └── ProofError        a log, a checkpoint or a proof does not hold
    ├── ExchangeError         a batch or move the exchange between nodes refuses (rule, partner)
    │   └── PointerError      a hit / no-hit search between nodes is refused (rule, partner)
    ├── NotFound              no such thing, or none that this reader may know of
    ├── Forbidden             the reader's role does not include this action
    ├── SignInError           unknown user, wrong password, expired session
    │   ├── PasswordDue           the account's password has to be changed before anything else
    │   ├── WrongPassword         the old password given with a new one is not right
    │   ├── ProviderError     what came by way of the identity provider does not hold (kind)
    │   └── UnknownSubject    the provider knows the person, this node does not (code)
    ├── StateError            a move that the present state does not allow
    │   └── MovedOn           what a person decided on has changed since the person saw it
    ├── RuleError             a rule or expression that cannot be used (rule, position, reason)
    │   └── PackError         all that is wrong with a rule pack (in analysis.targeting)
    ├── ConfigError           a node's settings are missing or wrong
    └── LedgerError           the ledger refuses: wrong schema version, damaged, or out of reach

An error sentence names the thing, the value and what was expected. It never quotes the content of
a record, because its reader may not be allowed to see that record.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Term(str):
    """A word of a closed list within the facts of an error: its text as an English sentence has it.

    :param group: the list it is of, where a face finds its words; "" where ``es`` gives them.
    :param es: the Spanish text.
    """

    __slots__ = ("es", "group")
    es: str
    group: str

    def __new__(cls, text: str, *, group: str = "", es: str = "") -> Term:
        made = super().__new__(cls, text)
        made.group, made.es = group, es
        return made


class EsclusaError(Exception):
    """Root of the family; ``str(error)`` is one English sentence fit for a person.

    :param text: that sentence, with a named place (``{by}``) for each of its facts. A sentence that
        a page may show has a row in ``casework/refusals.csv``: its code, and its Spanish.
    :param facts: what stands in those places: text, numbers, or a :class:`Term`.
    """

    def __init__(self, text: str = "", **facts: object) -> None:
        self.text = text
        self.facts = facts
        super().__init__(_said(text, facts))


def _said(text: str, facts: Mapping[str, object]) -> str:
    return text.format(**facts) if facts else text


class InputError(EsclusaError):
    """An entrance refuses its input.

    :param reason: what is wrong and what was expected, one sentence.
    :param file: name of the file as the sender gave it ("" for text typed by a person).
    :param offset: byte position in that file where the trouble starts, -1 if it has none.
    :param field: name of the one value that is wrong, as its form and its API call name it; "" when
        it is none, or several.
    :param problem: what is wrong with that value, one word of ``casework.forms.PROBLEMS``.
    :param expected: what would do, the same in every language: ``0–4``, ``2026-12-31``.
    """

    def __init__(
        self, reason: str, *, file: str = "", offset: int = -1, field: str = "",
        problem: str = "refused", expected: str = "", **facts: object,
    ) -> None:  # fmt: skip
        self.reason = _said(reason, facts)
        self.file = file
        self.offset = offset
        self.field = field
        self.problem = problem
        self.expected = expected
        where = file or "input"
        at = f", byte {offset}" if offset >= 0 else ""
        super().__init__(f"{where}{at}: {self.reason}")
        self.text, self.facts = reason, facts


class FormatError(InputError):
    """Strict reading met its first error."""


class LimitError(InputError):
    """The input is larger, deeper or more numerous than the limits allow."""


class UnknownFormat(InputError):
    """No reader recognises the file."""


class WireError(InputError):
    """A batch or a sealed bundle is not exactly what its sender signed; none of it is used."""


class MarkingError(EsclusaError):
    """A marking is malformed or uses an unknown word; nothing is released under it."""


class TrustError(EsclusaError):
    """A key, a signature or a certificate does not hold; nothing is accepted under it."""


class ProofError(TrustError):
    """A log, a checkpoint or a proof does not hold: changed, dropped, reordered or forked."""


class AgreementError(EsclusaError):
    """An agreement cannot be used, or does not carry what was asked of it; nothing is released.

    :param reason: what is wrong and what was expected, one sentence.
    :param file: name of the file as it was given ("" when there is none).
    :param line: line in that file, from 1; 0 if it has none.
    """

    def __init__(self, reason: str, *, file: str = "", line: int = 0, **facts: object) -> None:
        self.reason = _said(reason, facts)
        self.file = file
        self.line = line
        at = f", line {line}" if line else ""
        super().__init__(f"{file or 'agreement'}{at}: {self.reason}")
        self.text, self.facts = reason, facts


class ExchangeError(EsclusaError):
    """The exchange between nodes refuses a batch, a message or a move; nothing was changed by it.

    :param rule: the rule that refuses, one word of ``exchange.words.REFUSALS``.
    :param reason: what is wrong and what was expected, one sentence without content of records.
    :param partner: the agency on the other side, "" when there is none.
    """

    def __init__(self, rule: str, reason: str, partner: str = "") -> None:
        self.rule = rule
        self.reason = reason
        self.partner = partner
        super().__init__(f"{partner}: {reason}" if partner else reason)


class PointerError(ExchangeError):
    """A hit / no-hit search between nodes is refused; nothing was told or changed by it.

    ``rule`` is one word of ``pointers.rows.REFUSALS``; the sentence names no key.
    """


class NotFound(EsclusaError):
    """No such thing, or none that this reader may know of; the two are never told apart."""


class Forbidden(EsclusaError):
    """The reader's role does not include this action."""


class SignInError(EsclusaError):
    """Unknown user, wrong password or expired session; the sentence does not say which."""


class PasswordDue(SignInError):
    """The account's password has to be changed before anything else can be done."""


class WrongPassword(SignInError):
    """Whoever wants to change a password did not give the old one."""


class ProviderError(SignInError):
    """A sign-in through the identity provider does not hold.

    :param kind: what does not, one word for the log; people are told that it failed, no more.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__("the sign-in through the identity provider failed")


class UnknownSubject(SignInError):
    """The identity provider knows the person, and no administrator of this node has said who it is.

    :param code: what stands for the person on the administrator's page.
    """

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__("this node does not know the person; its administrator can say who it is")


class StateError(EsclusaError):
    """A move that the present state does not allow."""


class MovedOn(StateError):
    """What a person decided on has changed since the person saw it; nothing was written.

    :param by: who changed it, ``analysis`` for changed facts.
    :param at: when, ISO 8601 UTC.
    :param move: what was done, a word of ``casework/alert_states.csv``; "" for changed facts.
    """

    def __init__(self, by: str, at: str, move: str = "") -> None:
        self.by = by
        self.at = at
        start = "the alert has changed since you opened it: "
        if move:
            what = Term(move, group="move")
            super().__init__(start + "{move} by {by} at {at}Z", move=what, by=by, at=at[:16])
        else:
            super().__init__(start + "its facts changed at {at}Z", at=at[:16])
        self.move = move


class RuleError(EsclusaError):
    """A rule or its expression cannot be used.

    :param reason: what is wrong and what was expected, one sentence. Each has a row in
        ``casework/refusals.csv``, but for one that only joins its ``places``.
    :param rule: id of the rule, or name of its file; "" while it has none.
    :param offset: character position in the expression's text, -1 if it has none.
    :param entry: the entry of the rule that is wrong, or that holds the expression.
    :param places: all that is wrong with a text: line and character from 1 (0 without a place), and
        what is wrong there.
    """

    def __init__(
        self, reason: str, *, rule: str = "", offset: int = -1, entry: str = "",
        places: tuple[tuple[int, int, RuleError], ...] = (), **facts: object,
    ) -> None:  # fmt: skip
        self.places = places
        self.reason = _said(reason, facts)
        self.rule = rule
        self.offset = offset
        self.entry = entry
        where = f"rule {rule}" if rule else "rule"
        at = f", character {offset}" if offset >= 0 else ""
        super().__init__(f"{where}{at}: {self.reason}")
        self.text, self.facts = reason, facts

    def of(self, rule: str, offset: int | None = None) -> RuleError:
        """Return the same error with the name of its rule, and with its place where it had none."""
        facts: dict[str, Any] = self.facts
        at = self.offset if offset is None else offset
        return RuleError(self.text, rule=rule, offset=at, entry=self.entry, **facts)


class ConfigError(EsclusaError):
    """A node's settings are missing or wrong."""


class LedgerError(EsclusaError):
    """The ledger refuses: wrong schema version, damaged, or out of reach."""
