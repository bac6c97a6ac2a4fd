"""Outcomes: what is known of a consignment or a box because somebody looked into it.

An outcome is worked out from examinations and from nothing else. A person's verdict on an alert is
an opinion on reasons, not a look into a box, and is no outcome.
"""

from esclusa.analysis.outcomes.combine import COLUMNS, outcome_table
from esclusa.analysis.outcomes.definitions import Definitions, definitions
from esclusa.analysis.outcomes.link import Linked, Subject, link
from esclusa.analysis.outcomes.times import instant
from esclusa.analysis.outcomes.versions import Stated, as_known, next_known

__all__ = [
    "COLUMNS", "Definitions", "Linked", "Stated", "Subject", "as_known", "definitions", "instant",
    "link", "next_known", "outcome_table",
]  # fmt: skip
