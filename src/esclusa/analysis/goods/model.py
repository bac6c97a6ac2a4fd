"""The shipped model: weights of words, pairs and pieces of words for each chapter.

It is a linear softmax, so a chapter's score is a sum over the units of the text, and what each
word says is known exactly. ``tools/train_goods.py`` makes the file; ``manifest.json`` beside it
names edition, checksum and origin.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from esclusa.analysis.goods.words import pieces
from esclusa.errors import InputError

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]

NONE: Final = "--"
"""The class of texts that name no goods (``FREIGHT OF ALL KINDS``)."""

_DATA: Final = Path(__file__).with_name("data")


class Model(NamedTuple):
    """``classes``: two digits of each chapter, and :data:`NONE` last. ``units`` and ``pieces``
    give the row in ``weights`` (rows by classes), ``bias`` what a class has without any word,
    ``sharpness`` the factor on the sum that makes shares come out as often as they say."""

    edition: str
    classes: tuple[str, ...]
    units: Mapping[str, int]
    pieces: Mapping[str, int]
    weights: Floats
    bias: Floats
    sharpness: float

    def vectors(self, words: Sequence[str]) -> Floats:
        """Return one row for each word or pair: what it adds to each class before scaling.

        A word counts whole, if the model knows it, and by its pieces, each divided by the root of
        their number. A word of which nothing is known has a row of zeros.
        """
        rows: list[int] = []
        shares: list[float] = []
        starts: list[int] = []
        owners: list[int] = []
        for index, word in enumerate(words):
            before = len(rows)
            if (row := self.units.get(word)) is not None:
                rows.append(row)
                shares.append(1.0)
            if parts := pieces(word):
                share = len(parts) ** -0.5
                known = [row for part in parts if (row := self.pieces.get(part)) is not None]
                rows += known
                shares += [share] * len(known)
            if len(rows) > before:
                starts.append(before)
                owners.append(index)
        found = np.zeros((len(words), len(self.classes)), dtype=np.float32)
        if rows:
            weighed = self.weights[np.array(rows)] * np.array(shares, dtype=np.float32)[:, None]
            found[np.array(owners)] = np.add.reduceat(weighed, np.array(starts), axis=0)
        return found


@cache
def shipped() -> Model:
    """Return the model of the package.

    :raises InputError: the file is not the one that its manifest names.
    """
    manifest = json.loads((_DATA / "manifest.json").read_text(encoding="utf-8"))
    data = (_DATA / manifest["file"]).read_bytes()
    return read(data, manifest)


def read(data: bytes, manifest: Mapping[str, Any]) -> Model:
    """Return the model in ``data``; raises InputError when the checksum differs."""
    found = hashlib.sha256(data).hexdigest()
    if found != manifest["sha256"]:
        raise InputError(
            f"SHA-256 {found}, its manifest says {manifest['sha256']}", file=str(manifest["file"])
        )
    with np.load(io.BytesIO(data), allow_pickle=False) as parts:
        names = {name: parts[name] for name in parts.files}
    scale = names["scale"].astype(np.float32)
    whole, small = (_texts(names[name]) for name in ("units", "pieces"))
    return Model(
        edition=str(manifest["edition"]),
        classes=tuple(_texts(names["classes"])),
        units={text: row for row, text in enumerate(whole)},
        pieces={text: row for row, text in enumerate(small, start=len(whole))},
        weights=names["weights"].astype(np.float32) * scale,
        bias=names["bias"].astype(np.float32),
        sharpness=float(names["sharpness"][0]),
    )


def written(model: Model) -> bytes:
    """Return the file of a model: weights in 255 steps a class, compressed; equal models, equal
    bytes."""
    scale = np.maximum(np.abs(model.weights).max(axis=0), 1e-9) / 127
    whole = sorted(model.units, key=lambda text: model.units[text])
    small = sorted(model.pieces, key=lambda text: model.pieces[text])
    file = io.BytesIO()
    np.savez_compressed(
        file,
        classes=_bytes(model.classes),
        units=_bytes(whole),
        pieces=_bytes(small),
        weights=np.rint(model.weights / scale).astype(np.int8),
        scale=scale.astype(np.float32),
        bias=model.bias.astype(np.float32),
        sharpness=np.array([model.sharpness], dtype=np.float32),
    )
    return file.getvalue()


def _bytes(texts: Sequence[str]) -> npt.NDArray[np.uint8]:
    return np.frombuffer("\n".join(texts).encode("ascii"), dtype=np.uint8)


def _texts(data: npt.NDArray[np.uint8]) -> list[str]:
    text = data.tobytes().decode("ascii")
    return text.split("\n") if text else []
