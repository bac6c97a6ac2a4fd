"""Compares what two nodes answer to the same request, byte by byte but for clocks and tokens.

A clock is a time of the day of the test; tokens of forms and sessions are drawn anew each time.
Everything else must be the same: status, headers, size and body.
"""

from __future__ import annotations

import base64
import datetime as dt
import re
from collections.abc import Iterable
from urllib.parse import unquote

import httpx

_ALONE = {"date", "set-cookie", "content-length"}
"""Headers not compared as they are: the size is held against the body, and so by it."""
_TOKEN = re.compile(r'(name="(?:csrf|form_id)" value=|"token":)"[^"]+"')
_RECENT = re.compile(r"WyJyZWNlbnQi[\w=-]*")
"""A cursor of the order "recent", which holds the moment of its row."""
_TIME = r"([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|\+00:00)?)?"


def blank(text: str) -> str:
    """Return a text without today's times and without tokens."""
    today = dt.datetime.now(dt.UTC).date()
    days = "|".join(str(today - dt.timedelta(days=back)) for back in (0, 1))
    text = _RECENT.sub(lambda found: base64.urlsafe_b64decode(found[0]).decode(), unquote(text))
    return _TOKEN.sub(r'\1"X"', re.sub(f"({days}){_TIME}", "NOW", text))


def same(what: str, left: httpx.Response, right: httpx.Response) -> httpx.Response:
    """Return the left answer when the right one is the same; fail the test otherwise."""
    for answer in (left, right):
        if answer.content and answer.request.method != "HEAD":
            assert int(answer.headers["content-length"]) == len(answer.content), what
    assert _start(left) == _start(right), what
    first, second = blank(left.text), blank(right.text)
    assert first == second, f"{what}: {_difference(first, second)}"
    return left


def _start(answer: httpx.Response) -> tuple[int, list[tuple[str, str]], set[str]]:
    headers = [(k, v) for k, v in answer.headers.multi_items() if k not in _ALONE]
    cookies = {line.partition("=")[0] for line in answer.headers.get_list("set-cookie")}
    return answer.status_code, sorted(headers), cookies


def _difference(left: str, right: str) -> str:
    at = next(
        (n for n, (a, b) in enumerate(zip(left, right, strict=False)) if a != b),
        min(len(left), len(right)),
    )
    return f"…{left[max(0, at - 200) : at + 100]!r} and …{right[max(0, at - 200) : at + 100]!r}"


def quotes(text: str, words: Iterable[str]) -> list[str]:
    """Return the words that stand in a text, in any case of letters."""
    return [word for word in words if word.casefold() in text.casefold()]
