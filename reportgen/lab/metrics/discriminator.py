"""A GAN's discriminator after training: its outputs on training images, dev images and samples.

In training its BatchNorm layers take the statistics of the batch, and a batch is all real or all drawn: D can tell the
two by the batch, not only by the image. Means with the statistics of the batch, as in training, beside those with the
running statistics show how much of its judgement is of that kind.
"""

from __future__ import annotations

import copy

import torch
from torch import nn

from reportgen.base.errors import RunError
from reportgen.store.records import DiscriminatorOutputs

NUM_BINS = 20
"""Number of bins of equal width that [0, 1] is cut into; the last one includes 1."""

BATCH_SIZE = 250


def measure_outputs(discriminator: nn.Module, images: torch.Tensor, batch_size: int) -> DiscriminatorOutputs:
    """Measure D(x), the probability that an image is real, on images of one kind; D itself is left as it is.

    Args:
        images: float32 [N, 1, 32, 32] in [-1, 1], N >= 1.
        batch_size: images per batch in training; an incomplete last batch counts only if it is the only one.

    Raises:
        RunError: an output is not finite.
    """
    outputs = _compute_outputs(discriminator.eval(), images, BATCH_SIZE)
    num_in_batches = len(images) // batch_size * batch_size or len(images)
    by_batch = _compute_outputs(_use_batch_statistics(discriminator), images[:num_in_batches], batch_size)
    return DiscriminatorOutputs(
        counts=tuple(int(count) for count in torch.histc(outputs, NUM_BINS, 0, 1)),
        mean=float(outputs.mean()),
        batch_mean=float(by_batch.mean()),
    )


@torch.no_grad()
def _compute_outputs(discriminator: nn.Module, images: torch.Tensor, batch_size: int) -> torch.Tensor:
    """Return D(x), float64 [N] on the CPU, for images [N, 1, 32, 32]."""
    logits = torch.cat([discriminator(batch) for batch in images.split(batch_size)]).double().cpu()
    if not torch.isfinite(logits).all():
        raise RunError("the discriminator's outputs are not finite; try a smaller learning_rate")
    return logits.sigmoid()


def _use_batch_statistics(discriminator: nn.Module) -> nn.Module:
    """Return a copy whose BatchNorm layers take the statistics of the batch; dropout stays off."""
    network = copy.deepcopy(discriminator).eval()
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
            layer.train()
    return network
