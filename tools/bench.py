"""Ratios measured in one run, alternating, on two threads: `make bench`.

- the Frechet distance at 2,048 dimensions with the real side kept, against scipy.linalg.sqrtm on the same moments;
- Inception features, against the package pytorch-fid's own network with the same (random) weights and images.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import scipy.linalg
import torch
from threadpoolctl import threadpool_limits

sys.path[:0] = [str(Path(__file__).parents[1] / "tests")]

THREADS = 2


def compare(name: str, ours: Callable[[], object], theirs: Callable[[], object], rounds: int) -> None:
    """Time both in turn and print the ratio of the medians with the spread of the pairs."""
    times: dict[str, list[float]] = {"ours": [], "theirs": []}
    for index in range(rounds + 1):
        for key, call in (("ours", ours), ("theirs", theirs))[:: 1 if index % 2 else -1]:
            start = time.perf_counter()
            call()
            if index:  # the first round warms up
                times[key].append(time.perf_counter() - start)
    pairs = [b / a for a, b in zip(times["ours"], times["theirs"], strict=True)]
    medians = {key: statistics.median(values) for key, values in times.items()}
    print(
        f"{name}: ours {medians['ours']:.2f} s, theirs {medians['theirs']:.2f} s, "
        f"ratio {statistics.median(pairs):.2f} ({min(pairs):.2f} to {max(pairs):.2f})",
        flush=True,
    )


def bench_frechet(dimension: int = 2048, num_images: int = 3000, rounds: int = 3) -> None:
    from reportgen.metrics.frechet import compute_frechet_distance, compute_moments, compute_root

    rng = np.random.default_rng(0)
    mixing = rng.normal(size=(dimension, dimension)) / np.sqrt(dimension)
    real, fake = (compute_moments(rng.normal(size=(num_images, dimension)) @ mixing) for _ in range(2))
    root = compute_root(real.covariance)

    def by_sqrtm() -> float:
        product = scipy.linalg.sqrtm(real.covariance @ fake.covariance)
        distance = np.square(real.mean - fake.mean).sum() + np.trace(real.covariance) + np.trace(fake.covariance)
        return float(distance - 2 * np.trace(product).real)

    ours = compute_frechet_distance(real, fake, root)
    print(f"distance: ours {ours:.8f}, by sqrtm {by_sqrtm():.8f}")
    compare("Frechet distance, 2,048 dimensions", lambda: compute_frechet_distance(real, fake, root), by_sqrtm, rounds)


def bench_inception(num_images: int = 32, rounds: int = 5) -> None:
    from test_inception import build_random_state, make_images

    from reportgen.metrics.inception import InceptionDetector

    state = build_random_state()
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / "weights.pth"
        torch.save(state, weights)
        detector = InceptionDetector(weights, torch.device("cpu"), check_sha256=False)
    from pytorch_fid import inception as package

    package.load_state_dict_from_url = lambda *_, **__: state
    network = package.InceptionV3().eval()
    images = make_images(0, num_images)
    rgb = (images.float() / 255).repeat(1, 3, 1, 1)

    @torch.no_grad()
    def theirs() -> np.ndarray:
        return network(rgb)[0].flatten(1).numpy()

    print(f"largest difference of features: {np.abs(detector(images) - theirs()).max():.1e}")
    compare(f"Inception features of {num_images} images", lambda: detector(images), theirs, rounds)


def main() -> None:
    torch.set_num_threads(THREADS)
    with threadpool_limits(THREADS):
        bench_frechet()
        bench_inception()


if __name__ == "__main__":
    main()
