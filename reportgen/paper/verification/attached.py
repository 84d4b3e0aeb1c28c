"""Comparison of the files attached to a PDF with those that its data give."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from reportgen.base.errors import ConfigError
from reportgen.paper.analysis.attachments import export_runs
from reportgen.paper.analysis.results import Results
from reportgen.paper.verification.difference import Difference
from reportgen.suite.loading import Suite, load_suite


def compare_attachments(results: Results, attachments: Mapping[str, str]) -> Iterator[Difference]:
    """Compare the attached table of runs and the attached suite with the attached metrics."""
    derived = export_runs(results)
    if attachments["runs.csv"] != derived:
        rows = zip(attachments["runs.csv"].splitlines(), derived.splitlines(), strict=False)
        printed, expected = next(((a, b) for a, b in rows if a != b), ("another number of rows", ""))
        yield Difference("runs.csv", printed, expected)
    declared = _resolve(attachments["experiments.yaml"], results.suite)
    if isinstance(declared, str):
        yield Difference("experiments.yaml", declared, "a suite that can be read")
    elif _list_numbers(declared) != _list_numbers(results.suite):
        yield Difference("experiments.yaml", "declares other runs", "the runs of metrics.json")


def _list_numbers(suite: Suite) -> tuple[object, ...]:
    """Return the parts of a suite that numbers depend on, which the path of the Inception weights is not."""
    measured = suite.fid.num_images, suite.interpolation, suite.digits
    return suite.dataset, suite.seeds, suite.groups, *measured


def _resolve(suite_text: str, recorded: Suite) -> Suite | str:
    """Read the attached suite, with the recorded outline, whose file may be missing here; return an error as text."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "experiments.yaml"
        path.write_text(suite_text, encoding="utf-8")
        try:
            return load_suite(path, recorded.profile, recorded.outline)
        except ConfigError as error:
            return str(error).replace(str(path), "experiments.yaml")


def compare_names(names: list[str], derived: Mapping[str, bytes]) -> Iterator[Difference]:
    """Yield the attached files that do not belong to a report, or are there twice."""
    for name in dict.fromkeys(names):
        if name not in derived or names.count(name) > 1:
            yield Difference(f"attachment {name}", "is there" if name not in derived else "is there twice", "")


def compare_contents(attachments: Mapping[str, bytes], derived: Mapping[str, bytes]) -> Iterator[Difference]:
    """Yield those files made from the data that hold anything but what the data give."""
    for name in ("metrics.json", "pictures.json"):
        if attachments[name] != derived[name]:
            yield Difference(name, "holds more or less than the report shows", "")
