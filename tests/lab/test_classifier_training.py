"""Training the shipped classifier: a step with and without the noise that it learns to be unsure of."""

from __future__ import annotations

import pytest
import torch

from reportgen.lab.data import Split
from reportgen.lab.training.classifier import train_classifier


@pytest.mark.parametrize("with_noise", [True, False])
def test_a_classifier_is_trained_with_or_without_noise(with_noise: bool) -> None:
    images = torch.randint(0, 256, (256, 1, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    losses: list[str] = []
    model = train_classifier(
        Split(images, torch.arange(256) % 10), epochs=1, seed=0, progress=losses.append, with_noise=with_noise
    )
    assert not model.training
    assert all(torch.isfinite(value).all() for value in model.state_dict().values())
    assert 0 < float(losses[0].rpartition(" ")[2]) < 10
