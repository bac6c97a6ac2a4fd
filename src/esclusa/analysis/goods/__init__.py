"""Goods texts against tariff codes: a small local text model, shipped with the package.

It tells how well the words of a bill fit the chapter of the Harmonized System that was declared,
in English, Spanish and both mixed, and which words speak for and against. A text that names no
goods, or words it does not know, get no answer. Nothing is fetched.
"""

from esclusa.analysis.goods.fit import Fit, Reading, Said, judge, judge_one, likeness, read, shares
from esclusa.analysis.goods.model import Model, shipped

__all__ = [
    "Fit", "Model", "Reading", "Said", "judge", "judge_one", "likeness", "read", "shares",
    "shipped",
]  # fmt: skip
