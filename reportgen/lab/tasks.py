"""What workers are sent. Imports no torch, which the process that sends it does without."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reportgen.suite.plan import RunSpec


@dataclass(frozen=True)
class Task:
    """A run with all that a worker needs to execute it; it can be pickled.

    With ``inception_weights`` the run is also scored by Inception.
    """

    spec: RunSpec
    output: Path
    data_dir: Path | None
    device: str
    inception_weights: Path | None = None
    checkpoint_seconds: float | None = None
    """Seconds between checkpoints; None for the usual number."""
    checkpoint_steps: int | None = None
    use_graph: bool = False
