"""Words of ours that stand in columns, as bytes behind each window: so that a value which is half
theirs and half ours is made of spans of one text."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from esclusa.formats.x12.customs_events_353 import TRANSFER
from esclusa.formats.x12.events import DISPOSITIONS
from esclusa.formats.x12.ocean_manifest_309 import REFERENCES

_WORDS: Final = (
    ":", "; ", " ", ",", "USD",
    "QTY:", "ENTRYTYPE:", "ENTRY:", "MB:", "EQ:", "INBOND:",
    *REFERENCES.values(), TRANSFER, *(each.name for each in DISPOSITIONS.values()),
)  # fmt: skip

PLACES: Final[dict[str, tuple[int, int]]] = {"": (0, 0)}
"""Where each word begins and ends in :data:`TEXT`."""


def _text() -> bytes:
    text = ""
    for word in _WORDS:
        PLACES.setdefault(word, (len(text), len(text) + len(word)))
        text += word
    return text.encode("ascii")


TEXT: Final = _text()


def places(words: list[str]) -> npt.NDArray[np.int32]:
    """Begin and end of each of these words in :data:`TEXT`."""
    return np.array([PLACES[word] for word in words], np.int32).reshape(-1, 2)
