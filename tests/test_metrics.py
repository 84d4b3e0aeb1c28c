from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from reportgen.metrics.features import ClassifierDetector
from reportgen.metrics.frechet import Moments, compute_frechet_distance, compute_moments, compute_root
from reportgen.metrics.sharpness import compute_sharpness


def gaussian(mean, covariance) -> Moments:  # type: ignore[no-untyped-def]
    return Moments(np.asarray(mean, float), np.asarray(covariance, float), 100)


def test_equal_covariances_leave_the_distance_of_the_means() -> None:
    covariance = np.cov(np.random.default_rng(0).normal(size=(5, 50)))
    a, b = gaussian(np.zeros(5), covariance), gaussian(np.full(5, 2.0), covariance)
    assert compute_frechet_distance(a, b) == pytest.approx(20.0)


@given(st.floats(-5, 5), st.floats(-5, 5), st.floats(0, 5), st.floats(0, 5))
def test_one_dimension_is_the_closed_form(mu1: float, mu2: float, sd1: float, sd2: float) -> None:
    expected = (mu1 - mu2) ** 2 + (sd1 - sd2) ** 2
    found = compute_frechet_distance(gaussian([mu1], [[sd1**2]]), gaussian([mu2], [[sd2**2]]))
    assert found == pytest.approx(expected, abs=1e-9)


def test_commuting_covariances_are_the_closed_form() -> None:
    rng = np.random.default_rng(1)
    basis, _ = np.linalg.qr(rng.normal(size=(8, 8)))
    a, b = rng.uniform(0, 3, 8), rng.uniform(0, 3, 8)
    found = compute_frechet_distance(
        gaussian(np.zeros(8), basis * a @ basis.T), gaussian(np.zeros(8), basis * b @ basis.T)
    )
    assert found == pytest.approx(np.square(np.sqrt(a) - np.sqrt(b)).sum())


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(2, 40), st.integers(1, 20))
def test_a_distance_is_symmetric_non_negative_and_zero_to_itself(seed: int, n: int, d: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = compute_moments(rng.normal(size=(n, d))), compute_moments(rng.normal(1, 2, size=(n + 3, d)))
    there, back = compute_frechet_distance(a, b), compute_frechet_distance(b, a)
    assert there >= 0
    assert there == pytest.approx(back, rel=1e-6, abs=1e-6)
    assert compute_frechet_distance(a, a) == pytest.approx(0, abs=1e-5)


def test_a_generator_of_one_image_is_measured() -> None:
    real = compute_moments(np.random.default_rng(0).normal(size=(100, 6)))
    fake = compute_moments(np.ones((100, 6)))
    expected = np.square(real.mean - 1).sum() + np.trace(real.covariance)
    assert compute_frechet_distance(real, fake) == pytest.approx(expected)


def test_kept_root_changes_nothing() -> None:
    rng = np.random.default_rng(0)
    a, b = compute_moments(rng.normal(size=(50, 6))), compute_moments(rng.normal(size=(50, 6)))
    assert compute_frechet_distance(a, b, compute_root(a.covariance)) == compute_frechet_distance(a, b)


def test_moments_are_numpys() -> None:
    rows = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32)
    moments = compute_moments(rows)
    np.testing.assert_allclose(moments.mean, rows.mean(0), rtol=1e-5)
    np.testing.assert_allclose(moments.covariance, np.cov(rows.T), rtol=1e-5)


@pytest.mark.parametrize("bad", [np.zeros((1, 3)), np.full((5, 3), np.nan), np.zeros(5)])
def test_bad_features_are_refused(bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match="feature"):
        compute_moments(bad)


def test_detector_does_not_depend_on_batching() -> None:
    detector = ClassifierDetector(torch.device("cpu"))
    images = torch.randint(0, 256, (260, 1, 32, 32), dtype=torch.uint8)
    features = detector(images)
    assert features.shape == (260, detector.feature_dim)
    assert features.dtype == np.float32
    np.testing.assert_allclose(features[:3], detector(images[:3]), rtol=1e-4, atol=1e-5)


def test_sharpness_closed_forms() -> None:
    assert compute_sharpness(torch.full((3, 1, 8, 8), 77, dtype=torch.uint8)) == 0
    checks = (torch.arange(8)[:, None] + torch.arange(8)) % 2 * 255
    # the Laplacian of a checkerboard is +4 and -4 in equal numbers
    assert compute_sharpness(checks.to(torch.uint8)[None, None]) == pytest.approx(16)
