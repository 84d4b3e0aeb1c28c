from __future__ import annotations

import pytest
import torch

from reportgen.lab.data import Dataset, Split


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    """80 training and 40 dev images of noise. Tests must not change it."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (120, 1, 32, 32), generator=generator, dtype=torch.uint8)
    labels = torch.arange(120) % 10
    return Dataset("toy", Split(images[:80], labels[:80]), Split(images[80:], labels[80:]))
