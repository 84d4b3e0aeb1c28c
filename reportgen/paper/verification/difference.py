"""What a verification finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """Place where the PDF shows something else than its data give; texts of one line each."""

    where: str
    printed: str
    derived: str
