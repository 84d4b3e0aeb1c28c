"""What depends on real images and a detector alone: the real side of scores and the ladder of damaged real images.

Both are kept in a cache folder that all runs of an output share, and computed by one process while others wait.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from filelock import FileLock
from pydantic import TypeAdapter, ValidationError

from reportgen.base.files import write_bytes
from reportgen.lab.data import Dataset, read_arrays
from reportgen.lab.metrics.damage import add_speckle, blur, shift, thicken
from reportgen.lab.metrics.features import Detector
from reportgen.lab.metrics.frechet import Moments
from reportgen.lab.metrics.scores import RealSide, build_real_side, measure_yardstick
from reportgen.store.records import Rung, Yardstick
from reportgen.suite.plan import EVALUATION_VERSION

MANY, FEW = 1000, 100
"""Numbers of real images that are repeated, at most a third and a tenth of the images scored."""

DAMAGES: dict[Rung, Callable[[torch.Tensor], torch.Tensor]] = {
    "speckle": lambda images: add_speckle(images, 0.01),
    "blur": lambda images: blur(images, 0.7),
    "shift": lambda images: shift(images, 1),
    "thick": thicken,
}
"""Rungs of damaged images, uint8 [N, 1, 32, 32]."""

LADDER = TypeAdapter(tuple[Yardstick, ...])

Kept = TypeVar("Kept")


def load_real_side(dataset: Dataset, num_images: int, detector: Detector, cache: Path) -> RealSide:
    """Compute the real side from up to ``num_images`` random training images, or read it from ``cache``."""

    def read(path: Path) -> RealSide | None:
        kept = read_arrays(path, "sha256", "features", "mean", "covariance", "root", "radii")
        if kept is None or str(kept[0]) != detector.sha256:
            return None
        _, features, mean, covariance, root, radii = kept
        return RealSide(features, Moments(mean, covariance, len(features)), root, radii)

    def make() -> tuple[RealSide, bytes]:
        real = build_real_side(detector(dataset.train.images[_shuffle(len(dataset.train), dataset)[:num_images]]))
        stream = io.BytesIO()
        np.savez(
            stream,
            sha256=detector.sha256,
            features=real.features,
            mean=real.moments.mean,
            covariance=real.moments.covariance,
            root=real.root,
            radii=real.radii,
        )
        return real, stream.getvalue()

    return _keep(cache / f"real-{_name(dataset, num_images, detector)}.npz", read, make)


def load_ladder(
    dataset: Dataset, num_images: int, detector: Detector, cache: Path, *, with_damages: bool
) -> tuple[Yardstick, ...]:
    """Score real images in place of samples, or read the scores from ``cache``.

    Args:
        with_damages: False leaves out the rungs for which the detector would have to see images again.
    """

    def read(path: Path) -> tuple[Yardstick, ...] | None:
        try:
            return LADDER.validate_json(path.read_bytes())
        except (OSError, ValidationError):
            return None

    def make() -> tuple[tuple[Yardstick, ...], bytes]:
        ladder = tuple(climb(dataset, num_images, detector, with_damages=with_damages))
        return ladder, LADDER.dump_json(ladder)

    return _keep(cache / f"yardsticks-{_name(dataset, num_images, detector)}.json", read, make)


def choose_rungs(dataset: Dataset, num_images: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return training images, as many others and dev images, at most half of the training set each, uint8."""
    num, order = min(num_images, len(dataset.train) // 2), _shuffle(len(dataset.train), dataset)
    dev = dataset.dev.images[_shuffle(len(dataset.dev), dataset)[:num]]
    return dataset.train.images[order[:num]], dataset.train.images[order[num : 2 * num]], dev


def climb(dataset: Dataset, num_images: int, detector: Detector, *, with_damages: bool) -> Iterator[Yardstick]:
    """Score ``num_images`` real images, at most half the training set, against as many others, rung by rung."""
    num = min(num_images, len(dataset.train) // 2)
    labels = dataset.train.labels[_shuffle(len(dataset.train), dataset)[num : 2 * num]].cpu().numpy()
    reference, chosen, dev = choose_rungs(dataset, num_images)
    real, others = build_real_side(detector(reference)), detector(chosen)
    yield measure_yardstick("real", num, real, others)
    yield measure_yardstick("dev", len(dev), real, detector(dev))
    copies: tuple[tuple[Rung, int], ...] = (("many_copies", min(MANY, num // 3)), ("few_copies", min(FEW, num // 10)))
    for rung, few in copies:
        few = max(1, few)
        yield measure_yardstick(rung, few, real, np.resize(others[:few], others.shape))
    for digit in np.unique(labels).tolist():
        rest = others[labels != digit]
        if len(rest):
            yield measure_yardstick("no_digit", len(rest), real, np.resize(rest, others.shape), digit)
    for rung, damage in DAMAGES.items() if with_damages else ():
        yield measure_yardstick(rung, num, real, detector(damage(chosen)))


def _shuffle(num: int, dataset: Dataset) -> torch.Tensor:
    """Return a fixed random order of ``num`` images, int64 [num], on the dataset's device."""
    return torch.randperm(num, generator=torch.Generator().manual_seed(0)).to(dataset.train.images.device)


def _name(dataset: Dataset, num_images: int, detector: Detector) -> str:
    return f"{dataset.name}-{num_images}-{detector.name}-{detector.sha256[:10]}-v{EVALUATION_VERSION}"


def _keep(path: Path, read: Callable[[Path], Kept | None], make: Callable[[], tuple[Kept, bytes]]) -> Kept:
    """Read what is kept in a file; if there is nothing sound, make it and keep it, in one process at a time."""
    kept = read(path)
    if kept is not None:
        return kept
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock")):
        kept = read(path)  # another process may have made it meanwhile
        if kept is None:
            kept, content = make()
            write_bytes(path, content)
    return kept
