"""Print the tables of docs/results.md, our results beside published ones: `python tools/results.py [OUTPUT]`.

Published FIDs are Inception's, ours are the classifier's: rankings and ratios are compared, never values.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.stats import kendalltau

from reportgen.assets import load_published_counts
from reportgen.paper.analysis.estimates import Estimate
from reportgen.paper.analysis.findings import (
    compare_by,
    count_digits,
    judge_equilibrium,
    simulate_p_value,
)
from reportgen.paper.analysis.measuring import measure
from reportgen.paper.analysis.published import Matched, match_published, measure_agreement, rank_pairs
from reportgen.paper.analysis.results import Configuration, Results, load_results
from reportgen.paper.analysis.selection import find_best_gan
from reportgen.suite.settings import GanSettings, VaeSettings

Pair = tuple[str, dict[str, object], dict[str, object]]
EFFECTS: list[Pair] = [
    ("hidden 16 to 100 at latent 16", {"latent_dim": 16, "hidden_dim": 16}, {"latent_dim": 16, "hidden_dim": 100}),
    ("hidden 16 to 100 at latent 100", {"latent_dim": 100, "hidden_dim": 16}, {"latent_dim": 100, "hidden_dim": 100}),
    ("latent 16 to 100 at hidden 16", {"latent_dim": 16, "hidden_dim": 16}, {"latent_dim": 100, "hidden_dim": 16}),
    ("latent 16 to 100 at hidden 100", {"latent_dim": 16, "hidden_dim": 100}, {"latent_dim": 100, "hidden_dim": 100}),
    ("MLP for convolutions, 100_100", {}, {"architecture": "mlp"}),
    ("ReLU for LeakyReLU, 100_100", {}, {"activation": "relu"}),
]
"""Changes of a GAN: description, settings before, settings after."""


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path, nargs="?", default=Path("output"))
    results = load_results(parser.parse_args().output)
    matched = match_published(results.configurations)
    for show in (show_scores, show_orders, show_effects):
        show(matched)
    show_counts(results)
    show_equilibrium(results)


def print_table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a Markdown table."""
    print(f"\n**{title}**\n")
    for row in (head, ["---"] * len(head), *rows):
        print(f"| {' | '.join(row)} |")


def show(value: Estimate, decimals: int = 2) -> str:
    """Format an estimate with the half-width of its confidence interval."""
    interval = "" if value.half_width is None else f" ± {value.half_width:.{decimals}f}"
    return f"{value.mean:.{decimals}f}{interval}"


def fid(c: Configuration) -> Estimate:
    """Return the classifier FID."""
    return measure("fid_classifier", c)


def show_scores(matched: Sequence[Matched]) -> None:
    """Print our FID and the published ones of every configuration."""
    reports = "ABCDE"
    rows = []
    for m in sorted(
        matched, key=lambda m: (isinstance(m.configuration.settings, GanSettings), fid(m.configuration).mean)
    ):
        theirs = {score.report: score.fid for score in m.scores}
        stated = [f"{theirs[report]:g}" if report in theirs else "" for report in reports]
        rows.append([m.configuration.label, show(fid(m.configuration)), *stated])
    print_table("Scores", ["", "ours, classifier", *(f"{report}, Inception" for report in reports)], rows)


def show_orders(matched: Sequence[Matched]) -> None:
    """Print Kendall's tau-b per report, and how many pairs that our intervals distinguish have its order."""
    rows = []
    kinds = {"VAEs": VaeSettings, "GANs": GanSettings, "all": VaeSettings | GanSettings}
    for report in "ABCDE":
        for name, kind in kinds.items():
            own = [m for m in matched if isinstance(m.configuration.settings, kind)]
            own = [m for m in own if any(score.report == report for score in m.scores)]
            if len(own) < 3:
                continue
            only = [Matched(m.configuration, tuple(s for s in m.scores if s.report == report)) for m in own]
            tau = kendalltau([fid(m.configuration).mean for m in only], [m.scores[0].fid for m in only]).statistic
            pairs = measure_agreement(rank_pairs(only))
            rows.append(
                [report, name, str(len(own)), f"{tau:+.2f}", f"{pairs.same} / {pairs.reverse} / {pairs.undecided}"]
            )
    print_table(
        "Orders", ["report", "among", "configurations", "Kendall's tau", "pairs same / reverse / undecided"], rows
    )


def show_effects(matched: Sequence[Matched]) -> None:
    """Print the FID after each change as a multiple of the FID before it."""
    rows = []
    for name, before, after in EFFECTS:
        a, b = find_gan(matched, before), find_gan(matched, after)
        if a is None or b is None:
            continue
        before_fid, after_fid = ({s.report: s.fid for s in m.scores} for m in (a, b))
        theirs = [f"{r} {after_fid[r] / before_fid[r]:.2f}" for r in sorted(before_fid) if r in after_fid]
        ours = f"{fid(b.configuration).mean / fid(a.configuration).mean:.2f}"
        told = compare_by("fid_classifier", b.configuration, a.configuration)
        rows.append([name, ours, told, ", ".join(theirs) or "none states both"])
    print_table("Effects: FID after over FID before", ["change", "ours", "as told by intervals", "published"], rows)


def find_gan(matched: Sequence[Matched], changes: dict[str, object]) -> Matched | None:
    """Return the GAN whose settings are the default ones with these changes; None if there is none."""

    def identify(settings: GanSettings) -> tuple[object, ...]:
        return settings.latent_dim, settings.hidden_dim, settings.architecture, settings.activation

    wanted = identify(GanSettings().model_copy(update=changes))
    gans = [m for m in matched if isinstance(m.configuration.settings, GanSettings)]
    return next((m for m in gans if identify(m.configuration.settings) == wanted), None)  # type: ignore[arg-type]


def show_counts(results: Results) -> None:
    """Print the digits among the counted samples, with the p-value of the hypothesis that classes are even."""
    best = find_best_gan(results)
    if best is None:
        return
    digits = count_digits(best)
    rows = [[f"ours, {best.label}", *map(str, digits.counts), f"{digits.counted_p_value:.3f}"]]
    for row in load_published_counts():
        p_value = simulate_p_value(np.array(row.counts[:10]), np.array(digits.class_shares))
        rows.append([f"{row.report}, GAN {row.latent_dim}_{row.hidden_dim}", *map(str, row.counts), f"{p_value:.3f}"])
    print_table("Digits among 50 samples", ["", *map(str, range(10)), "?", "p of even classes"], rows)
    print(f"\nOurs among {digits.num_all} samples: {', '.join(map(str, digits.all_counts))} (p {digits.p_value:.2g}).")


def show_equilibrium(results: Results) -> None:
    """Print how close each GAN is to the equilibrium over the last fifth of training."""
    rows = []
    for c in results.configurations:
        if isinstance(c.settings, GanSettings):
            e = judge_equilibrium(c)
            loss, spread = (measure(name, c) for name in ("discriminator_loss", "spread_D_G_z1"))
            rows.append([c.label, show(e.d_x), show(e.d_g_z), show(loss), f"{spread.mean:.2f}", e.verdict])
    head = ["", "D(x)", "D(G(z))", "D's loss", "spread of D(G(z))", "verdict"]
    print_table("The last fifth of training", head, rows)


if __name__ == "__main__":
    main()
