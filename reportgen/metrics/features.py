"""Detectors: uint8 images in, float32 features out."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch

from reportgen.assets import load_card
from reportgen.models.classifier import FEATURE_DIM, load_classifier

BATCH_SIZE = 250


class Detector(Protocol):
    """A feature extractor for the Frechet distance.

    ``name`` is what its column is called; ``sha256`` that of its weights: features of two detectors are never mixed.
    """

    name: str
    sha256: str
    feature_dim: int

    def __call__(self, images: torch.Tensor) -> np.ndarray:
        """uint8 [N, 1, 32, 32] in 0..255, on any device -> float32 [N, feature_dim], independent of batching."""
        ...


class ClassifierDetector:
    """The 128 pooled features of the shipped digit classifier."""

    name = "classifier"
    feature_dim = FEATURE_DIM

    def __init__(self, device: torch.device) -> None:
        self.sha256 = load_card().sha256
        self.model = load_classifier().to(device)

    @torch.no_grad()
    def __call__(self, images: torch.Tensor) -> np.ndarray:
        blocks = [self.model.features(block.float() / 255).cpu() for block in images.split(BATCH_SIZE)]
        return torch.cat(blocks).numpy()
