"""The closed lists that agreements choose from: clocks for requests, grounds for a refusal."""

from __future__ import annotations

import csv
import io
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import msgspec

from esclusa.sharing.agreement.shape import Texts


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """How long an answer may take, in hours."""

    id: str
    hours: int
    text: Texts
    source: str


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A ground on which a request may be refused."""

    code: str
    text: Texts
    source: str


@cache
def clocks() -> MappingProxyType[str, Clock]:
    """Return the clocks by id, the fastest first."""
    return MappingProxyType(
        {
            row["id"]: Clock(
                id=row["id"], hours=int(row["hours"]), text=_texts(row), source=row["source"]
            )
            for row in _rows("clocks.csv")
        }
    )


@cache
def refusals() -> MappingProxyType[str, Refusal]:
    """Return the grounds by code."""
    return MappingProxyType(
        {
            row["code"]: Refusal(code=row["code"], text=_texts(row), source=row["source"])
            for row in _rows("refusals.csv")
        }
    )


def _rows(name: str) -> list[dict[str, str]]:
    text = files("esclusa.sharing.agreement").joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def _texts(row: dict[str, str]) -> Texts:
    return Texts(en=row["en"], es=row["es"])
