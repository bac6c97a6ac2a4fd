"""Every error that Esclusa raises on purpose.

::

    EsclusaError
    ├── InputError            an entrance refuses what it was given (file, position, reason)
    │   ├── FormatError       strict reading met its first error
    │   ├── LimitError        too large, too deep, too many
    │   └── UnknownFormat     no reader recognises the file
    ├── MarkingError          a marking that is malformed or unknown: fails closed
    ├── NotFound              no such thing, or none that this reader may know of
    ├── Forbidden             the reader's role does not include this action
    ├── SignInError           unknown user, wrong password, expired session
    ├── StateError            a move that the present state does not allow
    ├── RuleError             a rule or expression that cannot be used (rule, position, reason)
    │   └── PackError         all that is wrong with a rule pack (in analysis.targeting)
    ├── ConfigError           a node's settings are missing or wrong
    └── LedgerError           the ledger refuses: wrong schema version, damaged, or out of reach

An error sentence names the thing, the value and what was expected. It never quotes the content of
a record, because its reader may not be allowed to see that record.
"""

from __future__ import annotations


class EsclusaError(Exception):
    """Root of the family; ``str(error)`` is one sentence fit for a person."""


class InputError(EsclusaError):
    """An entrance refuses its input.

    :param reason: what is wrong and what was expected, one sentence.
    :param file: name of the file as the sender gave it ("" for text typed by a person).
    :param offset: byte position in that file where the trouble starts, -1 if it has none.
    """

    def __init__(self, reason: str, *, file: str = "", offset: int = -1) -> None:
        self.reason = reason
        self.file = file
        self.offset = offset
        where = file or "input"
        at = f", byte {offset}" if offset >= 0 else ""
        super().__init__(f"{where}{at}: {reason}")


class FormatError(InputError):
    """Strict reading met its first error."""


class LimitError(InputError):
    """The input is larger, deeper or more numerous than the limits allow."""


class UnknownFormat(InputError):
    """No reader recognises the file."""


class MarkingError(EsclusaError):
    """A marking is malformed or uses an unknown word; nothing is released under it."""


class NotFound(EsclusaError):
    """No such thing, or none that this reader may know of; the two are never told apart."""


class Forbidden(EsclusaError):
    """The reader's role does not include this action."""


class SignInError(EsclusaError):
    """Unknown user, wrong password or expired session; the sentence does not say which."""


class StateError(EsclusaError):
    """A move that the present state does not allow."""


class RuleError(EsclusaError):
    """A rule or its expression cannot be used.

    :param offset: character position in the expression's text, -1 if it has none.
    """

    def __init__(self, reason: str, *, rule: str = "", offset: int = -1) -> None:
        self.reason = reason
        self.rule = rule
        self.offset = offset
        where = f"rule {rule}" if rule else "rule"
        at = f", character {offset}" if offset >= 0 else ""
        super().__init__(f"{where}{at}: {reason}")


class ConfigError(EsclusaError):
    """A node's settings are missing or wrong."""


class LedgerError(EsclusaError):
    """The ledger refuses: wrong schema version, damaged, or out of reach."""
