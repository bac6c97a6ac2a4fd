"""X12 by columns: a file becomes tables, without an object per segment, and its defects are told.

The plain reader (:mod:`esclusa.formats.x12.syntax`) does the reading. Where it meets regular sets,
they go uncut as arrays to the tables; envelopes with their counts and control numbers, and whatever
is out of the ordinary, stay with it. So the tables and the defects are those of the plain reader.
"""

from esclusa.formats.x12.columns.scan import BACKENDS
from esclusa.formats.x12.columns.table import Table, Tables, rows_of
from esclusa.formats.x12.columns.tables import TABLES, read

__all__ = ["BACKENDS", "TABLES", "Table", "Tables", "read", "rows_of"]
