"""What `reportgen verify` prints of one report or of many."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import typer

from reportgen.base.errors import RenderError
from reportgen.paper.analysis.attachments import escape_formula
from reportgen.paper.verification import Verification, find_equal_notes, find_equal_numbers, verify_pdf

COLUMNS = ("report", "name", "student_id", "suite", "verdict", "pages", "sentences", "numbers", "differences", "notes")
"""Columns of the table of many reports, before the last one."""


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
    if found.unprinted:
        typer.echo(f"PAGES NOT COMPARED: the report cannot be printed again here: {found.unprinted}")
    typer.echo(f"{report}: {_describe_author(found)}suite {found.suite[:8]}: {_describe_verdict(found)}")


def _describe_author(found: Verification) -> str:
    author = found.results.suite.report.author
    known = " ".join(filter(None, (author.name, author.student_id)))
    return f"{known}, " if known else ""


def _describe_verdict(found: Verification) -> str:
    num = len(found.differences)
    words = f"{found.num_items} sentences, captions and table rows with {found.num_numbers} numbers"
    if found.unprinted:
        return f"{words} derived again from its data, no page compared: {f'{num} differ' if num else 'these agree'}"
    made = f"{found.num_pages} pages made again from its data, with {words}"
    return f"{made}: {f'{num} differences' if num else 'all agree'}"


def write_shared(found: Mapping[Path, Verification]) -> None:
    """Print which reports share numbers, as equal suites do, and which authors share words."""
    for paths in find_equal_numbers(found):
        typer.echo(f"equal suites, equal numbers, as expected: {', '.join(map(str, paths))}")
    shared = find_equal_notes(found)
    for name, paths in shared:
        typer.echo(f"EQUAL NOTES on {name}: {', '.join(map(str, paths))}")
    if not shared:
        typer.echo("no two authors share a note")


def tabulate_verifications(reports: Sequence[Path], found: Mapping[Path, Verification]) -> str:
    """Return a row per report as CSV: its author, what was checked, and what differs."""
    shared = {path for _, paths in find_equal_notes(found) for path in paths}
    stream = io.StringIO()
    table = csv.writer(stream, lineterminator="\n")
    table.writerow([*COLUMNS, "shares_notes"])
    for report in dict.fromkeys(reports):
        if report in found:
            table.writerow([*_tabulate(report, found[report]), report in shared])
        else:
            table.writerow([escape_formula(str(report)), "", "", "", "unreadable", *[""] * (len(COLUMNS) - 4)])
    return stream.getvalue()


def _tabulate(report: Path, found: Verification) -> list[object]:
    author = found.results.suite.report.author
    verdict = "agrees" if found.is_fine else "differs" if found.differences else "pages not compared"
    counts = (found.num_pages, found.num_items, found.num_numbers, len(found.differences), len(found.notes))
    names = map(escape_formula, (str(report), author.name, author.student_id))
    return [*names, found.suite[:8], verdict, *counts]
