"""Which features an always-available FID should rest on: `python tools/ladder.py [OUTPUT ...] [--without-noise]`.

Real images damaged in known ways are scored as samples are, on each candidate space, beside the models of the output
folders named. A good space puts every fault far above other real images, orders models as published reports do, and
varies little over seeds. The last column is the distance in the space in use, extrapolated to infinitely many images
(Chong & Forsyth 2020): it shows whether the bias of a finite number changes an order. `--without-noise` also trains a
classifier that never sees noise (some minutes).
"""

from __future__ import annotations

import argparse
import math
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from other_features import BATCH_SIZE, NUM_IMAGES, draw_samples
from scipy.stats import kendalltau
from torch.nn.functional import adaptive_avg_pool2d

from reportgen.lab.data import Dataset, Split, load_dataset
from reportgen.lab.metrics.damage import add_speckle, blur, drop_class, repeat_images, shift, thicken
from reportgen.lab.metrics.frechet import Moments, compute_frechet_distance, compute_moments
from reportgen.lab.models.classifier import DigitClassifier, load_classifier
from reportgen.lab.training.classifier import train_classifier
from reportgen.paper.analysis.published import match_published
from reportgen.paper.analysis.results import Configuration, load_results

EPOCHS_WITHOUT_NOISE = 3

IN_USE = "blocks 1+2, 2x2 (384)"
"""The space of the always-available FID."""
EXTRAPOLATED = "in use, extrapolated"
SUBSETS = (1000, 1250, 1500, 2000, 2500, 3000)
"""Numbers of images from which a distance is extrapolated."""

Space = Callable[[torch.Tensor], np.ndarray]
"""uint8 [N, 1, 32, 32] -> features [N, D]."""

Distances = dict[str, float]
"""The Frechet distance to real images in each space."""


def main() -> None:
    """Print the ladder, then the models of each output folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path, nargs="*")
    parser.add_argument("--without-noise", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    mnist = load_dataset("mnist")
    spaces = list_spaces(load_classifier(), "")
    if arguments.without_noise:
        spaces |= list_spaces(train_without_noise(mnist.train), ", no noise")
    spaces["pixels 16x16"] = lambda images: _pool([images.float() / 255], 16)
    order = torch.randperm(len(mnist.train), generator=torch.Generator().manual_seed(0))
    real = {name: compute_moments(measure(mnist.train.images[order[:NUM_IMAGES]])) for name, measure in spaces.items()}
    print(f"| {NUM_IMAGES} images | {' | '.join([*spaces, EXTRAPOLATED])} |\n|---|{'---|' * (len(spaces) + 1)}")
    for name, images in list_rungs(mnist, order):
        print_row(name, score(images, spaces, real))
    for output in arguments.output:
        report_models(output, spaces, real)


def print_row(name: str, values: Distances) -> None:
    """Print a row of the table."""
    print(f"| {name} | {' | '.join(f'{value:.3g}' for value in values.values())} |", flush=True)


def score(images: torch.Tensor, spaces: dict[str, Space], real: dict[str, Moments]) -> Distances:
    """Return the distances of a set of images in all spaces, and that in use extrapolated."""
    features = {name: take(images) for name, take in spaces.items()}
    distances = {name: compute_frechet_distance(real[name], compute_moments(rows)) for name, rows in features.items()}
    return distances | {EXTRAPOLATED: extrapolate(features[IN_USE], real[IN_USE])}


def extrapolate(features: np.ndarray, real: Moments) -> float:
    """Return the distance of features [N, D] for infinite N: the intercept of a line in 1/N (Chong & Forsyth 2020)."""
    rng = np.random.default_rng(0)
    chosen = [features[rng.permutation(len(features))[:num]] for num in SUBSETS]
    distances = [compute_frechet_distance(real, compute_moments(rows)) for rows in chosen]
    return float(np.polyfit(1 / np.array(SUBSETS), distances, 1)[1])


# ---- spaces ---------------------------------------------------------------------------------------------------------


def list_spaces(model: DigitClassifier, suffix: str) -> dict[str, Space]:
    """Return candidate spaces of one classifier; a block is two convolutions, of which the second halves the image."""
    return {
        f"pooled last block (128){suffix}": lambda images: _activate(model, images, (2,), 1),
        f"blocks 1+2, 2x2 (384){suffix}": lambda images: _activate(model, images, (0, 1), 2),
        f"block 2, 2x2 (256){suffix}": lambda images: _activate(model, images, (1,), 2),
        f"block 3, 2x2 (512){suffix}": lambda images: _activate(model, images, (2,), 2),
        f"blocks 1+2+3, 2x2 (896){suffix}": lambda images: _activate(model, images, (0, 1, 2), 2),
    }


@torch.no_grad()
def _activate(model: DigitClassifier, images: torch.Tensor, blocks: tuple[int, ...], pooled_to: int) -> np.ndarray:
    rows = []
    for part in images.split(BATCH_SIZE):
        x, activations = part.float() / 255, []
        for block in range(3):
            x = model.body[6 * block : 6 * block + 6](x)
            activations.append(x)
        rows.append(_pool([activations[block] for block in blocks], pooled_to))
    return np.concatenate(rows)


def _pool(activations: list[torch.Tensor], pooled_to: int) -> np.ndarray:
    return torch.cat([adaptive_avg_pool2d(x, pooled_to).flatten(1) for x in activations], dim=1).numpy()


def train_without_noise(train: Split) -> DigitClassifier:
    """Return a classifier that saw digits only, trained for a few epochs."""
    return train_classifier(train, epochs=EPOCHS_WITHOUT_NOISE, seed=0, progress=lambda _: None, with_noise=False)


# ---- rungs ----------------------------------------------------------------------------------------------------------


def list_rungs(mnist: Dataset, order: torch.Tensor) -> Iterator[tuple[str, torch.Tensor]]:
    """Return other real images than those that distances are taken to, as they are and damaged."""
    chosen = order[NUM_IMAGES : 2 * NUM_IMAGES]
    images, labels = mnist.train.images[chosen], mnist.train.labels[chosen]
    yield "other training images", images
    shuffled = torch.randperm(len(mnist.dev), generator=torch.Generator().manual_seed(1))  # its first half is cleaner
    yield "dev images", mnist.dev.images[shuffled[:NUM_IMAGES]]
    yield "1,000 images, repeated", repeat_images(images, 1000)
    yield "100 images, repeated", repeat_images(images, 100)
    for digit in range(10):
        yield f"no digit {digit}", drop_class(images, labels, digit)
    yield "1 % speckle", add_speckle(images, 0.01)
    yield "blur, sigma 0.7", blur(images, 0.7)
    yield "shifted by a pixel", shift(images, 1)
    yield "thicker strokes", thicken(images)


# ---- models ---------------------------------------------------------------------------------------------------------


def report_models(output: Path, spaces: dict[str, Space], real: dict[str, Moments]) -> None:
    """Print the distances of each run, how far they vary over seeds, and how they agree with published orders."""
    results = load_results(output)
    means: dict[Configuration, Distances] = {}
    spreads: dict[str, list[float]] = defaultdict(list)
    for c in results.configurations:
        rows = [score(draw_samples(c, index), spaces, real) for index in range(len(c.runs))]
        for run, row in zip(c.runs, rows, strict=True):
            print_row(f"{run.spec.name}", row)
        means[c] = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
        for name in rows[0] if len(rows) > 1 else ():
            spreads[name].append(float(np.var(np.log([row[name] for row in rows]), ddof=1)))
    if spreads:
        print_row("sd of log over seeds", {name: math.sqrt(np.mean(spread)) for name, spread in spreads.items()})
    for report, num, taus in compare_orders(means, [*spaces, EXTRAPOLATED]):
        print_row(f"tau with report {report} ({num} configurations)", taus)


def compare_orders(means: dict[Configuration, Distances], spaces: list[str]) -> Iterator[tuple[str, int, Distances]]:
    """Return Kendall's tau between each published report's order and that of each space."""
    published: dict[str, list[tuple[float, Distances]]] = defaultdict(list)
    for matched in match_published(list(means)):
        for entry in matched.scores:
            published[entry.report].append((entry.fid, means[matched.configuration]))
    for report, pairs in sorted(published.items()):
        if len(pairs) > 2:
            fids = [fid for fid, _ in pairs]
            taus = {name: float(kendalltau(fids, [row[name] for _, row in pairs]).statistic) for name in spaces}
            yield report, len(pairs), taus


if __name__ == "__main__":
    main()
