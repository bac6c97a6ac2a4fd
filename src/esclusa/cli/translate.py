"""Commands that turn messages into records and back, without a node: read, write, convert."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from esclusa.cli import output
from esclusa.cli.inputs import Input, inputs, paths_argument, total_size
from esclusa.cli.mappings import loaded
from esclusa.cli.output import answers

if TYPE_CHECKING:
    from esclusa.formats.heading import Heading
    from esclusa.formats.tabular.mapping import Mapping
    from esclusa.model import Defect, Message

_LONGEST = 256 * 1024 * 1024
"""Bytes of a line of JSON: a message of the largest size, its words written out."""
_format = click.option("--format", "format_id", default="", metavar="ID",
                       help="Read as this format [default: what the bytes look like].")  # fmt: skip
_mapping = click.option(
    "--mapping", type=click.Path(path_type=Path, exists=True), default=None,
    help="Read a table with this mapping file.",
)  # fmt: skip
_strict = click.option("--strict", is_flag=True, help="Stop at the first error.")
_out = click.option("--out", type=click.Path(path_type=Path, dir_okay=False), default=None,
                    help="Where the result goes [default: standard output].")  # fmt: skip


def _envelope(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say what an envelope says."""
    for option in (
        click.option("--charset", default="UNOC", show_default=True,
                     help="UN/EDIFACT character set; UNOY is UTF-8."),
        click.option("--prepared", default="", metavar="2026-04-13T10:15",
                     help="When it was prepared [default: now, UTC]."),
        click.option("--reference", default="", help="Control reference [default: the time]."),
        click.option("--recipient", default="RECIPIENT", show_default=True),
        click.option("--sender", default="SENDER", show_default=True),
        click.option("--to", "target", required=True, metavar="FORMAT",
                     help="Format to write: edifact.cuscar, edifact.baplie, …"),
    ):  # fmt: skip
        command = option(command)
    return command


@click.command()
@paths_argument
@_format
@_mapping
@_strict
@_out
@answers
def read(
    paths: tuple[Path, ...], format_id: str, mapping: Path | None, strict: bool, out: Path | None
) -> None:
    """Read files of any known format; nothing is stored.

    PATHS are files or folders; - reads standard input. Each line is a message with its statements
    and defects, or a defect outside any message.
    """
    import msgspec

    from esclusa.model import Message

    refused, encoder = 0, msgspec.json.Encoder()
    source = _Source(paths, format_id, mapping, strict=strict)

    def lines() -> Iterator[bytes]:
        nonlocal refused
        for _name, item in source.read():
            yield encoder.encode(item) + b"\n"
            refused += isinstance(item, Message) and item.refused

    _deliver(lines(), out)
    if refused:
        click.echo(f"{refused} messages could not be used", err=True)
    if refused or source.unread:
        raise SystemExit(output.EXIT_PARTLY)


@click.command()
@click.argument(
    "file", type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True)
)
@_envelope
@_out
@answers
def write(file: Path, target: str, out: Path | None, **envelope: str) -> None:
    """Write what read gave as a file of another or the same format.

    FILE holds the lines of JSON; - reads standard input. What cannot be written is named, and the
    rest is written.
    """
    _write(_messages_of(file), target, out, _heading(**envelope))


@click.command()
@paths_argument
@_format
@_mapping
@_strict
@click.option(
    "--event",
    type=click.Choice(["load", "discharge"]),
    default="discharge",
    show_default=True,
    help="What an order made of a bay plan is about.",
)
@_envelope
@_out
@answers
def convert(
    paths: tuple[Path, ...], format_id: str, mapping: Path | None, strict: bool, event: str,
    target: str, out: Path | None, **envelope: str,
) -> None:  # fmt: skip
    """Turn messages of one format into another, through the records they make.

    PATHS are files or folders; - reads standard input. What the new format has no place for is
    counted, what cannot be read or written is named; the rest is written.
    """
    from esclusa.model import Message, Severity

    bad = 0
    source = _Source(paths, format_id, mapping, strict=strict)

    def messages() -> Iterator[Message]:
        nonlocal bad
        for name, item in source.read():
            for defect in item.defects if isinstance(item, Message) else (item,):
                if defect.severity in (Severity.ERROR, Severity.FATAL):
                    click.echo(f"{name}, byte {defect.offset}: {defect.reason}", err=True)
                    bad += 1
            if isinstance(item, Message):
                yield item

    _write(messages(), target, out, _heading(**envelope), event=event,
           told=lambda: bad + source.unread)  # fmt: skip


def _heading(
    *, sender: str, recipient: str, reference: str, prepared: str, charset: str
) -> Heading:
    from esclusa.formats.heading import Heading

    now = dt.datetime.now(dt.UTC)
    return Heading(
        sender=sender,
        recipient=recipient,
        reference=reference or now.strftime("%j%H%M%S"),
        prepared=prepared or now.strftime("%Y-%m-%dT%H:%M"),
        charset=charset.upper(),
    )


def _write(
    messages: Iterable[Message], target: str, out: Path | None, heading: Heading,
    told: Callable[[], int] = lambda: 0, *, event: str = "discharge",
) -> None:  # fmt: skip
    """Write, then say what was left out; ends with code 3 when anything was."""
    from esclusa.errors import InputError
    from esclusa.formats.writers import Written, write

    result = Written()
    try:
        size = _deliver(write(messages, target, heading, result, event=event), out, empty=False)
    finally:
        for error in result.refused:
            click.echo(f"not written: {error}", err=True)
        for kind, count in sorted(result.left.items()):
            click.echo(f"{count} × {kind}: {target} has no place for it", err=True)
    if not size:
        raise InputError(f"nothing to write as {target}")
    if result.refused or result.left or told():
        raise SystemExit(output.EXIT_PARTLY)


def _deliver(pieces: Iterable[bytes], out: Path | None, *, empty: bool = True) -> int:
    """Send pieces to standard output as they come, or into a file that stands whole or not at all;
    return how many bytes. ``empty``: a file without content is written too."""
    if out is None:
        size = 0
        for piece in pieces:
            sys.stdout.buffer.write(piece)
            size += len(piece)
        sys.stdout.buffer.flush()
        return size
    with output.whole_file(out, keep_empty=empty) as sink:
        for piece in pieces:
            sink.write(piece)
        return sink.tell()


# -- what comes in ---------------------------------------------------------------------------------


class _Source:
    """The files asked for, and how many of them could not be read."""

    def __init__(
        self, paths: tuple[Path, ...], format_id: str, mapping: Path | None, *, strict: bool
    ) -> None:
        self.files = inputs(*paths)
        self.format_id = format_id
        self.mapping: Mapping | None = loaded(mapping) if mapping else None
        self.strict = strict
        self.unread = 0

    def read(self) -> Iterator[tuple[str, Message | Defect]]:
        """Yield each message and bare defect with its file's name, and show how far it is.

        One file of several that cannot be read is named and passed over.
        """
        from esclusa.errors import InputError
        from esclusa.model import Message

        with output.progress(total_size(self.files)) as reached:
            before = 0
            for file in self.files:
                try:
                    for item in self._file(file):
                        yield file.name, item
                        end = item.offset + item.length if isinstance(item, Message) else 0
                        reached(before + end)
                except InputError as error:
                    if self.strict or len(self.files) == 1:
                        raise
                    click.echo(f"esclusa: {error}", err=True)
                    self.unread += 1
                before += file.size

    def _file(self, file: Input) -> Iterator[Message | Defect]:
        from esclusa.formats import read_stream, strictly

        with file.open() as stream:
            items = read_stream(stream, file.name, format_id=self.format_id, mapping=self.mapping)
            yield from strictly(items, file.name) if self.strict else items


def _messages_of(path: Path) -> Iterator[Message]:
    """Yield the messages of lines that ``read`` wrote; defects outside messages are passed over.

    :raises InputError: naming the line that is neither.
    """
    import msgspec

    from esclusa.errors import LimitError
    from esclusa.model import Message

    (file,) = inputs(path)
    decoder = msgspec.json.Decoder(Message)
    with file.open() as stream:
        number = 0
        while line := stream.readline(_LONGEST + 1):
            number += 1
            if len(line) > _LONGEST:
                raise LimitError(f"line {number} is longer than {_LONGEST:,} bytes", file=file.name)
            try:
                yield decoder.decode(line)
            except msgspec.DecodeError as error:
                _refuse_unless_defect(line, number, file.name, str(error))


def _refuse_unless_defect(line: bytes, number: int, file: str, reason: str) -> None:
    import msgspec

    from esclusa.errors import InputError
    from esclusa.model import Defect

    try:
        msgspec.json.decode(line, type=Defect)
    except msgspec.DecodeError:
        raise InputError(
            f"line {number} is no message as read writes it: {reason}", file=file
        ) from None
