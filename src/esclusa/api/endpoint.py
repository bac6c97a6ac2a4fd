"""One address of the API: what it takes, what it answers, and the call that makes it.

The table of endpoints is data: the router, the OpenAPI document and the tests are made from it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, Final, TypeVar, cast

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from esclusa.api.body import limited, small
from esclusa.api.limits import FaceLimits
from esclusa.api.problem import ASKED, Asked
from esclusa.api.queries import check_value, convert, misread
from esclusa.api.throttle import Throttle
from esclusa.errors import InputError, SignInError
from esclusa.sharing.reader import Reader

if TYPE_CHECKING:
    from esclusa.node.node import Node

T = TypeVar("T")
DATA: Final = "data"
"""The part of a request with files that holds its JSON."""
FILES: Final = "files"
"""The parts that hold the files."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request, understood: who asks, with which values."""

    node: Node
    request: Request
    limits: FaceLimits
    throttle: Throttle
    token: str = ""
    found_reader: Reader | None = None
    query: Any = None
    body: Any = None
    path: Mapping[str, str] = field(default_factory=dict)
    files: tuple[tuple[str, BinaryIO], ...] = ()

    @property
    def reader(self) -> Reader:
        """The person who asks; an endpoint for everybody has none and raises ``SignInError``."""
        if self.found_reader is None:
            raise SignInError("sign in first")
        return self.found_reader

    async def ask(self, service: Callable[..., T], *args: Any, **values: Any) -> T:
        """Call a service of the node for this reader, off the event loop."""
        return await run_in_threadpool(service, self.reader, *args, **values)


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """An address. ``query`` and ``body`` are structs; ``raw`` takes the bytes of a file as they
    are. ``answer`` is the type of the JSON answer, None for an empty one; with ``file`` the call
    returns the response itself, a file to keep. ``due`` keeps an address open to somebody whose
    password has to be changed first. ``files`` is how many files may come beside the body, which is
    then ``multipart/form-data`` (RFC 7578): the JSON in its part ``data``, each file in a part
    ``files``."""

    method: str
    path: str
    summary: str
    call: Callable[[Call], Awaitable[Any]]
    answer: Any
    query: type[msgspec.Struct] | None = None
    body: type[msgspec.Struct] | None = None
    raw: bool = False
    files: int = 0
    file: bool = False
    signed_in: bool = True
    due: bool = False
    status: int = 200


def at(
    method: str, path: str, call: Callable[[Call], Awaitable[Any]], answer: Any, **more: Any
) -> Endpoint:
    """Return an endpoint whose summary is what the call's docstring says; ``more`` are further
    fields."""
    summary = (call.__doc__ or "").strip()
    return Endpoint(method=method, path=path, summary=summary, call=call, answer=answer, **more)


async def serve(endpoint: Endpoint, call: Call) -> Response:
    """Read the request as the endpoint says, make the call, encode the answer as JSON."""
    ready = await _understood(endpoint, call)
    try:
        answer = await endpoint.call(ready)
    finally:
        for _name, stream in ready.files:
            stream.close()
    if endpoint.file:
        return cast("Response", answer)
    if endpoint.answer is None:
        return Response(status_code=204)
    return Response(
        await run_in_threadpool(msgspec.json.encode, answer),
        status_code=endpoint.status,
        media_type="application/json",
    )


async def _understood(endpoint: Endpoint, call: Call) -> Call:
    request, query = call.request, endpoint.query or _Nothing
    names = frozenset(query.__struct_fields__)
    names -= set(endpoint.body.__struct_fields__ if endpoint.body else ())
    request.scope[ASKED] = Asked(parameters=names)
    token = bearer(request) if endpoint.signed_in else ""
    reader = await _reader(endpoint, call, token) if token else None
    read = convert(dict(request.query_params), query)
    body, files = await _body(endpoint, request, call.limits)
    request.scope[ASKED] = Asked(parameters=names, body=body)
    return Call(
        node=call.node,
        request=request,
        limits=call.limits,
        throttle=call.throttle,
        token=token,
        found_reader=reader,
        query=read,
        body=body,
        path=request.path_params,
        files=files,
    )


async def _reader(endpoint: Endpoint, call: Call, token: str) -> Reader:
    more = {"due": True} if endpoint.due else {}
    return await run_in_threadpool(partial(call.node.reader, token, **more))


def bearer(request: Request) -> str:
    """Return the token of ``Authorization: Bearer`` (RFC 6750 §2.1); raises ``SignInError``."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise SignInError("sign in at /api/v1/session and send the token as a bearer token")
    return token.strip()


async def _body(
    endpoint: Endpoint, request: Request, limits: FaceLimits
) -> tuple[Any, tuple[tuple[str, BinaryIO], ...]]:
    """Return the body as its struct, and the files beside it by the names that they came under."""
    if endpoint.body is None:
        return None, ()
    if not endpoint.files:
        return _decoded(endpoint.body, await small(request, limits.form_bytes), limits), ()
    form = await _form(request, endpoint.files, limits)
    files = [one for one in form.getlist(FILES) if isinstance(one, UploadFile)]
    data = form.get(DATA)
    if not isinstance(data, str) or len(files) + 1 != len(form.multi_items()):
        await form.close()
        raise InputError(f"send JSON in one part {DATA!r}, and each file in a part {FILES!r}")
    try:
        made = _decoded(endpoint.body, data.encode(), limits)
    except InputError:
        await form.close()
        raise
    return made, tuple((one.filename or "", one.file) for one in files)


async def _form(request: Request, files: int, limits: FaceLimits) -> FormData:
    bounded = Request(request.scope, limited(request.receive, limits.upload_bytes))
    try:
        # One more than may come: the service says that these are too many.
        return await bounded.form(
            max_files=files + 1, max_fields=1, max_part_size=limits.form_bytes
        )  # fmt: skip
    except HTTPException:
        raise InputError(
            f"the request cannot be read as multipart/form-data with at most {files} files"
        ) from None


def _decoded(type_: type[msgspec.Struct], data: bytes, limits: FaceLimits) -> Any:
    try:
        made = msgspec.json.decode(data, type=type_)
    except msgspec.ValidationError as error:
        raise misread(error, "the body is not what was expected: ") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"the body is not what was expected: {error}") from error
    for name in type_.__struct_fields__:
        check_value(name, getattr(made, name), limits=limits)
    return made


class _Nothing(msgspec.Struct, frozen=True):
    """An address without parameters."""
