"""A file that is handed out: as an attachment that no browser opens as a page, while it streams."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final
from urllib.parse import quote

from starlette.background import BackgroundTask
from starlette.responses import Response, StreamingResponse

_CHUNK: Final = 1 << 18
_PLAIN: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")


def attachment(file: BinaryIO, size: int, name: str) -> Response:
    """Return an answer with the bytes of an open file, which it closes at its end.

    :param size: of the file in bytes.
    :param name: as its sender gave it; browsers that know RFC 6266 §4.3 show it as it is, others
        with its plain letters alone.
    """
    return StreamingResponse(
        _chunks(file), media_type="application/octet-stream",
        headers={"Content-Disposition": disposition(name), "Content-Length": str(size)},
        background=BackgroundTask(file.close),
    )  # fmt: skip


def disposition(name: str) -> str:
    """Return the header field that names an attachment (RFC 6266 §4.1, RFC 8187 §3.2)."""
    plain = "".join(sign if sign in _PLAIN else "_" for sign in name).strip(".") or "file"
    return f"attachment; filename=\"{plain[:100]}\"; filename*=UTF-8''{quote(name, safe='')}"


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    try:
        while chunk := file.read(_CHUNK):
            yield chunk
    finally:
        file.close()
