"""The name field of a zone: written whole where it fits, cut by rule where it does not.

Doc 9303 part 4 §4.2.2 and §4.2.3 (the same in parts 5 to 7): both identifiers must show, and a cut
name ends in a letter in the last place. How much is cut from which part is the issuer's choice.
Ours: the secondary identifier is cut at its end; a primary one that leaves no room for ``<<`` and
one letter loses letters from its longest parts first.
"""

from __future__ import annotations

from esclusa.errors import FormatError
from esclusa.formats.mrz.layout import FILLER


def name_field(surname: str, given_names: str, width: int) -> str:
    """Return the name field, ``width`` characters; names are in letters, parts spaced.

    Raises :class:`~esclusa.errors.FormatError` when a name of single letters alone does not fit.
    """
    primary, secondary = surname.replace(" ", FILLER), given_names.replace(" ", FILLER)
    whole = f"{primary}<<{secondary}" if secondary else primary
    if len(whole) <= width:
        return whole.ljust(width, FILLER)
    if not secondary:
        return _cut(primary, width) or _unfit(width)
    return _both_cut(primary, secondary, width)


def _both_cut(primary: str, secondary: str, width: int) -> str:
    primary = _shortened(primary, width - 3)
    while primary:
        cut = _cut(secondary, width - len(primary) - 2)
        if cut:
            return f"{primary}<<{cut}"
        primary = _shortened(primary, len(primary) - 1)
    return _unfit(width)


def _unfit(width: int) -> str:
    raise FormatError(f"name cannot be cut to {width} characters with a letter in the last place")


def _shortened(name: str, most: int) -> str:
    """Take letters from the longest part, the last of several, until the name is short enough.

    Parts of one letter go whole, from the end. A name may come out empty.
    """
    parts = name.split(FILLER)
    while parts and len(FILLER.join(parts)) > most:
        longest = max(range(len(parts)), key=lambda at: (len(parts[at]), at))
        if len(parts[longest]) > 1:
            parts[longest] = parts[longest][:-1]
        else:
            parts.pop()
    return FILLER.join(parts)


def _cut(name: str, room: int) -> str:
    """The first ``room`` characters, ending in a letter; "" when it cannot be done.

    Where the cut falls on a filler, the longest part before it gives a letter for the next initial.
    """
    piece = name[:room]
    if not piece.endswith(FILLER):
        return piece
    parts = piece[:-1].split(FILLER)
    longest = max(range(len(parts)), key=lambda at: len(parts[at]))
    if len(parts[longest]) < 2 or len(name) <= room:
        return ""
    parts[longest] = parts[longest][:-1]
    return f"{FILLER.join(parts)}<{name[room]}"
