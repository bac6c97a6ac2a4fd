"""Reading what carriers, ports, services and list publishers send.

One module per message family, each with a :class:`Format`: bytes in, typed messages and defects
out, no storage. :func:`detect` finds the reader for a file, :func:`open_file` opens it within
bounds, :func:`read_file` does both. A reader never raises for bad content: what is broken is told
with its place, what is good around it is kept.

Importing this package loads no reader; each comes with its libraries when first needed.
"""

from esclusa.formats.files import open_file, open_stream
from esclusa.formats.format import Format, Reader, TableFormat
from esclusa.formats.limits import DEFAULT, Limits
from esclusa.formats.registry import (
    all_formats,
    by_id,
    detect,
    fitting,
    ids,
    propose,
    read_file,
    read_stream,
    table_of,
)
from esclusa.formats.strict import strictly

__all__ = [
    "DEFAULT", "Format", "Limits", "Reader", "TableFormat", "all_formats", "by_id", "detect",
    "fitting", "ids", "open_file", "open_stream", "propose", "read_file", "read_stream",
    "strictly", "table_of",
]  # fmt: skip
