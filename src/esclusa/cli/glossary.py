"""The glossary from the command line."""

from __future__ import annotations

import click

from esclusa.cli import output
from esclusa.cli.output import answers, language_option


@click.command()
@language_option
@click.argument("words", nargs=-1, required=True, metavar="WORD...")
@answers
def glossary(language: str | None, words: tuple[str, ...]) -> None:
    """Say what a term of the trade means, and what it is in the other language.

    WORD may be English or Spanish, with accents or without, and only its beginning.
    """
    from esclusa.codes.glossary import find
    from esclusa.errors import NotFound

    text = " ".join(words)
    found = find(text)
    if not found:
        raise NotFound(f"no term holds {text[:80]!r}")
    spanish = output.language(language) == "es"
    output.show(
        found, text, ("English", "Español", "Significado" if spanish else "Meaning", "Source"),
        lambda term: (
            term.en, ", ".join((term.es, *term.also)),
            term.meaning_es if spanish else term.meaning_en, term.source,
        ),
    )  # fmt: skip
