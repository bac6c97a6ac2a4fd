"""Messages of records through a typed writer: what cannot be written is told, the rest goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from msgspec.structs import replace

from esclusa.formats.edifact.drafting import WritingError
from esclusa.formats.heading import Refuse
from esclusa.model import Message

Made = TypeVar("Made")


def made(
    messages: Iterable[Message],
    writer: Callable[[Message], list[Made]],
    file: str,
    refuse: Refuse | None,
) -> Iterator[Made]:
    """Yield what ``writer`` makes of each message, whole or not at all.

    The error of a message names the first of its statements that cannot be written.

    :raises WritingError: a message cannot be written and there is nobody to tell.
    """
    for message in messages:
        try:
            found = writer(message)
        except WritingError as error:
            reason = f"{_culprit(message, writer)}{error.what}"
            placed = WritingError(
                reason, file=file, message=message.reference, segment=error.segment,
                element=error.element,
            )  # fmt: skip
            if refuse is None:
                raise placed from None
            refuse(placed)
        else:
            yield from found


def _culprit(message: Message, writer: Callable[[Message], list[Made]]) -> str:
    """Name the first statement that cannot be written by its place, so that none is quoted."""
    for number, statement in enumerate(message.statements, 1):
        try:
            writer(replace(message, statements=(statement,)))
        except WritingError:
            return f"statement {number}, "
    return ""
