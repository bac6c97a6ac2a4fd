"""The tables of ``make conformance`` hold: all samples are recovered, all 36 cases told in place."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_sample_is_recovered_and_every_case_is_told_at_its_place() -> None:
    done = subprocess.run(
        [sys.executable, "tools/conformance.py"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    assert lines[-1] == "0 samples and 0 cases not as they should be", done.stdout
    assert done.returncode == 0
    assert sum(line.startswith("| PAXLST |") for line in lines) == 1
    cases = [line for line in lines if "| told |" in line or "| silent |" in line]
    assert len(cases) == 36
    assert int(cases[0].split("|")[3].split("/")[1]) > 140
