"""The libraries of the extra ``learn``: imported to fit something, and never to score."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import version
from typing import Any

from esclusa.errors import StateError

PACKAGES = ("interpret-core", "lightgbm", "scikit-learn")


def library(name: str) -> Any:
    """Import a module of the extra.

    :raises StateError: it is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise StateError(
            'fitting needs {library}, which is not installed: pip install "esclusa[learn]"; '
            "scoring with a fitted model does not need it",
            library=name.split(".")[0],
        ) from error


def versions(*names: str) -> tuple[tuple[str, str], ...]:
    """Return the installed versions of packages."""
    return tuple((name, version(name)) for name in names)


@contextmanager
def quietly() -> Iterator[None]:
    """Hold back the libraries' warnings about missing values and rounds, which are dealt with."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
