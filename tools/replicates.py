"""Make the shipped replicates from folders of runs: `python tools/replicates.py OUTPUT... [--show]`.

Each folder holds a suite that was run with several seeds. Without `--show` the file is written; with it, a table of the
spreads over seeds is printed, as it stands in docs/scores.md.
"""

from __future__ import annotations

import argparse
import math
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

from reportgen.assets import REPLICATES
from reportgen.base.files import write_text
from reportgen.paper.analysis.quantities import COSTS, QUANTITIES
from reportgen.paper.analysis.replicates import (
    CLASSES,
    STAND_INS,
    Replicates,
    ReplicatesFile,
    TrainingClass,
    collect_shipped,
    is_convolutional_gan,
    list_by_seed,
)
from reportgen.paper.analysis.results import Configuration, Results, load_results
from reportgen.paper.analysis.seed_model import fit_prior, measure_spread
from reportgen.suite.plan import EVALUATION_VERSION

DIGITS = 5
"""Significant digits of a value in the file."""


def main() -> None:
    """Write the file, or print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("outputs", type=Path, nargs="*")
    parser.add_argument("--show", action="store_true", help="print the spreads of the shipped file")
    arguments = parser.parse_args()
    if arguments.show:
        show_spreads()
    else:
        write_replicates([load_results(output) for output in arguments.outputs])


def write_replicates(found: list[Results]) -> None:
    """Write the replicates of several suites."""
    rows = [row for results in found for row in list_replicates(results)]
    if not rows:
        sys.exit("error: no configuration has two seeds; give folders of suites that were run with several")
    packages = found[0].finished[0].record.environment.packages
    made_by = "python tools/replicates.py " + shlex.join("OUTPUT" for _ in found)
    content = ReplicatesFile(
        format=1,
        made_by=made_by,
        packages={name: packages[name] for name in ("torch", "reportgen")},
        evaluation_version=EVALUATION_VERSION,
        replicates=tuple(rows),
    )
    rows_apart = content.model_dump_json().replace('{"training_class"', '\n{"training_class"')
    write_text(REPLICATES, rows_apart + "\n")
    print(f"{REPLICATES}: {len(rows)} configurations")


def list_replicates(results: Results) -> Iterator[Replicates]:
    """Yield the replicates of every configuration with several seeds."""
    for c in results.configurations:
        if len(c.runs) > 1:
            seeds = tuple(run.spec.seed for run in c.runs)
            rows = {name: list_by_seed(q, c) for name, q in QUANTITIES.items() if q not in COSTS}
            values = {name: tuple(map(shorten, row.values())) for name, row in rows.items() if len(row) == len(seeds)}
            settings = c.settings.model_dump(mode="json")
            yield Replicates(
                training_class=find_class(results, c),
                dataset=c.first.spec.dataset,
                settings=settings,
                seeds=seeds,
                values=values,
            )


def find_class(results: Results, c: Configuration) -> TrainingClass:
    """Return the class of a configuration, from its model and the profile of its suite."""
    if is_convolutional_gan(c.settings):
        return "conv_gan"
    return "other_full" if results.is_full else "other_quick"


def shorten(value: float) -> float:
    """Round to ``DIGITS`` significant digits."""
    return float(f"{value:.{DIGITS}g}")


def show_spreads() -> None:
    """Print scale, standard deviation over seeds and degrees of freedom of every quantity and class."""
    print("| quantity | scale | " + " | ".join(CLASSES) + " |")
    print("|---" * (2 + len(CLASSES)) + "|")
    for name, quantity in QUANTITIES.items():
        cells = [describe(name, training_class) for training_class in CLASSES if name not in STAND_INS]
        if any(cells):
            print(f"| {name} | {quantity.scale} | " + " | ".join(cells) + " |")


def describe(name: str, training_class: TrainingClass) -> str:
    """Return the typical standard deviation of one quantity in one class, with the degrees of freedom."""
    sets = collect_shipped(name, training_class).values()
    prior = fit_prior([spread for by_seed in sets if (spread := measure_spread(list(by_seed.values()))) is not None])
    return "" if prior is None else f"{math.sqrt(prior.variance):.3g} ({prior.degrees})"


if __name__ == "__main__":
    main()
