"""The rule language in one place: text to tree, tree to column.

See ``docs/rules.md`` for the reference. Nothing here evaluates Python.
"""

from __future__ import annotations

from esclusa.analysis.targeting.checker import Scope, check, lists_of
from esclusa.analysis.targeting.compiler import compile_condition
from esclusa.analysis.targeting.parser import parse
from esclusa.analysis.targeting.tree import unparse

__all__ = ["Scope", "check", "compile_condition", "lists_of", "parse", "unparse"]
