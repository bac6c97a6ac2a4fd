"""Profiles: what history says about a consignment, as of its moment.

Counts, outcomes, first and last times of parties, carriers, lanes, goods and pairs of them; value
and mass against peers; what the row says by itself. Only rows before a row's moment count, and only
outcomes known before it. ``profile`` works out a whole history at once, ``State`` one arrival after
the other; both give the same values. docs/profiles.md explains every feature.
"""

from esclusa.analysis.profiles.batch import profile
from esclusa.analysis.profiles.catalogue import Feature, feature_names, features
from esclusa.analysis.profiles.rows import OUTCOME_COLUMNS, ROW_COLUMNS
from esclusa.analysis.profiles.settings import Settings
from esclusa.analysis.profiles.state import State

__all__ = [
    "OUTCOME_COLUMNS",
    "ROW_COLUMNS",
    "Feature",
    "Settings",
    "State",
    "feature_names",
    "features",
    "profile",
]
