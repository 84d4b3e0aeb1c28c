"""What `reportgen verify` prints of one report or of many, in lines, as CSV and as JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from reportgen.base.errors import RenderError
from reportgen.paper.analysis.attachments import escape_formula
from reportgen.paper.verification import Verification, find_equal_notes, find_equal_numbers, verify_pdf

if TYPE_CHECKING:
    from reportgen.cli.retraining import Retrained

COLUMNS = ("report", "name", "student_id", "suite", "verdict", "pages", "sentences", "numbers", "differences", "notes")
"""Columns of the table of many reports, before the last one."""


def verify_all(reports: Sequence[Path], *, quiet: bool) -> tuple[dict[Path, Verification], dict[Path, str]]:
    """Verify reports and, unless ``quiet``, print what differs, and a line for each.

    Return those that could be read, and the reasons why others could not.

    Raises:
        RenderError: a single report cannot be read.
    """
    found, unreadable = {}, {}
    for report in dict.fromkeys(reports):
        try:
            found[report] = verify_pdf(report)
        except RenderError as error:
            if len(reports) == 1:
                raise
            unreadable[report] = str(error)
            if not quiet:
                typer.echo(f"UNREADABLE {error}")
            continue
        if not quiet:
            _print(report, found[report])
    return found, unreadable


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
    counts = (found.num_pages, found.num_items, found.num_numbers, len(found.differences), len(found.notes))
    names = map(escape_formula, (str(report), author.name, author.student_id))
    return [*names, found.suite[:8], found.verdict, *counts]


def describe_verifications(
    reports: Iterable[Path], found: Mapping[Path, Verification], unreadable: Mapping[Path, str]
) -> dict[str, Any]:
    """Describe what was compared of each report and what differs, and what reports share."""
    return {
        "reports": [
            _describe_verification(path, found[path]) if path in found else _describe_unreadable(path, unreadable[path])
            for path in dict.fromkeys(reports)
        ],
        "equal_numbers": find_equal_numbers(found),
        "equal_notes": [{"section": name, "reports": paths} for name, paths in find_equal_notes(found)],
    }


def _describe_verification(path: Path, found: Verification) -> dict[str, Any]:
    author = found.results.suite.report.author
    return {
        "report": path,
        "verdict": found.verdict,
        "reason": found.unprinted,
        "name": author.name,
        "student_id": author.student_id,
        "suite": found.suite[:8],
        "num_pages": found.num_pages,
        "num_items": found.num_items,
        "num_numbers": found.num_numbers,
        "num_notes": len(found.notes),
        "differences": [asdict(difference) for difference in found.differences],
    }


def _describe_unreadable(path: Path, reason: str) -> dict[str, Any]:
    return {"report": path, "verdict": "unreadable", "reason": reason}


def describe_retrained(run: str, values: Sequence[Retrained], machine: Sequence[str]) -> dict[str, Any]:
    """Describe a run that was trained again: the values that differ, and what differs between the machines."""
    return {
        "run": run,
        "num_values": len(values),
        "differences": [asdict(value) for value in values if not value.is_same],
        "machine": machine,
    }
