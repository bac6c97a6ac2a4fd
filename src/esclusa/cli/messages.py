"""Commands about messages as such, without a node: validate, answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import click

from esclusa.cli import output
from esclusa.cli.inputs import Input, inputs, paths_argument, total_size
from esclusa.cli.output import answers

if TYPE_CHECKING:
    from esclusa.model import Defect, Severity

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

_EDIFACT = ("contrl", "aperak")
_X12 = ("997", "999")
"""What each syntax is answered with, the usual one first."""

_MINUTE = "%Y-%m-%dT%H:%M"


def _chosen(guide: str | None) -> str | None:
    return "" if guide == "none" else guide


@click.command()
@paths_argument
@_directory
@_guide
@answers
def validate(paths: tuple[Path, ...], directory: str, guide: str | None) -> None:
    """Check messages and say what is wrong, with its byte.

    PATHS are files or folders; - reads standard input. Nothing is stored. EDIFACT messages are
    checked against their official directory and guide as well; of other formats the reader's own
    findings are told. Ends with code 3 for an error.
    """
    import msgspec

    from esclusa.model import Severity

    severe = messages = 0
    shown: list[dict[str, Any]] = []
    found = inputs(*paths)
    with output.progress(total_size(found)) as reached:
        before = 0
        for file in found:
            for kind, reference, defects in _checked(file, directory, _chosen(guide)):
                messages += kind != ""
                for defect in defects:
                    severe += defect.severity in (Severity.ERROR, Severity.FATAL)
                    row = msgspec.to_builtins(defect)
                    shown.append({"file": file.name, "type": kind, "reference": reference, **row})
                    reached(before + defect.offset)
            before += file.size
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
    file: Input, directory: str, guide: str | None
) -> Iterator[tuple[str, str, tuple[Defect, ...]]]:
    """Yield (type, reference, defects) of each message; type "" for what stands between them."""
    from esclusa.formats import detect, read_stream
    from esclusa.formats.edifact.checking import check
    from esclusa.formats.files import HEAD
    from esclusa.model import Defect

    with file.open() as stream:
        if detect(stream.peek(HEAD)[:HEAD], file.name).id == "edifact":
            for item in check(stream, file=file.name, directory=directory, guide=guide):
                if isinstance(item, Defect):
                    yield "", "", (item,)
                else:
                    yield item.type, item.reference, item.defects
            return
        for found in read_stream(stream, file.name):
            if isinstance(found, Defect):
                yield "", "", (found,)
            else:
                yield found.format, found.reference, found.defects


@click.command()
@paths_argument
@click.option("--out", required=True, type=click.Path(path_type=Path),
              help="Where the answer goes; a folder for the answers to several files.")  # fmt: skip
@click.option(
    "--reference", default="", help="Control reference of the answer [default: the time]."
)
@click.option("--reject", default="error", show_default=True,
              type=click.Choice(["fatal", "error", "warning"]),
              help="The least severity for which a message is rejected.")  # fmt: skip
@click.option("--acknowledgment", type=click.Choice([*_EDIFACT, *_X12]),
              help="What to answer with: contrl (faults of form) or aperak (faults of content too, "
              "in sentences) to EDIFACT, 997 or 999 (values too) to X12 [default: contrl, 997].",
              )  # fmt: skip
@_directory
@_guide
@answers
def answer(
    paths: tuple[Path, ...], out: Path, reference: str, reject: str, acknowledgment: str | None,
    directory: str, guide: str | None,
) -> None:  # fmt: skip
    """Answer an interchange: CONTRL or APERAK for EDIFACT, 997 or 999 for X12.

    PATHS are files or folders; - reads standard input. The answer says which messages were taken,
    and what is wrong with the others; it is written whole or not at all. The reference of a 997 or
    999 is a number.
    """
    from esclusa.errors import InputError
    from esclusa.model import Severity

    asked = _Asked(reference, Severity(reject), acknowledgment, directory, _chosen(guide))
    found = inputs(*paths)
    alone = len(found) == 1 and not out.is_dir()
    partly = False
    with output.progress(total_size(found)) as reached:
        before = 0
        for file in found:
            try:
                partly |= _answer(file, out if alone else _place_in(out, file), asked)
            except InputError as error:
                if alone:
                    raise
                click.echo(f"esclusa: {error}", err=True)
                partly = True
            reached(before := before + file.size)
    if partly:
        raise SystemExit(output.EXIT_PARTLY)


class _Asked(NamedTuple):
    reference: str
    reject: Severity
    acknowledgment: str | None
    directory: str
    guide: str | None


def _place_in(folder: Path, file: Input) -> Path:
    """Where the answer to one of several files goes."""
    from esclusa.errors import InputError

    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise InputError(f"no folder for answers: {error.strerror}", file=folder.name) from None
    return folder / f"{file.name.replace('/', '_')}.answer"


def _answer(file: Input, out: Path, asked: _Asked) -> bool:
    """Write the answer to one file; tell whether something in it names nobody to answer to."""
    left: list[Defect] = []
    data = b"".join(_pieces(file, asked, left.append))
    with output.whole_file(out) as sink:
        sink.write(data)
    click.echo(f"{out}: {len(data)} bytes")
    for defect in left:
        click.echo(f"{file.name}, byte {defect.offset}: {defect.reason}", err=True)
    return bool(left)


def _pieces(file: Input, asked: _Asked, tell: Callable[[Defect], None]) -> Iterator[bytes]:
    from esclusa.errors import FormatError
    from esclusa.formats import detect
    from esclusa.formats.files import HEAD

    with file.open() as stream:
        found = detect(stream.peek(HEAD)[:HEAD], file.name)
        if found.id == "edifact":
            yield from _edifact(stream, file, asked, tell)
        elif found.id == "x12":
            yield from _x12(stream, file, asked)
        else:
            raise FormatError(f"{found.title_en}: there is no answer to it", file=file.name)


def _edifact(
    stream: BinaryIO, file: Input, asked: _Asked, tell: Callable[[Defect], None]
) -> Iterator[bytes]:
    from esclusa.formats.edifact import answering, application_answer

    named = _named(asked, _EDIFACT, "an EDIFACT", file)
    now = dt.datetime.now(dt.UTC)
    answered = application_answer.answer if named == "aperak" else answering.answer
    yield from answered(
        stream, prepared=now.strftime(_MINUTE),
        reference=asked.reference or now.strftime("%y%m%d%H%M%S"), file=file.name,
        directory=asked.directory, guide=asked.guide, reject=asked.reject, tell=tell,
    )  # fmt: skip


def _x12(stream: BinaryIO, file: Input, asked: _Asked) -> Iterator[bytes]:
    from esclusa.errors import InputError
    from esclusa.formats.x12 import answering

    named = _named(asked, _X12, "an X12", file)
    now = dt.datetime.now(dt.UTC)
    number = asked.reference or now.strftime("%j%H%M%S")
    if not number.isascii() or not number.isdigit() or len(number) > _CONTROL_DIGITS:
        raise InputError(f"the reference of a {named} is a number of at most nine digits")
    yield from answering.answer(
        stream, prepared=now.strftime(_MINUTE), reference=int(number), file=file.name,
        reject=asked.reject, acknowledgment=named,
    )  # fmt: skip


def _named(asked: _Asked, known: tuple[str, ...], whose: str, file: Input) -> str:
    """The acknowledgment asked for, the first of ``known`` when none is.

    :raises InputError: the file's syntax does not have it.
    """
    from esclusa.errors import InputError

    if asked.acknowledgment and asked.acknowledgment not in known:
        raise InputError(
            f"{whose} interchange is answered with {' or '.join(known)}, "
            f"not with {asked.acknowledgment}",
            file=file.name,
        )
    return asked.acknowledgment or known[0]
