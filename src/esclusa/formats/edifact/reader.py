"""UN/EDIFACT files: the syntax engine's raw messages, given to the typed reader of their type.

To add a message type: write ``read(raw, notes) -> list[Reading]`` in its own module, and name it in
``TYPES`` here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO, Final

from esclusa.formats.edifact import (
    baplie,
    calls,
    containers,
    cuscar,
    cusdec,
    cusres,
    ifcsum,
    iftdgn,
    iftmcs,
    iftsta,
    paxlst,
    pnrgov,
    wasdis,
)
from esclusa.formats.edifact.segment import RawMessage
from esclusa.formats.edifact.syntax import read_messages
from esclusa.formats.format import Format
from esclusa.formats.limits import DEFAULT, Limits
from esclusa.formats.reading import Notes, Reading, messages_of
from esclusa.formats.work import Work
from esclusa.model import Defect, Message

TYPES: Final[dict[str, Callable[[RawMessage, Notes], list[Reading]]]] = {
    "BAPLIE": baplie.read,
    "CUSCAR": cuscar.read,
    "CUSDEC": cusdec.read,
    "CUSRES": cusres.read,
    "PAXLST": paxlst.read,
    **containers.READERS,
    **calls.READERS,
    "IFCSUM": ifcsum.read,
    "IFTDGN": iftdgn.read,
    "IFTMCS": iftmcs.read,
    "IFTSTA": iftsta.read,
    "PNRGOV": pnrgov.read,
    "WASDIS": wasdis.read,
}


def read(
    stream: BinaryIO, *, file: str = "", limits: Limits = DEFAULT
) -> Iterator[Message | Defect]:
    """Read an EDIFACT file; see :class:`~esclusa.formats.format.Reader`."""
    work = Work(file, limits)
    for item in read_messages(stream, file=file, limits=limits, work=work):
        if isinstance(item, Defect):
            yield item
        else:
            yield from messages_of(item, "edifact", TYPES.get(item.type), limits, work)


def sniff(head: bytes, name: str) -> bool:
    """Answer whether the file opens like EDIFACT: a service segment within the first bytes.

    Telex headers and blank lines may stand before it.
    """
    del name
    text = head.lstrip(b"\xef\xbb\xbf\r\n\t \x00")
    if text.startswith((b"UNA", b"UNB", b"UNH")):
        return True
    return any(mark in text for mark in (b"\nUNA", b"\nUNB", b"\nUNH+", b"'UNH+", b"UNB+UNO"))


FORMAT: Final = Format(
    id="edifact",
    title_en="UN/EDIFACT messages (cargo report, bay plan, passenger list)",
    title_es="Mensajes UN/EDIFACT (manifiesto de carga, plano de estiba, lista de pasajeros)",
    standard="ISO 9735; UN/EDIFACT D.95B and later",
    sniff=sniff,
    read=read,
)
