"""Reading a request's body without trusting its size.

A body above the limit is read on for a while and thrown away before the refusal is sent: a browser
that is still sending shows a broken connection instead of our sentence otherwise.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import IO, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import Message, Receive

from esclusa.errors import LimitError

DRAIN: Final = 3
"""How many times the limit is read and dropped before the connection is simply closed."""
SPOOL_BYTES: Final = 1024 * 1024


def limited(receive: Receive, limit: int, *, named: int = 0) -> Receive:
    """Return ``receive`` that raises ``LimitError`` once more than ``limit`` bytes have come.

    ``named`` is the limit that the error names, where one thing in the request has a smaller one.
    """
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen <= limit:
            return message
        while message.get("more_body") and seen <= limit * DRAIN:
            message = await receive()
            seen += len(message.get("body", b""))
        raise too_large(named or limit)

    return counted


def too_large(limit: int) -> LimitError:
    """Return the error that names the limit, in whole megabytes or kilobytes."""
    size = f"{limit // 1_000_000} MB" if limit >= 1_000_000 else f"{max(1, limit // 1_000)} kB"
    return LimitError(f"the request is larger than {size}, the most this node accepts at once")


async def small(request: Request, limit: int) -> bytes:
    """Return the whole body of at most ``limit`` bytes; raises ``LimitError``."""
    return await Request(request.scope, limited(request.receive, limit)).body()


@asynccontextmanager
async def spooled(request: Request, limit: int) -> AsyncIterator[IO[bytes]]:
    """Write the body to a temporary file and hand it over, rewound; raises ``LimitError``."""
    with tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES) as file:
        async for chunk in Request(request.scope, limited(request.receive, limit)).stream():
            await run_in_threadpool(file.write, chunk)
        file.seek(0)
        yield file
