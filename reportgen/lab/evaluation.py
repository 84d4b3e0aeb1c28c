"""Evaluation of a trained run: samples, scores, interpolations, counts of digits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from reportgen.assets import load_card
from reportgen.base.errors import RunError
from reportgen.lab.codes import describe_posterior, encode_images, list_latents, read_reconstructions
from reportgen.lab.data import Dataset
from reportgen.lab.interpolation import (
    EXTRAPOLATION_RANGE,
    Draw,
    choose_ends,
    interpolate,
    lerp,
    measure_random_pairs,
    slerp,
)
from reportgen.lab.metrics.discriminator import measure_outputs
from reportgen.lab.metrics.entropy import compute_pixel_entropy
from reportgen.lab.metrics.features import ClassifierDetector
from reportgen.lab.metrics.memorisation import Nearest, find_nearest
from reportgen.lab.metrics.scores import compute_scores
from reportgen.lab.metrics.sharpness import IMAGE_STATISTICS
from reportgen.lab.metrics.variety import measure_variety
from reportgen.lab.metrics.yardsticks import load_ladder, load_real_side
from reportgen.lab.models.classifier import UNREAD, read_digits
from reportgen.lab.provenance import read_source
from reportgen.lab.training.objectives import to_uint8, to_unit
from reportgen.lab.training.registry import find_decoder, find_encoder, list_networks
from reportgen.store.records import (
    DatasetFacts,
    DigitReadings,
    DiscriminatorRecord,
    EvaluationRecord,
    ImageStatistic,
    Interpolation,
    Memorisation,
    PixelEntropy,
    Scores,
    Source,
    TrainingNeighbours,
)
from reportgen.suite.settings import Settings, has_digits

DRAW_BATCH_SIZE = 250
MIN_SAMPLES = 10
"""Number of ends that five interpolations have."""

NUM_JUDGED = 1000
"""Largest number of images of each kind that a GAN's discriminator judges."""

NUM_NEAREST = 500
"""Largest number of samples for which the nearest training images are searched."""
NUM_NEAREST_SHOWN = 10
"""Largest number of samples that are shown above their nearest training images: those most like copies."""

NUM_RANDOM_PAIRS = 100
"""Number of random pairs of latents by which latent spaces are compared; five chosen strips would be too few."""


@dataclass(frozen=True)
class Evaluation:
    """Results of measuring one run.

    ``record`` is the content of evaluation.json; ``images`` maps the name of a grid to its images, uint8
    [N, 1, 32, 32], and the number of its columns. ``latents`` are rows of latents.csv, see ``list_latents``; None for a
    model that encodes nothing.
    """

    record: EvaluationRecord
    images: dict[str, tuple[torch.Tensor, int]]
    latents: list[tuple[float, ...]] | None


def evaluate_run(
    settings: Settings,
    modules: dict[str, nn.Module],
    grids: Mapping[int, torch.Tensor],
    dataset: Dataset,
    seed: int,
    options: dict[str, int],
    cache: Path,
) -> Evaluation:
    """Measure one trained run from its weights; the result does not depend on how they were trained.

    Args:
        modules: trained networks by name; they are put into eval mode.
        grids: step -> samples that a GAN drew from fixed noise during training, uint8 [N, 1, 32, 32]; else empty.
        seed: seed of the run, from which the latents are drawn.
        options: ``RunSpec.evaluation``.
        cache: folder for the features of real images, shared by all runs.

    Raises:
        RunError: the model draws pixels that are not finite or not in [0, 1].
    """
    device = dataset.train.images.device
    draw, encode = make_draw(settings, modules), find_encoder(settings, modules)
    classifier = ClassifierDetector(device)
    num_fake, num_counted = options["fid_num_images"], options["digits_num_images"]
    z = draw_latents(settings.latent_dim, max(num_fake, num_counted, MIN_SAMPLES), seed, device)
    samples = draw(z)
    looked = classifier.look(samples)
    starts, ends, names = choose_ends(looked.labels, looked.confidences)
    points = options["interpolation_num_points"]
    inside, outside, spherical = (
        interpolate(draw, path, z[starts], z[ends], torch.linspace(*span, points, device=device))
        for path, span in ((lerp, (0.0, 1.0)), (lerp, EXTRAPOLATION_RANGE), (slerp, (0.0, 1.0)))
    )
    pairs = draw_latents(settings.latent_dim, 2 * NUM_RANDOM_PAIRS, seed + 1_000_000, device).chunk(2)
    scores, failures = score_samples(looked.features[:num_fake], classifier, dataset, cache)
    nearest = find_nearest(samples[:NUM_NEAREST], dataset.train.images)
    codes = encode_images(encode, dataset.dev.images) if encode is not None else None
    record = EvaluationRecord(
        scores=scores,
        failures=failures,
        **{name: _measure_images(measure, samples, dataset) for name, measure in IMAGE_STATISTICS.items()},
        memorisation=summarise_memorisation(nearest, dataset),
        posterior=describe_posterior(*codes) if codes is not None else None,
        reconstruction=read_reconstructions(draw, codes[0], classifier, dataset.dev.images[:num_fake])
        if codes is not None
        else None,
        digits=count_digits(looked.labels, num_counted),
        variety=measure_variety(samples, looked.labels.to(device), dataset.train.images, dataset.train.labels)
        if has_digits(dataset.name)
        else (None,) * 10,
        interpolation=Interpolation(
            ends=tuple(names),
            inside=spell(classifier.look(inside).labels),
            outside=spell(classifier.look(outside).labels),
            outside_range=EXTRAPOLATION_RANGE,
            spherical=spell(classifier.look(spherical).labels),
            random_pairs=measure_random_pairs(draw, classifier, *pairs),
        ),
        discriminator=judge_images(settings, modules, z[:num_fake], dataset),
        parameters={
            name: sum(weights.numel() for weights in network.parameters())
            for name, network in list_networks(settings, modules).items()
        },
        evolution=read_grids(classifier, grids),
        dataset=_describe_dataset(dataset),
        classifier=load_card(),
        sources=_list_sources(),
    )
    images = {
        "counted": (samples[:num_counted], 10),
        "interpolation": (inside, points),
        "extrapolation": (outside, points),
        "spherical": (spherical, points),
        "nearest": (show_nearest(samples, nearest, dataset), NUM_NEAREST_SHOWN),
    }
    return Evaluation(record, images, list_latents(codes[0], dataset.dev.labels) if codes is not None else None)


def _measure_images(
    measure: Callable[[torch.Tensor], float], samples: torch.Tensor, dataset: Dataset
) -> ImageStatistic:
    return ImageStatistic(samples=measure(samples), real=measure(dataset.train.images[: len(samples)]))


def _describe_dataset(dataset: Dataset) -> DatasetFacts:
    return DatasetFacts(
        num_train=len(dataset.train),
        num_dev=len(dataset.dev),
        class_counts=tuple(torch.bincount(dataset.train.labels, minlength=10).tolist()),
        pixel_entropy=PixelEntropy(
            train=compute_pixel_entropy(dataset.train.images), dev=compute_pixel_entropy(dataset.dev.images)
        ),
    )


def _list_sources() -> dict[str, Source]:
    return {
        "interpolation": read_source([lerp, slerp, interpolate, choose_ends]),
        "digits": read_source([read_digits]),
        "counting": read_source([draw_latents, make_draw, count_digits, spell]),
    }


def score_samples(
    features: np.ndarray, classifier: ClassifierDetector, dataset: Dataset, cache: Path
) -> tuple[dict[str, Scores], dict[str, str]]:
    """Score samples by their features [N, D] from the classifier.

    Returns:
        Scores by the name of the detector, or else the reason of the failure by that name.
    """
    try:
        real = load_real_side(dataset, len(features), classifier, cache)
        ladder = load_ladder(dataset, len(features), classifier, cache, with_damages=True)
        return {classifier.name: compute_scores(classifier, real, ladder, features)}, {}
    except (ValueError, np.linalg.LinAlgError) as error:
        return {}, {classifier.name: str(error)}


def summarise_memorisation(of_samples: Nearest, dataset: Dataset) -> Memorisation:
    """Summarise the nearest training images of samples beside those of the first ``NUM_NEAREST`` dev images."""
    of_dev = find_nearest(dataset.dev.images[:NUM_NEAREST], dataset.train.images)
    samples, dev = (
        TrainingNeighbours(
            num=len(nearest.distances),
            median=float(np.median(nearest.distances[:, 0])),
            num_copies=int(nearest.are_copies.sum()),
        )
        for nearest in (of_samples, of_dev)
    )
    shown = tuple(of_samples.ratios[_choose_shown(of_samples)].tolist())
    return Memorisation(samples=samples, dev=dev, shown_ratios=shown)


def show_nearest(samples: torch.Tensor, nearest: Nearest, dataset: Dataset) -> torch.Tensor:
    """Return a row of ``NUM_NEAREST_SHOWN`` samples and one of the training images nearest to them.

    Returns:
        uint8 [2 * NUM_NEAREST_SHOWN, 1, 32, 32]; the rows are shorter if there are fewer samples.
    """
    shown = _choose_shown(nearest)
    return torch.cat([samples[shown], dataset.train.images[nearest.indices[shown, 0]]])


def _choose_shown(nearest: Nearest) -> np.ndarray:
    """Return the places of the samples most like copies, int64 [NUM_NEAREST_SHOWN] at most."""
    return np.argsort(nearest.ratios, kind="stable")[:NUM_NEAREST_SHOWN]


# ---- drawing --------------------------------------------------------------------------------------------------------


def judge_images(
    settings: Settings, modules: dict[str, nn.Module], z: torch.Tensor, dataset: Dataset
) -> DiscriminatorRecord | None:
    """Measure a GAN's discriminator on up to ``NUM_JUDGED`` images of each kind; return None for a model without one.

    Args:
        z: latents of the samples, float32 [N, latent_dim]; they are judged as they are drawn, not rounded to uint8.
    """
    if "discriminator" not in modules:
        return None
    decode = find_decoder(settings, modules)
    with torch.no_grad():
        samples = torch.cat([decode(block) for block in z[:NUM_JUDGED].split(DRAW_BATCH_SIZE)])
    images = {"train": to_unit(dataset.train.images[:NUM_JUDGED]), "dev": to_unit(dataset.dev.images[:NUM_JUDGED])}
    outputs = {
        kind: measure_outputs(modules["discriminator"], unit * 2 - 1, settings.batch_size)
        for kind, unit in {**images, "samples": samples}.items()
    }
    return DiscriminatorRecord(**outputs)


def make_draw(settings: Settings, modules: dict[str, nn.Module]) -> Draw:
    """Return a function that decodes latents in blocks of ``DRAW_BATCH_SIZE``, without gradients."""
    decode = find_decoder(settings, modules)

    @torch.no_grad()
    def draw(z: torch.Tensor) -> torch.Tensor:
        return torch.cat([to_uint8(check_pixels(decode(block))) for block in z.split(DRAW_BATCH_SIZE)])

    return draw


def check_pixels(unit: torch.Tensor) -> torch.Tensor:
    """Return the images unchanged if all pixels are finite and in [0, 1], up to a rounding error of 0.001.

    Raises:
        RunError: a pixel is NaN, infinite or out of range; after conversion to uint8 this could not be seen.
    """
    if not torch.isfinite(unit).all():
        raise RunError("the trained model draws NaN pixels; try a smaller learning_rate")
    low, high = float(unit.min()), float(unit.max())
    if low < -1e-3 or high > 1 + 1e-3:
        raise RunError(f"the trained model draws pixels from {low:.3g} to {high:.3g}; expected 0 to 1")
    return unit


def draw_latents(latent_dim: int, count: int, seed: int, device: torch.device) -> torch.Tensor:
    """Draw standard normal latents float32 [count, latent_dim], equal on every device for a given seed."""
    generator = torch.Generator().manual_seed(seed + 1_000_003)  # apart from the training's noise
    return torch.randn(count, latent_dim, generator=generator).to(device)


def count_digits(labels: torch.Tensor, num_counted: int) -> DigitReadings:
    """Spell the first ``num_counted`` of the samples' labels [N] and count those of all."""
    return DigitReadings(
        counted=spell(labels[:num_counted]),
        all_counts=tuple(torch.bincount(labels, minlength=UNREAD + 1).tolist()),
    )


def spell(labels: torch.Tensor) -> str:
    """Spell labels [N] as a text of N characters: digits, and "?" for ``UNREAD``."""
    return "".join("?" if label == UNREAD else str(label) for label in labels.tolist())


# ---- evolution ------------------------------------------------------------------------------------------------------


def read_grids(classifier: ClassifierDetector, grids: Mapping[int, torch.Tensor]) -> dict[int, str]:
    """Read the digits in the sample grids of training, uint8 [N, 1, 32, 32] by step; one character per image."""
    return {step: spell(classifier.look(grids[step]).labels) for step in sorted(grids)}
