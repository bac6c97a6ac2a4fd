"""The request desk as a table to take along: CSV (RFC 4180), times in UTC."""

from __future__ import annotations

import csv
import io
from typing import Final

from esclusa.model import Level
from esclusa.node.report_tables import plain
from esclusa.sharing.information_views import RequestPage, WordView

_HEADS: Final = {
    "en": (
        "id", "we are", "asked by", "asked", "about", "name", "number", "state", "whose turn",
        "urgency", "asked at (UTC)", "due (UTC)", "minutes left", "minutes rested",
        "rests since (UTC)", "extensions", "last step (UTC)", "level",
    ),
    "es": (
        "id", "somos", "pregunta", "responde", "versa sobre", "nombre", "número", "estado",
        "a quién le toca", "urgencia", "preguntada (UTC)", "vence (UTC)", "minutos restantes",
        "minutos de pausa", "en pausa desde (UTC)", "prórrogas", "último paso (UTC)", "nivel",
    ),
}  # fmt: skip
_SIDES: Final = {
    "en": {"requester": "asking service", "answerer": "asked service"},
    "es": {"requester": "servicio que pregunta", "answerer": "servicio preguntado"},
}
_TURNS: Final = {"en": ("ours", "theirs", "nobody's"), "es": ("nuestro", "suyo", "de nadie")}


def requests_csv(page: RequestPage, language: str) -> str:
    """Return the rows of a desk as CSV, with headings in ``en`` or ``es``.

    No cell begins a formula, so that a spreadsheet shows what was written and computes nothing.
    """

    def said(word: WordView) -> str:
        return word.es if language == "es" else word.en

    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(_HEADS[language])
    turns = _TURNS[language]
    for row in page.rows:
        turn = turns[2] if not row.open else turns[0] if row.ours else turns[1]
        clock = row.clock
        cells = (
            row.id, _SIDES[language][row.side], row.requester, row.answerer, said(row.kind),
            row.subject.name, row.subject.number, said(row.state), turn, said(clock.profile),
            clock.asked, clock.due, clock.left_minutes, clock.rested_minutes, clock.resting_since,
            clock.extended, row.last, Level(row.level).name,
        )  # fmt: skip
        rows.writerow([plain(cell) for cell in cells])
    return out.getvalue()
