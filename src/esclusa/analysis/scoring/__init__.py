"""The score: an additive model as plain data, with reasons that sum to it exactly.

A fitted model is a set of tables (:mod:`.model`). Scoring looks up and adds (:mod:`.score`), and
needs nothing that learns; fitting (:mod:`.fit`) needs the extra ``learn``. A score orders what
people look at. It decides nothing. Pure: tables go in, tables and structs come out.
"""

from esclusa.analysis.scoring.calibration import calibrated, probabilities, probability
from esclusa.analysis.scoring.card import Shape, card, widest_first
from esclusa.analysis.scoring.combine import Combined, combine
from esclusa.analysis.scoring.compare import Comparison, Difference, compare
from esclusa.analysis.scoring.drift import Promise, Shift, promise, shifts
from esclusa.analysis.scoring.known import Known, known_examples
from esclusa.analysis.scoring.model import (
    Feature,
    Model,
    Part,
    Term,
    Training,
    checksum,
    read_model,
    versions_in,
    write_model,
)
from esclusa.analysis.scoring.reasons import Explained, Reason, explain, points, top_terms
from esclusa.analysis.scoring.recipe import PLAIN, Examples, Recipe
from esclusa.analysis.scoring.score import One, Scorer, Scores
from esclusa.analysis.scoring.split import Split, groups, naive_split, seeded_split, strict_split

__all__ = [
    "PLAIN", "Combined", "Comparison", "Difference", "Examples", "Explained", "Feature", "Known",
    "Model", "One", "Part", "Promise", "Reason", "Recipe", "Scorer", "Scores", "Shape", "Shift",
    "Split", "Term", "Training", "calibrated", "card", "checksum", "combine", "compare", "explain",
    "groups", "known_examples", "naive_split", "points", "probabilities", "probability", "promise",
    "read_model", "seeded_split", "shifts", "strict_split", "top_terms", "versions_in",
    "widest_first", "write_model",
]  # fmt: skip
