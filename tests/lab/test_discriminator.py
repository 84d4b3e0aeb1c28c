"""D's outputs after training, with the running statistics of BatchNorm and with those of the batch."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn
from trainings import GAN, MLP, VAE

from reportgen.base.errors import RunError
from reportgen.lab.data import Dataset
from reportgen.lab.evaluation import judge_images
from reportgen.lab.metrics.discriminator import measure_outputs
from reportgen.lab.training.loop import begin_training


class FirstPixel(nn.Module):
    """A discriminator whose logit is the first pixel."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[:, 0, 0, 0]


def paint(*logits: float) -> torch.Tensor:
    """Images whose first pixels are the logits."""
    images = torch.zeros(len(logits), 1, 32, 32)
    images[:, 0, 0, 0] = torch.tensor(logits)
    return images


def test_outputs_are_counted_in_bins_of_equal_width() -> None:
    found = measure_outputs(FirstPixel(), paint(-100, 0, math.log(0.12 / 0.88), 100), 2)
    assert found.counts == (1, 0, 1, *[0] * 7, 1, *[0] * 8, 1)
    assert found.mean == pytest.approx((0 + 0.5 + 0.12 + 1) / 4)
    assert found.batch_mean == found.mean, "no BatchNorm: the image alone decides"


class Normalising(nn.Module):
    """A discriminator that judges by the first pixel after BatchNorm, with dropout behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.dropout = nn.BatchNorm2d(1, affine=False), nn.Dropout(0.5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.dropout(self.norm(x[:, :, :1, :1])).flatten()


def test_with_the_statistics_of_the_batch_the_batch_decides() -> None:
    """Running mean 0 and variance 1 leave an image as it is; the batch's own make of 4 and 6 -1 and 1, whose mean is 0.

    The incomplete third batch is left out, dropout is off in both, and the running statistics stay.
    """
    network = Normalising().train()
    found = measure_outputs(network, paint(4, 6, 6, 4, 8), 2)
    assert found.mean == pytest.approx(sum(1 / (1 + math.exp(-x)) for x in (4, 6, 6, 4, 8)) / 5, abs=1e-6)
    assert found.batch_mean == pytest.approx(0.5)
    assert network.norm.running_mean is not None
    assert network.norm.running_mean.tolist() == [0.0]
    only = measure_outputs(network, paint(4, 6), 64)
    assert only.batch_mean == pytest.approx(0.5)


@pytest.mark.fault(row=14)
def test_outputs_that_are_not_finite_are_an_error() -> None:
    with pytest.raises(RunError, match="discriminator's outputs are not finite; try a smaller learning_rate"):
        measure_outputs(FirstPixel(), paint(0, math.nan), 2)


def test_a_gan_is_judged_on_three_kinds_of_images_and_a_vae_has_no_judge(dataset: Dataset) -> None:
    z = torch.randn(30, 4, generator=torch.Generator().manual_seed(0))
    modules = begin_training(GAN, dataset, 0).objective.modules
    before = {key: value.clone() for key, value in modules["discriminator"].state_dict().items()}
    found = judge_images(GAN, modules, z, dataset)
    assert found is not None
    assert [sum(kind.counts) for kind in (found.train, found.dev, found.samples)] == [80, 40, 30]
    assert all(torch.equal(value, before[key]) for key, value in modules["discriminator"].state_dict().items())
    assert found == judge_images(GAN, modules, z, dataset)
    assert judge_images(VAE, begin_training(VAE, dataset, 0).objective.modules, z, dataset) is None


def test_without_batchnorm_both_means_are_of_the_same_outputs(dataset: Dataset) -> None:
    """80 images are ten full batches."""
    modules = begin_training(MLP, dataset, 0).objective.modules
    found = judge_images(MLP, modules, torch.zeros(8, 4), dataset)
    assert found is not None
    assert found.train.batch_mean == pytest.approx(found.train.mean, abs=1e-6)
