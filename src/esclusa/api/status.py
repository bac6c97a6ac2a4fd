"""Which HTTP status each error of the house becomes (RFC 9110 §15).

The table is read from the most special class to the root, so a new error class below an existing
one needs no line here.
"""

from __future__ import annotations

from typing import Final

from esclusa import errors

STATUS: Final[dict[type[errors.EsclusaError], int]] = {
    errors.LimitError: 413,
    errors.UnknownFormat: 415,
    errors.FormatError: 422,
    errors.WireError: 422,
    errors.InputError: 400,
    errors.MarkingError: 422,
    errors.AgreementError: 422,
    errors.ProofError: 422,
    errors.TrustError: 403,
    errors.ExchangeError: 409,
    errors.PointerError: 409,
    errors.NotFound: 404,
    errors.Forbidden: 403,
    errors.SignInError: 401,
    errors.PasswordDue: 403,
    errors.WrongPassword: 403,
    errors.ProviderError: 401,
    errors.UnknownSubject: 401,
    errors.StateError: 409,
    errors.MovedOn: 409,
    errors.RuleError: 422,
    errors.ConfigError: 500,
    errors.LedgerError: 503,
}


class TooMany(errors.SignInError):
    """Too many failed sign-ins; ``seconds`` says how long to wait."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"too many failed sign-ins, try again in {seconds} seconds")


def status_of(error: errors.EsclusaError) -> int:
    """Return the HTTP status for an error of the house; 500 for one the table does not know."""
    if isinstance(error, TooMany):
        return 429  # RFC 6585 §4
    return next((STATUS[cls] for cls in type(error).__mro__ if cls in STATUS), 500)


def sentence_of(error: errors.EsclusaError) -> str:
    """Return what a person may be told: nothing of the machine's inside above status 499.

    A missing and a hidden thing give the same words, whatever the error itself says.
    """
    status = status_of(error)
    if status == 404:
        return "no such thing, or none that you may know of"
    return str(error) if status < 500 else "the node could not do this"
