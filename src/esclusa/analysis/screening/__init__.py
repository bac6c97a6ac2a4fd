"""Screening: names, ships and numbers against watchlists, with every point explained.

:meth:`Index.build` arranges list entries once; :func:`screen` takes a table of queries to a table
of hits; :func:`screen_one` asks for one. A hit is a question for a person. No hit says nothing
about its subject. See ``docs/screening.md``.
"""

from esclusa.analysis.screening.batch import screen_batch
from esclusa.analysis.screening.hit import Hit, Part
from esclusa.analysis.screening.index import Index
from esclusa.analysis.screening.many import BulkScreener
from esclusa.analysis.screening.normalise import Name, normalise
from esclusa.analysis.screening.query import Query, make_query
from esclusa.analysis.screening.screener import Screener, screen_one
from esclusa.analysis.screening.sentences import answer_sentence, sentence, sentences
from esclusa.analysis.screening.settings import (
    Purpose,
    Weights,
    default_weights,
    purposes,
    threshold_for,
)
from esclusa.analysis.screening.sieve import Party, Sieve
from esclusa.analysis.screening.table import HIT_SCHEMA, screen

__all__ = [
    "HIT_SCHEMA", "BulkScreener", "Hit", "Index", "Name", "Part", "Party", "Purpose", "Query",
    "Screener", "Sieve", "Weights", "answer_sentence", "default_weights", "make_query",
    "normalise", "purposes", "screen", "screen_batch", "screen_one", "sentence", "sentences",
    "threshold_for",
]  # fmt: skip
