from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from reportgen.lab import evaluation
from reportgen.lab.data import Dataset, Split
from reportgen.lab.evaluation import draw_latents, score_samples, summarise_memorisation
from reportgen.lab.metrics.entropy import compute_pixel_entropy
from reportgen.lab.metrics.features import ClassifierDetector, Look
from reportgen.lab.metrics.memorisation import find_nearest
from reportgen.lab.metrics.scores import build_real_side, compute_scores, measure_yardstick
from reportgen.lab.metrics.yardsticks import DAMAGES, climb, load_ladder, load_real_side
from reportgen.lab.models.classifier import EARLY_DIM, UNREAD
from reportgen.store.images import decode_grid, encode_grid


def test_latents_are_the_same_every_time_and_differ_between_seeds() -> None:
    cpu = torch.device("cpu")
    assert torch.equal(draw_latents(5, 10, 0, cpu), draw_latents(5, 10, 0, cpu))
    assert not torch.equal(draw_latents(5, 10, 0, cpu), draw_latents(5, 10, 1, cpu))


class CountingDetector:
    """Three pixels as features; counts how often it is asked."""

    name, resize, feature_dim = "counting", "none", 3

    def __init__(self, sha256: str = "0" * 64) -> None:
        self.sha256, self.calls = sha256, 0

    def __call__(self, images: torch.Tensor) -> np.ndarray:
        self.calls += 1
        return images.float().flatten(1)[:, :3].numpy()


@pytest.fixture
def dataset() -> Dataset:
    images = torch.randint(0, 256, (50, 1, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    split = Split(images, torch.zeros(50, dtype=torch.int64))
    return Dataset("toy", split, split)


def test_real_side_is_kept_and_a_damaged_or_foreign_copy_is_made_anew(tmp_path: Path, dataset: Dataset) -> None:
    detector = CountingDetector()
    first = load_real_side(dataset, 20, detector, tmp_path)
    second = load_real_side(dataset, 20, detector, tmp_path)
    assert detector.calls == 1
    np.testing.assert_array_equal(first.moments.covariance, second.moments.covariance)
    np.testing.assert_array_equal(first.radii, second.radii)
    assert first.moments.num_images == 20
    (path,) = tmp_path.glob("*.npz")
    path.write_bytes(b"PK damaged")
    load_real_side(dataset, 20, detector, tmp_path)
    assert detector.calls == 2
    other = CountingDetector(detector.sha256[:10] + "f" * 54)  # the same file name, other weights
    load_real_side(dataset, 20, other, tmp_path)
    assert other.calls == 1


def test_a_ladder_is_kept_and_one_without_a_field_of_today_is_made_anew(tmp_path: Path, dataset: Dataset) -> None:
    detector = CountingDetector()
    first = load_ladder(dataset, 20, detector, tmp_path, with_damages=True)
    calls = detector.calls
    assert load_ladder(dataset, 20, detector, tmp_path, with_damages=True) == first
    assert detector.calls == calls
    (path,) = tmp_path.glob("*.json")
    path.write_text(path.read_text().replace('"recall":', '"reminder":'))
    assert load_ladder(dataset, 20, detector, tmp_path, with_damages=True) == first
    assert detector.calls == 2 * calls


def test_a_ladder_has_all_its_rungs_and_half_of_few_images(dataset: Dataset) -> None:
    labels = torch.arange(50) % 5  # no other classes occur
    split = Split(dataset.train.images, labels)
    ladder = list(climb(Dataset("toy", split, dataset.dev), 100, CountingDetector(), with_damages=True))
    assert [y.rung for y in ladder[:4]] == ["real", "dev", "many_copies", "few_copies"]
    assert [y.missing_digit for y in ladder if y.rung == "no_digit"] == [0, 1, 2, 3, 4]
    assert [y.rung for y in ladder[9:]] == list(DAMAGES)
    assert [y.num for y in ladder[:4]] == [25, 25, 8, 2]


def test_a_set_of_one_digit_cannot_lack_it_and_an_expensive_detector_sees_no_damage(dataset: Dataset) -> None:
    ladder = list(climb(dataset, 20, CountingDetector(), with_damages=False))  # all labels are 0
    assert [y.rung for y in ladder] == ["real", "dev", "many_copies", "few_copies"]


def test_the_yardstick_is_what_real_images_score_in_place_of_samples() -> None:
    features = np.random.default_rng(0).normal(size=(80, 3)).astype(np.float32)
    real = build_real_side(features[:40])
    best = measure_yardstick("real", 40, real, features[40:])
    found = compute_scores(CountingDetector(), real, [best], features[40:])
    names = ("fid", "kid", "precision", "recall", "density", "coverage")
    assert [getattr(best, name) for name in names] == pytest.approx([getattr(found, name) for name in names])
    assert 0.5 < best.precision < 1
    assert found.find_yardstick("real") == best
    assert found.find_yardstick("blur") is None


def test_a_few_images_repeated_have_precision_and_no_recall() -> None:
    features = np.random.default_rng(0).normal(size=(200, 3)).astype(np.float32)
    real = build_real_side(features[:100])
    best = measure_yardstick("real", 100, real, features[100:])
    copies = measure_yardstick("few_copies", 10, real, np.resize(features[100:110], (100, 3)))
    assert copies.fid > 2 * best.fid
    assert copies.precision > 0.5
    assert copies.recall == 0


def test_pixel_entropy_closed_forms() -> None:
    """The cross-entropy of a pixel with itself: nothing for black and white, log 2 at one half."""
    images = torch.zeros(2, 1, 4, 4, dtype=torch.uint8)
    images[1] = 255
    assert compute_pixel_entropy(images) == 0
    x = torch.rand(3, 1, 8, 8, generator=torch.Generator().manual_seed(0)).mul(255).byte()
    unit = (x / 255).double()
    expected = torch.nn.functional.binary_cross_entropy(unit, unit, reduction="sum") / 3
    assert compute_pixel_entropy(x) == pytest.approx(float(expected), rel=1e-6)


def test_a_score_that_fails_is_recorded_and_costs_no_other(tmp_path: Path, dataset: Dataset) -> None:
    detector = ClassifierDetector(torch.device("cpu"))
    broken = np.full((20, EARLY_DIM), np.nan, np.float32)
    scores, failures = score_samples(broken, detector, dataset, tmp_path)
    assert scores == {}
    assert "NaN" in failures["classifier"]


# ---- the verdict that each generator deserves ------------------------------------------------------------------------


@pytest.mark.slow
def test_floor_and_verdicts_on_real_mnist(shared_data: Path, tmp_path: Path) -> None:
    """The floor on real digits; noise, one digit and training copies as generators."""
    from reportgen.lab.data import load_dataset

    mnist, detector = load_dataset("mnist", data_dir=shared_data), ClassifierDetector(torch.device("cpu"))
    images, labels = mnist.train.images, mnist.train.labels
    noise = torch.randint(0, 256, (1000, 1, 32, 32), dtype=torch.uint8)
    generators = {"noise": noise, "ones": images[labels == 1][:1000], "copies": images[:1000]}
    scores, shares, copies = {}, {}, {}
    for name, samples in generators.items():
        looked = detector.look(samples)
        scores[name] = score_samples(looked.features, detector, mnist, tmp_path)[0]["classifier"]
        shares[name] = torch.bincount(looked.labels, minlength=11) / len(samples)
        memorisation = summarise_memorisation(find_nearest(samples[:500], images), mnist)
        copies[name] = memorisation.samples.num_copies - memorisation.dev.num_copies
    real = scores["copies"].find_yardstick("real")
    assert real is not None
    assert real.num == 1000
    floor = real.fid
    assert 0 < floor < 2
    assert scores["copies"].fid < 2 * floor
    assert scores["copies"].precision > 0.8
    assert scores["copies"].recall > 0.8
    assert copies == {"noise": 0, "ones": 500, "copies": 500}
    assert scores["ones"].fid > 20 * floor
    assert scores["ones"].precision > 0.8
    assert scores["ones"].recall < 0.3
    assert shares["ones"][1] > 0.95
    assert scores["noise"].fid > 20 * floor
    # Not its precision: noise falls into one spot, which the wide ball of one odd real digit holds (Naeem et al. 2020).
    assert scores["noise"].density < 0.6
    assert scores["noise"].coverage < 0.05
    assert scores["noise"].recall < 0.05
    assert shares["noise"][10] > 0.99


@pytest.mark.parametrize("count", [1, 8, 13, 50])
def test_grid_is_read_back_exactly(count: int) -> None:
    images = np.random.default_rng(0).integers(0, 256, (count, 32, 32), dtype=np.uint8)
    np.testing.assert_array_equal(decode_grid(encode_grid(images, 8), count), images)


def test_grid_has_eight_to_a_row() -> None:
    import io

    content = encode_grid(np.zeros((32, 32, 32), np.uint8), 8)
    assert Image.open(io.BytesIO(content)).size == (8 * 34 + 2, 4 * 34 + 2)


class PixelDetector(ClassifierDetector):
    """A detector whose features are an image's first three pixels; strictly between 0.05 and 0.95 it reads a 3."""

    def __init__(self) -> None:
        self.feature_dim = 3

    def look(self, images: torch.Tensor) -> Look:
        features = images.flatten(1)[:, :3].numpy()
        is_read = (features[:, 0] > 0.05) & (features[:, 0] < 0.95)
        return Look(features, torch.from_numpy(np.where(is_read, 3, UNREAD)), torch.ones(len(features)))


def test_grids_are_read_by_step() -> None:
    grids = {20: torch.full((3, 1, 32, 32), 0.5), 10: torch.zeros(3, 1, 32, 32)}
    assert evaluation.read_grids(PixelDetector(), grids) == {10: "???", 20: "333"}
