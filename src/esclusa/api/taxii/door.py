"""The addresses of the TAXII 2.1 door and what each answers (TAXII 2.1 §4, §5)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from esclusa.api.body import small
from esclusa.api.status import sentence_of, status_of
from esclusa.api.taxii import asking
from esclusa.errors import EsclusaError
from esclusa.node.shelves import moment_text, shown
from esclusa.node.taxii import MOST, Client, Collection, Page

if TYPE_CHECKING:
    from esclusa.node.node import Node

ROOT: Final = "exchange"
MOST_BYTES: Final = 32 << 20
"""One post."""

Work = Callable[[Client, Request, bytes], Response]


def create_door(node: Node) -> Starlette:
    """Return the door over a node. Mount it under ``/taxii2``."""
    door = _Door(node)
    base = f"/{ROOT}/collections/{{collection}}"
    table: list[tuple[str, str, Work]] = [
        ("GET", "/", door.discovery),
        ("GET", f"/{ROOT}/", door.root),
        ("GET", f"/{ROOT}/status/{{status}}/", door.status),
        ("GET", f"/{ROOT}/collections/", door.collections),
        ("GET", f"{base}/", door.collection),
        ("GET", f"{base}/manifest/", door.manifest),
        ("GET", f"{base}/objects/", door.objects),
        ("POST", f"{base}/objects/", door.add),
        ("GET", f"{base}/objects/{{object}}/", door.objects),
        ("DELETE", f"{base}/objects/{{object}}/", door.delete),
        ("GET", f"{base}/objects/{{object}}/versions/", door.versions),
    ]
    methods: dict[str, dict[str, Work]] = {}
    for method, path, work in table:
        methods.setdefault(path, {})[method] = work
    return Starlette(
        routes=[Route(path, _handler(node, works), methods=list(works))
                for path, works in methods.items()],
        exception_handlers={
            EsclusaError: _on_error, HTTPException: _on_http_error, Exception: _on_crash,
        },
    )  # fmt: skip


def _handler(node: Node, works: dict[str, Work]) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        asking.accept(request)
        token = asking.token(request)
        work = works["GET" if request.method == "HEAD" else request.method]
        data = b""
        if request.method == "POST":
            asking.content(request)
            data = await small(request, MOST_BYTES)
        return await run_in_threadpool(_serve, node, work, token, request, data)

    return handle


def _serve(node: Node, work: Work, token: str, request: Request, data: bytes) -> Response:
    return work(node.taxii.client(token), request, data)


class _Door:
    """One method an address."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def discovery(self, client: Client, request: Request, data: bytes) -> Response:
        """Tell the one API root (§4.1)."""
        root = f"{request.scope.get('root_path', '')}/{ROOT}/"
        return _json({"title": self._node.title, "default": root, "api_roots": [root]})

    def root(self, client: Client, request: Request, data: bytes) -> Response:
        """Tell what the API root speaks (§4.2)."""
        return _json({"title": self._node.title, "versions": [asking.MEDIA],
                      "max_content_length": MOST_BYTES})  # fmt: skip

    def status(self, client: Client, request: Request, data: bytes) -> Response:
        """Tell what became of a post (§4.3)."""
        return _answer(self._node.taxii.status(client, request.path_params["status"]))

    def collections(self, client: Client, request: Request, data: bytes) -> Response:
        """List the client's collections (§5.1)."""
        found = self._node.taxii.collections(client)
        return _json({"collections": [_collection(item) for item in found]} if found else {})

    def collection(self, client: Client, request: Request, data: bytes) -> Response:
        """Tell one collection (§5.2)."""
        found = self._node.taxii.collection(client, request.path_params["collection"])
        return _json(_collection(found))

    def manifest(self, client: Client, request: Request, data: bytes) -> Response:
        """List what a page of objects would hold (§5.3)."""
        page = self._page(client, request, bodies=False)
        rows = [
            {"id": row[3], "date_added": moment_text(row[0]),
             "version": shown(row[4]),
             "media_type": "application/stix+json;version=2.1"}
            for row in page.rows
        ]  # fmt: skip
        return _paged(page, [msgspec.json.encode(rows)] if rows else [], b'"objects":', b"")

    def objects(self, client: Client, request: Request, data: bytes) -> Response:
        """Hand out a page of objects, or one object (§5.4, §5.6)."""
        page = self._page(client, request, bodies=True)
        return _paged(page, [row[3] for row in page.rows], b'"objects":[', b"]")

    def versions(self, client: Client, request: Request, data: bytes) -> Response:
        """List the versions of one object (§5.8)."""
        page = self._page(client, request, bodies=False, every_version=True)
        found = msgspec.json.encode([shown(row[4]) for row in page.rows])
        return _paged(page, [found] if page.rows else [], b'"versions":', b"")

    def add(self, client: Client, request: Request, data: bytes) -> Response:
        """Take objects in (§5.5)."""
        identity = request.path_params["collection"]
        return _answer(self._node.taxii_posts.post(client, identity, data), status=202)

    def delete(self, client: Client, request: Request, data: bytes) -> Response:
        """Delete an object, or versions of it (§5.7)."""
        named = request.path_params["object"]
        found = asking.asked(request, most=MOST, object_id=named)
        wanted = found.wanted
        if "match[version]" not in request.query_params:
            wanted = msgspec.structs.replace(wanted, versions=("all",))
        self._node.taxii.remove(client, request.path_params["collection"], wanted)
        return _json({})

    def _page(
        self, client: Client, request: Request, *, bodies: bool, every_version: bool = False
    ) -> Page:
        named = request.path_params.get("object", "")
        found = asking.asked(request, most=MOST, object_id=named)
        wanted = found.wanted
        if every_version:
            wanted = msgspec.structs.replace(wanted, versions=("all",))
        if found.nothing:
            wanted = msgspec.structs.replace(wanted, types=("",))
        page = self._node.taxii.page(
            client, request.path_params["collection"], wanted, bodies=bodies, digits=found.digits
        )
        if named and not page.rows and not found.nothing and not wanted.after:
            raise HTTPException(404)
        return page


def _collection(item: Collection) -> dict[str, Any]:
    return {
        "id": item.id, "title": item.title, "description": item.description,
        "can_read": item.can_read, "can_write": item.can_write,
        "media_types": ["application/stix+json;version=2.1"],
    }  # fmt: skip


def _paged(page: Page, items: list[bytes], start: bytes, end: bytes) -> Response:
    """A page with its place (§3.4, §3.5): ``more`` and ``next``, and the first and last moment.

    :param items: the parts of the list that stands between ``start`` and ``end``; with none there
        is no list. They are joined once: copies of a page cost more than its reading.
    """
    head = b'{"more":true,"next":"%d"' % page.next if page.next else b'{"more":false'
    parts = [*items] or [b""]
    parts[0] = b"".join((head, b"," + start if items else b"", parts[0]))
    parts[-1] += (end if items else b"") + b"}"
    headers = {}
    if page.rows:
        headers = {
            "X-TAXII-Date-Added-First": moment_text(page.rows[0][0]),
            "X-TAXII-Date-Added-Last": moment_text(page.rows[-1][0]),
        }
    return _answer(b",".join(parts), headers=headers)


def _json(value: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return _answer(msgspec.json.encode(value), status=status, headers=headers)


def _answer(body: bytes, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(body, status_code=status, headers={**(headers or {}),
                                                       "Content-Type": asking.MEDIA})  # fmt: skip


# --- errors (§3.6.1) ------------------------------------------------------------------------------


def _error(status: int, said: str, headers: dict[str, str] | None = None) -> Response:
    title = HTTPStatus(status).phrase
    return _json({"title": title, "description": said, "http_status": str(status)},
                 status=status, headers=headers)  # fmt: skip


async def _on_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, EsclusaError)
    status = status_of(error)
    headers = {"WWW-Authenticate": 'Basic realm="taxii"'} if status == 401 else None
    return _error(status, sentence_of(error), headers)


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    said = error.detail
    if error.status_code == 404:
        said = "no such thing, or none that you may know of"
    return _error(error.status_code, said, dict(error.headers or {}))


async def _on_crash(request: Request, error: Exception) -> Response:
    return _error(500, "the node could not do this")
