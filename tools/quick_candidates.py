"""Which settings draw readable digits soonest: `python tools/quick_candidates.py MODEL:KEY=VALUE,... [...]`.

Each candidate is trained on mnist-5k with one thread, step by step as `reportgen run` does. Where it has taken as many
steps as `--steps` names, or used as many seconds of the processor as `--seconds` names, 1,000 samples are read and
scored: a cell has the steps, the seconds, the share that the shipped classifier reads as digits, and the FID to 3,000
training images. The time is the processor's, not the clock's, so that neighbours count little.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import yaml

from reportgen.base.files import write_bytes
from reportgen.lab.data import Dataset, load_dataset
from reportgen.lab.evaluation import draw_latents, make_draw
from reportgen.lab.metrics.features import ClassifierDetector
from reportgen.lab.metrics.frechet import Moments, compute_frechet_distance, compute_moments
from reportgen.lab.models.classifier import UNREAD
from reportgen.lab.training.loop import begin_training
from reportgen.store.images import encode_grid
from reportgen.suite.settings import MODELS, Settings

NUM_SAMPLES = 1000
NUM_REAL = 3000
NUM_SHOWN, COLUMNS = 64, 16
CPU = torch.device("cpu")


@dataclass(frozen=True)
class Mark:
    """Samples, uint8 [1000, 1, 32, 32], of a training that has taken some steps in some seconds of the processor."""

    step: int
    seconds: float
    samples: torch.Tensor


def main() -> None:
    """Print a row per candidate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("candidates", nargs="+", metavar="MODEL:KEY=VALUE,...", help="gan:hidden_dim=100,batch_size=8")
    due = parser.add_mutually_exclusive_group(required=True)
    due.add_argument("--steps", type=int, nargs="+", default=[])
    due.add_argument("--seconds", type=float, nargs="+", default=[])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--images", type=Path, help="folder for grids of samples")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    dataset, classifier = load_dataset("mnist-5k"), ClassifierDetector(CPU)
    real = compute_moments(classifier(dataset.train.images[:NUM_REAL]))
    columns = [f"{steps} steps" for steps in arguments.steps] + [f"{seconds:g} s" for seconds in arguments.seconds]
    print(f"| candidate | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}", flush=True)
    for text in arguments.candidates:
        print(f"| {text} |", end="", flush=True)
        settings = parse_candidate(text)
        for mark in train(settings, dataset, arguments.seed, arguments.steps, arguments.seconds):
            print(f" {describe(mark, classifier, real)} |", end="", flush=True)
            if arguments.images:
                name = f"{text.replace(':', '-')}-s{arguments.seed}-{mark.step}.png"
                write_bytes(arguments.images / name, encode_grid(mark.samples[:NUM_SHOWN, 0].numpy(), COLUMNS))
        print(flush=True)


def parse_candidate(text: str) -> Settings:
    """Return the settings that a text such as ``gan:hidden_dim=100,learning_rate=0.001`` names."""
    model, _, changes = text.partition(":")
    values: dict[str, Any] = dict(pair.split("=") for pair in changes.split(",") if pair)
    parsed = {key: float(value) if key == "learning_rate" else yaml.safe_load(value) for key, value in values.items()}
    return MODELS[model](**parsed)  # type: ignore[index]


def train(
    settings: Settings, dataset: Dataset, seed: int, steps: Sequence[int], seconds: Sequence[float]
) -> Iterator[Mark]:
    """Train, and yield samples at each of ``steps`` or when another of ``seconds`` has been used; both ascend."""
    training, used = begin_training(settings, dataset, seed), 0.0
    z = draw_latents(settings.latent_dim, NUM_SAMPLES, seed, CPU)
    for due in (*((step, math.inf) for step in steps), *((math.inf, second) for second in seconds)):
        while training.step < due[0] and used < due[1]:
            began = time.process_time()
            training.objective.step(dataset.train.images[training.batches.draw()])
            training.step += 1
            used += time.process_time() - began
        yield Mark(training.step, used, make_draw(settings, training.objective.modules)(z))
        for network in training.objective.modules.values():
            network.train()


def describe(mark: Mark, classifier: ClassifierDetector, real: Moments) -> str:
    """Return steps, seconds, share read and FID as a cell."""
    seen = classifier.look(mark.samples)
    share = float((seen.labels != UNREAD).float().mean())
    fid = compute_frechet_distance(real, compute_moments(seen.features))
    return f"{mark.step} in {mark.seconds:.0f} s: {share:.0%}, {fid:.2f}"


if __name__ == "__main__":
    main()
