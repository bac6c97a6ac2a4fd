"""ASYCUDA World files: the root element says whether it is a manifest or a declaration."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from esclusa.formats.asycuda import awmds, sad
from esclusa.formats.format import Format
from esclusa.formats.limits import DEFAULT, Limits
from esclusa.formats.work import Work
from esclusa.formats.xml_batches import Batches
from esclusa.model import Defect, Message, Severity

_READERS: Final = {root: kind.read for kind in (awmds, sad) for root in kind.ROOTS}
_NAMES: Final = "|".join(sorted(_READERS))
_SNIFF: Final = re.compile(rf"<(?:[\w.-]+:)?(?:{_NAMES})[\s/>]".encode())


def sniff(head: bytes, name: str) -> bool:
    """Answer whether one of the root elements is among the first bytes."""
    del name
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<"))
    return _SNIFF.search(head.replace(b"\x00", b"") if wide else head) is not None


def read(
    stream: BinaryIO, *, file: str = "", limits: Limits = DEFAULT
) -> Iterator[Message | Defect]:
    """Read the file; see :class:`~esclusa.formats.format.Reader`."""
    work = Work(file, limits)
    for item in _items(stream, file, limits):
        if isinstance(item, list):
            yield from item  # without a defect, and further on in the file: nothing to count
        else:
            yield item
            work.take(item)


def _items(
    stream: BinaryIO, file: str, limits: Limits
) -> Iterator[Message | Defect | list[Message]]:
    batches = Batches(stream, file, limits)
    root = batches.root
    if isinstance(root, Defect):
        yield root
    elif root.tag in _READERS:
        yield from _READERS[root.tag](batches, limits, root.tag)
    else:
        reason = f"root element is {root.tag[:40]}; Awmds, Awbolds or ASYCUDA was expected"
        yield Defect(
            code="asycuda.root", severity=Severity.FATAL, reason=reason, offset=root.offset
        )


FORMAT: Final = Format(
    id="asycuda",
    title_en="ASYCUDA World XML (cargo manifest, goods declaration)",
    title_es="XML de SIDUNEA World (manifiesto de carga, declaración de mercancías)",
    standard="ASYCUDA World AWMDS, Awbolds and SAD XML",
    sniff=sniff,
    read=read,
)
