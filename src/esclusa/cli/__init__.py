"""The command line: ``esclusa …``. Same services, same gate, same words as the web pages.

``main`` loads click alone; each command loads what it needs when it runs, so that ``--help`` is
there at once. Output is a table for a person and JSON lines when piped.

Exit codes: 0 done; 1 an error, named in one sentence; 2 wrong use of the command; 3 done, but some
messages were refused or some check failed; 4 there is no such record, or none you may know of.
"""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    from esclusa.cli.commands import cli

    cli()
