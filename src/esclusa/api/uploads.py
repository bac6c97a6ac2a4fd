"""The name that a sender gave a file."""

from __future__ import annotations

from typing import Final

NAME_CHARACTERS: Final = 200


def clean_name(name: str) -> str:
    """Return the last part of a path, printable, at most 200 characters; ``unnamed`` if empty.

    The name is shown and kept, and never used to open anything.
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(char for char in last if char.isprintable()).strip()[:NAME_CHARACTERS] or (
        "unnamed"
    )
