"""Loops that numba compiles, when the extra ``fast`` is installed.

What is compiled is kept beside the sources, or in the user's cache, for the next process; compiling
takes some seconds, loading it a few hundredths.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import FunctionType
from typing import Any, Final
from zlib import crc32

INSTALLED: Final = find_spec("numba") is not None


def soon(table: Any, line: int) -> None:
    """Ask the processor for the beginning of a line of a table that a loop reads some steps later,
    so that it need not wait for memory then. Nothing where Python walks the loop; ``line`` may be
    any number."""


@cache
def _teach() -> None:
    """Tell numba what :func:`soon` is in machine code: one instruction that changes no value."""
    from numba import types
    from numba.extending import intrinsic, overload

    ir: Any = import_module("llvmlite.ir")

    @intrinsic
    def fetched(typingctx: Any, table: Any, line: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, given: Any) -> Any:
            made = context.make_array(table)(context, builder, given[0])
            step = builder.extract_value(made.strides, 0)
            far = builder.mul(step, context.cast(builder, given[1], line, types.intp))
            byte, whole = ir.IntType(8).as_pointer(), ir.IntType(32)
            place = builder.gep(builder.bitcast(made.data, byte), [far])
            kind = ir.FunctionType(ir.VoidType(), [byte, whole, whole, whole])
            # Its name differs between versions of LLVM: llvmlite knows which one is its own.
            fetch = builder.module.declare_intrinsic("llvm.prefetch", (byte,), kind)
            builder.call(fetch, [place, whole(1), whole(3), whole(1)])  # to write, keep, data
            return context.get_dummy_value()

        return types.void(table, line), code

    @overload(soon)
    def _soon(table: Any, line: Any) -> Any:
        def code(table: Any, line: Any) -> None:
            fetched(table, line)  # type: ignore[call-arg]  # numba gives the first itself

        return code


_made: Final[set[Callable[..., Any]]] = set()


def at_hand(loop: Callable[..., Any]) -> bool:
    """Answer whether this process has asked for a loop compiled before, so that it costs nothing
    more to run it."""
    return loop in _made


@cache
def compiled(loop: Callable[..., Any]) -> Callable[..., Any]:
    """Return a loop compiled; where no folder can keep it, for this process alone."""
    import numba

    _teach()
    _made.add(loop)
    options: dict[str, Any] = {"nogil": True, "boundscheck": False, "error_model": "numpy"}
    try:
        kept: Callable[..., Any] = numba.njit(**options, cache=True)(_named(loop))
    except RuntimeError:  # no folder that can be written
        made: Callable[..., Any] = numba.njit(**options)(loop)
        return made
    return _Kept(kept, numba.njit(**options)(loop)).run


class _Kept:
    """A loop whose compiled code is kept in files, and the same without."""

    def __init__(self, kept: Callable[..., Any], anew: Callable[..., Any]) -> None:
        self._now, self._anew = kept, anew

    def run(self, *given: Any) -> Any:
        """Run it; anew where the files cannot be written (a full disk) or are not what they should
        be (cut short, or written by two processes at once).

        The loops raise nothing, so what is raised comes of that, before the first step.
        """
        try:
            return self._now(*given)
        except Exception:
            if self._now is self._anew:
                raise
            self._now = self._anew
            return self._now(*given)


def _named(loop: Callable[..., Any]) -> Callable[..., Any]:
    """Return a loop under a name that tells its code: numba names files by it, and tells by their
    time and size alone whether they are those of an earlier version."""
    code = loop.__code__
    told = repr((code.co_code, code.co_consts, code.co_names, code.co_varnames)).encode()
    made = FunctionType(code, loop.__globals__, loop.__name__)
    made.__module__ = loop.__module__
    made.__qualname__ = f"{loop.__name__}_{crc32(told):08x}"
    return made
