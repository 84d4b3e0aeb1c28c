"""Samples beside real images: variety within a digit, and copies of training images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from reportgen.lab.data import Dataset, Split, load_dataset
from reportgen.lab.evaluation import show_nearest, summarise_memorisation
from reportgen.lab.metrics.damage import blur
from reportgen.lab.metrics.memorisation import find_nearest
from reportgen.lab.metrics.variety import compute_mean_distance, measure_variety
from reportgen.lab.models.classifier import UNREAD


def make_images(num: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (num, 1, 32, 32), dtype=torch.uint8, generator=generator)


def one_bright_pixel(places: list[int], value: int = 255) -> torch.Tensor:
    images = torch.zeros(len(places), 1, 4, 4, dtype=torch.uint8)
    images.flatten(1)[torch.arange(len(places)), torch.tensor(places)] = value
    return images


# ---- variety --------------------------------------------------------------------------------------------------------


def test_the_mean_distance_is_over_pairs_of_different_images() -> None:
    assert compute_mean_distance(one_bright_pixel([3, 7, 3])) == pytest.approx(2 * np.sqrt(2) / 3)


def test_variety_is_relative_to_real_images_of_the_digit() -> None:
    real = one_bright_pixel([0, 1] * 30)
    samples = torch.cat([one_bright_pixel([0, 1] * 30, 51), one_bright_pixel([0, 1] * 30)])
    read = torch.tensor([3] * 60 + [8] * 60)
    found = measure_variety(samples, read, torch.cat([real, real]), read)
    assert found[3] == pytest.approx(0.2)
    assert found[8] == pytest.approx(1)
    assert [value for digit, value in enumerate(found) if digit not in (3, 8)] == [None] * 8


def test_one_sample_again_and_again_has_no_variety() -> None:
    found = measure_variety(make_images(1).repeat(40, 1, 1, 1), torch.ones(40), make_images(40, 1), torch.ones(40))
    assert found[1] == 0


def test_variety_of_too_few_samples_or_without_any_among_real_images_is_not_measured() -> None:
    images, labels = make_images(40), torch.tensor([0] * 19 + [1] * 21)
    found = measure_variety(images, labels, images, torch.tensor([0] * 20 + [1] * 20))
    assert (found[0], found[1] is None) == (None, False)
    same = make_images(1).repeat(40, 1, 1, 1)
    assert measure_variety(images, torch.zeros(40), same, torch.zeros(40))[0] is None
    assert measure_variety(images, torch.full((40,), UNREAD), images, torch.zeros(40)) == (None,) * 10


# ---- copies ---------------------------------------------------------------------------------------------------------


def test_the_two_nearest_are_found_across_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reportgen.lab.metrics.memorisation.BLOCK", 3)
    images, training = make_images(5), make_images(10, 1)
    found = find_nearest(images, training)
    apart = (images[:, None].flatten(2).double() - training[None].flatten(2).double()).norm(dim=2).numpy() / 255
    np.testing.assert_array_equal(found.indices, apart.argsort(axis=1)[:, :2])
    np.testing.assert_allclose(found.distances, np.sort(apart, axis=1)[:, :2], rtol=1e-5)


def test_copies_are_at_no_distance_even_of_a_training_image_that_is_there_twice() -> None:
    training = make_images(6)
    found = find_nearest(training[:3], torch.cat([training, training[:1]]))
    assert found.distances[:, 0].tolist() == [0, 0, 0]
    assert found.ratios.tolist() == [0, 0, 0]
    assert found.are_copies.all()


def test_a_copy_is_at_most_half_as_far_from_one_training_image_as_from_the_next() -> None:
    training = torch.zeros(2, 1, 4, 4, dtype=torch.uint8)
    training[1] = 90
    samples = torch.stack([torch.full((1, 4, 4), value, dtype=torch.uint8) for value in (0, 20, 30, 31, 45)])
    found = find_nearest(samples, training)
    assert found.ratios.tolist() == pytest.approx([0, 20 / 70, 30 / 60, 31 / 59, 1])
    assert found.are_copies.tolist() == [True, True, True, False, False]


def test_blurred_copies_are_seen_and_other_blurred_images_are_not() -> None:
    training, others = make_images(50), make_images(50, 1)
    assert find_nearest(blur(training, 0.4), training).are_copies.all()
    assert not find_nearest(blur(others, 0.4), training).are_copies.any()


def test_memorisation_of_samples_is_told_beside_that_of_dev_images() -> None:
    training, dev = make_images(30), make_images(20, 1)
    toy = Dataset("toy", *(Split(images, torch.zeros(len(images))) for images in (training, dev)))
    samples = torch.cat([make_images(5, 2), training[4:7]])
    nearest = find_nearest(samples, training)
    found = summarise_memorisation(nearest, toy)
    assert (found.samples.num, found.samples.num_copies) == (8, 3)
    assert (found.dev.num, found.dev.num_copies) == (20, 0)
    assert found.samples.median == pytest.approx(np.median(nearest.distances[:, 0]))
    assert found.shown_ratios == (*[0] * 3, *sorted(nearest.ratios[:5]))
    shown = show_nearest(samples, nearest, toy)
    assert torch.equal(shown[:3], training[4:7])  # of eight samples all are shown, the copies first
    assert torch.equal(shown[8:11], training[4:7])
    assert len(shown) == 16


@pytest.mark.slow
def test_half_the_distance_finds_copies_that_are_blurred_and_no_dev_image(shared_data: Path) -> None:
    """A third, as studies of diffusion models have it, misses most of them."""
    mnist = load_dataset("mnist", data_dir=shared_data)
    copies = find_nearest(blur(mnist.train.images[:500], 0.7), mnist.train.images)
    assert copies.are_copies.mean() > 0.6
    assert (copies.ratios <= 1 / 3).mean() < 0.2
    assert not find_nearest(mnist.dev.images[:500], mnist.train.images).are_copies.any()
