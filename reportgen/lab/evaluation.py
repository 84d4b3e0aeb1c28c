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
from reportgen.lab.data import Dataset
from reportgen.lab.metrics.discriminator import measure_outputs
from reportgen.lab.metrics.entropy import compute_pixel_entropy
from reportgen.lab.metrics.features import ClassifierDetector, Detector, Look
from reportgen.lab.metrics.inception import InceptionDetector
from reportgen.lab.metrics.memorisation import compute_nearest_distances
from reportgen.lab.metrics.paths import estimate_shares, estimate_values, summarise_paths
from reportgen.lab.metrics.scores import compute_scores
from reportgen.lab.metrics.sharpness import IMAGE_STATISTICS
from reportgen.lab.metrics.yardsticks import load_ladder, load_real_side
from reportgen.lab.models.classifier import UNREAD, read_digits
from reportgen.lab.provenance import read_source
from reportgen.lab.training.objectives import to_uint8, to_unit
from reportgen.lab.training.registry import ToImages, find_decoder, find_reconstructor, list_networks
from reportgen.store.records import (
    DatasetFacts,
    DigitReadings,
    DiscriminatorRecord,
    EvaluationRecord,
    ImageStatistic,
    Interpolation,
    NearestDistances,
    PixelEntropy,
    RandomPairs,
    ReconstructionReadings,
    Scores,
    Source,
)
from reportgen.suite.settings import Settings

DRAW_BATCH_SIZE = 250
MIN_SAMPLES = 10
"""Number of ends that five interpolations have."""

END_PAIRS = ((0, 9), (1, 8), (2, 7), (3, 6), (4, 5))
"""Digits at the two ends of each of the five interpolations, if the model draws them."""

NUM_JUDGED = 1000
"""Largest number of images of each kind that a GAN's discriminator judges."""

NUM_NEAREST = 500
"""Largest number of samples for which the nearest training image is searched."""

EXTRAPOLATION_RANGE = (-1.0, 2.0)
"""First and last position of extrapolation, in distances from z1 to z2; z1 is at 0 and z2 at 1."""

NUM_RANDOM_PAIRS = 100
"""Number of random pairs of latents by which latent spaces are compared; five chosen strips would be too few."""

RANDOM_PAIR_POINTS = 10
"""Number of images from end to end of a random pair, ends included."""

Draw = Callable[[torch.Tensor], torch.Tensor]
"""Function from latents float32 [N, latent_dim] to images uint8 [N, 1, 32, 32], in eval mode."""


@dataclass(frozen=True)
class Evaluation:
    """Results of measuring one run.

    ``record`` is the content of evaluation.json; ``images`` maps the name of a grid to its images, uint8
    [N, 1, 32, 32], and the number of its columns.
    """

    record: EvaluationRecord
    images: dict[str, tuple[torch.Tensor, int]]


def evaluate_run(
    settings: Settings,
    modules: dict[str, nn.Module],
    grids: Mapping[int, torch.Tensor],
    dataset: Dataset,
    seed: int,
    options: dict[str, int],
    cache: Path,
    inception_weights: Path | None = None,
) -> Evaluation:
    """Measure one trained run from its weights; the result does not depend on how they were trained.

    Args:
        modules: trained networks by name; they are put into eval mode.
        grids: step -> samples that a GAN drew from fixed noise during training, uint8 [N, 1, 32, 32]; else empty.
        seed: seed of the run, from which the latents are drawn.
        options: ``RunSpec.evaluation``.
        cache: folder for the features of real images, shared by all runs.
        inception_weights: file of the Inception weights; without it there are no Inception scores.

    Raises:
        RunError: the model draws pixels that are not finite or not in [0, 1].
        DataError: the Inception weights are missing or wrong.
    """
    device = dataset.train.images.device
    draw, reconstruct = make_draw(settings, modules), find_reconstructor(settings, modules)
    classifier = ClassifierDetector(device)
    num_fake, num_counted = options["fid_num_images"], options["digits_num_images"]
    z = draw_latents(settings.latent_dim, max(num_fake, num_counted, MIN_SAMPLES), seed, device)
    samples = draw(z)
    looked = classifier.look(samples)
    starts, ends, names = choose_ends(looked.labels, looked.confidences)
    points = options["interpolation_num_points"]
    inside, outside = (
        interpolate(draw, z[starts], z[ends], torch.linspace(first, last, points, device=device))
        for first, last in ((0, 1), EXTRAPOLATION_RANGE)
    )
    pairs = draw_latents(settings.latent_dim, 2 * NUM_RANDOM_PAIRS, seed + 1_000_000, device).chunk(2)
    scores, failures = score_samples(
        samples[:num_fake], looked.features[:num_fake], classifier, dataset, cache, inception_weights
    )
    record = EvaluationRecord(
        scores=scores,
        failures=failures,
        **{name: _measure_images(measure, samples, dataset) for name, measure in IMAGE_STATISTICS.items()},
        memorisation=measure_memorisation(samples, dataset),
        reconstruction=read_reconstructions(reconstruct, classifier, dataset.dev.images[:num_fake]),
        digits=DigitReadings(
            counted=spell(looked.labels[:num_counted]),
            all_counts=tuple(torch.bincount(looked.labels, minlength=UNREAD + 1).tolist()),
        ),
        interpolation=Interpolation(
            ends=tuple(names),
            inside=spell(classifier.look(inside).labels),
            outside=spell(classifier.look(outside).labels),
            outside_range=EXTRAPOLATION_RANGE,
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
    }
    return Evaluation(record, images)


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
    return {"interpolation": read_source([interpolate, choose_ends]), "digits": read_source([read_digits])}


def score_samples(
    samples: torch.Tensor,
    classifier_features: np.ndarray,
    classifier: ClassifierDetector,
    dataset: Dataset,
    cache: Path,
    inception_weights: Path | None,
) -> tuple[dict[str, Scores], dict[str, str]]:
    """Score samples with every detector; a detector that fails does not stop the others.

    Args:
        samples: uint8 [N, 1, 32, 32].
        classifier_features: features [N, D] of the samples from ``classifier``.
        inception_weights: file of the Inception weights; None leaves the Inception scores out.

    Returns:
        Scores by the name of the detector, and the reasons of failures by the name of the detector.

    Raises:
        DataError: the Inception weights are missing or not the course's.
    """
    scores: dict[str, Scores] = {}
    failures: dict[str, str] = {}

    def score(detector: Detector, features: np.ndarray) -> None:
        real = load_real_side(dataset, len(samples), detector, cache)
        ladder = load_ladder(dataset, len(samples), detector, cache, with_damages=detector is classifier)
        scores[detector.name] = compute_scores(detector, real, ladder, features)

    try:
        score(classifier, classifier_features)
    except (ValueError, np.linalg.LinAlgError) as error:
        failures[classifier.name] = str(error)
    if inception_weights is not None:
        try:
            inception = InceptionDetector(inception_weights, samples.device)
            score(inception, inception(samples))
        except (ValueError, np.linalg.LinAlgError) as error:
            failures[InceptionDetector.name] = str(error)
    return scores, failures


def measure_memorisation(samples: torch.Tensor, dataset: Dataset) -> NearestDistances:
    """Return median distances to the nearest training image, of the first ``NUM_NEAREST`` samples and dev images."""
    of_samples, of_dev = (
        float(np.median(compute_nearest_distances(images[:NUM_NEAREST], dataset.train.images)))
        for images in (samples, dataset.dev.images)
    )
    return NearestDistances(samples=of_samples, dev=of_dev)


def read_reconstructions(
    reconstruct: ToImages | None, classifier: ClassifierDetector, images: torch.Tensor
) -> ReconstructionReadings | None:
    """Compare the digits that images and their reconstructions read as; images that read as no digit are left out.

    Args:
        reconstruct: None for a model without reconstructions; the result is then None, too.
        images: uint8 [N, 1, 32, 32].
    """
    if reconstruct is None:
        return None
    with torch.no_grad():
        blocks = [to_uint8(check_pixels(reconstruct(to_unit(block)))) for block in images.split(DRAW_BATCH_SIZE)]
    before, after = (classifier.look(row).labels for row in (images, torch.cat(blocks)))
    before, after = before[before != UNREAD], after[before != UNREAD]
    same, unread = int((before == after).sum()), int((after == UNREAD).sum())
    return ReconstructionReadings(same=same, another=len(before) - same - unread, unread=unread)


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


def spell(labels: torch.Tensor) -> str:
    """Spell labels [N] as a text of N characters: digits, and "?" for ``UNREAD``."""
    return "".join("?" if label == UNREAD else str(label) for label in labels.tolist())


# ---- interpolation --------------------------------------------------------------------------------------------------


def choose_ends(labels: torch.Tensor, confidence: torch.Tensor) -> tuple[list[int], list[int], list[str]]:
    """Pick five pairs of samples whose digits are recognisable.

    For each digit the sample that the classifier is surest of; where the model never draws a digit that ``END_PAIRS``
    asks for, the surest sample not used yet takes its place.

    Returns:
        Indices of the first ends, of the second ends, and the two characters that each pair reads as.
    """
    surest = confidence.argsort(descending=True).tolist()
    read = labels.tolist()
    by_rank = [index for index in surest if read[index] != UNREAD] + [i for i in surest if read[i] == UNREAD]
    used: set[int] = set()

    def take(digit: int) -> int:
        wanted = (index for index in by_rank if read[index] == digit and index not in used)
        anything = (index for index in by_rank if index not in used)
        index = next(wanted, None)
        index = next(anything) if index is None else index
        used.add(index)
        return index

    pairs = [(take(first), take(second)) for first, second in END_PAIRS]
    names = ["".join("?" if read[index] == UNREAD else str(read[index]) for index in pair) for pair in pairs]
    return [first for first, _ in pairs], [second for _, second in pairs], names


def interpolate(draw: Draw, z1: torch.Tensor, z2: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    """Draw z1 + t (z2 - z1) for every pair and every t.

    Args:
        z1, z2: latents [P, latent_dim].
        t: positions [K]; 0 is z1, 1 is z2, others extrapolate. The homework's t is i / (K - 1), i = 0 .. K - 1.

    Returns:
        uint8 [P * K, 1, 32, 32], the strips one after another.
    """
    z = z1[:, None] + t[None, :, None] * (z2 - z1)[:, None]  # [P, K, latent_dim]
    return draw(z.flatten(0, 1))


def measure_random_pairs(draw: Draw, classifier: ClassifierDetector, z1: torch.Tensor, z2: torch.Tensor) -> RandomPairs:
    """Measure images between the two latents of random pairs, and beyond them over ``EXTRAPOLATION_RANGE``.

    Changes are paired differences, because pairs with good ends tend to have good images between them.

    Args:
        z1, z2: latents [P, latent_dim], drawn from the prior.
    """
    t = torch.linspace(0, 1, RANDOM_PAIR_POINTS, device=z1.device)
    far = torch.linspace(*EXTRAPOLATION_RANGE, RANDOM_PAIR_POINTS, device=z1.device)
    far = far[(far < -1e-6) | (far > 1 + 1e-6)]
    along = classifier.look(interpolate(draw, z1, z2, t))
    read = _is_read(along).reshape(len(z1), len(t))
    beyond = classifier.look(interpolate(draw, z1, z2, far))
    ends, inside = read[:, [0, -1]].mean(axis=1), read[:, 1:-1].mean(axis=1)
    outside = _is_read(beyond).reshape(len(z1), len(far)).mean(axis=1)
    return RandomPairs(
        num_pairs=len(z1),
        num_points=len(t),
        num_outside=len(far),
        read_ends=estimate_shares(ends),
        read_inside=estimate_shares(inside),
        read_outside=estimate_shares(outside),
        inside_change=estimate_values(inside - ends),
        outside_change=estimate_values(outside - ends),
        **summarise_paths(along.features, len(z1)),
    )


def _is_read(looked: Look) -> np.ndarray:
    return (looked.labels != UNREAD).numpy().astype(float)


# ---- evolution ------------------------------------------------------------------------------------------------------


def read_grids(classifier: ClassifierDetector, grids: Mapping[int, torch.Tensor]) -> dict[int, str]:
    """Read the digits in the sample grids of training, uint8 [N, 1, 32, 32] by step; one character per image."""
    return {step: spell(classifier.look(grids[step]).labels) for step in sorted(grids)}
