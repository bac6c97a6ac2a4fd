"""What was proposed for opening at a port, and how the draw can be checked."""

from __future__ import annotations

import msgspec


class SelectionMove(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="kind",
    tag="selection_move",
):
    """A step on the selection of a port, day and shift; each a version of one record.

    ``move`` is ``commit``, ``draw``, ``swap`` or ``reveal``. Natural key: port, day and shift.
    ``day`` is ISO 8601, ``at`` too, in UTC; ``number`` counts the steps from 1.

    A ``commit`` has ``commitment`` and ``capacity``; it comes before the list of candidates. A
    ``draw`` has three documents as JSON text: ``policy``, ``candidates`` and ``sheet`` (see
    ``analysis.selection``), ``until`` as the last day of arrival, ``by_model`` as the model whose
    probabilities order, "" where points of rules do. A ``swap`` takes the record ``out`` off the
    proposal and the record ``taken`` on it, either may be "". A ``reveal`` has the ``seed``, as
    hexadecimal digits.
    """

    port: str
    day: str
    number: int
    move: str
    by: str
    at: str
    shift: str = ""
    reason: str = ""
    commitment: str = ""
    capacity: int = 0
    until: str = ""
    by_model: str = ""
    policy: str = ""
    candidates: str = ""
    sheet: str = ""
    out: str = ""
    taken: str = ""
    seed: str = ""
