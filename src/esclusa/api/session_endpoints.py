"""The API's addresses for signing in and out and for the own password."""

from __future__ import annotations

from functools import partial
from typing import Final

from starlette.concurrency import run_in_threadpool

from esclusa.api import shapes
from esclusa.api.endpoint import Call, Endpoint
from esclusa.api.status import TooMany
from esclusa.errors import InputError, PasswordDue, StateError


async def open_session(call: Call) -> shapes.Session:
    """Sign in; raises ``SignInError`` without telling what was wrong."""
    asked: shapes.SignIn = call.body
    address = _braked(call, asked.name)
    token = await run_in_threadpool(
        call.node.sign_in, asked.name, asked.password, purpose=asked.purpose
    )
    call.throttle.forgive(asked.name, address)
    return await _session(call, token)


async def close_session(call: Call) -> None:
    """Sign out: the token is worth nothing afterwards."""
    await run_in_threadpool(call.node.sign_out, call.token)


async def change_password(call: Call) -> shapes.Session:
    """Change the own password. Every session of the account ends; the answer is a new one."""
    asked: shapes.PasswordAsked = call.body
    address = _braked(call, call.reader.name)
    try:
        token = await run_in_threadpool(call.node.change_password, call.token, asked.old, asked.new)
    except (InputError, StateError):  # the present password was right, or there is none
        call.throttle.forgive(call.reader.name, address)
        raise
    call.throttle.forgive(call.reader.name, address)
    return await _session(call, token)


def _braked(call: Call, name: str) -> str:
    """Count a try by name and address; return the address."""
    address = call.request.client.host if call.request.client else ""
    if wait := call.throttle.attempt(name, address):
        raise TooMany(wait)
    return address


async def _session(call: Call, token: str) -> shapes.Session:
    try:
        reader, due = await run_in_threadpool(call.node.reader, token), False
    except PasswordDue:
        reader, due = await run_in_threadpool(partial(call.node.reader, token, due=True)), True
    return shapes.Session(
        token=token, name=reader.name, role=reader.role, agency=reader.agency,
        purpose=reader.purpose, password_due=due,
    )  # fmt: skip


ENDPOINTS: Final = (
    Endpoint(
        method="POST", path="/session", summary="Sign in.", call=open_session,
        answer=shapes.Session, body=shapes.SignIn, signed_in=False, status=201,
    ),
    Endpoint(
        method="DELETE", path="/session", summary="Sign out.", call=close_session, answer=None,
        status=204, due=True,
    ),
    Endpoint(
        method="POST", path="/password", summary="Change the own password.",
        call=change_password, answer=shapes.Session, body=shapes.PasswordAsked, status=201,
        due=True,
    ),
)  # fmt: skip
