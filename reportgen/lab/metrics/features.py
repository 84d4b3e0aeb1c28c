"""Detectors: networks that turn uint8 images into float32 features."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch

from reportgen.assets import load_card
from reportgen.lab.data import IMAGE_SIZE
from reportgen.lab.models.classifier import FEATURE_DIM, load_classifier

BATCH_SIZE = 250


class Detector(Protocol):
    """Interface of a feature extractor for the Frechet distance."""

    name: str
    """Name of the detector in records and reports."""
    sha256: str
    """SHA-256 of the weights; features of different weights are never compared."""
    resize: str
    """Resizing of images before the network, in words."""
    feature_dim: int

    def __call__(self, images: torch.Tensor) -> np.ndarray:
        """Return the features, float32 [N, feature_dim], of uint8 images [N, 1, 32, 32] in 0..255 on any device.

        The features of an image do not depend on the other images.
        """
        ...


def check_images(images: torch.Tensor) -> None:
    """Check that a detector can measure these images.

    Raises:
        ValueError: the images are not uint8 [N, 1, 32, 32].
    """
    if images.dtype != torch.uint8 or images.ndim != 4 or images.shape[1:] != (1, IMAGE_SIZE, IMAGE_SIZE):
        raise ValueError(
            f"images must be uint8 [N, 1, {IMAGE_SIZE}, {IMAGE_SIZE}], found {images.dtype} {list(images.shape)}"
        )


class ClassifierDetector:
    """Detector with the 128 pooled features of the shipped digit classifier."""

    name = "classifier"
    resize = "none (32x32)"
    feature_dim = FEATURE_DIM

    def __init__(self, device: torch.device) -> None:
        self.sha256 = load_card().sha256
        self.model = load_classifier().to(device)
        if device.type == "cpu":  # takes half the time
            self.model.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # missing in torch's own

    @torch.no_grad()
    def __call__(self, images: torch.Tensor) -> np.ndarray:
        check_images(images)
        blocks = [self.model.features(block.float() / 255).cpu() for block in images.split(BATCH_SIZE)]
        return torch.cat(blocks).numpy()
