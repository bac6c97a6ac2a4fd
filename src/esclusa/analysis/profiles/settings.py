"""What a profile assumes where history is thin. Every number is a setting with its reason."""

from __future__ import annotations

import msgspec


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Priors and limits of profiles.

    The find rate of a key is ``(found + strength * base) / (examined + strength)``, where ``base``
    is that of all consignments so far, ``(found + base_finds) / (examined + base_exams)``: before
    any outcome is known every rate is 1 in 20, and 10 exams weigh as much as what all others say.

    ``thin``: a group with fewer peers is passed over for the next wider one. ``known``: a part of a
    pair is "known" from so many earlier consignments on. ``least_spread``: below it a peer group's
    spread (of the natural logarithm) counts as this, so that equal prices do not make every cent
    an outlier.
    """

    strength: float = 10.0
    base_finds: float = 1.0
    base_exams: float = 20.0
    thin: int = 20
    known: int = 5
    least_spread: float = 0.05

    def __post_init__(self) -> None:
        if self.thin < 1 or self.least_spread <= 0:
            raise ValueError("thin is 1 at least and least_spread above 0")
