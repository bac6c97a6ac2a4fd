"""Bad input on every command: the commands and their parameters are those of the program itself, so a
new one is held to this without anybody thinking of it. About 2 CPU seconds.

A shell hands over any bytes; those that are no UTF-8 reach Python as half surrogate pairs, which
neither a database nor a file of text can hold. What a command does with text that is wrong in other
ways stands in its own tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from esclusa.cli.commands import cli
from esclusa.cli.output import progress

UNREAD, ENDLESS = "a\udcff\udcfeb", str(10**30)
ASKED = "a long enough password\n" * 2
"""What a command that asks for a password before all else is told."""


def commands(group: click.Command, *names: str) -> Iterator[tuple[str, click.Command]]:
    """Yield (name, command) of every command below a group."""
    if not isinstance(group, click.Group):
        yield " ".join(names), group
        return
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield from commands(command, *names, name)


COMMANDS = dict(commands(cli))


def texts(command: click.Command) -> list[click.Parameter]:
    """Return the parameters that take a text of any form."""
    return [one for one in command.params if isinstance(one.type, click.types.StringParamType)]


def numbers(command: click.Command) -> list[click.Parameter]:
    """Return the parameters that take a whole number without a largest one."""
    return [
        one for one in command.params
        if isinstance(one.type, click.types.IntParamType) and getattr(one.type, "max", None) is None
    ]  # fmt: skip


def filled(one: click.Parameter, folder: Path) -> str:
    """Return a value that a parameter takes."""
    kind = one.type
    if isinstance(kind, click.Choice):
        return str(kind.choices[0])
    if isinstance(kind, click.Path):
        return str(folder if kind.dir_okay and not kind.file_okay else folder / "a file")
    if isinstance(kind, click.File):
        return str(folder / "a file")
    if isinstance(kind, click.DateTime):
        return "2026-11-28"
    return str(max(1, getattr(kind, "min", None) or 1))


def line(name: str, wrong: click.Parameter, value: str, folder: Path) -> list[str]:
    """Return a command line that has all that the command needs, one parameter with a value."""
    options, rest = [], []
    for one in COMMANDS[name].params:
        if one is not wrong and not one.required and one.name != "yes":
            continue
        said = [value if one is wrong else filled(one, folder)] * max(one.nargs, 1)
        if isinstance(one, click.Option):
            said = [] if one.is_flag else said
            options += [one.opts[0], *said]
        else:
            rest += said
    return [*name.split(), *options, "--", *rest]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("every")
    (made / "a file").write_bytes(b"nothing that any command reads")
    return made


def test_commands_are_found() -> None:
    assert len(COMMANDS) > 150
    assert sum(len(texts(one)) for one in COMMANDS.values()) > 300


@pytest.mark.parametrize("name", [name for name, one in COMMANDS.items() if texts(one)])
def test_bytes_that_are_no_text_are_refused_by_the_name_of_the_option(
    name: str, folder: Path
) -> None:
    for one in texts(COMMANDS[name]):
        done = CliRunner().invoke(cli, line(name, one, UNREAD, folder), input=ASKED)
        said = f"{str(one.name).replace('_', '-')} holds bytes that are no text in UTF-8"
        assert (done.exit_code, said in done.stderr) == (1, True), (one.name, done.stderr)
        assert sorted(each.name for each in folder.iterdir()) == ["a file"]


@pytest.mark.parametrize("name", [name for name, one in COMMANDS.items() if numbers(one)])
def test_a_number_that_no_ledger_holds_is_refused(name: str, folder: Path) -> None:
    for one in numbers(COMMANDS[name]):
        done = CliRunner().invoke(cli, line(name, one, ENDLESS, folder), input=ASKED)
        assert done.exit_code in (1, 2), (one.name, done.stderr)
        assert "nobody expected" not in done.stderr and len(done.stderr.splitlines()) <= 5


@pytest.mark.parametrize("name", [
    name for name, one in COMMANDS.items()
    if any(isinstance(each.type, click.DateTime) for each in one.params)
])  # fmt: skip
@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_first_and_the_last_day_of_the_calendar_end_in_a_sentence(
    name: str, day: str, folder: Path
) -> None:
    for one in COMMANDS[name].params:
        if isinstance(one.type, click.DateTime):
            done = CliRunner().invoke(cli, line(name, one, day, folder), input=ASKED)
            assert done.stderr.startswith("esclusa: ") and "nobody expected" not in done.stderr


def test_a_terminal_sees_how_far_a_file_is_read_and_a_pipe_sees_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    for terminal in (True, False):
        monkeypatch.setattr("sys.stderr.isatty", lambda terminal=terminal: terminal)
        with progress(4_000) as reached:
            reached(1_000)
        shown = capsys.readouterr().err
        assert ("1.0/4.0 kB" in shown) == terminal, shown
