"""Damaged images: each kind changes what it says and nothing else."""

from __future__ import annotations

import pytest
import torch

from reportgen.lab.metrics.damage import add_speckle, blur, drop_class, repeat_images, shift, thicken

IMAGES = torch.arange(6, dtype=torch.uint8)[:, None, None, None].expand(6, 1, 8, 8) * 40


def dot() -> torch.Tensor:
    image = torch.zeros(1, 1, 9, 9, dtype=torch.uint8)
    image[..., 4, 4] = 200
    return image


def test_a_few_images_are_repeated_in_turn() -> None:
    found = repeat_images(IMAGES, 2)
    assert found.shape == IMAGES.shape
    assert found[:, 0, 0, 0].tolist() == [0, 40, 0, 40, 0, 40]
    for num in (0, 7):
        with pytest.raises(ValueError, match=f"expected 1 to 6 images to repeat, found {num}"):
            repeat_images(IMAGES, num)


def test_a_class_is_missing_and_the_number_stays() -> None:
    labels = torch.tensor([0, 1, 2, 0, 1, 2])
    assert drop_class(IMAGES, labels, 1)[:, 0, 0, 0].tolist() == [0, 80, 120, 200, 0, 80]
    with pytest.raises(ValueError, match="all 6 images are of the class 3"):
        drop_class(IMAGES, torch.full((6,), 3), 3)


def test_speckle_turns_a_share_of_the_pixels() -> None:
    grey = torch.full((50, 1, 32, 32), 100, dtype=torch.uint8)
    found = add_speckle(grey, 0.1)
    assert 0.08 < (found != 100).float().mean() < 0.12
    assert set(found.unique().tolist()) == {0, 100, 255}
    assert torch.equal(found, add_speckle(grey, 0.1))
    assert torch.equal(add_speckle(grey, 0.0), grey)


def test_blur_spreads_a_dot_and_keeps_constant_images() -> None:
    found = blur(dot(), 0.7)
    assert found[..., 4, 4] < 200
    assert found[..., 4, 3] == found[..., 3, 4] > 0
    assert abs(int(found.sum()) - 200) < 20
    assert torch.equal(blur(IMAGES, 0.7), IMAGES)


def test_a_shift_moves_and_fills_with_black() -> None:
    found = shift(dot(), 1)
    assert found[..., 4, 5] == 200
    assert int(found.sum()) == 200
    assert not shift(torch.full((1, 1, 4, 4), 9, dtype=torch.uint8), 2)[..., :2].any()


def test_strokes_become_a_pixel_thicker() -> None:
    found = thicken(dot())
    assert (found > 0).nonzero()[:, 2:].tolist() == [[4, 4], [4, 5], [5, 4], [5, 5]]
    assert found.dtype == torch.uint8
