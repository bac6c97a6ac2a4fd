"""A planted world: seeded trade through a canal, in which it is known who cheats and how.

It exists because no public data of container security has labels. A method that finds cheats can
be measured here, against a truth that its tables do not show. Everything in it is invented; a good
figure here is a reason to try a method on real trade, and no proof that it works there.

Pure: parameters and a seed go in, polars tables come out. docs/planted-world.md explains it.
"""

from esclusa.analysis.world.examined import examinations
from esclusa.analysis.world.messages import messages
from esclusa.analysis.world.parameters import (
    Parameters,
    default_parameters,
    read_parameters,
    written,
)
from esclusa.analysis.world.scheme import Scheme, Trace
from esclusa.analysis.world.tables import COLUMNS, Week
from esclusa.analysis.world.world import World

__all__ = [
    "COLUMNS",
    "Parameters",
    "Scheme",
    "Trace",
    "Week",
    "World",
    "default_parameters",
    "examinations",
    "messages",
    "read_parameters",
    "written",
]
