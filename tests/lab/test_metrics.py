from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike
from requiring import require_module

from reportgen.lab.data import declare_missing_torchvision_ops
from reportgen.lab.metrics.features import ClassifierDetector
from reportgen.lab.metrics.frechet import (
    Moments,
    compute_frechet_distance,
    compute_moments,
    compute_root,
    estimate_frechet_error,
)
from reportgen.lab.metrics.sharpness import IMAGE_STATISTICS, compute_gradient_energy, compute_sharpness
from reportgen.paper.analysis.quantities import STATISTICS
from reportgen.store.records import EvaluationRecord, ImageStatistic


def gaussian(mean: ArrayLike, covariance: ArrayLike) -> Moments:
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


def test_gradient_energy_closed_forms() -> None:
    assert compute_gradient_energy(torch.full((3, 1, 8, 8), 77, dtype=torch.uint8)) == 0
    edge = torch.zeros(1, 1, 4, 4, dtype=torch.uint8)
    edge[..., 2:] = 255  # one of the three horizontal differences is 1, all vertical ones are 0
    assert compute_gradient_energy(edge) == pytest.approx(1 / 3)


def test_sharpness_closed_forms() -> None:
    assert compute_sharpness(torch.full((3, 1, 8, 8), 77, dtype=torch.uint8)) == 0
    checks = (torch.arange(8)[:, None] + torch.arange(8)) % 2 * 255
    # the Laplacian of a checkerboard is +4 and -4 in equal numbers
    assert compute_sharpness(checks.to(torch.uint8)[None, None]) == pytest.approx(16)


# ---- small sets -----------------------------------------------------------------------------------------------------


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(2, 12), st.integers(12, 40))
def test_gram_spectrum_is_exact_at_small_n(seed: int, n: int, d: int) -> None:
    import dataclasses

    rng = np.random.default_rng(seed)
    real, fake = compute_moments(rng.normal(size=(60, d))), compute_moments(rng.normal(size=(n, d)))
    assert fake.factor is not None
    without = dataclasses.replace(fake, factor=None)
    expected = compute_frechet_distance(real, without)
    assert compute_frechet_distance(real, fake) == pytest.approx(expected, rel=1e-6)
    assert compute_frechet_distance(fake, real) == pytest.approx(expected, rel=1e-6)


def test_error_of_the_frechet_distance_is_that_of_repeated_sampling() -> None:
    """Over pairs of samples from two normal distributions, one of them with a feature that is always 0."""
    rng = np.random.default_rng(0)
    scales = np.array([1.0, 2.0, 0.5, 0.0])

    def draw() -> tuple[np.ndarray, np.ndarray]:
        return rng.normal(0, 1, size=(400, 4)), rng.normal(0.5, 1, size=(500, 4)) * scales

    def compute(real: np.ndarray, fake: np.ndarray) -> float:
        return compute_frechet_distance(compute_moments(real), compute_moments(fake))

    def estimate(real: np.ndarray, fake: np.ndarray) -> float:
        return estimate_frechet_error(real, fake, compute_root(compute_moments(real).covariance))

    spread = np.std([compute(*draw()) for _ in range(400)], ddof=1)
    assert np.mean([estimate(*draw()) for _ in range(20)]) == pytest.approx(spread, rel=0.12)


# ---- oracles ---------------------------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 24), st.sampled_from([1.0, 1e-3, 1e-6]))
def test_other_libraries_agree_on_the_same_moments(seed: int, d: int, smallest: float) -> None:
    """torch-fidelity and torchmetrics, within 1e-6 relative, also where a covariance is nearly singular."""
    declare_missing_torchvision_ops()
    fidelity, torchmetrics = (
        require_module("torch_fidelity.metric_fid"),
        require_module("torchmetrics.image.fid"),
    )
    rng = np.random.default_rng(seed)
    scales = np.geomspace(smallest, 1, d)
    a, b = (compute_moments(rng.normal(size=(4 * d, d)) * scales + shift) for shift in (0.0, 0.7))
    ours = compute_frechet_distance(a, b)
    theirs = fidelity.fid_statistics_to_metric(
        {"mu": a.mean, "sigma": a.covariance}, {"mu": b.mean, "sigma": b.covariance}, False
    )
    assert ours == pytest.approx(next(iter(theirs.values())), rel=1e-6, abs=1e-9)
    tensors = [torch.from_numpy(array) for array in (a.mean, a.covariance, b.mean, b.covariance)]
    assert ours == pytest.approx(float(torchmetrics._compute_fid(*tensors)), rel=1e-6, abs=1e-9)


# ---- KID, precision and recall --------------------------------------------------------------------------------------


def test_kid_is_the_double_sum_over_pairs() -> None:
    from reportgen.lab.metrics.kid import compute_kid

    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(6, 3)), rng.normal(1, 1, size=(6, 3))

    def k(a: np.ndarray, b: np.ndarray) -> float:
        return float((a @ b / 3 + 1) ** 3)

    pairs = [(i, j) for i in range(6) for j in range(6) if i != j]
    expected = np.mean([k(x[i], x[j]) + k(y[i], y[j]) - 2 * k(x[i], y[j]) for i, j in pairs])
    found = compute_kid(x, y)
    assert found.value == pytest.approx(expected)
    jackknifed = np.array([compute_kid(np.delete(x, i, 0), np.delete(y, i, 0)).value for i in range(6)])
    assert found.standard_error == pytest.approx(np.sqrt(5 / 6 * np.square(jackknifed - jackknifed.mean()).sum()))


def test_kid_is_unbiased_and_its_error_is_right() -> None:
    from reportgen.lab.metrics.kid import compute_kid

    rng = np.random.default_rng(1)
    scores = [compute_kid(rng.normal(size=(60, 4)), rng.normal(size=(60, 4))) for _ in range(150)]
    values = np.array([score.value for score in scores])
    assert abs(values.mean()) < 3 * values.std() / np.sqrt(150)
    shifted = [compute_kid(rng.normal(size=(60, 4)), rng.normal(0.5, 1, size=(60, 4))) for _ in range(150)]
    spread = np.std([score.value for score in shifted])
    assert np.mean([score.standard_error for score in shifted]) == pytest.approx(spread, rel=0.3)


def test_manifold_scores_tell_fidelity_from_diversity() -> None:
    from reportgen.lab.metrics.manifold import compute_manifold_scores

    rng = np.random.default_rng(0)
    real = rng.normal(size=(400, 3))
    same = compute_manifold_scores(real, rng.normal(size=(400, 3)))
    assert same.precision > 0.8
    assert same.recall > 0.8
    assert same.density == pytest.approx(1, abs=0.15)
    assert same.coverage > 0.9
    collapsed = compute_manifold_scores(real, rng.normal(0, 0.05, size=(400, 3)))
    assert collapsed.precision > 0.95
    assert collapsed.recall < 0.1
    assert collapsed.coverage < 0.2
    scattered = compute_manifold_scores(real, rng.normal(0, 6, size=(400, 3)))
    assert scattered.precision < 0.3
    assert scattered.recall > 0.5


def test_manifold_scores_by_hand() -> None:
    from reportgen.lab.metrics.manifold import compute_manifold_scores

    real, fake = np.array([[0.0], [1.0], [3.0]]), np.array([[0.5], [10.0], [10.5]])
    scores = compute_manifold_scores(real, fake, k=1)  # radii: real 1, 1, 2; fake 9.5, 0.5, 0.5
    assert scores.precision == pytest.approx(1 / 3)
    assert scores.recall == 1
    assert scores.density == pytest.approx(2 / 3)  # 0.5 lies in the balls of 0 and 1
    assert scores.coverage == pytest.approx(2 / 3)


def test_too_few_images_are_named() -> None:
    from reportgen.lab.metrics.kid import compute_kid
    from reportgen.lab.metrics.manifold import compute_manifold_scores

    with pytest.raises(ValueError, match="at least 3"):
        compute_kid(np.zeros((2, 3)), np.zeros((2, 3)))
    with pytest.raises(ValueError, match="more than 5 images"):
        compute_manifold_scores(np.zeros((5, 3)), np.zeros((9, 3)))


@pytest.mark.parametrize("images", [torch.rand(3, 1, 32, 32), torch.zeros(3, 32, 32, dtype=torch.uint8)])
def test_a_detector_refuses_what_is_no_image(images: torch.Tensor) -> None:
    with pytest.raises(ValueError, match="images must be uint8"):
        ClassifierDetector(torch.device("cpu"))(images)


def test_pixels_that_are_nan_or_out_of_range_are_an_error() -> None:
    from reportgen.base.errors import RunError
    from reportgen.lab.evaluation import check_pixels

    with pytest.raises(RunError, match="NaN pixels"):
        check_pixels(torch.tensor([0.5, float("nan")]))
    with pytest.raises(RunError, match=r"pixels from -1 to 0\.5; expected 0 to 1"):
        check_pixels(torch.tensor([0.5, -1.0]))


def test_every_statistic_of_images_is_measured_and_printed() -> None:
    fields = [name for name, field in EvaluationRecord.model_fields.items() if field.annotation is ImageStatistic]
    assert fields == list(IMAGE_STATISTICS) == [quantity.name for quantity in STATISTICS]
