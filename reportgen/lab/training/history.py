"""history.csv: all logged metrics of a training, which can be followed while it trains."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from reportgen.base.files import append_text, write_text
from reportgen.lab.training.loop import Row


class HistoryFile:
    """The history of a training that goes on: written whole at first, then appended to.

    What an earlier process left in the file, perhaps more rows than its checkpoint has or half a line, is replaced.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.num_written: int | None = None
        """Number of rows in the file; None before the first update."""

    def update(self, rows: Sequence[Row]) -> None:
        """Write the rows that are not in the file yet.

        Args:
            rows: all rows so far; those of the last update are still the first of them.

        Raises:
            RunError: the file cannot be written; half a line may stand at its end.
        """
        if self.num_written is None:
            write_text(self.path, format_history(rows))
        else:
            append_text(self.path, format_rows(rows[self.num_written :]))
        self.num_written = len(rows)


def format_history(rows: Sequence[Row]) -> str:
    """Format a whole history as CSV, one value per row."""
    return "step,metric,value\n" + format_rows(rows)


def format_rows(rows: Sequence[Row]) -> str:
    """Format rows as lines of CSV; floats as the shortest text that gives the same float."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows((step, metric, repr(value)) for step, metric, value in rows)
    return stream.getvalue()
