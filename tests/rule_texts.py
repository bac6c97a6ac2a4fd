"""Texts of rules of a node's own, for tests."""

from __future__ import annotations

import datetime as dt

TODAY = dt.datetime.now(dt.UTC).date()

_TEXT = """\
id = "{id}"
version = "{version}"
indicators = ["C05"]
subjects = ["consignment"]
title_en = "Goods text holds {word}"
title_es = "La descripción contiene {word}"
text_en = "The goods text holds a word of the shift: {{goods_text}}."
text_es = "La descripción contiene una palabra del turno: {{goods_text}}."
points = {points}
points_reason = "Seen in the yard."
when = '''
contains(goods_text, "{word}")
'''
valid_from = {first}
valid_to = {last}
owner = "Shift of pier 7, Marisol customs"
purpose = "Choose consignments for examination"
legal_basis = "Customs code of Marisol, article 7"
evidence = ["goods_text"]
sources = ["C05: notes of the shift"]
false_positive_en = "Honest goods of that name."
false_positive_es = "Mercancía legítima con ese nombre."

[[tests]]
name = "the word"
expect = "true"
given = {{ goods_text = "FRESH {word}" }}

[[tests]]
name = "another word"
expect = "false"
given = {{ goods_text = "NOTHING OF IT" }}

[[tests]]
name = "no text"
expect = "unknown"
given = {{}}
"""


def rule(
    id: str = "N1", word: str = "BANANAS", *, version: str = "1", points: int = 10,
    starts: int = 0, lasts: int = 300,
) -> str:  # fmt: skip
    """Return a rule that fires on a word in the goods text; days count from today."""
    first = TODAY + dt.timedelta(days=starts)
    return _TEXT.format(
        id=id, word=word, version=version, points=points, first=first,
        last=first + dt.timedelta(days=lasts),
    )  # fmt: skip
