from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from reportgen.evaluation import choose_ends, draw_latents, interpolate, load_real_moments
from reportgen.images import decode_grid, encode_grid
from reportgen.models.classifier import UNREAD


def draw(z: torch.Tensor) -> torch.Tensor:
    """Latents [N, D] as images whose first pixels are the latents."""
    images = torch.zeros(len(z), 1, 32, 32)
    images[:, 0, 0, : z.shape[1]] = z
    return images


def test_interpolation_is_the_homeworks_formula() -> None:
    z1, z2 = torch.tensor([[0.0, 0.0], [1.0, 2.0]]), torch.tensor([[9.0, 18.0], [1.0, 2.0]])
    strips = interpolate(draw, z1, z2, torch.linspace(0, 1, 10))
    assert strips.shape == (20, 1, 32, 32)
    torch.testing.assert_close(strips[:10, 0, 0, 0], torch.arange(10.0))
    torch.testing.assert_close(strips[:10, 0, 0, 1], 2 * torch.arange(10.0))
    torch.testing.assert_close(strips[10:, 0, 0, 1], torch.full((10,), 2.0))
    outside = interpolate(draw, z1[:1], z2[:1], torch.tensor([-1.0, 2.0]))
    assert outside[:, 0, 0, 0].tolist() == [-9, 18]


def test_ends_are_the_surest_of_the_wanted_digits() -> None:
    labels = torch.tensor([*range(10), *range(10)])
    confidence = torch.tensor([0.9] * 10 + [0.95] * 10)
    starts, ends, names = choose_ends(labels, confidence)
    assert names == ["09", "18", "27", "36", "45"]
    assert starts == [10, 11, 12, 13, 14]
    assert ends == [19, 18, 17, 16, 15]


def test_ends_of_a_collapsed_model_are_what_there_is() -> None:
    labels, confidence = torch.full((12,), UNREAD), torch.linspace(0, 0.5, 12)
    labels[3] = 8
    starts, ends, names = choose_ends(labels, confidence)
    assert sorted("".join(names)) == sorted("8" + "?" * 9)
    assert len({*starts, *ends}) == 10


def test_latents_are_the_same_every_time_and_differ_between_seeds() -> None:
    cpu = torch.device("cpu")
    assert torch.equal(draw_latents(5, 10, 0, cpu), draw_latents(5, 10, 0, cpu))
    assert not torch.equal(draw_latents(5, 10, 0, cpu), draw_latents(5, 10, 1, cpu))


def test_real_moments_are_kept_and_a_damaged_copy_is_made_anew(tmp_path: Path) -> None:
    from reportgen.data import Dataset, Split

    class Counting:
        name, sha256, feature_dim, calls = "counting", "0" * 64, 3, 0

        def __call__(self, images: torch.Tensor) -> np.ndarray:
            self.calls += 1
            return images.float().flatten(1)[:, :3].numpy()

    images = torch.randint(0, 256, (50, 1, 32, 32), dtype=torch.uint8)
    split = Split(images, torch.zeros(50, dtype=torch.int64))
    dataset, detector = Dataset("toy", split, split), Counting()
    first = load_real_moments(dataset, 20, detector, tmp_path)
    second = load_real_moments(dataset, 20, detector, tmp_path)
    assert detector.calls == 1
    np.testing.assert_array_equal(first.moments.covariance, second.moments.covariance)
    next(tmp_path.iterdir()).write_bytes(b"PK damaged")
    load_real_moments(dataset, 20, detector, tmp_path)
    assert detector.calls == 2
    assert load_real_moments(dataset, 100, detector, tmp_path).moments.num_images == 50


@pytest.mark.parametrize("count", [1, 8, 13, 50])
def test_grid_is_read_back_exactly(count: int) -> None:
    images = np.random.default_rng(0).integers(0, 256, (count, 32, 32), dtype=np.uint8)
    np.testing.assert_array_equal(decode_grid(encode_grid(images, 8), count), images)


def test_grid_has_eight_to_a_row() -> None:
    import io

    content = encode_grid(np.zeros((32, 32, 32), np.uint8), 8)
    assert Image.open(io.BytesIO(content)).size == (8 * 34 + 2, 4 * 34 + 2)
