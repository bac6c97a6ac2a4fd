"""Names that both sides write in Chinese or in Korean signs are compared sign by sign.

Read aloud, 高石 and 高市 are one word, and romanisation makes 정은 and 종은 nearly one. Written,
they are other names: a person's name has two to four signs, and each tells. Simplified,
traditional and Japanese forms of one sign count as equal (``data/sign_variants.csv``, after
OpenCC).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import cache, lru_cache
from typing import Final

from esclusa.analysis.screening import words

_NAME: Final = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]{2,4}|[\uac00-\ud7a3]{2,4}")
"""A person's name in Chinese or in Korean signs. Longer ones are foreign names, which each country
writes with signs of its own choice, or names of firms."""
_OTHERS: Final = re.compile(r"[\s·・‧．.,，、\-]+")
_HANGUL: Final = "\uac00"
_MAY_BE_SIGNS: Final = re.compile("[\u1100-\U0010ffff]")
"""NFKC makes a Chinese or Korean sign of nothing below: the letters of Hangul come first."""


def written_signs(text: str) -> str:
    """Return the signs of a name that is written in Chinese or Korean signs alone, else "".

    Each Chinese sign in the one form that its variants share.
    """
    return _written(text) if may_be_signs(text) else ""


def may_be_signs(text: str) -> bool:
    """Answer whether a text may hold a Chinese or Korean sign."""
    return not text.isascii() and bool(_MAY_BE_SIGNS.search(text))


@lru_cache(maxsize=50_000)
def _written(text: str) -> str:
    signs = _OTHERS.sub("", unicodedata.normalize("NFKC", text))
    return signs.translate(_forms()) if _NAME.fullmatch(signs) else ""


def unlike_signs(left: str, right: str) -> list[tuple[str, str]]:
    """Return the signs that stand against each other, in their order.

    :param left: what :func:`written_signs` says of one name.
    :param right: the same of the other. Names in different scripts, or without signs, contradict
        nothing, and neither does a sign that only one of them has.
    """
    if not left or not right or (left >= _HANGUL) != (right >= _HANGUL):
        return []
    return list(zip(_without(left, right), _without(right, left), strict=False))


def _without(signs: str, others: str) -> str:
    left = Counter(signs) - Counter(others)
    kept = []
    for sign in signs:
        if left[sign] > 0:
            left[sign] -= 1
            kept.append(sign)
    return "".join(kept)


@cache
def _forms() -> dict[int, str]:
    return {ord(row["sign"]): row["form"] for row in words.rows("sign_variants.csv")}
