"""A mapping as TOML text that a person can read, correct and keep.

Why not a library: the writers on offer keep no comments, and here the comments carry what a person
has to look at: how sure the guess is, and which columns it left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Table
from typing import Final

import msgspec

from esclusa.formats.tabular.guess import Guess, Proposal
from esclusa.formats.tabular.mapping import Column, Mapping

_ALWAYS: Final = ("id", "target", "header_row", "decimal", "date_order")
"""Keys that are written although they have their default: a person should look at them."""

_TABLES: Final = ("constants", "columns")

_DELETE: Final = 0x7F


def proposal_toml(proposal: Proposal, file: str) -> str:
    """Return a proposed mapping as TOML: read back, it reads the table as the guess does.

    ``file`` is the table's name. Cells of the table are not quoted: a mapping is kept, and read by
    people who may not see the records. Raises ``ValueError`` when there is no mapping to write.
    """
    if proposal.mapping is None:
        raise ValueError("there is no mapping to write")
    sure = {guess.column: guess for guess in proposal.columns}
    lines = [
        f"# Proposed from the columns of {_text(file)}, confidence {proposal.confidence:.2f}.",
        "# A guess: look at every line and correct it. docs/mapping-files.md explains each key.",
        *_lines(proposal.mapping, sure),
    ]
    if proposal.unmapped:
        lines += ["", "# Columns left out. Name a field and take the mark away to read one:"]
        lines += [f'# {_text(name)} = ""' for name in proposal.unmapped]
    return "\n".join(lines) + "\n"


def mapping_toml(mapping: Mapping) -> str:
    """Return a mapping as TOML text that :func:`~.mapping.load_mapping` reads back the same."""
    return "\n".join(_lines(mapping, {})) + "\n"


def _lines(mapping: Mapping, sure: Table[str, Guess]) -> Iterator[str]:
    said = msgspec.structs.asdict(mapping)
    for field in msgspec.structs.fields(Mapping):
        value = said[field.name]
        written = field.name in _ALWAYS or value != _default(field)
        if field.name not in _TABLES and written:
            yield f"{field.name} = {_value(value)}"
    if mapping.constants:
        yield from ("", "[constants]")
        yield from (f"{_text(path)} = {_text(text)}" for path, text in mapping.constants.items())
    yield from ("", "[columns]")
    for name, rule in mapping.columns.items():
        note = f"  # confidence {sure[name].confidence:.2f}" if name in sure else ""
        yield f"{_text(name)} = {_rule(rule)}{note}"


def _default(field: msgspec.structs.FieldInfo) -> object:
    made = field.default_factory
    return made() if callable(made) else field.default


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_text, value))}]"
    return _text(value) if isinstance(value, str) else str(value)


def _rule(rule: str | Column) -> str:
    if isinstance(rule, str):
        return _text(rule)
    said = [f"field = {_text(rule.field)}"]
    if rule.split:
        said.append(f"split = {_text(rule.split)}")
    if rule.scale != 1.0:
        said.append(f"scale = {rule.scale!r}")
    return f"{{ {', '.join(said)} }}"


def _text(text: str) -> str:
    """Return a basic string (TOML 1.0): JSON's escapes, and the delete character escaped too."""
    return msgspec.json.encode(text).decode().replace(chr(_DELETE), f"\\u{_DELETE:04x}")
