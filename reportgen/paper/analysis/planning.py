"""What a suite's seeds can show of the questions of its report, before anything is trained."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, assert_never, get_args

from reportgen.paper.analysis.dimensions import DIMENSIONS, Dimension, pair_along
from reportgen.paper.analysis.power import Design, compare_means
from reportgen.paper.analysis.quantities import QUANTITIES
from reportgen.paper.analysis.replicates import find_prior
from reportgen.paper.analysis.results import Cohort
from reportgen.paper.analysis.selection import find_comparable
from reportgen.suite.loading import Suite
from reportgen.suite.plan import RunSpec
from reportgen.suite.settings import Question, Settings

Subject = Literal[
    "vae_latent",
    "vae_architecture",
    "gan_grid.hidden_dim",
    "gan_grid.latent_dim",
    "gan_hidden",
    "gan_mlp",
    "gan_relu",
    "comparison",
]
"""What a contrast of FIDs answers: a question of the report, of the grid for each dimension, or VAE against GAN."""

Lack = Literal["single", "several", "no_baseline", "no_pair", "no_partner", "no_prior"]
"""What stands in the way of a contrast; ``PlannedContrast`` defines the words."""

FACTORS = (1.2, 1.3, 1.5)
"""Factors of FID whose power is stated."""
POWER = 0.8
"""Power for which numbers of seeds are stated."""

SweepQuestion = Literal["vae_latent", "gan_hidden"]
"""A question that the ends of a sweep answer."""
SWEEPS: Mapping[SweepQuestion, Dimension] = {"vae_latent": "latent_dim", "gan_hidden": "hidden_dim"}
"""Such a question -> the dimension that its sweep varies."""


@dataclass(frozen=True)
class Outlook:
    """What seeds can show of a contrast of FIDs; the items of sequences are for ``FACTORS``.

    ``smallest`` is the smallest factor, 1 or more, that is shown at 95 % if it is observed. ``powers`` are the
    probabilities, in [0, 1], that true factors are shown, ``nums_needed`` the numbers of seeds per configuration by
    which they have the power ``POWER``, None for too many.
    """

    smallest: float
    powers: Sequence[float]
    nums_needed: Sequence[int | None]


@dataclass(frozen=True)
class PlannedContrast:
    """The mean FID of some configurations over that of others, each with one run that stands for all of its seeds.

    Of a ``comparison`` all GANs are in ``b`` of which the best will be compared. ``num_seeds`` is the number of seeds
    of each configuration, the smallest if they differ. Without an outlook ``lack`` says why: ``single`` if the
    dimension does not vary, ``several`` if other settings vary beside it, ``no_baseline`` if that of an ablation is
    missing, ``no_pair`` if no two configurations differ in the dimension alone, ``no_partner`` if no VAE and GAN share
    a latent dimension, ``no_prior`` if nothing is known of how far seeds differ.
    """

    subject: Subject
    a: Sequence[RunSpec] = ()
    b: Sequence[RunSpec] = ()
    lack: Lack | None = None
    num_seeds: int = 0
    outlook: Outlook | None = None


def choose_planned_fid(suite: Suite) -> str:
    """Return the name of the FID that a suite's report will rest on if all of its runs are scored as declared."""
    return "fid_classifier" if suite.fid.inception == "off" else "fid_inception"


def plan_contrasts(suite: Suite, specs: Sequence[RunSpec], cohort: Cohort) -> list[PlannedContrast]:
    """Say what seeds can show of each question of the report that some runs of a suite answer.

    Args:
        cohort: finished trainings, which tell how far seeds differ beside the shipped ones.
    """
    reported = [spec for spec in specs if spec.settings.model in suite.outline.models]
    num_seeds = Counter(spec.settings for spec in reported)
    fid = choose_planned_fid(suite)
    return [_look_ahead(found, fid, num_seeds, cohort) for found in _list_contrasts(suite, reported)]


def _look_ahead(found: PlannedContrast, fid: str, num_seeds: Mapping[Settings, int], cohort: Cohort) -> PlannedContrast:
    """Add what the seeds can show."""
    if found.lack:
        return found
    against = found.b[:1] if found.subject == "comparison" else found.b  # GANs of one class: any stands for the best
    priors = [[find_prior(QUANTITIES[fid], c.settings, cohort) for c in side] for side in (found.a, against)]
    a, b = ([prior for prior in side if prior is not None] for side in priors)
    num = min(num_seeds[c.settings] for c in (*found.a, *found.b))
    if len(a) < len(found.a) or len(b) < len(against):
        return replace(found, lack="no_prior", num_seeds=num)
    return replace(found, num_seeds=num, outlook=_find_outlook(compare_means(a, b), num))


def _find_outlook(design: Design, num_seeds: int) -> Outlook:
    differences = [math.log(factor) for factor in FACTORS]
    powers = [design.find_power(num_seeds, difference) for difference in differences]
    needed = [design.find_num_seeds(difference, POWER) for difference in differences]
    return Outlook(math.exp(design.find_smallest(num_seeds)), powers, needed)


# ---- questions as contrasts -----------------------------------------------------------------------------------------


def _list_contrasts(suite: Suite, specs: Sequence[RunSpec]) -> Iterator[PlannedContrast]:
    """Yield the contrasts of all questions in the report's outline that some runs answer."""
    configurations = {spec.settings: spec for spec in specs}
    shown = {section.shown for section in suite.outline.walk()}
    for question in get_args(Question):
        wanted = suite.list_settings(question) & configurations.keys() if question in shown else set()
        found = sorted((configurations[settings] for settings in wanted), key=lambda c: c.settings.dimensions)
        if found:
            yield from _contrast_question(question, found, configurations)
    if any(section.id == "comparison" for section in suite.outline.walk()):
        yield from _contrast_models(list(configurations.values()))


def _contrast_question(
    question: Question, found: Sequence[RunSpec], all_of_suite: Mapping[Settings, RunSpec]
) -> Iterator[PlannedContrast]:
    match question:
        case "vae_latent" | "gan_hidden":
            yield _contrast_ends(question, found)
        case "gan_grid":
            yield from _contrast_grid(found)
        case "vae_architecture" | "gan_mlp" | "gan_relu":
            for ablated in found:
                baseline = all_of_suite.get(ablated.settings.baseline)
                lack: Lack | None = None if baseline else "no_baseline"
                yield PlannedContrast(question, [ablated], [baseline] if baseline else [], lack)
        case _:
            assert_never(question)


def _contrast_ends(question: SweepQuestion, sweep: Sequence[RunSpec]) -> PlannedContrast:
    values = {getattr(c.settings, SWEEPS[question]) for c in sweep}
    if len(values) < len(sweep):
        return PlannedContrast(question, lack="several")
    return PlannedContrast(question, sweep[-1:], sweep[:1], "single" if len(sweep) < 2 else None)


def _contrast_grid(grid: Sequence[RunSpec]) -> Iterator[PlannedContrast]:
    for field in DIMENSIONS:
        pairs = pair_along(grid, field)
        is_single = len({getattr(c.settings, field) for c in grid}) < 2
        lack: Lack | None = None if pairs else "single" if is_single else "no_pair"
        subject: Subject = "gan_grid.hidden_dim" if field == "hidden_dim" else "gan_grid.latent_dim"
        yield PlannedContrast(subject, [high for _, high in pairs], [low for low, _ in pairs], lack)


def _contrast_models(configurations: Sequence[RunSpec]) -> Iterator[PlannedContrast]:
    """Yield the contrast of the main VAE with a GAN, if there are both models."""
    if len({c.settings.model for c in configurations}) > 1:
        comparable = find_comparable(configurations)
        lack: Lack | None = None if comparable else "no_partner"
        vae, gans = comparable or (None, ())
        yield PlannedContrast("comparison", [vae] if vae else [], gans, lack)
