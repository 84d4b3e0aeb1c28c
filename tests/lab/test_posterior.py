"""Codes of a VAE: closed forms of what is measured on them, and what is kept of them."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from reportgen.base.errors import RunError
from reportgen.lab.codes import describe_posterior, encode_images, list_latents, read_reconstructions
from reportgen.lab.execution import format_latents
from reportgen.lab.metrics.features import ClassifierDetector, Look
from reportgen.lab.metrics.posterior import (
    compute_kl_per_dimension,
    compute_prior_distance,
    count_active_units,
    estimate_prior_distance,
    project,
)
from reportgen.lab.models.classifier import UNREAD
from reportgen.lab.models.vae import Vae, compute_vae_losses
from reportgen.suite.settings import VaeSettings


def test_the_kl_of_each_dimension_is_the_closed_form() -> None:
    mu, logvar = np.array([[3.0, 0.0, 0.0], [1.0, 0.0, 0.0]]), np.array([[0.0, 0.0, 1.0], [0.0, 0.0, 1.0]])
    assert compute_kl_per_dimension(mu, logvar).tolist() == pytest.approx([2.5, 0, (math.e - 2) / 2])


def test_the_dimensions_add_up_to_the_kl_that_training_logs() -> None:
    torch.manual_seed(0)
    vae, x = Vae(VaeSettings(latent_dim=5)), torch.rand(7, 1, 32, 32)
    with torch.no_grad():
        mu, logvar = vae.encode(x)
        _, kl = compute_vae_losses(vae, x, torch.zeros(7, 5))
    assert compute_kl_per_dimension(mu.numpy(), logvar.numpy()).sum() == pytest.approx(float(kl), rel=1e-5)


def test_a_dimension_is_active_if_its_mean_varies_by_more_than_a_hundredth() -> None:
    mu = np.array([[0.0, 5.0, 0.09, 0.11], [0.0, 5.0, -0.09, -0.11]])
    assert count_active_units(mu) == 1


def test_the_distance_to_the_prior_is_that_of_the_gaussian_with_all_moments() -> None:
    """Means at 1 and 3 with variance 2 around them: mean 2, variance 1 + 2."""
    mu, logvar = np.array([[1.0], [3.0]]), np.full((2, 1), math.log(2))
    assert compute_prior_distance(mu, logvar) == pytest.approx((3 + 4 - 1 - math.log(3)) / 2)


def test_codes_that_are_the_prior_together_are_at_no_distance_however_far_each_is() -> None:
    mu, logvar = np.array([[0.8, 0.0], [-0.8, 0.0]]), np.array([[math.log(0.36), 0.0]] * 2)
    assert compute_prior_distance(mu, logvar) == pytest.approx(0)
    assert compute_kl_per_dimension(mu, logvar)[0] > 0.5


def test_few_images_with_many_dimensions_do_not_seem_far_from_the_prior() -> None:
    mu = np.random.default_rng(0).normal(size=(1000, 40)) * math.sqrt(0.9)
    logvar = np.full((1000, 40), math.log(0.1))
    plain, found = compute_prior_distance(mu, logvar), estimate_prior_distance(mu, logvar)
    assert plain > 0.3
    assert found.value == pytest.approx(0, abs=0.05)
    assert found.error is not None
    assert 0 < found.error < 0.05
    assert found.num == 1000


def test_a_single_image_has_a_distance_without_an_error() -> None:
    found = estimate_prior_distance(np.array([[2.0]]), np.array([[0.0]]))
    assert found == (2.0, None, 1)


def test_up_to_three_dimensions_are_their_own_axes() -> None:
    mu = np.array([[1.0, 5.0, 7.0], [3.0, 5.0, 7.0], [1.0, 6.0, 7.0], [3.0, 6.0, 7.0]])
    found = project(mu)
    np.testing.assert_array_equal(found.points, mu)
    assert found.shares.tolist() == pytest.approx([0.8, 0.2, 0])
    assert project(mu[:, :1]).shares.tolist() == [1]


def test_more_dimensions_are_seen_along_the_two_of_most_variance() -> None:
    rng = np.random.default_rng(0)
    basis, _ = np.linalg.qr(rng.normal(size=(6, 6)))
    mu = 9 + (rng.choice([-1, 1], size=(400, 6)) * [1, 4, 0.1, 2, 0, 0.1]) @ basis.T
    found = project(mu)
    assert found.points.shape == (400, 2)
    assert found.points.std(axis=0) == pytest.approx([4, 2], rel=0.05)
    assert found.shares.tolist() == pytest.approx([16 / 21.02, 4 / 21.02], abs=0.02)
    np.testing.assert_allclose(project(mu + 1).points, found.points, atol=1e-9)


def test_codes_that_do_not_depend_on_the_image_explain_nothing() -> None:
    assert project(np.full((9, 5), 3.0)).shares.tolist() == [0, 0]
    described = describe_posterior(torch.zeros(9, 5), torch.zeros(9, 5))
    assert (described.kl, described.active_units, described.prior_distance[:2]) == ((0.0,) * 5, 0, (0.0, 0.0))


def test_codes_that_are_not_finite_are_named() -> None:
    images = torch.zeros(3, 1, 32, 32, dtype=torch.uint8)
    with pytest.raises(RunError, match="encodes images as NaN or infinity; try a smaller learning_rate"):
        encode_images(lambda x: (x[:, 0, 0, :2], x[:, 0, 0, :2] + math.inf), images)


def test_latents_are_kept_with_their_class_and_three_decimals() -> None:
    rows = list_latents(torch.tensor([[0.12345, -2.0], [1.0, 3.0]]), torch.tensor([7, 0]))
    assert rows == [(7, 0.123, -2.0), (0, 1.0, 3.0)]
    assert format_latents(rows) == "label,axis1,axis2\n7,0.123,-2.0\n0,1.0,3.0\n"
    assert len(list_latents(torch.zeros(1200, 1), torch.zeros(1200))) == 1000


class FirstPixelReader(ClassifierDetector):
    """A detector that reads an image as its first pixel says."""

    def __init__(self) -> None: ...

    def look(self, images: torch.Tensor) -> Look:
        return Look(np.zeros((len(images), 3)), images[:, 0, 0, 0].long(), torch.ones(len(images)))


def test_reconstructions_are_read_against_the_images_that_they_are_of() -> None:
    images = torch.zeros(5, 1, 32, 32, dtype=torch.uint8)
    images[:, 0, 0, 0] = torch.tensor([1, 2, 3, 3, UNREAD])
    mu = torch.tensor([[1.0], [7.0], [UNREAD], [3.0], [3.0], [9.0]])  # of one image more than are read
    found = read_reconstructions(lambda z: z.byte()[:, :, None, None], mu, FirstPixelReader(), images)
    assert (found.total, found.same, found.another, found.unread) == (4, 2, 1, 1)
    assert (found.counts[1][1], found.counts[2][7], found.counts[3][UNREAD], found.counts[3][3]) == (1, 1, 1, 1)
    assert sum(map(sum, found.counts)) == 4
