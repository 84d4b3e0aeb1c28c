"""The MNIST digit classifier that the package ships.

It has two purposes: the always-available FID is measured on activations of its first two blocks, and its class
probabilities read generated digits. ``python -m reportgen.lab.training.classifier`` trains it.
"""

from __future__ import annotations

import hashlib
from functools import cache

import torch
import torch.nn.functional as F
from safetensors.torch import load as load_safetensors
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from reportgen.assets import CLASSIFIER_WEIGHTS, load_card
from reportgen.base.errors import REINSTALL, DataError

FEATURE_DIM = 128
"""Number of pooled features of the last block, from which digits are read."""
NUM_CLASSES = 10
UNREAD = 10
"""Label that ``read_digits`` gives to an image with a confidence below the threshold."""


LAYERS_PER_BLOCK = 6
"""Layers of a block: twice a convolution, a BatchNorm and a ReLU; its second convolution halves the image."""
EARLY_BLOCKS = 2
"""Number of blocks whose activations make the early features."""
EARLY_GRID = 2
"""Rows and columns that activations are pooled to for the early features."""
EARLY_DIM = 384
"""Number of early features: 32 and 64 channels per EARLY_GRID x EARLY_GRID cells of the first and second block."""


class DigitClassifier(nn.Module):
    """Three blocks of two 3x3 convolutions with BatchNorm and ReLU, global average pooling, one linear layer."""

    def __init__(self) -> None:
        super().__init__()
        widths = [(1, 32, 1), (32, 32, 2), (32, 64, 1), (64, 64, 2), (64, 128, 1), (128, FEATURE_DIM, 2)]
        layers: list[nn.Module] = []
        for inputs, outputs, stride in widths:
            layers += [nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(FEATURE_DIM, NUM_CLASSES)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """Return the pooled features, float [N, 128], non-negative, of images, float [N, 1, 32, 32] in [0, 1]."""
        return self.body(x).mean(dim=(2, 3))

    def describe(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the early features, float [N, 384], and the pooled ones, float [N, 128], of images as ``features``.

        The early ones are the activations of the first two blocks, averaged over the quarters of the image: strokes,
        their thickness, sharpness and place rather than the digit that they form.
        """
        early = []
        for first in range(0, EARLY_BLOCKS * LAYERS_PER_BLOCK, LAYERS_PER_BLOCK):
            x = self.body[first : first + LAYERS_PER_BLOCK](x)
            early.append(F.adaptive_avg_pool2d(x, EARLY_GRID).flatten(1))
        x = self.body[EARLY_BLOCKS * LAYERS_PER_BLOCK :](x)
        return torch.cat(early, dim=1), x.mean(dim=(2, 3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the logits, float [N, 10], of images, float [N, 1, 32, 32] in [0, 1]."""
        return self.head(self.features(x))


@cache
def load_classifier() -> DigitClassifier:
    """Load the shipped classifier: on the CPU, in eval mode, frozen, each BatchNorm folded into its convolution.

    Raises:
        DataError: the SHA-256 of the weights file is not the one on its card.
    """
    content = CLASSIFIER_WEIGHTS.read_bytes()
    found, expected = hashlib.sha256(content).hexdigest(), load_card().sha256
    if found != expected:
        raise DataError(
            f"{CLASSIFIER_WEIGHTS}: SHA-256 is {found}, expected {expected}; the installation is damaged: {REINSTALL}"
        )
    model = DigitClassifier()
    model.load_state_dict(load_safetensors(content))
    fold_norms(model.eval())
    return model.requires_grad_(False)


def fold_norms(model: DigitClassifier) -> None:
    """Fold each BatchNorm into the convolution before it, in place, which is exact up to rounding and 25 % faster."""
    body = model.body
    for index in range(0, len(body), 3):
        conv, norm = body[index], body[index + 1]
        assert isinstance(conv, nn.Conv2d)
        assert isinstance(norm, nn.BatchNorm2d)
        body[index], body[index + 1] = fuse_conv_bn_eval(conv, norm), nn.Identity()


@torch.no_grad()
def read_digits(
    model: DigitClassifier, features: torch.Tensor, *, temperature: float, threshold: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Read each image, given by its features, as a digit or as ``UNREAD``.

    Args:
        features: ``model.features`` of N images, float [N, 128], on the model's device.
        temperature: divides the logits before the softmax (Guo et al. 2017).
        threshold: confidence below which an image is ``UNREAD``.

    Returns:
        labels int64 [N] in 0..10 and confidences float32 [N] in [0, 1].
    """
    confidence, label = (model.head(features) / temperature).softmax(dim=1).max(dim=1)
    return torch.where(confidence >= threshold, label, UNREAD), confidence
