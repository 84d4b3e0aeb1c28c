"""Images between two latents, and beyond them."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from reportgen.lab.interpolation import choose_ends, interpolate, lerp, measure_random_pairs, slerp
from reportgen.lab.metrics.features import ClassifierDetector, Look
from reportgen.lab.models.classifier import UNREAD


def draw(z: torch.Tensor) -> torch.Tensor:
    """Latents [N, D] as images whose first pixels are the latents."""
    images = torch.zeros(len(z), 1, 32, 32)
    images[:, 0, 0, : z.shape[1]] = z
    return images


def test_interpolation_is_the_homeworks_formula() -> None:
    z1, z2 = torch.tensor([[0.0, 0.0], [1.0, 2.0]]), torch.tensor([[9.0, 18.0], [1.0, 2.0]])
    strips = interpolate(draw, lerp, z1, z2, torch.linspace(0, 1, 10))
    assert strips.shape == (20, 1, 32, 32)
    torch.testing.assert_close(strips[:10, 0, 0, 0], torch.arange(10.0))
    torch.testing.assert_close(strips[:10, 0, 0, 1], 2 * torch.arange(10.0))
    torch.testing.assert_close(strips[10:, 0, 0, 1], torch.full((10,), 2.0))
    outside = interpolate(draw, lerp, z1[:1], z2[:1], torch.tensor([-1.0, 2.0]))
    assert outside[:, 0, 0, 0].tolist() == [-9, 18]


def test_the_spherical_way_keeps_the_norm_and_turns_at_an_even_pace() -> None:
    z1, z2 = torch.tensor([[2.0, 0.0, 0.0]]), torch.tensor([[-1.0, math.sqrt(3), 0.0]])  # 120 degrees apart
    (way,) = slerp(z1, z2, torch.linspace(0, 1, 5))
    angles = torch.linspace(0, 2 * math.pi / 3, 5)
    torch.testing.assert_close(way, 2 * torch.stack([angles.cos(), angles.sin(), torch.zeros(5)], dim=1))
    assert lerp(z1, z2, torch.tensor([0.5])).norm() == pytest.approx(1)


def test_the_spherical_way_of_unequal_norms_has_both_ends() -> None:
    torch.manual_seed(0)
    z1, z2 = torch.randn(6, 20), 3 * torch.randn(6, 20)
    ends = slerp(z1, z2, torch.tensor([0.0, 1.0]))
    torch.testing.assert_close(ends, torch.stack([z1, z2], dim=1), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("z1", "z2"),
    [
        ([0.5], [2.0]),  # of one dimension
        ([0.5], [-2.0]),
        ([1.0, 2.0], [1.0, 2.0]),  # the same
        ([1.0, 2.0], [3.0, 6.0001]),  # nearly the same way
        ([1.0, 2.0], [-1.0, -2.0]),  # opposite
        ([0.0, 0.0], [0.0, 0.0]),
    ],
)
def test_latents_without_an_angle_between_them_take_the_line(z1: list[float], z2: list[float]) -> None:
    t = torch.linspace(0, 1, 7)
    first, second = torch.tensor([z1]), torch.tensor([z2])
    torch.testing.assert_close(slerp(first, second, t), lerp(first, second, t))


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


class PixelDetector(ClassifierDetector):
    """A detector whose features are an image's first three pixels; a 3 if their norm is above 0.7 and none is 1."""

    def __init__(self) -> None: ...

    def look(self, images: torch.Tensor) -> Look:
        features = images.flatten(1)[:, :3].numpy()
        norms = np.linalg.norm(features, axis=1)
        is_read = (norms > 0.7) & (np.abs(features).max(axis=1) < 0.99)
        return Look(features, torch.from_numpy(np.where(is_read, 3, UNREAD)), torch.ones(len(features)))


def test_random_pairs_are_read_at_the_ends_between_and_beyond() -> None:
    """Ends at right angles and of norm 1: nothing is read at and beyond them, everything between."""
    z1, z2 = torch.tensor([[1.0, 0.0]] * 4), torch.tensor([[0.0, 1.0]] * 4)
    measured = measure_random_pairs(draw, PixelDetector(), z1, z2)
    assert (measured.num_pairs, measured.num_points, measured.num_outside) == (4, 10, 6)
    assert [measured.read_ends.value, measured.read_inside.value, measured.read_outside.value] == [0, 1, 0]
    assert measured.inside_change == (1.0, 0.0, 4)
    assert measured.outside_change == (0.0, 0.0, 4)
    assert measured.detour.value == pytest.approx(1)
    assert measured.largest_step.value == pytest.approx(1, rel=1e-5)
    chord = 18 * math.sin(math.pi / 36) / math.sqrt(2)  # nine chords of ten degrees over the line between the ends
    assert measured.spherical.detour.value == pytest.approx(chord)
    assert measured.spherical.largest_step.value == pytest.approx(1, rel=1e-5)
    assert measured.spherical.read_inside.value == 1


def test_the_gain_of_the_circle_is_what_it_reads_more_than_the_line() -> None:
    z1, z2 = torch.tensor([[0.8, 0.0]] * 3), torch.tensor([[0.0, 0.8]] * 3)  # the middle of the line has norm 0.57
    measured = measure_random_pairs(draw, PixelDetector(), z1, z2)
    assert (measured.read_ends.value, measured.read_inside.value) == (1, 0.25)
    assert measured.spherical.read_inside.value == 1
    assert measured.spherical.gain == (0.75, 0.0, 3)
    assert measured.spherical.inside_change == (0.0, 0.0, 3)
