"""Writing EDIFACT for the samples: segments from lists, counts put in, one segment a line."""

from __future__ import annotations

from collections.abc import Iterable

_SERVICE = str.maketrans({mark: f"?{mark}" for mark in "?+:'"})


def edifact(segment: Iterable[object]) -> str:
    """Write one segment: a list element is a composite; empty ends are dropped."""
    parts = [_element(part) for part in segment]
    while parts and not parts[-1]:
        parts.pop()
    return "+".join(parts) + "'\n"


def _element(part: object) -> str:
    if isinstance(part, list):
        return ":".join(str(each).translate(_SERVICE) for each in part).rstrip(":")
    return str(part).translate(_SERVICE)


def message(reference: str, identifier: list[str], body: list[list[object]]) -> str:
    """Write UNH, the body and UNT with its count."""
    segments: list[list[object]] = [["UNH", reference, identifier], *body]
    segments.append(["UNT", str(len(segments) + 1), reference])
    return "".join(edifact(each) for each in segments)


def envelope(
    sender: str, recipient: str, prepared: str, reference: str, messages: list[str]
) -> bytes:
    """Write UNB and UNZ round the messages, in Latin-1 (UNOC)."""
    date, time = prepared.split(":")
    head = edifact(["UNB", ["UNOC", "3"], sender, recipient, [date, time], reference])
    tail = edifact(["UNZ", str(len(messages)), reference])
    return (head + "".join(messages) + tail).encode("latin-1")
