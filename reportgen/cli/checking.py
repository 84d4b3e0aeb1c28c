"""What `reportgen verify` prints of one report or of many."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import typer

from reportgen.base.errors import RenderError
from reportgen.paper.analysis.attachments import escape_formula
from reportgen.paper.verification import Verification, find_equal_notes, verify_pdf


def verify_all(reports: Sequence[Path]) -> tuple[dict[Path, Verification], bool]:
    """Verify reports and print what differs, and a line for each.

    Return those that could be read, and True if some could not.

    Raises:
        RenderError: a single report cannot be read.
    """
    found, failed = {}, False
    for report in dict.fromkeys(reports):
        try:
            found[report] = verify_pdf(report)
        except RenderError as error:
            if len(reports) == 1:
                raise
            typer.echo(f"UNREADABLE {error}")
            failed = True
            continue
        _print(report, found[report])
    return found, failed


def _print(report: Path, found: Verification) -> None:
    for difference in found.differences:
        typer.echo(f"DIFFERS {difference.where}\n  printed: {difference.printed}\n  derived: {difference.derived}")
    num = len(found.differences)
    typer.echo(
        f"{report}: {found.num_items} sentences, captions and table rows with {found.num_numbers} numbers were derived "
        f"again from the data in the PDF: {f'{num} differ' if num else 'all agree'}"
    )


def write_shared_notes(found: Mapping[Path, Verification]) -> None:
    """Print which reports share words of their authors; equal numbers are what equal suites give."""
    shared = find_equal_notes(found)
    for name, paths in shared:
        typer.echo(f"EQUAL NOTES on {name}: {', '.join(map(str, paths))}")
    if not shared:
        typer.echo("no two reports share a note of their authors; equal numbers are what equal suites and seeds give")


def tabulate_verifications(reports: Sequence[Path], found: Mapping[Path, Verification]) -> str:
    """Return a row per report as CSV: its author, what was checked, and what differs."""
    shared = {path for _, paths in find_equal_notes(found) for path in paths}
    stream = io.StringIO()
    table = csv.writer(stream, lineterminator="\n")
    table.writerow(["report", "name", "student_id", "sentences", "numbers", "differences", "notes", "shares_notes"])
    for report in dict.fromkeys(reports):
        verification = found.get(report)
        if verification is None:
            table.writerow([report, "", "", "", "", "unreadable", "", ""])
            continue
        author, counts = verification.results.suite.report.author, (verification.num_items, verification.num_numbers)
        num_notes = len(verification.notes)
        table.writerow(
            [
                *map(escape_formula, (str(report), author.name, author.student_id)),
                *counts,
                len(verification.differences),
                num_notes,
                report in shared,
            ]
        )
    return stream.getvalue()
