"""Identifiers and code lists: check digits, names behind codes, and why a code is doubtful.

One small module per identifier type (:mod:`~esclusa.codes.iso6346`, :mod:`~esclusa.codes.imo`,
:mod:`~esclusa.codes.mmsi`, :mod:`~esclusa.codes.icao9303`) and one per code list
(:mod:`~esclusa.codes.unlocode`, :mod:`~esclusa.codes.hs`, :mod:`~esclusa.codes.country`,
:mod:`~esclusa.codes.undg`, :mod:`~esclusa.codes.mid`, :mod:`~esclusa.codes.port`,
:mod:`~esclusa.codes.package`, :mod:`~esclusa.codes.uncl`). Each has ``normalise``, a verdict and
``fault``, one sentence that says what is wrong ("" when nothing is). The lists ship inside the
package, packed, each with its edition, licence and hash; a list is read on its first use.

Submodules load when first named, so ``import esclusa.codes`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # as typing's own; importing typing would cost more than all the rest here
if TYPE_CHECKING:
    from types import ModuleType

    from esclusa.codes import (
        batch,
        country,
        hs,
        icao9303,
        imo,
        iso6346,
        mid,
        mmsi,
        package,
        packed,
        port,
        schemes,
        size_type,
        uncl,
        undg,
        unlocode,
    )

__all__ = [
    "batch", "country", "hs", "icao9303", "imo", "iso6346", "mid", "mmsi", "package", "packed",
    "port", "schemes", "size_type", "uncl", "undg", "unlocode",
]  # fmt: skip


def __getattr__(name: str) -> ModuleType:
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
