"""What a writer is told besides the records."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from esclusa.formats.edifact.drafting import WritingError

Refuse = Callable[[WritingError], None]
"""Told of each message that cannot be written and is left out."""


class Heading(msgspec.Struct, frozen=True, kw_only=True):
    """What an envelope says that records do not.

    ``prepared`` is ISO 8601 to the minute, the sender's local time; ``reference`` a number where
    the format asks for one. ``charset`` is UN/EDIFACT's identifier (0001): ``UNOC`` is Latin-1,
    ``UNOY`` UTF-8. A format without an envelope asks for nothing of it.
    """

    sender: str = ""
    recipient: str = ""
    reference: str = ""
    prepared: str = ""
    charset: str = "UNOC"
