"""Frechet distances of a suite's samples on other features, for docs/results.md: `tools/other_features.py [OUTPUT]`.

They tell whether a ranking of configurations depends on the feature extractor: the distance is computed on the
classifier's features, on those of its first block (edges and strokes, no digits), on pixels, and, for GANs, on samples
drawn with BatchNorm's batch statistics in place of its running ones.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import adaptive_avg_pool2d

from reportgen.base.files import find_data_dir
from reportgen.lab.data import load_dataset
from reportgen.lab.evaluation import draw_latents, make_draw
from reportgen.lab.execution import load_modules
from reportgen.lab.metrics.features import ClassifierDetector
from reportgen.lab.metrics.frechet import Moments, compute_frechet_distance, compute_moments
from reportgen.lab.training.objectives import to_uint8
from reportgen.paper.analysis.results import Configuration, load_results
from reportgen.suite.settings import GanSettings

NUM_IMAGES = 3000
BATCH_SIZE = 250
CPU = torch.device("cpu")


def main() -> None:
    """Print a table with a row per run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path, nargs="?", default=Path("output"))
    results = load_results(parser.parse_args().output)
    images = load_dataset(results.suite.dataset, data_dir=find_data_dir()).train.images
    chosen = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))[:NUM_IMAGES]
    real = {name: compute_moments(features) for name, features in take_features(images[chosen]).items()}
    print(f"| | seed | {' | '.join(real)} | classifier, batch statistics |")
    print(f"|---|---|{'---|' * (len(real) + 1)}")
    for c in results.configurations:
        for index, run in enumerate(c.runs):
            samples = draw_samples(c, index)
            distances = [
                compute_frechet_distance(real[name], compute_moments(f)) for name, f in take_features(samples).items()
            ]
            cells = [c.label, str(run.spec.seed), *(f"{distance:.2f}" for distance in distances)]
            cells.append(measure_by_batch(c, index, real["classifier"]) if isinstance(c.settings, GanSettings) else "")
            print(f"| {' | '.join(cells)} |", flush=True)


def measure_by_batch(c: Configuration, index: int, real: Moments) -> str:
    """Return the distance of samples drawn with batch statistics, with two decimals."""
    features = ClassifierDetector(CPU)(draw_samples(c, index, by_batch=True))
    return f"{compute_frechet_distance(real, compute_moments(features)):.2f}"


def draw_samples(c: Configuration, index: int, *, by_batch: bool = False) -> torch.Tensor:
    """Draw the samples that the run's scores were computed on, uint8 [N, 1, 32, 32].

    Args:
        by_batch: whether BatchNorm uses the statistics of each batch of samples, as in training.
    """
    run = c.runs[index]
    modules = load_modules(c.settings, run.paths.weights, CPU)
    z = draw_latents(c.settings.latent_dim, NUM_IMAGES, run.spec.seed, CPU)
    if not by_batch:
        return make_draw(c.settings, modules)(z)
    generator = modules["generator"].train()
    with torch.no_grad():
        batches = [to_uint8((generator(part[:, :, None, None]) + 1) / 2) for part in z.split(c.settings.batch_size)]
    return torch.cat(batches)


@torch.no_grad()
def take_features(images: torch.Tensor) -> dict[str, np.ndarray]:
    """Compute features of each kind, [N, D], of uint8 images [N, 1, 32, 32]."""
    classifier = ClassifierDetector(CPU)
    first_block = classifier.model.body[:3]
    blocks = [adaptive_avg_pool2d(first_block(part.float() / 255), 4).flatten(1) for part in images.split(BATCH_SIZE)]
    return {
        "classifier": classifier(images),
        "its first block": torch.cat(blocks).numpy(),
        "pixels": images.flatten(1).float().numpy() / 255,
    }


if __name__ == "__main__":
    main()
