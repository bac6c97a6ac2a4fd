"""The files of the project, as the repository would hold them."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
_NOT_OURS = {"node_modules", "__pycache__", "demo", "node", "build", "dist"}


@cache
def files() -> tuple[Path, ...]:
    """Tracked files and those that would be; in a copy without git, all but the ignored ones."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        return tuple(path for path in sorted(ROOT.rglob("*")) if path.is_file() and _ours(path))
    paths = (ROOT / name for name in sorted(filter(None, done.stdout.split("\0"))))
    return tuple(path for path in paths if path.is_file())


def _ours(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    hidden = any(part.startswith(".") and part not in {".ci", ".gitignore"} for part in parts)
    return not hidden and not _NOT_OURS.intersection(parts)


def texts() -> list[tuple[str, str]]:
    """Name and content of every text file."""
    found = []
    for path in files():
        data = path.read_bytes()
        if b"\0" not in data[:8000]:
            found.append((str(path.relative_to(ROOT)), data.decode("utf-8", errors="replace")))
    return found


def pages() -> list[Path]:
    """Every page of prose."""
    return [path for path in files() if path.suffix == ".md" and "tests/" not in str(path)]
