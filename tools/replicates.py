"""Make the shipped replicates from folders of runs: `python tools/replicates.py OUTPUT...`.

Each folder holds a suite that was run with several seeds. With `--show`, the spreads over seeds of the shipped file are
printed; with `--draw FILE`, its FIDs are drawn, as in docs/scores.md.
"""

from __future__ import annotations

import argparse
import math
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean

from matplotlib.axes import Axes
from matplotlib.figure import Figure

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
    read_shipped,
)
from reportgen.paper.analysis.results import Configuration, Results, load_results
from reportgen.paper.analysis.seed_model import fit_prior, measure_spread, moderate
from reportgen.suite.plan import EVALUATION_VERSION
from reportgen.suite.settings import MODELS

DIGITS = 5
"""Significant digits of a value in the file."""


def main() -> None:
    """Write the file, or print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("outputs", type=Path, nargs="*")
    parser.add_argument("--show", action="store_true", help="print the spreads of the shipped file")
    parser.add_argument("--draw", type=Path, help="draw the FIDs of the shipped file")
    arguments = parser.parse_args()
    if arguments.show:
        show_spreads()
    elif arguments.draw:
        draw_fids().savefig(arguments.draw)
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


COLOURS: Mapping[TrainingClass, str] = {"conv_gan": "C0", "other_full": "C2", "other_quick": "C1"}
NAMES: Mapping[TrainingClass, str] = {
    "conv_gan": "convolutional GANs",
    "other_full": "VAEs and MLP, homework's settings",
    "other_quick": "VAEs and MLP, quick",
}


def draw_fids() -> Figure:
    """Draw the FID of every shipped training, and the spread of each configuration before and after moderation."""
    figure = Figure(figsize=(8.4, 3.6), layout="constrained")
    seeds, spreads = figure.subplots(1, 2, width_ratios=(3, 2))
    rows = sorted(read_shipped(), key=lambda row: (row.training_class, fmean(row.values["fid_classifier"])))
    for place, row in enumerate(rows):
        fids = [math.exp(value) for value in row.values["fid_classifier"]]
        seeds.plot(fids, [place] * len(fids), "o-", color=COLOURS[row.training_class], markersize=3.5, linewidth=0.8)
    seeds.set_xscale("log")
    seeds.set_xticks([1, 2, 4, 8, 16, 32, 64], ["1", "2", "4", "8", "16", "32", "64"])
    seeds.set_yticks(range(len(rows)), [name_row(row) for row in rows], fontsize=7)
    seeds.set_xlabel("FID: one dot per seed")
    for training_class in CLASSES:
        sets = [row.values["fid_classifier"] for row in rows if row.training_class == training_class]
        draw_moderation(spreads, sets, training_class)
    spreads.set_xticks([0, 1], ["of its own\nseeds alone", "moderated"])
    spreads.set_xlim(-0.2, 1.2)
    spreads.set_ylim(0)
    spreads.set_ylabel("standard deviation of log FID")
    spreads.legend(fontsize=7, loc="upper right")
    return figure


def draw_moderation(axes: Axes, sets: Sequence[Sequence[float]], training_class: TrainingClass) -> None:
    """Draw the spread of each configuration of a class, joined with the moderated one."""
    prior = fit_prior([spread for values in sets if (spread := measure_spread(values)) is not None])
    if prior is None:
        return
    for index, values in enumerate(sets):
        spread = measure_spread(values)
        own = math.sqrt(spread.variance) if spread else 0.0
        ends = [own, math.sqrt(moderate(values, prior).variance)]
        label = NAMES[training_class] if not index else None
        axes.plot([0, 1], ends, "o-", color=COLOURS[training_class], markersize=3, linewidth=0.8, label=label)


def name_row(row: Replicates) -> str:
    """Return the label of a shipped configuration."""
    settings = MODELS[row.settings["model"]].model_validate(row.settings)
    return settings.label + (" (quick)" if row.dataset == "mnist-5k" else "")


if __name__ == "__main__":
    main()
