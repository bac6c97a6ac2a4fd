"""UN/EDIFACT by columns: a whole file in memory becomes tables, without an object per segment.

``index`` finds every separator of the file in one pass of numpy (or of numba, when the extra
``fast`` is installed). ``segments`` and ``elements`` show what was found as tables; ``baplie``,
``coarri``, ``cuscar`` and ``paxlst`` give one row for each statement that the typed reader of the
message makes, with its fields, units and codes.

The tables agree with the plain reader, row for row. What the index cannot be sure of (a doubtful
UNA, a segment glued to its neighbour, a release character before plain text, control codes) it
names in ``Index.doubts``, and those messages are read by the plain reader.
"""

from esclusa.formats.edifact.columns.index import Doubt, Index, index
from esclusa.formats.edifact.columns.kernel import BACKENDS
from esclusa.formats.edifact.columns.raw import elements, segments
from esclusa.formats.edifact.columns.tables import TABLES, baplie, coarri, cuscar, paxlst

__all__ = [
    "BACKENDS", "TABLES", "Doubt", "Index", "baplie", "coarri", "cuscar", "elements", "index",
    "paxlst", "segments",
]  # fmt: skip
