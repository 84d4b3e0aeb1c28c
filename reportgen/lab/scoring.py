"""Scores of a trained run on the features of Inception-v3: a stage of its own, which takes minutes on a CPU."""

from __future__ import annotations

import hashlib
import io
import itertools
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn

from reportgen.base.files import write_bytes
from reportgen.lab.data import Dataset, read_arrays
from reportgen.lab.evaluation import draw_latents, make_draw
from reportgen.lab.metrics.features import Detector
from reportgen.lab.metrics.scores import compute_scores
from reportgen.lab.metrics.yardsticks import choose_rungs, load_ladder, load_real_side
from reportgen.store.records import InceptionRecord
from reportgen.suite.settings import Settings

BLOCK_SIZE = 250
"""Images between two calls of ``OnImages``, and in one file of features of real images."""

OnImages = Callable[[int], object]
"""Callback that gets the number of images that were looked at, those of an incomplete block as a whole one."""


def score_run(
    settings: Settings,
    modules: dict[str, nn.Module],
    dataset: Dataset,
    seed: int,
    num_images: int,
    detector: Detector,
    cache: Path,
    on_images: OnImages,
) -> InceptionRecord:
    """Score the samples of a trained run, and undamaged real images in their place, against real images.

    Args:
        modules: trained networks by name; they are put into eval mode.
        seed: seed of the run, from which the latents are drawn, as for all other scores.
        num_images: number of samples, and of real images at most.
        cache: folder for the features of real images, shared by all runs.

    Raises:
        RunError: the model draws pixels that are not finite or not in [0, 1].
    """
    z = draw_latents(settings.latent_dim, num_images, seed, dataset.train.images.device)
    samples = make_draw(settings, modules)(z)
    count = itertools.count(BLOCK_SIZE, BLOCK_SIZE)

    def look(block: torch.Tensor) -> np.ndarray:
        features = detector(block)
        on_images(next(count))
        return features

    shared = _Shared(detector, look, cache)
    for images in choose_rungs(dataset, num_images):  # shared here, as one process waits for another below
        shared(images)
    features = np.concatenate([look(block) for block in samples.split(BLOCK_SIZE)])
    try:
        real = load_real_side(dataset, num_images, shared, cache)
        ladder = load_ladder(dataset, num_images, shared, cache, with_damages=False)
        return InceptionRecord(scores=compute_scores(detector, real, ladder, features), failure="")
    except (ValueError, np.linalg.LinAlgError) as error:
        return InceptionRecord(scores=None, failure=" ".join(str(error).split()))


class _Shared:
    """Detector of real images that keeps the features of each block of them.

    Several processes share the work, each taking the blocks in an order of its own, and what an interrupted one has
    done is not lost.
    """

    def __init__(self, detector: Detector, look: Callable[[torch.Tensor], np.ndarray], cache: Path) -> None:
        self.name, self.sha256 = detector.name, detector.sha256
        self.resize, self.feature_dim = detector.resize, detector.feature_dim
        self._look, self._cache = look, cache

    def __call__(self, images: torch.Tensor) -> np.ndarray:
        blocks = images.split(BLOCK_SIZE)
        order = np.random.default_rng(os.getpid()).permutation(len(blocks))
        features = {index: self._load(blocks[index]) for index in order}
        return np.concatenate([features[index] for index in range(len(blocks))])

    def _load(self, block: torch.Tensor) -> np.ndarray:
        content = hashlib.sha256(block.cpu().numpy().tobytes()).hexdigest()[:16]
        path = self._cache / f"features-{self.name}-{self.sha256[:10]}-{content}.npz"
        kept = read_arrays(path, "features")
        if kept is not None and kept[0].shape == (len(block), self.feature_dim):
            return kept[0]
        features, stream = self._look(block), io.BytesIO()
        np.savez(stream, features=features)
        write_bytes(path, stream.getvalue())
        return features
