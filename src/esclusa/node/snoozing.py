"""What the faces need to read a snooze; see :mod:`esclusa.casework.snooze`."""

from __future__ import annotations

from esclusa.casework.snooze import HOURS, in_hours, read

__all__ = ["HOURS", "in_hours", "read"]
