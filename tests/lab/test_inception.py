from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from requiring import require_module
from torch import nn

from reportgen.base import fetching, files
from reportgen.base.errors import DataError
from reportgen.lab.data import declare_missing_torchvision_ops
from reportgen.lab.metrics import inception
from reportgen.lab.metrics.frechet import compute_frechet_distance, compute_moments
from reportgen.lab.metrics.inception import InceptionDetector

CPU = torch.device("cpu")
Features = Callable[[torch.Tensor], np.ndarray]


def build_random_state(seed: int = 0) -> dict[str, torch.Tensor]:
    """Weights that keep signals alive, and batch normalisations that do something, none of them trained."""
    declare_missing_torchvision_ops()
    from torchvision.models import inception_v3

    torch.manual_seed(seed)
    network = inception_v3(weights=None, init_weights=False, num_classes=1008, aux_logits=False)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight)
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.8, 1.2)
            nn.init.normal_(module.bias, std=0.1)
            assert module.running_mean is not None
            assert module.running_var is not None
            nn.init.normal_(module.running_mean, std=0.1)
            nn.init.uniform_(module.running_var, 0.7, 1.4)
    return network.state_dict()


def make_images(seed: int, count: int = 6) -> torch.Tensor:
    """uint8 [count, 1, 32, 32]: one bright box each on a dark, slightly noisy ground."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 20, (count, 1, 32, 32))
    for image in images:
        top, left, height, width = rng.integers(4, 14, 4)
        image[0, top : top + height, left : left + width] = rng.integers(120, 256)
    return torch.from_numpy(images.astype(np.uint8))


@pytest.fixture(scope="module")
def random_state() -> dict[str, torch.Tensor]:
    return build_random_state()


@pytest.fixture(scope="module")
def weights(random_state: dict[str, torch.Tensor], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("inception") / "random.pth"
    torch.save(random_state, path)
    return path


@pytest.fixture(scope="module")
def detector(weights: Path) -> InceptionDetector:
    require_module("pytorch_fid")
    return InceptionDetector(weights, CPU, check_sha256=False)


@pytest.fixture(scope="module")
def compute_package_features(random_state: dict[str, torch.Tensor]) -> Features:
    """What the package pytorch-fid computes by itself, from three channels in [0, 1]."""
    require_module("pytorch_fid")
    declare_missing_torchvision_ops()
    from pytorch_fid import inception as package

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(package, "load_state_dict_from_url", lambda *_, **__: random_state)
        network = package.InceptionV3().eval()

    @torch.no_grad()
    def compute(images: torch.Tensor) -> np.ndarray:
        return network((images.float() / 255).repeat(1, 3, 1, 1))[0].flatten(1).numpy()

    return compute


# ---- features --------------------------------------------------------------------------------------------------------


def test_features_are_the_packages(detector: InceptionDetector, compute_package_features: Features) -> None:
    images = make_images(0)
    expected, found = compute_package_features(images), detector(images)
    assert found.shape == (6, detector.feature_dim)
    assert found.dtype == np.float32
    assert 0.1 < expected.mean() < 2, "a tolerance of 1e-4 would mean nothing"
    assert expected.std(axis=0).mean() > 0.01, "the images would all be the same"
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)


def test_distance_is_that_of_the_packages_features(
    detector: InceptionDetector, compute_package_features: Features
) -> None:
    a, b = make_images(1, count=4), make_images(2, count=4)
    ours, theirs = (
        compute_frechet_distance(compute_moments(features(a)), compute_moments(features(b)))
        for features in (detector, compute_package_features)
    )
    assert theirs > 0.1
    assert ours == pytest.approx(theirs, rel=1e-3)


def test_features_do_not_depend_on_batching(detector: InceptionDetector, monkeypatch: pytest.MonkeyPatch) -> None:
    images = make_images(3)
    whole = detector(images)
    monkeypatch.setattr(inception, "BATCH_SIZE", 4)
    np.testing.assert_allclose(detector(images), whole, rtol=0, atol=1e-5)
    np.testing.assert_allclose(detector(images.flip(0))[::-1], whole, rtol=0, atol=1e-5)


def test_detector_names_its_weights(detector: InceptionDetector, weights: Path) -> None:
    assert detector.name == "inception"
    assert detector.resize == "bilinear to 299x299"
    assert detector.sha256 == hashlib.sha256(weights.read_bytes()).hexdigest()


def test_a_right_checksum_passes_and_no_random_number_is_drawn(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require_module("pytorch_fid")
    monkeypatch.setattr(fetching, "INCEPTION_SHA256", files.hash_file(weights))
    before = torch.get_rng_state()
    InceptionDetector(weights, CPU)
    assert torch.equal(torch.get_rng_state(), before)


def test_older_files_without_batch_counters_are_read(
    random_state: dict[str, torch.Tensor], detector: InceptionDetector, tmp_path: Path
) -> None:
    path = tmp_path / "older.pth"
    torch.save({name: v for name, v in random_state.items() if not name.endswith("num_batches_tracked")}, path)
    images = make_images(4, count=1)
    np.testing.assert_array_equal(InceptionDetector(path, CPU, check_sha256=False)(images), detector(images))


# ---- weights files that are wrong ------------------------------------------------------------------------------------


def check_refused(path: Path, match: str, *, check_sha256: bool = False) -> None:
    with pytest.raises(DataError, match=match) as caught:
        InceptionDetector(path, CPU, check_sha256=check_sha256)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    assert "reportgen fetch inception" in message


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    check_refused(tmp_path / "none.pth", "no such file", check_sha256=True)
    check_refused(tmp_path, "no such file", check_sha256=True)


def test_a_wrong_checksum_is_named(tmp_path: Path) -> None:
    path = tmp_path / "other.pth"
    path.write_bytes(b"other")
    check_refused(path, f"SHA-256 is {hashlib.sha256(b'other').hexdigest()}.* 6726825d", check_sha256=True)


@pytest.mark.parametrize("content", [[1, 2], {"a": 1}, {1: torch.zeros(1)}, {"a": torch.zeros(1)}, {}, nn.Linear(1, 1)])
def test_a_file_of_something_else_is_refused(content: object, tmp_path: Path) -> None:
    require_module("pytorch_fid")
    path = tmp_path / "else.pth"
    torch.save(content, path)
    check_refused(path, "not a state dict")


def test_wrong_shapes_are_refused(random_state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    require_module("pytorch_fid")
    path = tmp_path / "shapes.pth"
    torch.save({**random_state, "fc.bias": torch.zeros(1000)}, path)
    check_refused(path, "size mismatch for fc.bias")


def test_damaged_files_are_refused(weights: Path, tmp_path: Path) -> None:
    require_module("pytorch_fid")
    content = weights.read_bytes()
    for number, damaged in enumerate([b"", b"<html>", content[:1000], content[: len(content) // 2]]):
        path = tmp_path / f"{number}.pth"
        path.write_bytes(damaged)
        check_refused(path, "not a state dict")
