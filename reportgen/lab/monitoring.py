"""Scores of a model's samples in the course of its training: the same latents at every image interval.

They are logged as metrics of the history, beside the losses:

- ``sample_fid``: Frechet distance of the samples to the evaluation's real images, on its always-available features.
  It is of fewer samples than the evaluation's FID and therefore higher; it is compared with itself at other steps.
- ``sample_recall``: share of up to 1,000 real images that lie in the ball of a sample, in [0, 1].
- ``sample_read_share``: share of the samples that read as a digit, in [0, 1]; of digits only.
- ``sample_smallest_class``: share of the rarest digit among those, 0 to 0.1; absent if no sample reads as a digit.

The losses do not depend on them: latents have a noise source of their own, and the networks are left in training mode.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import nn

from reportgen.lab.data import Dataset
from reportgen.lab.evaluation import draw_latents, make_draw
from reportgen.lab.metrics.features import ClassifierDetector, Look
from reportgen.lab.metrics.frechet import Moments, compute_frechet_distance, compute_moments
from reportgen.lab.metrics.manifold import compute_manifold_scores
from reportgen.lab.metrics.yardsticks import load_real_side
from reportgen.lab.models.classifier import UNREAD
from reportgen.lab.training.loop import Scoring
from reportgen.lab.training.objectives import use_precision
from reportgen.suite.settings import NUM_MONITORED, Settings

SEED_OFFSET = 2_000_000
"""Distance of the latents' seed from that of the evaluation's latents."""

Scores = dict[str, float]
Compute = Callable[[], Scores]
Submit = Callable[[Compute], "Future[Scores]"]
"""Function that has scores computed, at once or by another thread."""


@dataclass(frozen=True)
class Reference:
    """Real images that samples are compared with, and the classifier that looks at both."""

    classifier: ClassifierDetector
    moments: Moments
    root: np.ndarray
    """Symmetric square root of the covariance, float64 [D, D]."""
    features: np.ndarray
    """float32 [N, D], N <= ``NUM_MONITORED``"""
    num_samples: int
    """Number of samples to draw: ``NUM_MONITORED``, or the size of the real side if that is smaller."""
    has_digits: bool
    """False if the classifier's readings of these images mean nothing."""


def build_reference(dataset: Dataset, num_images: int, cache: Path, *, has_digits: bool) -> Reference:
    """Build the reference from the real side of the evaluation, which is read from ``cache`` if it is there.

    Raises:
        ValueError: there are too few real images.
        RunError: the real side cannot be written.
    """
    classifier = ClassifierDetector(dataset.train.images.device)
    real = load_real_side(dataset, num_images, classifier, cache)
    features = real.features[:NUM_MONITORED]
    return Reference(classifier, real.moments, real.root, features, min(NUM_MONITORED, num_images), has_digits)


class SampleMonitor:
    """A ``Monitor`` that draws samples in eval mode and scores them.

    Drawing and looking at the samples is work of the model's device; the scores are computed on the CPU, by ``submit``.

    Args:
        warn: called, in the thread of the training, with the reason in one line if samples cannot be scored.
    """

    def __init__(
        self, settings: Settings, seed: int, reference: Reference, warn: Callable[[str], None], submit: Submit
    ) -> None:
        self.settings, self.reference, self.warn, self.submit = settings, reference, warn, submit
        device = reference.classifier.device
        self.z = draw_latents(settings.latent_dim, reference.num_samples, seed + SEED_OFFSET, device)

    def __call__(self, step: int, modules: dict[str, nn.Module]) -> Scoring:
        """Draw samples and begin to score them; the networks are in training mode before and after."""
        try:
            future = self.submit(partial(score_look, self._look(modules), self.reference))
        except Exception as error:  # an observer ends no training
            future = Future()
            future.set_exception(error)
        return _Scoring(step, future, self.warn)

    def _look(self, modules: dict[str, nn.Module]) -> Look:
        use_precision("fp32")  # as in the evaluation; the next step chooses its own
        try:
            samples = make_draw(self.settings, modules)(self.z)
        finally:
            for network in modules.values():
                network.train()
        return self.reference.classifier.look(samples)


@dataclass(frozen=True)
class _Scoring:
    """Scores of one step; what fails is a warning."""

    step: int
    future: Future[Scores]
    warn: Callable[[str], None]

    def is_done(self) -> bool:
        return self.future.done()

    def fetch(self) -> Scores:
        try:
            scores = self.future.result()
        except Exception as error:  # an observer ends no training
            self.warn(f"samples of step {self.step} were not scored: {' '.join(str(error).split())}")
            return {}
        return {name: value for name, value in scores.items() if math.isfinite(value)}


def score_look(looked: Look, reference: Reference) -> Scores:
    """Compute the scores of samples, by metric, from what the classifier sees in them.

    Raises:
        ValueError: there are fewer than six images on either side.
        numpy.linalg.LinAlgError: the distance cannot be computed.
    """
    scores = {
        "sample_fid": compute_frechet_distance(reference.moments, compute_moments(looked.features), reference.root),
        "sample_recall": compute_manifold_scores(reference.features, looked.features).recall,
    }
    return scores | (summarise_readings(looked.labels) if reference.has_digits else {})


def summarise_readings(labels: torch.Tensor) -> Scores:
    """Return the share of samples that read as a digit, and of the rarest digit among them if there are any.

    Args:
        labels: int64 [N], 0 to 9 or ``UNREAD``.
    """
    counts = torch.bincount(labels, minlength=UNREAD + 1)[:UNREAD]
    num_read = int(counts.sum())
    shares = {"sample_read_share": num_read / len(labels)}
    return shares | ({"sample_smallest_class": int(counts.min()) / num_read} if num_read else {})


def compute_now(compute: Compute) -> Future[Scores]:
    """Compute scores in this thread; an error is raised by the future's ``result``."""
    future: Future[Scores] = Future()
    try:
        future.set_result(compute())
    except Exception as error:
        future.set_exception(error)
    return future
