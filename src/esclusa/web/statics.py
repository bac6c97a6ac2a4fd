"""The style sheet, the key script and the icon, each under an address that holds its hash.

A changed file gets a new address, so a browser may keep the old one for ever.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

FOLDER: Final = Path(__file__).parent / "static"
PREFIX: Final = "/static"
WORKER: Final = "yard-worker.js"
WORKER_PATH: Final = "/yard/worker.js"
_TYPES: Final = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}


class Statics:
    """The files of ``static/``, read once."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._files = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
        self._digests = {name: _digest(data) for name, data in self._files.items()}

    def address(self, name: str) -> str:
        """Return the address of a file; ``KeyError`` for one that is not there."""
        return f"{PREFIX}/{self._digests[name]}/{name}"

    async def serve_worker(self, request: Request) -> Response:
        """Answer the yard's service worker. Its address has no hash: a browser asks for it again
        under the same name, and the folder of that address is all that it may answer for."""
        return Response(self._files[WORKER], media_type=_TYPES[".js"])

    async def serve(self, request: Request) -> Response:
        """Answer a file to be kept for ever, or 404 for a name or a hash that is not ours."""
        name = request.path_params["name"]
        if self._digests.get(name) != request.path_params["digest"]:
            raise HTTPException(404)
        return Response(
            self._files[name],
            media_type=_TYPES[Path(name).suffix],
            headers={"Cache-Control": "public, max-age=31536000, immutable"},
        )


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
