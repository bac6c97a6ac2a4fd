"""A person's written reason: text that can be kept, drawn and printed wherever it is read."""

from __future__ import annotations

import unicodedata
from typing import Final

from esclusa.errors import InputError

REASON_LIMIT: Final = 2000
"""Characters of a written reason."""

_KEPT: Final = "\t\n\r"
_DAMAGED: Final = "\N{REPLACEMENT CHARACTER}"
"""What a browser's form has where its bytes could not be read."""
_ODD: Final = frozenset({"Cc", "Cs"})
"""General categories (Unicode 16 §4.5) of control characters and of halves of surrogate pairs; a
command line's bytes that are no text come as such halves."""


def check_words(what: str, text: str, *, limit: int, field: str = "") -> None:
    """Refuse text that cannot be kept as it is.

    :param what: how an error names the text, as ``the reason``.
    :param limit: the most characters.
    :param field: the text's name in its form and its API call, "" where it has none.
    :raises InputError: when it is too long, or has a character that is no text: a control character
        other than tab and line break, or a byte that could not be read. The error says which, and
        where.
    """
    if len(text) > limit:
        raise InputError(
            f"{what} is longer than {limit} characters", field=field, problem="long",
            expected=f"≤ {limit}",
        )  # fmt: skip
    for at, sign in enumerate(text, 1):
        if sign == _DAMAGED or (unicodedata.category(sign) in _ODD and sign not in _KEPT):
            reason = f"{what} has a character that is no text: U+{ord(sign):04X}, at {at}"
            raise InputError(reason, field=field, problem="damaged")


def check_reason(text: str) -> None:
    """Refuse a reason that cannot be kept; see :func:`check_words`."""
    check_words("the reason", text, limit=REASON_LIMIT, field="reason")
