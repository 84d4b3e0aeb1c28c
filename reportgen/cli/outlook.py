"""The table of ``reportgen plan``: what the seeds of a suite can show of each question, and what its columns mean."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence

from reportgen.paper.analysis.planning import FACTORS, POWER, Lack, PlannedContrast, Subject
from reportgen.paper.analysis.power import MAX_SEEDS

SUBJECTS: Mapping[Subject, str] = {
    "vae_latent": "VAE: latent_dim",
    "vae_architecture": "VAE: all-linear",
    "gan_grid.hidden_dim": "GAN grid: hidden_dim",
    "gan_grid.latent_dim": "GAN grid: latent_dim",
    "gan_hidden": "GAN: hidden_dim",
    "gan_mlp": "GAN: MLP",
    "gan_relu": "GAN: ReLU",
    "comparison": "VAE against GAN",
}
"""Questions as the table names them."""

LACKS: Mapping[Lack, str] = {
    "single": "there is a single setting, and nothing to compare it with",
    "several": "its runs differ in further settings, so that no effect can be ascribed to it",
    "no_baseline": "the configuration that it is compared with is not among the runs",
    "no_pair": "no two configurations differ in this dimension alone",
    "no_partner": "no VAE and GAN share a latent_dim",
    "no_prior": "nothing is known of how far seeds differ in such trainings",
}
"""Reasons why the table has a dash."""

FIDS: Mapping[str, str] = {
    "fid_classifier": "by the features of the shipped digit classifier.",
    "fid_inception": "the course's own, by Inception. No training that comes with reportgen has it: beside your own, "
    "the most variable kind of training by the classifier's FID stands in.",
}
"""What is said of each FID."""

WIDTH = 100
"""Largest number of characters in a line."""
NAME, COMPARED = 20, 32
"""Widths of the first two columns."""


def format_outlook(contrasts: Sequence[PlannedContrast], fid: str) -> list[str]:
    """Return the lines of the table and of its explanation."""
    if not contrasts:
        return ["these runs answer no question of the report, so there is nothing to plan seeds for"]
    rows = [line for found in contrasts for line in _format_row(found)]
    return [*_format_head(), *rows, "", *_explain(fid)]


def _format_head() -> Iterator[str]:
    factors = "".join(f"{factor:>5}" for factor in FACTORS)
    yield f"{'':<{NAME + COMPARED + 14}}  {'chance, %':>15}  {'seeds needed':>15}"
    yield f"{'question':<{NAME}}  {'compared':<{COMPARED}} {'seeds':>5}{'from':>6}  {factors}  {factors}"


def _format_row(found: PlannedContrast) -> Iterator[str]:
    name = SUBJECTS[found.subject]
    if found.outlook is None:
        reason = LACKS[found.lack] if found.lack else ""
        yield f"{name:<{NAME}}  -  {reason}"
        return
    outlook, compared = found.outlook, _name_compared(found)
    powers = "".join(f"{100 * power:>5.0f}" for power in outlook.powers)
    needed = "".join(f"{f'>{MAX_SEEDS}' if num is None else num:>5}" for num in outlook.nums_needed)
    yield f"{name:<{NAME}}  {compared[0]:<{COMPARED}} {found.num_seeds:>5}{outlook.smallest:>6.2f}  {powers}  {needed}"
    yield from (f"{'':<{NAME}}  {more}" for more in compared[1:])


def _name_compared(found: PlannedContrast) -> list[str]:
    """Return lines with the names of the compared configurations, each pair on lines of its own."""
    if found.subject == "comparison" and len(found.b) > 1:
        pairs = [f"{found.a[0].label} / best GAN of latent {found.b[0].settings.latent_dim}"]
    else:
        pairs = [f"{a.label} / {b.label}" for a, b in zip(found.a, found.b, strict=True)]
    return [line for pair in pairs for line in textwrap.wrap(pair, COMPARED)]


def _explain(fid: str) -> Iterator[str]:
    """Yield what the columns mean, in words for a reader without statistics."""
    factors = ", ".join(map(str, FACTORS))
    for name, meaning in (
        ("compared", "the FID of the first over that of the second; of several pairs, their mean factor."),
        ("FID", FIDS[fid]),
        ("seeds", "trainings of each configuration. Another seed alone moves the FID, so one may mislead."),
        (
            "from",
            "about the smallest factor between the FIDs that the report will call a difference, at 95 %: with 1.40, "
            "one has to be 1.40 times the other. Below that it leaves the question open or calls them alike.",
        ),
        (
            "chance",
            f"if the FIDs truly differ by a factor of {factors}: in how many of 100 repetitions of the suite, with "
            "other seeds, the report would show it.",
        ),
        (
            "seeds needed",
            f"trainings of each configuration with which {100 * POWER:.0f} of 100 repetitions would show it; "
            f">{MAX_SEEDS} is more than {MAX_SEEDS}.",
        ),
    ):
        yield from textwrap.wrap(f"{name:<14}{meaning}", WIDTH, subsequent_indent=" " * 14)
