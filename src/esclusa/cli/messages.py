"""Commands about messages as such, without a node: validate, answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from esclusa.cli import output
from esclusa.cli.output import answers

if TYPE_CHECKING:
    from esclusa.model import Defect

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_directory = click.option(
    "--directory", default="", metavar="D.17B",
    help="Judge by this UN/EDIFACT directory instead of the message's own.",
)  # fmt: skip
_guide = click.option(
    "--guide",
    default=None,
    help='Judge by this guide [default: the one the message names]; "none" for the bare directory.',
)


_CONTROL_DIGITS = 9


def _chosen(guide: str | None) -> str | None:
    return "" if guide == "none" else guide


@click.command()
@click.argument("files", nargs=-1, required=True, type=_FILE)
@_directory
@_guide
@answers
def validate(files: tuple[Path, ...], directory: str, guide: str | None) -> None:
    """Check messages and say what is wrong, with its byte.

    Nothing is stored. EDIFACT messages are checked against their official directory and guide as
    well; of other formats the reader's own findings are told. Ends with code 3 for an error.
    """
    import msgspec

    from esclusa.model import Severity

    severe = messages = 0
    shown: list[dict[str, Any]] = []
    for path in files:
        for kind, reference, defects in _checked(path, directory, _chosen(guide)):
            messages += kind != ""
            for defect in defects:
                severe += defect.severity in (Severity.ERROR, Severity.FATAL)
                row = msgspec.to_builtins(defect)
                shown.append({"file": path.name, "type": kind, "reference": reference, **row})
    output.show(
        shown, "Defects",
        ("file", "message", "type", "byte>", "segment>", "tag", "element", "severity", "code",
         "reason"),
        lambda row: (row["file"], row["reference"], row["type"], row["offset"],
                     row.get("segment_no", ""), row.get("segment", ""), row.get("element", ""),
                     row["severity"], row["code"], row["reason"]),
    )  # fmt: skip
    click.echo(f"{messages} messages, {len(shown)} defects, {severe} of them errors", err=True)
    if severe:
        raise SystemExit(output.EXIT_PARTLY)


def _checked(
    path: Path, directory: str, guide: str | None
) -> Iterator[tuple[str, str, tuple[Defect, ...]]]:
    """Yield (type, reference, defects) of each message; type "" for what stands between them."""
    from esclusa.formats import detect, open_file, read_stream
    from esclusa.formats.edifact.checking import check
    from esclusa.formats.files import HEAD
    from esclusa.model import Defect

    with open_file(path) as stream:
        if detect(stream.peek(HEAD)[:HEAD], path.name).id == "edifact":
            for item in check(stream, file=path.name, directory=directory, guide=guide):
                if isinstance(item, Defect):
                    yield "", "", (item,)
                else:
                    yield item.type, item.reference, item.defects
            return
        for found in read_stream(stream, path.name):
            if isinstance(found, Defect):
                yield "", "", (found,)
            else:
                yield found.format, found.reference, found.defects


@click.command()
@click.argument("file", type=_FILE)
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False),
              help="Where the answer goes.")  # fmt: skip
@click.option(
    "--reference", default="", help="Control reference of the answer [default: the time]."
)
@click.option("--reject", default="error", show_default=True,
              type=click.Choice(["fatal", "error", "warning"]),
              help="The least severity for which a message is rejected.")  # fmt: skip
@_directory
@_guide
@answers
def answer(
    file: Path, out: Path, reference: str, reject: str, directory: str, guide: str | None
) -> None:
    """Answer an interchange: CONTRL for EDIFACT, 997 for X12.

    The answer says which messages were taken, and what is wrong with the others; it is written
    whole or not at all. The reference of a 997 is a number.
    """
    from esclusa.errors import FormatError, InputError
    from esclusa.formats import detect, open_file
    from esclusa.formats.edifact import answering as edifact
    from esclusa.formats.files import HEAD
    from esclusa.formats.x12 import answering as x12
    from esclusa.model import Severity

    now = dt.datetime.now(dt.UTC)
    prepared, least = now.strftime("%Y-%m-%dT%H:%M"), Severity(reject)
    left: list[Defect] = []
    with open_file(file) as stream:
        found = detect(stream.peek(HEAD)[:HEAD], file.name)
        if found.id == "edifact":
            pieces = edifact.answer(
                stream, prepared=prepared, reference=reference or now.strftime("%y%m%d%H%M%S"),
                file=file.name, directory=directory, guide=_chosen(guide), reject=least,
                tell=left.append,
            )  # fmt: skip
        elif found.id == "x12":
            number = reference or now.strftime("%j%H%M%S")
            if not number.isascii() or not number.isdigit() or len(number) > _CONTROL_DIGITS:
                raise InputError("the reference of a 997 is a number of at most nine digits")
            pieces = x12.answer(
                stream, prepared=prepared, reference=int(number), file=file.name, reject=least
            )
        else:
            raise FormatError(f"{found.title_en}: there is no answer to it", file=file.name)
        data = b"".join(pieces)
    output.write_whole(out, data)
    click.echo(f"{out}: {len(data)} bytes")
    for defect in left:
        click.echo(f"{file.name}, byte {defect.offset}: {defect.reason}", err=True)
    if left:
        raise SystemExit(output.EXIT_PARTLY)
