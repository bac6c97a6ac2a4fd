"""A fitted score as plain data: tables of additive contributions, and what they were learned from.

The rules of the sum:

1. A contribution is a whole number of ten-thousandths of log odds. It is rounded once, to the
   nearest (half to even), when the fitted model is written down; see :func:`rounded`.
2. The score of a row is the intercept plus one contribution of each term. All of it is arithmetic
   on whole numbers, so the reasons sum to the score exactly, in any order, on any machine.
3. A value that is missing, or that training did not know, has a contribution of its own.

A term has one part, or more: then it is a cross, and a combination that it does not list gives 0.
Bin 0 of a part is "missing", bins 1 to n are its values or the intervals between its cuts, and
bin n + 1 is "any other value". A number ``x`` lies in bin ``1 + (number of cuts <= x)``.
"""

from __future__ import annotations

import math
from hashlib import sha256
from typing import Final, Literal

import msgspec

from esclusa.errors import InputError

FORMAT: Final = "esclusa-score-1"
UNIT: Final = 10_000
"""Contributions a log odds: four decimals."""
MOST: Final = 1_000_000
"""No single contribution is larger, in units: a hundred log odds decide anything."""


class Feature(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A column that the model reads: its name, whether it is a ``number`` or a ``text``, and what
    people call it."""

    name: str
    kind: Literal["number", "text"]
    title_en: str
    title_es: str


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a term looks at in one feature: ``cuts`` of a number, rising, or the known ``values`` of
    a text (None for a number), of which only the first ``prefix`` characters count (0: all)."""

    feature: str
    cuts: tuple[float, ...] = ()
    values: tuple[str, ...] | None = None
    prefix: int = 0

    @property
    def is_number(self) -> bool:
        """Tell whether the part cuts a number."""
        return self.values is None

    @property
    def size(self) -> int:
        """Return the number of bins: missing, those between, any other."""
        return len(self.cuts) + 3 if self.values is None else len(self.values) + 2


class Term(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One table of contributions: the numbers of its parts, and for each bin its contribution.

    ``keys`` is empty for a full table. Otherwise it lists, rising, the combined bins that have a
    contribution; the combined bin of parts with bins i, j, … is ``i * size_j + j`` and so on.
    """

    parts: tuple[int, ...]
    scores: tuple[int, ...]
    keys: tuple[int, ...] = ()


class Calibration(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """From score to probability.

    ``platt``: ``1 / (1 + exp(-(slope * s + offset)))`` with s in log odds (Platt 1999).
    ``isotonic``: straight lines between the points (``scores`` in units, ``shares``), flat outside
    (Zadrozny and Elkan 2002). ``none``: the logistic function of the score itself.
    """

    method: Literal["none", "platt", "isotonic"] = "none"
    slope: float = 1.0
    offset: float = 0.0
    scores: tuple[int, ...] = ()
    shares: tuple[float, ...] = ()
    rows: int = 0
    finds: int = 0


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """A figure with its interval of 95 %."""

    name: str
    value: float
    low: float
    high: float


class Spread(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How the training rows lay over a feature, or over the score (``feature`` is ""): the edges of
    about ten intervals or the most frequent values, and shares of missing, each bin, all other."""

    feature: str
    rows: int
    shares: tuple[float, ...]
    edges: tuple[float, ...] = ()
    values: tuple[str, ...] = ()


class Band(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the calibration table: rows between two probabilities, what was expected of them
    and the share found, with Wilson's interval on the number of rows that the weights are worth."""

    low: float
    high: float
    rows: int
    expected: float
    found: float
    found_low: float
    found_high: float


class Training(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the model rests on. Times are ISO 8601 UTC; ``lanes`` are shares of the known outcomes
    by the lane that selected them; ``worth`` is the number of equal rows that the weighted rows are
    worth (Kish 1965). From ``held_from`` on, no row was learned from, chosen or calibrated on."""

    rows: int
    known: int
    finds: int
    unknown: int
    worth: float
    since: str = ""
    until: str = ""
    held_from: str = ""
    data: str = ""
    twins: float | None = None
    lanes: tuple[tuple[str, float], ...] = ()
    without_probability: int = 0
    weights_capped: int = 0
    recipe: str = ""
    seed: int = 0
    libraries: tuple[tuple[str, str], ...] = ()
    metrics: tuple[Estimate, ...] = ()
    bands: tuple[Band, ...] = ()
    spreads: tuple[Spread, ...] = ()
    limits: tuple[str, ...] = ()


class Model(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A score: see the rules above. ``prior`` is the share of finds among the weighted training
    rows, ``feature_version`` the version of the feature list that the columns must come from."""

    name: str
    fitted: str
    feature_version: str
    features: tuple[Feature, ...]
    parts: tuple[Part, ...]
    terms: tuple[Term, ...]
    intercept: int
    prior: float
    calibration: Calibration
    training: Training
    format: str = FORMAT


class _File(msgspec.Struct, frozen=True, kw_only=True):
    sha256: str
    model: Model


def rounded(log_odds: float) -> int:
    """Return a contribution in units: the nearest ten-thousandth of log odds, half to even.

    :raises ValueError: it is not a number, or larger than a hundred log odds.
    """
    if not math.isfinite(log_odds) or abs(log_odds) * UNIT > MOST:
        raise ValueError(f"a contribution of {log_odds} log odds cannot be kept")
    return round(log_odds * UNIT)


def checksum(model: Model) -> str:
    """Return the SHA-256 of the model's JSON text, as 64 hexadecimal digits; it names the model."""
    return sha256(msgspec.json.encode(model)).hexdigest()


def write_model(model: Model) -> bytes:
    """Return the model as a JSON file that people can read, with its checksum on top."""
    whole = _File(sha256=checksum(model), model=model)
    return msgspec.json.format(msgspec.json.encode(whole), indent=1) + b"\n"


def read_model(data: bytes | str, *, file: str = "") -> Model:
    """Read a model back and check all that scoring relies on.

    :raises InputError: not such a file, another edition, a checksum that differs, or tables that do
        not fit together.
    """
    try:
        whole = msgspec.json.decode(data, type=_File)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"not a fitted model: {error}", file=file) from None
    model = whole.model
    if model.format != FORMAT:
        raise InputError(f"edition {model.format[:40]!r}; {FORMAT!r} was expected", file=file)
    if checksum(model) != whole.sha256:
        raise InputError("the checksum does not fit the model: the file was changed", file=file)
    if wrong := mismatch(model):
        raise InputError(wrong, file=file)
    return model


def mismatch(model: Model) -> str:
    """Return what does not fit together in a model, "" when all does."""
    known = {feature.name: feature for feature in model.features}
    if len(known) < len(model.features):
        return "two features have one name"
    for number, part in enumerate(model.parts):
        if part.feature not in known:
            return f"part {number} reads {part.feature!r}, which is not in the list of features"
        if (known[part.feature].kind == "number") != part.is_number:
            return f"part {number} does not fit the kind of {part.feature!r}"
        if any(b <= a for a, b in zip(part.cuts, part.cuts[1:], strict=False)):
            return f"part {number}: its cuts do not rise"
        if part.values is not None and len(set(part.values)) < len(part.values):
            return f"part {number}: a value stands twice"
    for number, term in enumerate(model.terms):
        if wrong := _term_mismatch(model, term):
            return f"term {number}: {wrong}"
    return _calibration_mismatch(model.calibration)


def _term_mismatch(model: Model, term: Term) -> str:
    if not term.parts or not all(0 <= part < len(model.parts) for part in term.parts):
        return "its parts do not exist"
    bins = math.prod(model.parts[part].size for part in term.parts)
    if any(abs(score) > MOST for score in term.scores):
        return "a contribution is larger than a hundred log odds"
    if not term.keys:
        return "" if len(term.scores) == bins else f"{len(term.scores)} contributions, {bins} bins"
    if len(term.keys) != len(term.scores):
        return "keys and contributions differ in number"
    if any(b <= a for a, b in zip(term.keys, term.keys[1:], strict=False)):
        return "its keys do not rise"
    return "" if term.keys[0] >= 0 and term.keys[-1] < bins else "a key lies outside its parts"


def _calibration_mismatch(one: Calibration) -> str:
    if one.method == "platt" and not one.slope > 0:
        return "the calibration's slope is not above 0"
    if one.method != "isotonic":
        return ""
    rises = all(a < b for a, b in zip(one.scores, one.scores[1:], strict=False))
    even = all(a <= b for a, b in zip(one.shares, one.shares[1:], strict=False))
    inside = all(0 <= share <= 1 for share in one.shares)
    if not one.scores or len(one.scores) != len(one.shares) or not (rises and even and inside):
        return "the calibration's points do not rise"
    return ""


def versions_in(model: Model) -> str:
    """Return what to write beside a score: name of the model and the start of its checksum."""
    return f"{model.name} {checksum(model)[:12]}"
