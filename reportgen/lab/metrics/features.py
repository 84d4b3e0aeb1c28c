"""Detectors: networks that turn uint8 images into float32 features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch

from reportgen.assets import load_card
from reportgen.lab.data import IMAGE_SIZE
from reportgen.lab.models.classifier import EARLY_DIM, load_classifier, read_digits

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


@dataclass(frozen=True)
class Look:
    """Features of images and the digits that the classifier reads in them, all on the CPU."""

    features: np.ndarray
    """float32 [N, 384], see ``DigitClassifier.describe``."""
    labels: torch.Tensor
    """int64 [N], 0 to 9 or ``UNREAD``."""
    confidences: torch.Tensor
    """float32 [N] in [0, 1]"""


class ClassifierDetector:
    """Detector with the 384 early features of the shipped digit classifier, which reads digits as well.

    The features are of the first two blocks: on a ladder of damaged real images they see every fault, while the pooled
    ones of the last block see little but the digit's class (docs/scores.md).
    """

    name = "classifier"
    resize = "none (32x32)"
    feature_dim = EARLY_DIM

    def __init__(self, device: torch.device) -> None:
        self.sha256 = load_card().sha256
        self.device = device
        self.model = load_classifier().to(device)
        if device.type == "cpu":  # takes half the time
            self.model.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # missing in torch's own

    def __call__(self, images: torch.Tensor) -> np.ndarray:
        return self.look(images).features

    @torch.no_grad()
    def look(self, images: torch.Tensor) -> Look:
        """Return features and readings of uint8 images [N, 1, 32, 32], at the temperature and threshold of the card."""
        check_images(images)
        card = load_card()
        features, labels, confidences = [], [], []
        for block in images.split(BATCH_SIZE):
            early, pooled = self.model.describe(block.to(self.device).float() / 255)
            read = read_digits(self.model, pooled, temperature=card.temperature, threshold=card.threshold)
            features.append(early.cpu())
            labels.append(read[0].cpu())
            confidences.append(read[1].cpu())
        return Look(torch.cat(features).numpy(), torch.cat(labels), torch.cat(confidences))
