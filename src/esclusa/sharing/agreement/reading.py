"""From a text to an agreement: its shape, then what it says; each fault with file and line."""

from __future__ import annotations

import re
from typing import Final, TypeVar

import msgspec

from esclusa.errors import AgreementError
from esclusa.sharing.agreement.checking import problems
from esclusa.sharing.agreement.shape import Agreement, Signed
from esclusa.sharing.agreement.text import Place, Text, read_text

T = TypeVar("T")

_AT: Final = re.compile(r"(?s)(.*?)(?: - at `\$?(.*)`)?\Z")
_STEP: Final = re.compile(r"\.?([A-Za-z_]\w*)|\[(\d+)\]")
_UNKNOWN: Final = re.compile(r"Object contains unknown field `(.*)`")


class Finding(msgspec.Struct, frozen=True):
    """One fault of a text: line (from 1, 0 if it has none) and reason."""

    line: int
    reason: str


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """A text of the right shape: the agreement, its signatures, and what is wrong with it."""

    signed: Signed
    findings: tuple[Finding, ...]


def examine(data: bytes, *, file: str = "") -> Read:
    """Read an agreement, signed or not, and collect what is wrong with what it says.

    :param data: YAML or JSON; an object with the key ``agreement`` is a signed one.
    :raises AgreementError: naming file and line, when the text or its shape is wrong.
    """
    text = read_text(data, file=file)
    whole = isinstance(text.value, dict) and "agreement" in text.value
    signed = _convert(text, Signed) if whole else Signed(agreement=_convert(text, Agreement))
    before: Place = ("agreement",) if whole else ()
    found = (
        Finding(text.line((*before, *problem.place)), problem.reason)
        for problem in problems(signed.agreement)
    )
    return Read(signed=signed, findings=tuple(found))


def read_signed(data: bytes, *, file: str = "") -> Signed:
    """Read an agreement without a fault, with the signatures it has so far.

    :raises AgreementError: naming file, line and the first fault.
    """
    read = examine(data, file=file)
    if read.findings:
        first = read.findings[0]
        more = f" (and {len(read.findings) - 1} more)" if len(read.findings) > 1 else ""
        raise AgreementError(first.reason + more, file=file, line=first.line)
    return read.signed


def read_agreement(data: bytes, *, file: str = "") -> Agreement:
    """Read an agreement without a fault; its signatures, if any, are left aside."""
    return read_signed(data, file=file).agreement


def write_signed(signed: Signed) -> bytes:
    """Return the file of a signed agreement: JSON, two blanks of indentation."""
    return msgspec.json.format(msgspec.json.encode(signed), indent=2) + b"\n"


def _convert(text: Text, wanted: type[T]) -> T:
    try:
        return msgspec.convert(text.value, wanted)
    except msgspec.ValidationError as error:
        reason, place = _understood(str(error))
        raise AgreementError(reason, file=text.file, line=text.line(place)) from None


def _understood(said: str) -> tuple[str, Place]:
    match = _AT.match(said)
    assert match is not None
    reason, path = match[1], match[2] or ""
    steps = (name or int(index) for name, index in _STEP.findall(path))
    place: Place = tuple(steps)
    if unknown := _UNKNOWN.match(reason):
        return f"the key {unknown[1][:40]!r} is not known here", (*place, unknown[1])
    where = ".".join(str(step) for step in place)
    return f"{reason} (at {where})" if where else reason, place
