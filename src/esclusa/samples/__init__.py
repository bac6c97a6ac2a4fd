"""Sample messages of a made-up voyage and flight, for demonstration and for reading by eye.

``tools/make_samples.py`` writes them. Parties and people are invented; five company names resemble
entries of published sanctions lists on purpose.
"""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable


def sample(name: str) -> Traversable:
    """Return the sample file ``name``; raises ``FileNotFoundError`` when there is none."""
    found = files(__name__).joinpath(name)
    if not found.is_file():
        raise FileNotFoundError(f"no sample file {name!r}")
    return found


def names() -> list[str]:
    """Return the names of the sample messages and sheets, sorted."""
    kinds = (".edi", ".x12", ".csv")
    return sorted(each.name for each in files(__name__).iterdir() if each.name.endswith(kinds))
